"""`vfibench list` and `vfibench info`: what there is, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vfibench.cli.terminal import say
from vfibench.errors import one_line

if TYPE_CHECKING:
    from vfibench.cli.catalogue import Facts, Listed, ListedMethod

KINDS = "methods | datasets | metrics | definitions | protocols | pages | recipes | sources"
Json = Annotated[bool, typer.Option("--json", help="one JSON document on standard output, with stable keys")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("list", short_help="methods, datasets, metrics, definitions, protocols and more")(list_)
    app.command("info", short_help="everything on the card of a method, dataset or metric")(info)


def list_(kind: Annotated[str, typer.Argument(help=KINDS)], as_json: Json = False) -> None:
    """List methods, datasets, metrics, definitions, protocols, pages, recipes or sources, plugins included.

    A learned method that is "ready" includes its weights; others need --weights or `vfibench fetch weights`.
    """
    from vfibench.cli.catalogue import listed

    if as_json:
        from vfibench.cli.document_output import only_a_document
        from vfibench.cli.documents import list_document, print_document

        with only_a_document():
            document = list_document(kind)
        print_document(document)
        return
    items, problems = listed(kind)
    _print_table([(item.name, *_facts(item), _origin(item)) for item in items])
    for problem in problems:
        say(f"warning: the plugin {problem.origin} failed to load: {problem.reason}", error=True)


def _facts(item: Listed) -> tuple[str, ...]:
    """What stands beside a name."""
    from vfibench.cli.catalogue import ListedMethod, ListedRecipe
    from vfibench.contracts import AdapterCard

    card = item.card
    if isinstance(item, ListedRecipe):
        return item.method, item.source, f"cannot be read: {item.problem}" if item.problem else item.about
    if isinstance(item, ListedMethod) and isinstance(card, AdapterCard):
        inputs = "/".join(map(str, sorted(card.inputs)))
        return f"{inputs} frames", card.times, _learned(item), card.title
    return _card_facts(card)


def _card_facts(card: Facts) -> tuple[str, ...]:
    from vfibench.contracts import DatasetCard, MetricCard
    from vfibench.metrics.definitions import Definition
    from vfibench.metrics.protocols import Protocol

    if isinstance(card, DatasetCard):
        return str(card.count or "-"), "built-in" if card.builtin else card.size or "-", card.title
    if isinstance(card, MetricCard):
        return f"v{card.version}", card.better, card.title
    if isinstance(card, Definition):
        return (card.whose,)
    return (card.title, ", ".join(card.definitions)) if isinstance(card, Protocol) else (card.title,)


def _learned(item: ListedMethod) -> str:
    if not item.learned:
        return "-"
    return "learned, ready" if item.ready else "learned"


def _origin(item: Listed) -> str:
    return "" if item.origin == "built-in" else f"[{item.origin}]"


def _print_table(rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; the last one is free."""
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*rows, strict=False)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())


def info(
    name: Annotated[str, typer.Argument(help="a method, dataset or metric")],
    kind: Annotated[
        str, typer.Option(help="method, dataset or metric, where several have the same name")
    ] = "",
    as_json: Json = False,
) -> None:
    """Show everything on a card: paper, licence, weights, training data, published scores, layout.

    For weights included with vfibench, also show what their file records: recipe, seed, steps, machine.
    """
    from dataclasses import fields

    from vfibench.cli.catalogue import find, packaged_files
    from vfibench.contracts import Padding

    if as_json:
        from vfibench.cli.document_output import only_a_document
        from vfibench.cli.documents import info_document, print_document

        with only_a_document():
            document = info_document(name, kind)
        print_document(document)
        return
    card = find(name, kind).card
    for field in fields(card):
        value = getattr(card, field.name)
        if value in ("", None, (), {}) or (field.name == "padding" and value == Padding()):
            continue
        print(f"{field.name.replace('_', ' ')}: {_text(value)}")
    for file in packaged_files(card):
        print(f"\n{file.name}: {file.path}, {file.bytes:,} bytes")
        for key, value in file.header.items():
            print(f"{key.replace('_', ' ')}: {_text(value or '-')}")


def _text(value: Any) -> str:
    """Nested facts, one a line."""
    from dataclasses import asdict, is_dataclass

    if isinstance(value, str) and "\n" in value:
        return "\n" + "\n".join(f"  {line}" for line in value.strip("\n").splitlines())
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{key} {item}" for key, item in asdict(value).items() if item not in ("", None))
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return "".join(f"\n  - {_text(item)}" for item in value)
    if isinstance(value, Mapping):
        return "".join(f"\n  - {key}: {getattr(item, 'about', item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
