"""Bad input on the command line: one clear line on standard error, exit status 2, no traceback."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import make_clip
from PIL import Image

from vfibench.cli import main


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


def test_a_missing_data_root_is_told(refused, tmp_path: Path) -> None:
    assert "--data-root" in refused("run", "-m", "blend", "-d", "ucf101")
    assert str(tmp_path / "no") in refused(
        "run", "-m", "blend", "-d", "ucf101", "--data-root", tmp_path / "no"
    )


def test_a_missing_folder_of_frames_is_told(refused, tmp_path: Path) -> None:
    assert str(tmp_path / "no") in refused("run", "-m", "blend", "-d", f"clip:{tmp_path / 'no'}")
    assert "clip:DIR" in refused("run", "-m", "blend", "-d", "clip")


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
    assert "fp32 | fp16 | bf16" in refused("run", "-m", "blend", "-d", clip, "--precision", "fp8")
    assert "missing, always or never" in refused("run", "-m", "blend", "-d", clip, "--policy", "sometimes")
    assert "batch size" in refused("run", "-m", "blend", "-d", clip, "--batch-size", "0")
    assert "WIDTHxHEIGHT" in refused("speed", "-m", "blend", "--size", "big")
    assert "choose from methods" in refused("list", "things")
    assert "found no run" in refused("report", ".")


def test_an_unavailable_metric_is_an_error_only_where_it_was_asked_for(
    refused, clip: str, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("VFIBENCH_BACKBONES", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert "lpips-squeeze" in refused("run", "-m", "blend", "-d", clip, "--metric", "lpips-squeeze")


def test_debug_shows_the_traceback(clip: str) -> None:
    with pytest.raises(Exception, match="unknown method"):
        main(["run", "-m", "blnd", "-d", clip, "--debug"])
