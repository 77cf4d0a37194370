"""How many digits of a score are shown, and how near two scores are called a tie."""

from __future__ import annotations

THREE_DIGITS = frozenset({"psnr", "ie", "ie-rms", "ie-l2"})
FOUR_DIGITS = frozenset({"ssim", "ssim3d", "lpips", "lpips-squeeze"})


def kind(column: str) -> str:
    """What is measured, without the definition: "psnr" of "psnr@rife"."""
    return column.partition("@")[0]


_DECLARED: dict[str, int] = {}


def declare(column: str, decimals: int | None) -> None:
    """Take down the decimals that a metric's card names for its column, as a run that is read has them."""
    if decimals is not None:
        _DECLARED[column] = decimals


def is_known(column: str) -> bool:
    """Whether the scale of a column is known: its kind is built in, or its metric has declared decimals."""
    return column in _DECLARED or kind(column) in THREE_DIGITS | FOUR_DIGITS


def digits(column: str) -> int:
    """Decimals a column is printed with: as its metric declares, else the usual ones of its kind.

    Those are three for dB and errors in levels, four for what lies in [0, 1] and for any other kind.

    >>> digits("psnr@rife"), digits("ssim"), digits("mine")
    (3, 4, 4)
    """
    return _DECLARED.get(column, 3 if kind(column) in THREE_DIGITS else 4)


def tie_width(column: str) -> float:
    """Half of the last digit a column is printed with: differences up to here are none."""
    return float(0.5 * 10.0 ** -digits(column))


def score_text(column: str, mean: float) -> str:
    """A mean with its digits."""
    return f"{mean:.{digits(column)}f}"
