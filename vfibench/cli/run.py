"""`vfibench run` and `vfibench merge`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_argument, path_option
from vfibench.cli.terminal import say
from vfibench.system.paths import given_path

if TYPE_CHECKING:
    from vfibench.running.plan import Job, Request
    from vfibench.store.result import CellResult
    from vfibench.store.shards import Shard

MANY = "repeat for several"
Methods = Annotated[
    list[str] | None,
    typer.Option("--method", "-m", help=f"NAME[@VARIANT], pkg.mod:Class or frames:DIR; {MANY}"),
]
Datasets = Annotated[
    list[str] | None, typer.Option("--dataset", "-d", help=f"NAME, clip:PATH or clips:DIR; {MANY}")
]
Metrics = Annotated[
    list[str] | None, typer.Option("--metric", help=f"a column of `vfibench list metrics`; {MANY}")
]
Definitions = Annotated[
    list[str] | None, typer.Option("--definition", help=f"also score under this definition, or `all`; {MANY}")
]
Weights = Annotated[
    list[str] | None, typer.Option("--weights", "-w", help="FILE, or NAME=FILE with several methods")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("run", short_help="score methods on datasets, frame by frame, for a leaderboard")(run)
    app.command("merge", short_help="join the shards that ran on different machines")(merge)


def run(
    method: Methods = None,
    dataset: Datasets = None,
    metric: Metrics = None,
    definition: Definitions = None,
    protocol: Annotated[
        str, typer.Option(help="whose frames, padding and metric definitions to use")
    ] = "vfibench",
    weights: Weights = None,
    data_root: Annotated[Path | None, path_option(help="folder of datasets (else VFIBENCH_DATA)")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="accept part of a dataset; never ranked")
    ] = False,
    list_file: Annotated[
        Path | None, path_option("--list", help="file of the sample ids to score; never ranked")
    ] = None,
    factor: Annotated[int | None, typer.Option(help="frame-rate factor for clips: 2, 4, 8")] = None,
    out: Annotated[Path | None, path_option(help="run folder (default runs/<key of the settings>)")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N (default: cuda if available)")] = "",
    precision: Annotated[str, typer.Option(help="fp32, fp16 or bf16 (autocast), tf32 (CUDA)")] = "fp32",
    compiled: Annotated[bool, typer.Option("--compile", help="run networks through torch.compile")] = False,
    batch_size: Annotated[int, typer.Option(help="samples per call")] = 4,
    workers: Annotated[
        int, typer.Option(help="threads that decode and score (default: one per core, on a CPU at most 8)")
    ] = 0,
    shard: Annotated[
        str, typer.Option(help="i/n: the part of this process, counted from 0 (torchrun sets it)")
    ] = "",
    policy: Annotated[
        str, typer.Option(help="missing (score what is missing), always (a new attempt) or never (only read)")
    ] = "missing",
    save_images: Annotated[
        bool,
        typer.Option(
            "--save-images",
            help="keep predictions, inputs and ground truth of the frames that this call scores as PNG, for "
            "the sample pages of `vfibench report`; with --policy always also of frames scored before",
        ),
    ] = False,
    backbones: Annotated[
        Path | None, path_option(help="folder of LPIPS backbones (else VFIBENCH_BACKBONES)")
    ] = None,
) -> None:
    """Run methods on datasets, score every frame, and print a leaderboard.

    Without arguments: blend, nearest and learned methods whose weights come with vfibench, on the built-in
    dataset. A run that was killed resumes where it stopped when you give the same command again.
    """
    from vfibench.system.threads import settle_threads

    settle_threads()
    from vfibench.running.checks import check_count
    from vfibench.running.plan import DEFAULT_DATASETS, DEFAULT_METHODS, Planner, Request
    from vfibench.store.shards import Shard

    part = Shard.parse(shard) if shard else Shard.from_environment()
    request = Request(
        methods=method or DEFAULT_METHODS,
        datasets=dataset or DEFAULT_DATASETS,
        metrics=metric,
        definitions=definition or (),
        protocol=protocol,
        weights=weights or (),
        data_root=data_root,
        partial=partial,
        list_file=list_file,
        factor=factor,
        device=device,
        precision=precision,
        compiled=compiled,
        batch_size=batch_size,
        backbones=backbones,
    )
    check_policy(policy)
    check_count("--workers", workers, 0)
    jobs = Planner(request).jobs()
    folder = out or given_path("runs") / run_key(jobs)
    complete = execute(jobs, request, folder, part, policy, workers, save_images)
    raise typer.Exit(0 if complete else 1)


def execute(
    jobs: list[Job], request: Request, folder: Path, part: Shard, policy: str, workers: int, save_images: bool
) -> bool:
    """Score jobs into a folder, show progress and the leaderboard; True when nothing failed."""
    import os
    from typing import cast

    from vfibench.cli.progress import Reporter
    from vfibench.running.checks import check_stored
    from vfibench.running.runner import Policy, Runner
    from vfibench.store.folder import ResultStore
    from vfibench.system.devices import usual_workers

    store = ResultStore(folder)
    with Reporter() as reporter:
        reporter.announce(jobs)
        reporter.tell_twins(jobs if policy != "never" else [], store.cells())
        runner = Runner(
            store,
            request.place,
            part,
            cast("Policy", policy),
            workers or usual_workers(request.place),
            save_images,
            reporter,
        )
        complete = runner.run(jobs)
    keys = {job.cell.key for job in jobs}
    results = [result for result in store.results() if result.cell.key in keys]
    if complete and part.count == 1:
        check_stored([job.cell for job in jobs], results, folder)
    tell(results, folder, part)
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return complete
    # torchrun stops every process when one fails, so the last one speaks for failed samples of all.
    return store.others_running(part) or all(result.complete for result in results)


def tell(results: list[CellResult], folder: Path, part: Shard) -> None:
    """The leaderboard; of a split run only once the last part is there."""
    from vfibench.cli.tables import print_leaderboard

    if not results:
        say(f"no scores in {folder} yet")
    elif part.count == 1 or all(result.complete for result in results):
        print_leaderboard(results)
        say(f"scores: {folder}    page: vfibench report {folder} --out site")
    else:
        say(f"shard {part.index}/{part.count} is done; the leaderboard comes with the last one: {folder}")


def run_key(jobs: list[Job]) -> str:
    """Eight hex digits for a set of cells: the same command finds its folder again."""
    from vfibench.store.cells import short_key

    return short_key(sorted(job.cell.key for job in jobs))


def check_policy(policy: str) -> None:
    """VfibenchError for another word."""
    from vfibench.errors import VfibenchError

    if policy not in {"missing", "always", "never"}:
        raise VfibenchError(f"expected --policy missing, always or never, found {policy!r}")


def merge(
    runs: Annotated[list[Path], path_argument(help="run folders of the shards")],
    out: Annotated[Path, path_option(help="new run folder")],
) -> None:
    """Merge shards that ran on different machines into one folder, with each sample exactly once."""
    from vfibench.cli.tables import print_leaderboard
    from vfibench.store.folder import ResultStore
    from vfibench.store.folders import merge_folders

    merge_folders(runs, out)
    results = ResultStore(out).results()
    print_leaderboard(results)
    raise typer.Exit(0 if all(result.complete for result in results) else 1)
