"""From a word to a method: modules of the user's, what they may raise, and whose weights are whose."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made_clips import make_clip

from vfibench.api import load_dataset
from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile
from vfibench.errors import VfibenchError
from vfibench.frames.files import write_image
from vfibench.methods.assigning import split_weights
from vfibench.methods.padding import effective_padding
from vfibench.methods.parameters import parameters
from vfibench.methods.resolving import Method, resolve, split_variant, varied
from vfibench.metrics.protocols import get_protocol
from vfibench.running.checks import check_predictions, predictions_hash
from vfibench.running.plan import Planner, Request
from vfibench.speed.timing import CallSize, measure_speed

CPU = torch.device("cpu")
COMMAND = [sys.executable, "-P", "-c", "from vfibench.cli import main; main()"]  # -P: as the console script


class Refuses:
    """Raises what it is told to, when made or when loaded."""

    def __init__(self, error: BaseException, at_once: bool) -> None:
        self.error = error
        if at_once:
            raise error

    def load(self, device: torch.device, weights: Path | None) -> None:
        raise self.error


class Slotted:
    """An adapter without a __dict__."""

    __slots__ = ("net",)
    card = AdapterCard("slotted", f"{__name__}:Slotted")

    def load(self, device: torch.device, weights: Path | None) -> None:
        self.net = torch.nn.Conv2d(3, 3, 1)

    def predict(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        return self.net(frames[:, 0])[:, None]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "error", [KeyError("odd"), SystemExit(3), OSError(2, "no such file"), RuntimeError("a\nb")]
)
def test_whatever_an_adapter_raises_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, at_once: bool
) -> None:
    monkeypatch.setattr(
        "vfibench.methods.resolving.load_target", lambda target: lambda: Refuses(error, at_once)
    )
    method = Method("odd", AdapterCard("odd", "odd:Odd"))
    with pytest.raises(VfibenchError, match=f"odd could not be loaded: {type(error).__name__}") as told:
        method.open(CPU)
    assert told.value.__cause__ is error
    assert "\n" not in told.value.message


def test_an_error_of_ours_is_passed_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    error = VfibenchError("wrong file", "fetch another")
    monkeypatch.setattr(
        "vfibench.methods.resolving.load_target", lambda target: lambda: Refuses(error, at_once=False)
    )
    with pytest.raises(VfibenchError) as told:
        Method("odd", AdapterCard("odd", "odd:Odd")).open(CPU)
    assert told.value is error


TOLD = (
    WeightFile("best.pt", "https://example.org/best", structure="a dict of encoder and decoder"),
    WeightFile("small.pt", "https://example.org/small", structure="a bare state dict of 12 tensors"),
)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("small.pt", "small.pt of odd holds: a bare state dict of 12 tensors"),
        ("other.pt", "best.pt of odd holds: a dict of encoder and decoder"),
    ],
)
@pytest.mark.parametrize(
    ("error", "hint"),
    [(VfibenchError("wrong file", "fetch another"), "fetch another"), (KeyError("x"), "--debug")],
)
def test_weights_that_do_not_load_are_told_what_the_right_file_holds(
    monkeypatch: pytest.MonkeyPatch, error: Exception, hint: str, file: str, said: str
) -> None:
    monkeypatch.setattr(
        "vfibench.methods.resolving.load_target", lambda target: lambda: Refuses(error, at_once=False)
    )
    with pytest.raises(VfibenchError) as told:
        Method("odd", AdapterCard("odd", "odd:Odd", weights=TOLD), Path(file)).open(CPU)
    assert told.value.hint.startswith(hint)
    assert told.value.hint.endswith(f"; {said}")


@pytest.mark.parametrize(
    ("weights", "path"), [((), Path("a.pt")), (TOLD, None), ((WeightFile("a.pt", ""),), Path("a.pt"))]
)
def test_a_card_that_tells_no_structure_adds_nothing(monkeypatch, weights, path) -> None:
    error = VfibenchError("wrong file")
    monkeypatch.setattr(
        "vfibench.methods.resolving.load_target", lambda target: lambda: Refuses(error, at_once=False)
    )
    with pytest.raises(VfibenchError) as told:
        Method("odd", AdapterCard("odd", "odd:Odd", weights=weights), path).open(CPU)
    assert told.value is error


def test_a_module_in_the_working_directory_is_found(tmp_path: Path) -> None:
    (tmp_path / "beside_me.py").write_text(
        "from vfibench.contracts import AdapterCard\n"
        "class Mine:\n    card = AdapterCard('mine', 'beside_me:Mine', title='found it')\n"
    )
    done = subprocess.run([*COMMAND, "info", "beside_me:Mine"], cwd=tmp_path, capture_output=True, text=True)
    assert "found it" in done.stdout, done.stderr
    assert done.returncode == 0


def test_an_interrupted_command_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen(
        [*COMMAND, "info", "sleepy:Mine"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert told == "interrupted; run the same command again to go on where it stopped\n"
    assert process.returncode == 130


def test_weights_go_to_the_method_that_is_named() -> None:
    both = ["convlstm", "superslomo", "blend"]
    given = split_weights(["convlstm=a=b.pt", "superslomo=c.pt"], both)
    assert given == {"convlstm": "a=b.pt", "superslomo": "c.pt"}
    assert split_weights(["x=y.pt"], ["convlstm", "blend"]) == {"convlstm": "x=y.pt"}
    with pytest.raises(VfibenchError, match="superslomo is not among the methods"):
        split_weights(["superslomo=a.pt"], ["convlstm"])
    with pytest.raises(VfibenchError, match=r"expected one --weights for convlstm, found a\.pt and b\.pt"):
        split_weights(["convlstm=a.pt", "convlstm=b.pt"], both)


def test_a_name_given_twice_is_meant_once(tmp_path: Path) -> None:
    clip = f"clip:{make_clip(tmp_path / 'clip', count=3)}"
    asked = Request(methods=("blend", "nearest", "blend"), datasets=(clip, clip), metrics=())
    assert [job.cell.method for job in Planner(asked).jobs()] == ["blend", "nearest"]


def test_weights_of_later_methods_are_tried_on_the_device_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, torch.device]] = []
    monkeypatch.setattr(Method, "open", lambda self, device: opened.append((self.label, device)))
    (tmp_path / "a.pt").write_bytes(b"any")
    clip = f"clip:{make_clip(tmp_path / 'clip', count=3)}"
    weights = [f"{name}={tmp_path / 'a.pt'}" for name in ("superslomo", "convlstm")]
    asked = Request(
        methods=("superslomo", "blend", "convlstm"), datasets=(clip,), metrics=(), weights=weights
    )
    Planner(asked).jobs()
    assert opened == [("convlstm", CPU)]


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """Predictions of a clip of five frames, in a folder that is a link to another."""
    make_clip(tmp_path / "clip", count=5)
    (tmp_path / "made").mkdir()
    (tmp_path / "elsewhere").mkdir()
    for name in ("im2", "im4"):
        (tmp_path / "made" / name).symlink_to(tmp_path / "elsewhere" / name)
        write_image(tmp_path / "elsewhere" / name / "t0.500000.png", np.zeros((3, 40, 56), np.uint8))
    return tmp_path / "made"


def test_changed_predictions_behind_a_link_are_another_cell(predictions: Path, tmp_path: Path) -> None:
    dataset = load_dataset(f"clip:{tmp_path / 'clip'}")
    before = predictions_hash(predictions, dataset)
    (predictions / "unread.png").write_bytes(b"lies about")
    assert predictions_hash(predictions, dataset) == before
    write_image(tmp_path / "elsewhere" / "im4" / "t0.500000.png", np.ones((3, 40, 56), np.uint8))
    assert predictions_hash(predictions, dataset) != before


def test_a_dangling_link_is_a_missing_prediction(predictions: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "im4" / "t0.500000.png").unlink()
    dataset = load_dataset(f"clip:{tmp_path / 'clip'}")
    with pytest.raises(VfibenchError, match=r"im4/t0\.500000\.png.* \(1 of 2 samples lack one\)"):
        check_predictions(predictions, dataset)


def test_predictions_stand_among_two_frame_methods(predictions: Path, tmp_path: Path) -> None:
    asked = Request(methods=(f"frames:{predictions}",), datasets=(f"clip:{tmp_path / 'clip'}",), metrics=())
    (job,) = Planner(asked).jobs()
    assert job.cell.settings.inputs == 2
    assert "input frames unknown" in job.cell.facts.method.title


def test_predictions_cannot_be_opened_for_timing(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match="found a folder of predictions"):
        resolve(f"frames:{tmp_path}", scoring=False)


def test_a_replaced_frame_of_the_same_size_is_another_clip(tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "clip", count=3)
    before = load_dataset(f"clip:{folder}").fingerprint
    other = make_clip(tmp_path / "copy", count=3)
    assert load_dataset(f"clip:{other}").fingerprint == before
    data = bytearray((folder / "im2.png").read_bytes())
    data[-20] ^= 1
    (folder / "im2.png").write_bytes(data)
    assert load_dataset(f"clip:{folder}").fingerprint != before


def test_parameters_are_counted_wherever_an_adapter_keeps_its_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapter = Slotted()
    assert parameters(adapter) is None
    adapter.load(CPU, None)
    assert parameters(adapter) == 12
    assert parameters(torch.nn.Conv2d(3, 3, 1)) == 12
    assert parameters(object()) is None
    monkeypatch.setattr("vfibench.methods.resolving.load_target", lambda target: Slotted)
    timed = measure_speed(Method("slotted", Slotted.card), CallSize(16, 8), runs=1, warmup=0)
    assert timed.parameters == 0  # a method that says it learns nothing


class Dimmer:
    """Learns nothing and has settings."""

    card = AdapterCard(
        "dimmer",
        f"{__name__}:Dimmer",
        padding=Padding(8),
        variants={
            "half": Variant("half as bright", {"factor": 0.5}),
            "wide": Variant("for wide frames", {"factor": 1.0}, Padding(64)),
        },
    )

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def load(self, device: torch.device, weights: Path | None) -> None:
        pass

    def predict(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        return self.factor * frames[:, :1].expand(-1, len(times), -1, -1, -1)


@pytest.fixture
def dimmer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfibench.methods.resolving.METHODS", SimpleNamespace(card=lambda name: Dimmer.card))
    monkeypatch.setattr("vfibench.methods.resolving.load_target", lambda target: Dimmer)


@pytest.mark.parametrize(
    ("word", "factor", "multiple"), [("dimmer", 1.0, 8), ("dimmer@half", 0.5, 8), ("dimmer@wide", 1.0, 64)]
)
def test_a_variant_sets_the_adapter_and_the_padding(
    dimmer: None, word: str, factor: float, multiple: int
) -> None:
    method = resolve(word)
    opened = method.open(CPU)
    assert isinstance(opened, Dimmer)
    assert (opened.factor, method.card.padding.multiple) == (factor, multiple)
    assert (method.label, method.variant) == ("dimmer", split_variant(word)[1])


def test_an_unknown_variant_names_those_there_are(dimmer: None) -> None:
    with pytest.raises(VfibenchError, match="unknown variant 'third' of dimmer") as caught:
        resolve("dimmer@third")
    assert caught.value.hint == "it has: dimmer@half, dimmer@wide"


def test_variants_of_a_method_are_cells_of_their_own(dimmer: None, tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "clip", count=3)
    words = ("dimmer", "dimmer@half", "dimmer@wide", "dimmer@half")
    jobs = Planner(Request(methods=words, datasets=(f"clip:{folder}",), metrics=("psnr",))).jobs()
    assert [job.cell.settings.variant for job in jobs] == ["", "half", "wide"]
    assert [job.padding.multiple for job in jobs] == [8, 8, 64]
    assert len({job.cell.key for job in jobs}) == 3


def test_weights_of_a_method_are_those_of_its_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {
        name: AdapterCard(name, "x:X", weights=(WeightFile("a", "https://x"),)) for name in ("one", "two")
    }
    monkeypatch.setattr("vfibench.methods.assigning.find_card", lambda name: cards[split_variant(name)[0]])
    monkeypatch.setattr("vfibench.methods.assigning.METHODS", SimpleNamespace(names=lambda: list(cards)))
    assert split_weights(["a.pt"], ["one", "one@x"]) == {"one": "a.pt", "one@x": "a.pt"}
    assert split_weights(["one=a.pt", "two=b.pt"], ["one@x", "two"]) == {"one@x": "a.pt", "two": "b.pt"}
    assert split_weights(["one@x=a.pt", "one=b.pt"][:1], ["one", "one@x"]) == {"one@x": "a.pt"}
    with pytest.raises(VfibenchError, match="cannot tell whose"):
        split_weights(["a.pt"], ["one@x", "two"])
    with pytest.raises(VfibenchError, match="one is not among the methods"):
        split_weights(["one=a.pt"], ["two"])
    with pytest.raises(VfibenchError, match="expected one --weights for one@x"):
        split_weights(["one=a.pt", "one@x=b.pt"], ["one@x"])


def test_the_extra_pixels_of_a_variant_are_added_under_our_rule_too() -> None:
    card = AdapterCard(
        "padded",
        "x:X",
        padding=Padding(8, "constant", extra=3),
        variants={"paper": Variant("as the paper pads", {}, Padding(8, "constant", extra=25))},
    )
    ours, theirs = get_protocol("vfibench"), get_protocol("softsplat")
    assert effective_padding(Method("padded", card), ours) == Padding(8)
    paper = Method("padded", varied(card, "paper"), variant="paper")
    assert effective_padding(paper, ours) == Padding(8, extra=25)
    assert effective_padding(paper, get_protocol("rife")) == Padding(8, "constant", extra=25)
    fitting = replace(card.variants["paper"], padding=Padding(8, "constant", extra_when_fitting=32))
    dain = Method("padded", replace(card, variants={"paper": fitting}), variant="paper")
    assert effective_padding(dain, ours) == Padding(8, extra_when_fitting=32)
    assert theirs.padding is not None
    assert effective_padding(Method("padded", card), theirs).multiple == 8
