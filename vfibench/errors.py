"""The one error users see: what went wrong, and what to do about it."""

from __future__ import annotations


class VfibenchError(Exception):
    """Bad input or a bad environment; the command line prints it in one line and exits with 2.

    Args:
        message: what was expected, what was found, and where, in one sentence.
        hint: what to do about it, as an imperative, or "" where there is nothing to add.

    Example:
        >>> str(VfibenchError("unknown method 'blnd'", "did you mean blend?"))
        "unknown method 'blnd'; did you mean blend?"
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint on one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class SampleError(VfibenchError):
    """One sample could not be predicted or scored; the run records it and goes on."""
