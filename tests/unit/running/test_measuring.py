"""What a run stores of each batch, and what it tells while it goes on: sizes, times, facts, progress."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import odd_methods
import pytest
import torch
from made_clips import frame, make_clip
from PIL import Image

from vfibench.datasets.selection import list_hash
from vfibench.errors import VfibenchError
from vfibench.running.measuring import DIGITS, storable
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Progress, Runner
from vfibench.store.folder import ResultStore
from vfibench.store.shards import Shard
from vfibench_datasets.davis import TRIPLET_CARD
from vfibench_datasets.source import read_list

CPU = torch.device("cpu")
SIZES = {"small": (40, 56), "wide": (32, 80)}


@pytest.fixture
def mixed(tmp_path: Path) -> tuple[Path, list[str]]:
    """A data root with ten of DAVIS's triplets of two sizes, by turns in pairs; and the size of each."""
    names = read_list("davis_adacof.txt")[:10]
    sizes = [("small", "wide")[place // 2 % 2] for place in range(len(names))]
    for place, (name, size) in enumerate(zip(names, sizes, strict=True)):
        files = (f"input/{name}/frame10", f"gt/{name}/frame10i11", f"input/{name}/frame11")
        for step, file in enumerate(files):
            path = tmp_path / "davis" / f"{file}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(frame(3 * place + step, *SIZES[size])).save(path)
    return tmp_path, sizes


def davis(root: Path, **changes: Any) -> Request:
    base = Request(
        ("odd_methods:Blend",), ("davis",), metrics=("ie",), data_root=root, partial=True, batch_size=5
    )
    return replace(base, **changes)


def run(out: Path, asked: Request, **options: Any) -> None:
    Runner(ResultStore(out), CPU, **options).run(Planner(asked).jobs())


def lines(out: Path, kind: str = "scores") -> list[dict[str, Any]]:
    """What lies on the disk of all shards."""
    files = sorted((out / kind).iterdir())
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_samples_of_several_sizes_in_a_batch_are_all_scored_in_the_datasets_order(
    mixed, tmp_path: Path
) -> None:
    root, _ = mixed
    run(tmp_path / "alone", davis(root, batch_size=1))
    run(tmp_path / "together", davis(root))
    alone, together = lines(tmp_path / "alone"), lines(tmp_path / "together")
    assert [row["index"] for row in together] == list(range(10))
    assert [row["sample"] for row in together] == read_list("davis_adacof.txt")[:10]
    for one, other in zip(together, alone, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-6)
    assert len({row["scores"]["ie"] for row in together}) == 10


def test_each_size_of_a_batch_is_a_call_of_its_own_that_is_timed_and_warms_up_once(
    mixed, tmp_path: Path
) -> None:
    root, _ = mixed
    run(tmp_path / "run", davis(root), workers=1)
    calls = [
        (line["batch"], line["samples"], line["frames"], tuple(line["shape"]), line["warmup"])
        for line in lines(tmp_path / "run", "timings")
    ]
    small, wide = SIZES.values()
    # The first batch is small, small, wide, wide, small, the second small, wide, wide, small, small.
    assert calls == [
        (0, 3, 3, small, True),
        (0, 2, 2, wide, True),
        (1, 3, 3, small, False),
        (1, 2, 2, wide, False),
    ]


def test_pictures_of_several_sizes_are_kept_under_their_own_names(mixed, tmp_path: Path) -> None:
    root, sizes = mixed
    run(tmp_path / "run", davis(root), save_images=True)
    (folder,) = (tmp_path / "run" / "images").glob("odd-blend*")
    for place, row in enumerate(lines(tmp_path / "run")):
        kept = np.asarray(Image.open(folder / row["sample"] / "t0.500000.png")).astype(float)
        ends = [frame(3 * place + step, *SIZES[sizes[place]]).astype(float) for step in (0, 2)]
        assert np.abs(kept - np.mean(ends, axis=0)).max() <= 0.5


def test_predictions_are_made_one_at_a_time_however_many_threads_decode_and_score(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=25)
    odd_methods.Alone.most = 0
    asked = Request(("odd_methods:Alone",), (f"clip:{clip}",), metrics=(), batch_size=1)
    run(tmp_path / "run", asked, workers=4)
    assert [row["status"] for row in lines(tmp_path / "run")] == ["ok"] * 12
    assert odd_methods.Alone.most == 1


def test_run_json_tells_what_the_method_the_dataset_and_the_protocol_are(mixed, tmp_path: Path) -> None:
    root, _ = mixed
    run(tmp_path / "run", davis(root, methods=("nearest",), protocol="adacof"))
    (cell,) = json.loads((tmp_path / "run" / "run.json").read_text())["cells"]
    assert cell["planned"] == 10
    assert cell["unavailable"] == {}
    assert list(cell["columns"]) == ["psnr@adacof", "ie"]
    assert cell["selection"] == {
        "kind": "partial",
        "chosen": 10,
        "official": 30,
        "text": "10 of 30 (partial)",
    }
    facts = cell["facts"]
    card = TRIPLET_CARD
    assert facts["dataset"] == {"title": card.title, "task": card.task, "licence": card.licence}
    assert facts["protocol"]["title"] == "AdaCoF: PSNR of the unclamped float"
    assert facts["protocol"]["source"] == "AdaCoF-pytorch TestModule.py"
    assert (facts["method"]["learned"], facts["method"]["weights"], facts["method"]["published"]) == (
        False,
        None,
        [],
    )
    assert facts["method"]["parameters"] == 0


def test_a_cell_is_told_apart_by_everything_that_can_change_a_score(mixed, tmp_path: Path) -> None:
    root, _ = mixed
    run(tmp_path / "run", davis(root, methods=("nearest",), protocol="adacof"))
    (cell,) = json.loads((tmp_path / "run" / "run.json").read_text())["cells"]
    settings, names = cell["settings"], read_list("davis_adacof.txt")[:10]
    assert [len(settings.pop(name)) for name in ("files", "code")] == [64, 64]
    assert settings == {
        "weights_sha256": None,
        "variant": "",
        "inputs": 2,
        "recursion": False,
        "precision": "fp32",
        "device": "cpu",
        "batch_size": 5,
        "padding": {
            "multiple": 32,
            "mode": "reflect",
            "place": "end",
            "extra": 0,
            "value": [0.0, 0.0, 0.0],
            "extra_when_fitting": 0,
        },
        "predictions": None,
        "worker": None,
        "selection": "partial",
        "list_sha256": list_hash(names),
        "times": [0.5],
        "metrics": {"psnr@adacof": 1, "ie": 1},
    }


def test_a_batch_holds_one_sample_or_more(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=5)
    asked = Request(("blend",), (f"clip:{clip}",), metrics=())
    assert len(Planner(replace(asked, batch_size=1)).jobs()) == 1
    for size in (0, -1):
        with pytest.raises(VfibenchError, match=f"expected --batch-size of 1 or more, found {size}"):
            Planner(replace(asked, batch_size=size)).jobs()


def test_a_run_that_failed_lets_go_of_every_cell_though_its_error_is_still_held(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done:
            raise RuntimeError("the front end failed")

    clip, methods = make_clip(tmp_path / "clip", count=9), ("odd_methods:Blend", "nearest", "blend")
    asked = Request(methods, (f"clip:{clip}",), metrics=(), batch_size=1)
    with pytest.raises(RuntimeError) as held:
        run(tmp_path / "run", asked, on_event=stop)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"
    run(tmp_path / "run", asked)  # no cell is busy
    assert [row["status"] for row in lines(tmp_path / "run")] == ["ok"] * 12
    assert held.value.args


@pytest.mark.parametrize("shard", [Shard(), Shard(0, 2), Shard(1, 2)], ids=str)
def test_progress_counts_the_frames_of_this_shard_and_its_means_are_those_stored(
    tmp_path: Path, shard: Shard
) -> None:
    clip, told = make_clip(tmp_path / "clip", count=19, dark=(3,)), []
    asked = Request(("odd_methods:NanOnDark",), (f"clip:{clip}",), metrics=(), batch_size=2)
    run(tmp_path / "run", asked, shard=shard, on_event=told.append)
    scored = [row for row in lines(tmp_path / "run") if row["status"] == "ok"]
    mine = [index for index in range(9) if shard.takes(index // 2)]
    bad = [row for row in lines(tmp_path / "run") if row["status"] == "error"]
    first, *between, last = told
    assert (first.done, first.total, first.means, first.errors) == (0, len(mine), {}, 0)
    assert [event.finished for event in told] == [False] * (len(told) - 1) + [True]
    assert len(between) == len({index // 2 for index in mine})
    assert [event.done + event.errors for event in told[:-1]] == [0, *np.cumsum(sizes_of(mine)).tolist()]
    assert (last.done, last.total, last.errors) == (len(scored), len(mine), len(bad))
    assert last.means["psnr"] == pytest.approx(np.mean([row["scores"]["psnr"] for row in scored]), rel=1e-12)
    assert last.message == (f"{bad[0]['sample']} at t=0.5: {bad[0]['message']}" if bad else "")


def sizes_of(indices: list[int]) -> list[int]:
    """How many of the samples each of their batches of two has."""
    return [
        sum(index // 2 == batch for index in indices) for batch in sorted({index // 2 for index in indices})
    ]


def test_progress_of_a_run_that_goes_on_begins_with_what_is_stored(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    asked, told = (
        Request(("odd_methods:Blend",), (f"clip:{clip}",), metrics=(), batch_size=1),
        list[Progress](),
    )
    run(tmp_path / "run", asked)
    scores = [row["scores"]["psnr"] for row in lines(tmp_path / "run")]
    (path,) = (tmp_path / "run" / "scores").iterdir()
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    run(tmp_path / "run", asked, on_event=told.append)
    assert [event.done for event in told] == [2, 3, 4, 4]
    assert told[0].means["psnr"] == pytest.approx(np.mean(scores[:2]))


def test_a_run_says_whether_every_frame_of_its_shard_has_a_score(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9, dark=(3,))
    asked = Request(("odd_methods:NanOnDark",), (f"clip:{clip}",), metrics=(), batch_size=1)
    jobs = Planner(asked).jobs()
    outcomes = [Runner(ResultStore(tmp_path / "run"), CPU, Shard(place, 4)).run(jobs) for place in range(4)]
    assert sorted(outcomes) == [False, True, True, True]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1 / 3, 0.333333333),
        (2e-9 / 3, 1e-9),
        (41.0, 41.0),
        (math.inf, None),
        (-math.inf, None),
        (math.nan, None),
    ],
)
def test_a_score_is_stored_with_nine_digits_and_what_is_no_number_as_null(
    value: float, kept: float | None
) -> None:
    assert DIGITS == 9
    assert storable(value) == kept
