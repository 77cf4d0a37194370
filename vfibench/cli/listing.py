"""`vfibench list` and `vfibench info`: what there is, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from vfibench.contracts import AdapterCard
    from vfibench.registry import Registry
    from vfibench.trainable import RecipeCard

KINDS = ("methods", "datasets", "metrics", "definitions", "protocols", "pages", "recipes", "sources")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("list")(list_)
    app.command("info")(info)


def list_(kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))]) -> None:
    """List methods, datasets, metrics, definitions, protocols, pages, recipes or sources, plugins included.

    A method that is "ready" brings its weights along; others that are learned need --weights, or fetching.
    """
    import sys

    from vfibench import registry
    from vfibench.errors import VfibenchError

    if kind in {"definitions", "protocols"}:
        _print_table(_definitions() if kind == "definitions" else _protocols())
        return
    registries: dict[str, Registry[Any]] = {
        "methods": registry.METHODS,
        "datasets": registry.DATASETS,
        "metrics": registry.METRICS,
        "pages": registry.PAGES,
        "recipes": registry.RECIPES,
        "sources": registry.SOURCES,
    }
    if kind not in registries:
        raise VfibenchError(f"cannot list {kind!r}", f"choose from {', '.join(KINDS)}")
    found = registries[kind]
    _print_table([(card.name, *_facts(card), _origin(found.origin(card.name))) for card in found.cards()])
    for problem in found.problems():
        print(f"warning: the plugin {problem.origin} failed to load: {problem.reason}", file=sys.stderr)


def _facts(card: Any) -> tuple[str, ...]:
    from vfibench.contracts import AdapterCard, DatasetCard, MetricCard
    from vfibench.trainable import RecipeCard

    if isinstance(card, AdapterCard):
        inputs = "/".join(map(str, sorted(card.inputs)))
        return f"{inputs} frames", card.times, _learned(card), card.title
    if isinstance(card, DatasetCard):
        return str(card.count or "-"), "built-in" if card.builtin else card.size or "-", card.title
    if isinstance(card, MetricCard):
        return f"v{card.version}", card.better, card.title
    if isinstance(card, RecipeCard):
        return _recipe_facts(card)
    return (card.title,)


def _recipe_facts(card: RecipeCard) -> tuple[str, ...]:
    """Method, source and what the recipe says of itself."""
    import tomllib

    from vfibench.registry import reason_of, recipe_text

    try:
        recipe = tomllib.loads(recipe_text(card).decode())
        return (
            str(recipe["method"]),
            str(recipe["data"]["source"]),
            card.title or str(recipe.get("about", "")),
        )
    except Exception as error:  # somebody else's file may hold anything
        return "-", "-", f"cannot be read: {reason_of(error)}"


def _learned(card: AdapterCard) -> str:
    from vfibench.weights.fetching import is_packaged

    if not card.learned:
        return "-"
    return "learned, ready" if is_packaged(card.weights[0]) else "learned"


def _origin(origin: str) -> str:
    return "" if origin == "built-in" else f"[{origin}]"


def _definitions() -> list[tuple[str, ...]]:
    from vfibench.metrics.definitions import DEFINITIONS

    return [(name, definition.whose) for name, definition in DEFINITIONS.items()]


def _protocols() -> list[tuple[str, ...]]:
    from vfibench.metrics.protocols import PROTOCOLS

    return [
        (protocol.name, protocol.title, ", ".join(protocol.definitions)) for protocol in PROTOCOLS.values()
    ]


def _print_table(rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; the last one is free."""
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*rows, strict=False)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())


def info(name: Annotated[str, typer.Argument(help="a method, dataset or metric")]) -> None:
    """Everything on a card: paper, licence, weights, training data, published scores, layout.

    Of weights that come with a method also what their file says: recipe, seed, steps, machine.
    """
    from dataclasses import fields

    from vfibench import registry
    from vfibench.contracts import AdapterCard, Padding

    card = _find(name, [registry.METHODS, registry.DATASETS, registry.METRICS])
    for field in fields(card):
        value = getattr(card, field.name)
        if value in ("", None, (), {}) or (field.name == "padding" and value == Padding()):
            continue
        print(f"{field.name.replace('_', ' ')}: {_text(value)}")
    if isinstance(card, AdapterCard):
        _print_headers(card)


def _print_headers(card: AdapterCard) -> None:
    """What the files that come with a method say of themselves."""
    from vfibench.weights.fetching import fetched, is_packaged
    from vfibench.weights.reading import header_of

    for file in filter(is_packaged, card.weights):
        if place := fetched(card, file.name):
            print(f"\n{file.name}: {place}, {place.stat().st_size:,} bytes")
            for name, value in header_of(place).items():
                print(f"{name.replace('_', ' ')}: {_text(value or '-')}")


def _find(name: str, registries: list[Any]) -> Any:
    from vfibench.errors import VfibenchError, did_you_mean
    from vfibench.methods.resolving import find_card, split_variant, varied

    for found in registries:
        if name in found.names():
            return found.card(name)
    method, variant = split_variant(name)  # "psnr@rife" is a metric, "rife@tta" a variant of a method
    if ":" in name or (variant and method in registries[0].names()):
        card = find_card(name)
        return varied(card, variant) if variant else card
    known = [known for found in registries for known in found.names() if "@" not in known]
    hint = did_you_mean(name, known, "see `vfibench list methods`")
    raise VfibenchError(f"unknown method, dataset or metric {name!r}", hint)


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
