"""Text of others in one line: nothing in it may act, whatever it holds and however long it is."""

from __future__ import annotations

import time

import pytest

from vfibench.errors import LINE, one_line


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("a\nb\r\nc\td\x0be\u2028f", "a b  c d e f"),
        ("\x1b[31mred\x1b]0;title\x07", "\ufffd[31mred\ufffd]0;title\ufffd"),
        ("abc\u202egpj.exe", "abc\ufffdgpj.exe"),  # shown from right to left it would end in .jpg
        ("\u2066a\u2069\u200b", "\ufffda\ufffd\ufffd"),
        ("nul\x00del\x7fc1\x9b", "nul\ufffddel\ufffdc1\ufffd"),
        ("\udcff.png", "\ufffd.png"),
        ("::error file=a::b", ": :error file=a::b"),
        ("\n  ::set-output::", "   : :set-output::"),
        ("a ##[error]b", "a # #[error]b"),
        ("Grüße, 日本", "Grüße, 日本"),
    ],
)
def test_nothing_in_it_acts_and_what_can_be_read_stays(foreign: str, shown: str) -> None:
    assert one_line(foreign) == shown


def test_it_is_never_longer_than_the_cap() -> None:
    assert one_line("x" * 50, 50) == "x" * 50
    assert one_line("x" * 51, 50) == "x" * 47 + "..."
    assert one_line("##[" * 17, 50) == ("# #[" * 17)[:47] + "..."
    assert len(one_line("y" * 100_000)) == LINE


def test_a_text_of_100_mb_costs_no_more_than_a_line() -> None:
    text = "z" * 100_000_000
    begin = time.process_time()
    one_line(text)
    assert time.process_time() - begin < 0.1
