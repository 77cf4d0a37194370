"""One fault at a time, put into a good page; each is listed with the one check that must name it."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from made_plugins import Frames

# The check that names the fault, and the members that make the page faulty.
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {}
drawings = itertools.count()


def card(check: str, name: str, /, **facts: Any) -> None:
    """A fault of the card alone."""
    FAULTS[name] = (check, {"card": replace(Frames.card, **facts)})


def after(check: str, name: str, change: Callable[[Path, Any], Any]) -> None:
    """A fault once the good page is there; what `change` gives is returned instead, if anything."""

    def render(self: Frames, results: Sequence[Any], out: Path) -> Any:
        pages = Frames.render(self, results, out)
        changed = change(out, results)
        return pages if changed is None else changed

    FAULTS[name] = (check, {"render": render})


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


card("card", "two_words", name="made frames")
card("card", "first_of_all", order="first")
card("target", "target_of_another_class", target="made_plugins:Textures")
card("target", "target_of_no_class", target="made_plugins:Missing")
card("target", "options_that_it_does_not_take", options=True)

after("renders", "returns_its_file", lambda out, results: out / "frames.html")
after("renders", "returns_names_alone", lambda out, results: ["frames.html"])
after("renders", "forgets_its_file", lambda out, results: [("Frames", "frame.html")])
after("renders", "the_same_page_twice", lambda out, results: [("A", "frames.html"), ("B", "frames.html")])
after(
    "renders", "takes_the_index", lambda out, results: write(out / "index.html", "") or [("I", "index.html")]
)
after("nothing", "needs_a_result", lambda out, results: results[0].rows and None)
after("nothing", "divides_by_their_number", lambda out, results: 1 / len(results) and None)
after("repeatable", "a_number_that_grows", lambda out, results: write(out / "n.html", str(next(drawings))))
after("repeatable", "the_name_of_its_folder", lambda out, results: write(out / "n.html", str(out)))
after("repeatable", "adds_to_what_is_there", lambda out, results: append(out / "log.txt", "drawn\n"))
after("inside", "writes_beside_it", lambda out, results: append(out.parent / "frames.css", "p {}"))
after("inside", "writes_where_it_is_called", lambda out, results: append(Path("frames.log"), "drawn"))
after(
    "inside",
    "writes_into_runs",
    lambda out, results: [append(one.folder / "seen", "x") for one in results] and None,
)


def a_file_a_method(out: Path, results: Sequence[Any]) -> list[tuple[str, str]]:
    """Files called after methods, as they are."""
    names = [f"{one.cell.method}.txt" for one in results]
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write(out / name, "a method")
    return [("Method", name) for name in names]


after("inside", "a_file_a_method", a_file_a_method)


def raw(form: str, name_of: Callable[[Any], str]) -> Callable[[Path, Sequence[Any]], None]:
    """A page in which some name of each result stands as it is."""
    return lambda out, results: write(out / "raw.html", "".join(form.format(name_of(one)) for one in results))


after("escaped", "a_method_as_it_is", raw("<p>{}</p>", lambda one: one.cell.method))
after("escaped", "a_method_in_an_attribute", raw('<p title="{}">', lambda one: one.cell.method))
after("escaped", "a_dataset_as_it_is", raw("<p>{}</p>", lambda one: one.cell.dataset))
after("escaped", "samples_as_they_are", raw("<p>{}</p>", lambda one: one.rows[0].sample))
after("escaped", "metrics_in_an_attribute", raw("<p title='{}'>", lambda one: " ".join(one.rows[1].scores)))
after(
    "escaped",
    "messages_as_they_are",
    raw("<p>{}</p>", lambda one: " ".join(row.message for row in one.rows)),
)
after(
    "escaped",
    "names_in_data_that_ends",
    raw("<script type='application/json'>[\"{}\"]</script>", lambda one: one.cell.method),
)
after("global_state", "seeds_python", lambda out, results: random.seed(0))
after("global_state", "changes_folder", lambda out, results: os.chdir("/"))


def faulty(name: str) -> type[Frames]:
    """A subclass of the good page with one fault."""
    return type(f"Frames_{name}", (Frames,), dict(FAULTS[name][1]))
