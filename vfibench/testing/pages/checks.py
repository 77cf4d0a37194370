"""Does a page draw what it is given, into its folder alone, the same each time, and harm nobody?"""

from __future__ import annotations

import re
from pathlib import Path

from vfibench.contracts import Page
from vfibench.reporting import page_of, pages_problem
from vfibench.system import process_state as state
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.pages.markup import harm_in
from vfibench.testing.pages.subject import Subject, check, contents, unlike

WORD = r"[A-Za-z0-9][\w.+-]*"
MARKUP = {".html", ".htm", ".xhtml", ".svg"}


@check("the card's facts make sense: name, title, order", needs=())
def card(subject: Subject) -> Cases:
    """Facts that the site's index is drawn by."""
    card = subject.card
    word = re.fullmatch(WORD, card.name)
    yield "name", "" if word else f"expected one word, found {card.name!r}"
    yield "title", "" if isinstance(card.title, str) else f"expected a text, found {card.title!r}"
    yield "order", "" if type(card.order) is int else f"expected a whole number, found {card.order!r}"


@check("the card's target makes this page, with options where the card says so", needs=("card",))
def target(subject: Subject) -> Cases:
    """The target is imported by its name, as the harness does."""
    page = subject.page()
    found = page_of(subject.card, subject.options)
    right = isinstance(page, type(found)) and isinstance(page, Page)
    told = f"expected a page {type(page).__qualname__} with `render`, found {type(found).__qualname__}"
    yield "target", "" if right else told


@check("it draws results into an empty folder, and names files that are there", needs=("target",))
def renders(subject: Subject) -> Cases:
    """Of three methods: one complete, one with exact frames, one with frames that failed."""
    out, pages = subject.drawn("first", subject.results)
    yield f"{len(subject.results)} results", pages_problem(pages, out)


@check("it draws no results at all, as of a run that was just begun")
def nothing(subject: Subject) -> Cases:
    """There may be nothing to show; that is no error."""
    out, pages = subject.drawn("nothing", ())
    yield "no results", pages_problem(pages, out)


@check("drawn again, into another folder or the same, it is the same bytes")
def repeatable(subject: Subject) -> Cases:
    """A date or the folder's name in a page would make every site another one."""
    out, _ = subject.drawn("first", subject.results)
    first = contents(out)
    other, _ = subject.drawn("another place", subject.results)
    yield "another folder", unlike(first, contents(other))
    again, _ = subject.drawn("first", subject.results)
    yield "the same folder", unlike(first, contents(again))


@check("it writes into its folder alone, whatever names results have")
def inside(subject: Subject) -> Cases:
    """Beside it, in the working directory and in the run folders nothing changes."""
    for label, results in (("harmless names", subject.results), ("hostile names", subject.hostile)):
        before = _around(subject.folder, label)
        out, pages = subject.drawn(label, results)
        yield label, unlike(before, _around(subject.folder, label)) or pages_problem(pages, out)


def _around(folder: Path, name: str) -> dict[str, str]:
    """All files but those of the site `name`."""
    own = f"sites/{name}/"
    return {path: digest for path, digest in contents(folder).items() if not path.startswith(own)}


@check("names that are markup stand as text in HTML", needs=("inside",))
def escaped(subject: Subject) -> Cases:
    """Names of methods, datasets, samples, clips and metrics, texts on cards, messages of failed frames."""
    out, _ = subject.drawn("hostile", subject.hostile)
    drawn = [path for path in sorted(out.rglob("*")) if path.suffix.lower() in MARKUP]
    if not drawn:
        raise Skip("writes no HTML")
    for path in drawn:
        harm = harm_in(path.read_text(encoding="utf-8", errors="replace"))
        yield path.name, f"a browser would run {harm}" if harm else ""


@check("drawing changes no global state of the process", needs=("repeatable",))
def global_state(subject: Subject) -> Cases:
    """A style or a seed that one page sets is the next one's too."""
    subject.results  # noqa: B018 - scored before the state is looked at
    with subject.elsewhere(), state.unusual() as before:
        subject.page().render(subject.results, subject.folder / "sites" / "first")
        problem = state.changed(before)
    yield "render", problem
