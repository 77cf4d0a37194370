"""Which metric columns a request asks for, which can be had here, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vfibench.contracts import DatasetCard, MetricCard
from vfibench.errors import VfibenchError
from vfibench.metrics.catalog import RULES, columns_of
from vfibench.metrics.definitions import DEFINITIONS
from vfibench.metrics.protocols import Protocol
from vfibench.registry import BUILT_IN, DATASETS, METRICS
from vfibench.store.entry import StoredColumn

DEFAULT_METRICS = ("ssim3d", "ie", "lpips")
SUPER_RESOLUTION = ("psnr", "ssim", *columns_of("zooming-slowmo-y"))


def wanted_columns(
    protocol: Protocol, dataset: DatasetCard, metrics: Sequence[str] | None, definitions: Sequence[str]
) -> tuple[str, ...]:
    """The protocol's own columns, then the metrics (None: the default set), then further definitions.

    Super-resolution is scored on Y as its papers do and on RGB as interpolation does, by every protocol.

    Raises:
        VfibenchError: an unknown metric or definition, a metric whose card cannot be stored, or a dataset the
            protocol does not cover.
    """
    extra = DEFAULT_METRICS if metrics is None else metrics
    track = SUPER_RESOLUTION if dataset.scale > 1 else ()
    own = protocol.columns(dataset.name)
    wanted = dict.fromkeys([*own, *track, *extra, *definition_columns(definitions)])
    for name in wanted:
        if problem := print_problem(METRICS.card(name)):
            raise VfibenchError(
                f"the card of the metric {METRICS.named(name)}: {problem}", "correct the card"
            )
    return tuple(wanted)


def print_problem(card: MetricCard) -> str:
    """What is wrong with the digits, tolerance and smallest size that a metric's card names, "" for nothing.

    >>> print_problem(MetricCard("mine", "pkg:Mine", digits=-1))
    'expected digits as a whole number from 0 to 17, found -1'
    """
    whole = card.digits is None or (type(card.digits) is int and 0 <= card.digits <= 17)
    if not whole:
        return f"expected digits as a whole number from 0 to 17, found {card.digits!r}"
    if type(card.smallest) is not int or card.smallest < 1:
        return f"expected smallest as a whole number of pixels from 1, found {card.smallest!r}"
    limits: object = card.tolerance
    pair = isinstance(limits, tuple) and len(limits) == 2
    if limits is None or (
        pair and all(type(one) in (int, float) and one >= 0 for one in card.tolerance or ())
    ):
        return ""
    return f"expected tolerance as two numbers from 0, of a mean and of a frame, found {limits!r}"


def definition_columns(definitions: Sequence[str]) -> list[str]:
    """Columns of named definitions; "all" is every one that needs no mask.

    Raises:
        VfibenchError: unknown, with the nearest names.
    """
    names = DEFINITIONS if "all" in definitions else definitions
    columns = [column for name in names for column in columns_of(name, ("psnr", "ssim", "ie"))]
    return [name for name in columns if not is_masked(name)] if "all" in definitions else columns


def is_masked(column: str) -> bool:
    """Whether a column counts only the pixels of a sample's mask."""
    return getattr(RULES.get(column), "masked", False)


def check_masks(columns: Sequence[str], dataset: DatasetCard) -> None:
    """VfibenchError where a column needs masks and the dataset has none."""
    masked = [name for name in columns if is_masked(name)]
    if masked and not dataset.masked:
        others = " or ".join(card.name for card in DATASETS.cards() if card.masked)
        raise VfibenchError(
            f"{masked[0]} scores inside motion masks, and {dataset.name} has none", f"score it on {others}"
        )


def unavailable_columns(columns: Sequence[str], backbones: Path | None) -> dict[str, str]:
    """Columns that cannot be computed here, with the reason."""
    optional = [name for name in columns if METRICS.card(name).optional]
    if not optional:
        return {}
    from vfibench.metrics.scorer import unavailable

    return dict(unavailable(optional, backbones))


def backbone_hashes(columns: Sequence[str], backbones: Path | None) -> dict[str, str]:
    """Hashes of the weights under each column of LPIPS; nothing of other columns.

    Raises:
        VfibenchError: one cannot be had here.
    """
    deep = [name for name in columns if METRICS.card(name).optional and METRICS.origin(name) == BUILT_IN]
    if not deep:
        return {}
    from vfibench.metrics.lpips import lpips_sha256

    return {name: lpips_sha256(name, backbones) for name in deep}


def column_facts(columns: Sequence[str]) -> dict[str, StoredColumn]:
    """What each column means, as run.json holds it."""

    def facts(card: MetricCard) -> StoredColumn:
        return StoredColumn(
            title=card.title,
            version=card.version,
            unit=card.unit,
            better=card.better,
            digits=card.digits,
            tolerance=card.tolerance,
        )

    return {name: facts(METRICS.card(name)) for name in columns}
