"""Bad input on the command line: one clear line on standard error, exit status 2, no traceback."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import make_clip
from made_plugins import Mse, Textures
from PIL import Image
from plugged import plugged

from vfibench.cli import main
from vfibench.contracts import Sample


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return f"clip:{make_clip(tmp_path / 'clip', count=5)}"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run `vfibench WORDS`; check the form of its refusal and return the message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VFIBENCH_DATA", raising=False)

    def check(*words: str) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        assert end.value.code == 2
        shown = capsys.readouterr().err
        lines = [line for line in shown.splitlines() if line.startswith(("error:", "  hint:"))]
        assert lines, shown
        assert lines[0].startswith("error:")
        assert len(lines) <= 2
        assert "Traceback" not in shown
        return " ".join(lines)

    return check


def test_unknown_names_get_the_nearest(refused, clip: str) -> None:
    assert "did you mean blend" in refused("run", "-m", "blnd", "-d", clip)
    assert "did you mean ucf101" in refused("run", "-m", "blend", "-d", "ucf11")
    assert "did you mean ssim" in refused("run", "-m", "blend", "-d", clip, "--metric", "ssmi")
    assert "did you mean rife" in refused("run", "-m", "blend", "-d", clip, "--definition", "riffe")
    assert "did you mean ema-vfi" in refused("run", "-m", "blend", "-d", clip, "--protocol", "ema_vfi")
    assert "did you mean convlstm" in refused("info", "convlst")
    assert "unknown variant 'nope' of rife" in refused("info", "rife@nope")
    assert "unknown method, dataset or metric 'psnr@nope'" in refused("info", "psnr@nope")


def test_a_missing_data_root_is_told(refused, tmp_path: Path) -> None:
    assert "--data-root" in refused("run", "-m", "blend", "-d", "ucf101")
    assert str(tmp_path / "no") in refused(
        "run", "-m", "blend", "-d", "ucf101", "--data-root", tmp_path / "no"
    )


def test_a_missing_folder_of_frames_is_told(refused, tmp_path: Path) -> None:
    assert str(tmp_path / "no") in refused("run", "-m", "blend", "-d", f"clip:{tmp_path / 'no'}")
    assert "clip:PATH" in refused("run", "-m", "blend", "-d", "clip")


def test_a_wrongly_sized_image_is_named(refused, clip: str) -> None:
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(Path(clip[5:]) / "im2.png")
    assert "im2.png" in refused("run", "-m", "blend", "-d", clip, "--metric", "ie", "--device", "cpu")


def test_a_truncated_image_is_named(refused, clip: str) -> None:
    path = Path(clip[5:]) / "im3.png"
    path.write_bytes(path.read_bytes()[:150])
    assert "im3.png" in refused("run", "-m", "blend", "-d", clip, "--metric", "ie", "--device", "cpu")


def test_a_shard_beyond_the_last_is_refused(refused, clip: str) -> None:
    assert "3/2" in refused("run", "-m", "blend", "-d", clip, "--shard", "3/2")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_is_told(refused, clip: str) -> None:
    assert "use --device cpu" in refused("run", "-m", "blend", "-d", clip, "--device", "cuda")
    assert "use --device cpu" in refused("speed", "-m", "blend", "--device", "cuda")


def test_another_device_is_refused(refused, clip: str) -> None:
    assert "cuda:N" in refused("run", "-m", "blend", "-d", clip, "--device", "tpu")


def test_an_output_folder_that_is_a_file_is_told(refused, clip: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    assert "cannot write" in refused(
        "run", "-m", "blend", "-d", clip, "--metric", "ie", "--out", tmp_path / "out", "--device", "cpu"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_folder_is_told(refused, clip: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    assert "cannot write" in refused("run", "-m", "blend", "-d", clip, "--out", tmp_path / "out")


def test_a_learned_method_without_weights_says_where_to_get_them(refused, clip: str) -> None:
    message = refused("run", "-m", "convlstm", "-d", clip)
    assert re.search(r"--weights", message)
    assert "superslomo-r.pt" in message
    assert "drive.google.com" in message


def test_random_weights_are_refused_for_scores(refused, clip: str) -> None:
    assert "no meaningful score" in refused("run", "-m", "convlstm", "-d", clip, "--weights", "random")


def test_weights_that_are_not_there_or_not_asked_for_are_told(refused, clip: str, tmp_path: Path) -> None:
    assert "found no file" in refused("run", "-m", "convlstm", "-d", clip, "--weights", tmp_path / "no.pt")
    assert "write --weights NAME=FILE" in refused("run", "-m", "blend", "-d", clip, "--weights", "x.pt")
    assert "write --weights NAME=FILE" in refused(
        "run", "-m", "convlstm", "-m", "superslomo", "-d", clip, "--weights", "x.pt"
    )


def test_a_text_file_as_weights_is_refused(refused, clip: str, tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    message = refused(
        "run", "-m", "convlstm", "-d", clip, "--metric", "ie", "--weights", tmp_path / "text.pt"
    )
    assert "text.pt" in message


def test_a_class_without_a_card_is_refused(refused, clip: str) -> None:
    assert "AdapterCard" in refused("run", "-m", "odd_methods:Mute", "-d", clip)
    assert "no module named" in refused("run", "-m", "nowhere:Mute", "-d", clip)


def test_other_words_than_expected_are_told(refused, clip: str) -> None:
    assert "fp32 | fp16 | bf16 | tf32" in refused("run", "-m", "blend", "-d", clip, "--precision", "fp8")
    assert "missing, always or never" in refused("run", "-m", "blend", "-d", clip, "--policy", "sometimes")
    assert "--batch-size of 1 or more" in refused("run", "-m", "blend", "-d", clip, "--batch-size", "0")
    assert "WIDTHxHEIGHT" in refused("speed", "-m", "blend", "--size", "big")
    assert "choose from methods" in refused("list", "things")
    assert "found no run" in refused("report", ".")


def test_an_unavailable_metric_is_an_error_only_where_it_was_asked_for(
    refused, clip: str, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("VFIBENCH_BACKBONES", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert "lpips-squeeze" in refused("run", "-m", "blend", "-d", clip, "--metric", "lpips-squeeze")


@pytest.mark.parametrize(
    ("option", "least"),
    [("--threads", 0), ("--warmup", 0), ("--runs", 1), ("--times", 1), ("--batch-size", 1)],
)
def test_a_count_that_is_too_small_is_refused(refused, option: str, least: int) -> None:
    message = refused("speed", "-m", "blend", option, str(least - 1))
    assert f"expected {option} of {least} or more, found {least - 1}" in message


def test_a_size_that_does_not_fit_is_told(refused) -> None:
    assert "blend could not be timed at 1000000x1000000" in refused(
        "speed", "-m", "blend", "--size", "1000000x1000000", "--device", "cpu"
    )
    assert "WIDTHxHEIGHT" in refused("speed", "-m", "blend", "--size", "²x64")


def test_a_folder_of_predictions_is_no_method_to_look_at_or_to_time(refused) -> None:
    for words in (("info", "frames:x"), ("speed", "-m", "frames:x"), ("verify", "frames:x")):
        assert "found a folder of predictions" in refused(*words)


def test_doctor_refuses_an_argument_too_many(refused) -> None:
    assert "ucf101 takes no argument" in refused("doctor", "-d", "ucf101:foo")


def test_weights_of_a_method_that_is_not_asked_for_are_refused(refused, clip: str) -> None:
    assert "superslomo is not among the methods" in refused(
        "run", "-m", "convlstm", "-d", clip, "-w", "superslomo=wrong.pt"
    )
    assert "expected one --weights for convlstm" in refused(
        "run", "-m", "convlstm", "-d", clip, "-w", "a.pt", "-w", "convlstm=b.pt"
    )


def test_wrong_weights_are_found_before_another_method_is_scored(refused, clip: str, tmp_path: Path) -> None:
    torch.save({"odd": torch.zeros(1)}, tmp_path / "odd.pt")
    message = refused("run", "-m", "blend", "-m", "convlstm", "-d", clip, "-w", tmp_path / "odd.pt")
    assert "odd.pt" in message
    assert "superslomo-r.pt of convlstm holds: dict of stage1_state_dict and stage2_state_dict" in message
    assert not (tmp_path / "runs").exists()


def test_wrong_weights_are_no_failed_check_of_the_adapter(refused, tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    assert "found no file" in refused("verify", "convlstm", "-w", tmp_path)
    assert "text.pt" in refused("verify", "convlstm", "-w", tmp_path / "text.pt")


def test_a_masked_definition_needs_a_dataset_with_masks(refused, clip: str) -> None:
    for words in (("--definition", "dvf"), ("--metric", "ssim@dvf")):
        message = refused("run", "-m", "blend", "-d", clip, *words)
        assert "clip has none" in message
        assert "ucf101-masked" in message


def in_unit_range(self: Textures, index: int, good=Textures.__getitem__) -> Sample:
    """A sample whose frames are floats in [0, 1]."""
    sample = good(self, index)
    return replace(sample, frames=sample.frames / 255)


def test_a_plugin_that_breaks_its_contract_is_one_line_with_its_name(refused, monkeypatch) -> None:
    words = ("run", "-m", "blend", "-d", "made-textures", "--metric", "made-mse", "--device", "cpu")
    with plugged(Textures, Mse):
        with monkeypatch.context() as patch:
            patch.setattr(Mse, "__call__", lambda self, predicted, target: predicted.mean())
            message = refused(*words)
            assert (
                "the metric made-mse (made-plugin) breaks its contract: expected a float tensor [8]"
                in message
            )
            assert "`vfibench verify made-mse --kind metric`" in message
        monkeypatch.setattr(Textures, "__getitem__", in_unit_range)
        message = refused(*words)
        assert "the dataset made-textures (made-plugin) breaks its contract: expected frames uint8" in message
        assert "`vfibench verify made-textures --kind dataset`" in message


def test_a_file_that_cannot_be_read_is_one_line(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr("vfibench.reporting.write_site", closed)
    assert refused("report", ".") == "error: some/file: Permission denied"


def test_the_usage_is_still_shown_for_wrong_options(capsys: pytest.CaptureFixture[str]) -> None:
    for words, status in ((["run", "--no-such"], 2), (["--help"], 0)):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == status
    shown = capsys.readouterr()
    assert "Usage:" in shown.err
    assert "No such option: --no-such" in shown.err
    assert "Usage:" in shown.out


def test_brackets_in_a_name_are_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path / "x[b]:y:smile:", count=3)
    words = ["run", "-m", "blend", "-d", f"clip:{clip}", "--metric", "ie", "--device", "cpu"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 0
    assert "clip:x[b]:y:smile:" in "".join(capsys.readouterr().out.split())


def test_debug_shows_the_traceback(clip: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["run", "-m", "blnd", "-d", clip, "--debug"])
    assert end.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "unknown method" in lines[-1]
