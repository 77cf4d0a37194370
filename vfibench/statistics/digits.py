"""How many digits of a score are shown, and how near two scores are called a tie."""

from __future__ import annotations

THREE_DIGITS = frozenset({"psnr", "ie", "ie-rms", "ie-l2"})


def kind(column: str) -> str:
    """What is measured, without the definition: "psnr" of "psnr@rife"."""
    return column.partition("@")[0]


def digits(column: str) -> int:
    """Decimals a column is printed with: three for dB and errors in levels, four for what lies in [0, 1].

    Four as well for a kind that is not known here, whatever the size of its scores: see docs/comparing.md.
    """
    return 3 if kind(column) in THREE_DIGITS else 4


def tie_width(column: str) -> float:
    """Half of the last digit a column is printed with: differences up to here are none."""
    return float(0.5 * 10.0 ** -digits(column))


def score_text(column: str, mean: float) -> str:
    """A mean with its digits."""
    return f"{mean:.{digits(column)}f}"
