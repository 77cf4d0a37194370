"""`vfibench train` on the command line: bad input is one clear line, exit status 2, no traceback."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
import tiny_training
import torch

from vfibench.cli import main
from vfibench.trainable import Clip
from vfibench.training.recipes import parse_recipe

tiny_training.register()


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run `vfibench train WORDS`; check the form of its refusal and return the message."""
    monkeypatch.chdir(tmp_path)

    def check(*words: object) -> str:
        with pytest.raises(SystemExit) as end:
            main(["train", "--device", "cpu", *map(str, words)])
        assert end.value.code == 2
        shown = capsys.readouterr().err
        assert "Traceback" not in shown
        lines = shown.splitlines()
        assert lines[0].startswith("error: ")
        assert len(lines) <= 2
        return shown

    return check


@pytest.fixture
def recipe(tmp_path: Path):
    """A recipe file with lines changed."""
    return lambda **changes: tiny_training.write_recipe(tmp_path / "tiny.toml", **changes)


def trained(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main(["train", "--device", "cpu", *map(str, words)])
    return int(end.value.code or 0)


def test_recipes_that_are_not_there(refused) -> None:
    assert "expected --recipe, found none" in refused()
    assert "unknown recipe 'superslomo-startre'" in refused("--recipe", "superslomo-startre")
    assert "did you mean superslomo-starter" in refused("--recipe", "superslomo-startre")
    assert "No such file or directory for mine.toml" in refused("--recipe", "mine.toml")


def test_recipes_that_name_what_there_is_not(refused, recipe) -> None:
    assert "unknown method 'superslow'" in refused("--recipe", recipe(method='"superslow"'))
    assert "method 'blend' cannot be trained" in refused("--recipe", recipe(method='"blend"'))
    assert "unknown source 'vimeo'" in refused("--recipe", recipe(source='"vimeo"'))
    said = refused("--recipe", recipe(reconstruction="60\ncharbonnier = 1"))
    assert "[losses]: expected some of reconstruction, warping, perceptual, flow for superslomo" in said
    assert "found charbonnier" in said
    said = refused("--recipe", recipe(width="2\ndepth = 3"))
    assert "[network]: expected width" in said
    assert "for superslomo, found 'depth'" in said
    assert not Path("runs").exists()


def test_a_loss_that_the_data_cannot_give(refused, recipe) -> None:
    said = refused("--recipe", recipe(reconstruction="60\nflow = 1"))
    assert "losses.flow: expected samples it can be computed for, found none" in said


def test_targets_that_do_not_fit_the_method(refused, recipe) -> None:
    said = refused("--recipe", recipe(targets='"middle"\ninputs = 4', method='"convlstm"'))
    assert "expected a target in each of the 3 windows" in said


def test_data_that_are_not_named_or_not_there(refused, recipe, tmp_path: Path) -> None:
    path = recipe(source='"vimeo90k-triplets"')
    said = refused("--recipe", path)
    assert "source 'vimeo90k-triplets': expected the folder of its data, found none" in said
    assert "--data DIR" in said
    assert "nowhere" in refused("--recipe", path, "--data", "nowhere")


def test_numbers_that_cannot_be(refused, recipe) -> None:
    path = recipe()
    assert "training.steps: expected a whole number >= 1, found 0" in refused("--recipe", path, "--steps", 0)
    assert "expected --workers of 0 or more, found -1" in refused("--recipe", path, "--workers", -1)
    assert "expected --log-every of 1 or more, found 0" in refused("--recipe", path, "--log-every", 0)
    assert "expected --device cpu, cuda or cuda:N, found 'gpu'" in refused(
        "--recipe", path, "--device", "gpu"
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_a_device_that_is_not_there(refused, recipe) -> None:
    assert "expected a CUDA device" in refused("--recipe", recipe(), "--device", "cuda")


def test_an_environment_that_torchrun_did_not_make(refused, recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    assert "expected RANK" in refused("--recipe", recipe())


def test_a_folder_that_holds_another_training_or_cannot_be_written_to(
    refused, recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    path = recipe(steps="1", validate_on="1")
    assert trained("--recipe", path, "--out", out) == 0
    assert "expected a new folder, found a checkpoint" in refused("--recipe", path, "--out", out)
    other = refused("--recipe", recipe(steps="1", lr="5e-4"), "--out", out, "--resume")
    assert "optimiser.lr: expected 0.001" in other
    (out / "checkpoint.pt").write_bytes(b"PK")
    assert "found one cut short" in refused("--resume", "--out", out)
    assert "found no" in refused("--recipe", path, "--out", tmp_path / "new", "--resume")
    (tmp_path / "file").write_text("")
    assert "expected a folder to write to" in refused("--recipe", path, "--out", tmp_path / "file")


def test_a_loss_that_is_no_number(refused, recipe) -> None:
    said = refused("--recipe", recipe(lr="1e30", clip_norm="0"), "--out", "out")
    assert "expected finite losses, found total" in said
    assert "at step " in said


@pytest.mark.parametrize("workers", [0, 1])
def test_a_sample_that_cannot_be_read(refused, recipe, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    from vfibench.errors import VfibenchError

    def broken(self: Any, index: int, *_: Any) -> Clip:
        raise VfibenchError("expected a picture, found a damaged one: im1.png", "restore it")

    monkeypatch.setattr(tiny_training.MadeUp, "sample", broken)
    said = refused("--recipe", recipe(), "--workers", workers, "--out", f"out{workers}")
    assert said == "error: expected a picture, found a damaged one: im1.png\n  hint: restore it\n"


def test_other_data_than_it_was_begun_with(refused, recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trained("--recipe", recipe(steps="1", validate_on="1"), "--out", "out") == 0
    monkeypatch.setattr(tiny_training.MadeUp, "size", 21)
    assert "expected 22 samples in an epoch" in refused("--resume", "--out", "out")


def test_no_tensorboard(refused, recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return whole(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'vfibench[train]'" in refused("--recipe", recipe(), "--tensorboard")


def test_show_prints_a_recipe_that_is_read_again(capsys: pytest.CaptureFixture[str], recipe) -> None:
    assert trained("--recipe", "superslomo", "--show", "--seed", 7) == 0
    shown = parse_recipe(capsys.readouterr().out.encode(), "shown")
    assert shown.training.seed == 7
    assert shown.losses == {"reconstruction": 60, "perceptual": 20, "warping": 10}
    assert "lowest = 0.0" in _shown(capsys, recipe())  # defaults are written out


def _shown(capsys: pytest.CaptureFixture[str], path: Path) -> str:
    assert trained("--recipe", path, "--show") == 0
    return capsys.readouterr().out


def test_what_is_told_and_written(capsys: pytest.CaptureFixture[str], recipe, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert trained("--recipe", recipe(steps="3"), "--out", out, "--log-every", 2) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "tiny: 154,523 parameters, 3 steps of 4 samples on cpu"
    assert said[1] == "data: made-up patterns; 22 samples an epoch"
    assert said[2].startswith("step 2/3  total ")
    assert said[2].endswith("samples/s")
    assert said[-2].startswith("step 3: validation PSNR ")
    path = out / "weights.safetensors"
    assert said[-1] == f"weights: {path}    score them: vfibench run -m superslomo -w {path}"
    names = ["checkpoint.pt", "losses.csv", "recipe.toml", "validation.csv", "weights.safetensors"]
    assert sorted(path.name for path in out.iterdir()) == names


def test_lists_of_recipes_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, expected in (("recipes", "superslomo-vimeo"), ("sources", "vimeo90k-septuplets")):
        with pytest.raises(SystemExit):
            main(["list", kind])
        assert expected in capsys.readouterr().out
