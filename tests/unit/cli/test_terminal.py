"""What a command prints: any text in any encoding, nothing that acts, and readers that go away."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vfibench.cli import main
from vfibench.cli.console import plain_console
from vfibench.cli.terminal import Outlet, command, drawing, say, standard_streams


def encoded(text: str, encoding: str) -> str:
    """What arrives at a terminal of an encoding."""
    raw = io.BytesIO()
    kept, terminal = sys.stdout, io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    sys.stdout = terminal
    try:
        with standard_streams():
            print(text)
    finally:
        sys.stdout = kept
    assert terminal.errors == "strict"
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "psnr ^ -> 3 x 4... \\xe9t\\xe9 \\u65e5 \\udcff +-+ -0.1\n"),
        ("latin-1", "psnr ^ -> 3 × 4... été \\u65e5 \\udcff +-+ -0.1\n"),
        ("utf-8", "psnr ↑ → 3 × 4… été 日 \\udcff ┌─┐ −0.1\n"),
    ],
)
def test_what_an_encoding_lacks_is_written_in_plain_characters(encoding: str, shown: str) -> None:
    assert encoded("psnr ↑ → 3 × 4… été 日 \udcff ┌─┐ −0.1", encoding) == shown


def outlet() -> tuple[Outlet, io.StringIO]:
    text = io.StringIO()
    return Outlet(text), text


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b]0;title\x07x\ry\x1b[2Jz", "\ufffd]0;title\ufffdx\ufffdy\ufffd[2Jz"),
        ("a\u202egpj", "a\ufffdgpj"),
        ("::error::x\n ::warning::y\nc::d", ": :error::x\n : :warning::y\nc::d"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("##[error]x", "# #[error]x"),
    ],
)
def test_nothing_that_others_wrote_acts(foreign: str, shown: str) -> None:
    to, text = outlet()
    print(foreign, file=to, end="")  # type: ignore[call-overload]
    assert text.getvalue() == shown


def test_a_command_is_one_only_where_a_line_begins() -> None:
    to, text = outlet()
    print("a", "::b", file=to, sep="")  # type: ignore[call-overload]
    print("::c", file=to)  # type: ignore[call-overload]
    assert text.getvalue() == "a::b\n: :c\n"


def test_tables_keep_their_colours_and_give_no_commands() -> None:
    to, text = outlet()
    drawing(to).write("\x1b[1mbold\x1b[0m\n::error::x\n")  # type: ignore[arg-type]
    assert text.getvalue() == "\x1b[1mbold\x1b[0m\n: :error::x\n"


def test_the_harness_itself_gives_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with standard_streams():
        command("::error title=a::b")
        print("::error title=c::d")
    assert capsys.readouterr().out == "::error title=a::b\n: :error title=c::d\n"


def test_a_sentence_stays_one_line_whatever_names_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    say("wrote a\nb", "c" * 2000)
    say("warning: x\x1b[2J", error=True)
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["wrote a b", "c" * 997 + "..."]
    assert shown.err == "warning: x\ufffd[2J\n"


def test_a_table_holds_nothing_that_acts_and_keeps_its_colours() -> None:
    from rich.table import Table

    text = io.StringIO()
    console = plain_console(100, text)
    console._force_terminal, console._color_system = True, None
    table = Table(box=None)
    table.add_column("\x1b]0;head\x07")
    table.add_row("a\x1b[2Jb\u202e")
    console.print(table)
    console.print("\x1b[31mred")
    assert "\x1b" not in text.getvalue()
    assert "\u202e" not in text.getvalue()
    assert "a\ufffd[2Jb\ufffd" in text.getvalue()


class Broken(io.StringIO):
    """A stream that nothing arrives at."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left"), ValueError("closed file")]
)
def test_a_stream_that_takes_nothing_stops_nothing(error: Exception) -> None:
    to = Outlet(Broken(error))
    print("x", file=to, flush=True)  # type: ignore[call-overload]
    print("y", file=to, flush=True)  # type: ignore[call-overload]
    assert to.lost is error


def test_a_closed_stream_is_no_terminal() -> None:
    text = io.StringIO()
    text.close()
    to = Outlet(text)
    assert not to.isatty()
    print("x", file=to)  # type: ignore[call-overload]
    assert isinstance(to.lost, ValueError)


@pytest.mark.parametrize(
    ("words", "error", "status"),
    [
        (["list", "methods"], BrokenPipeError(32, "Broken pipe"), 0),
        (["list", "methods"], OSError(28, "No space left on device"), 2),
        (["list", "nothing"], BrokenPipeError(32, "Broken pipe"), 2),
        (["fetch", "weights", "rife-starter"], OSError(28, "No space left on device"), 0),
    ],
)
def test_the_exit_status_is_that_of_the_work(
    words: list[str], error: OSError, status: int, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == status
    told = "cannot write standard output: No space left on device" in capsys.readouterr().err
    assert told == (error.errno == 28)


def test_streams_are_put_back() -> None:
    before = sys.stdout, sys.stderr
    with pytest.raises(SystemExit):
        main(["list", "protocols"])
    assert (sys.stdout, sys.stderr) == before


def shell(command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A command of bash, in which $V is vfibench."""
    places = os.environ | {"V": f"{sys.executable} -m vfibench"}
    words = ["bash", "-c", f"set -o pipefail; {command}"]
    return subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=places, check=False)


def test_real_pipes_and_closed_files(tmp_path: Path) -> None:
    """All in one shell: each start of Python takes a while."""
    done = shell(
        "$V list methods | head -1 >one; echo $?; $V list nothing 2>&1 | head -0; echo $?; "
        "$V list methods >&-; echo $?; $V list nothing 2>&-; echo $?; $V list methods >/dev/full; echo $?; "
        "$V run --help | head -1; echo $?; PYTHONIOENCODING=ascii $V info rife >two; echo $?",
        tmp_path,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Usage")]
    assert lines == ["0", "2", "0", "2", "2", "0", "0"]
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert (tmp_path / "two").read_bytes().isascii()


def test_a_file_is_never_opened_in_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import os\nfrom vfibench.cli.terminal import standard_streams\n"
        "with standard_streams():\n"
        " number = os.open('x', os.O_CREAT | os.O_RDWR)\n"
        " os.write(number, str(number).encode())"
    )
    words = ["bash", "-c", f'"{sys.executable}" -c "{code}" >&- 2>&- <&-']
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == 0
    assert int((tmp_path / "x").read_text()) > 2
