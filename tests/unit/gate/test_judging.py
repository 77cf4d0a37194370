"""When the gate turns red, when it does not, and when it says that it cannot know."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from gated import changed, kept, psnr, results, verdicts, with_scores, with_settings
from msgspec import structs
from report.made_runs import MadeCell, write_run

from vfibench.comparison.paired import Paired
from vfibench.errors import VfibenchError
from vfibench.gate.baseline import rounded
from vfibench.gate.judging import judge, judge_pair, with_speed
from vfibench.gate.outcomes import CellReport, Judgement, Verdict
from vfibench.gate.policy import DEFAULTS, Override, Policy, Tolerance
from vfibench.statistics.digits import declare, score_text
from vfibench.store.folder import ResultStore

FRAMES = 40
NO_SAMPLE_RULE = Policy(tolerance=(("psnr", Tolerance(sample=np.inf)),))


@pytest.fixture
def run(tmp_path):
    return results(tmp_path, MadeCell(samples=FRAMES))[0]


def test_a_run_passes_its_own_baseline_with_differences_of_zero(run):
    report = judge([run], kept(run))
    assert set(verdicts(report).values()) == {"PASS"}
    assert (report.verdict, report.exit_status) == (Verdict.PASS, 0)
    assert all(one.difference == 0.0 and one.unlike == 0 for one in report.cells[0].judgements)


@pytest.mark.parametrize(
    ("column", "step", "verdict"),
    [
        ("psnr", -0.0199, "PASS"),
        ("psnr", -0.0201, "REGRESSION"),
        ("psnr", +0.0201, "IMPROVED"),
        ("ssim", -0.00049, "PASS"),
        ("ssim", -0.00051, "REGRESSION"),
        ("ssim3d", +0.00051, "IMPROVED"),
        ("ie", +0.0099, "PASS"),
        ("ie", +0.0101, "REGRESSION"),
        ("ie", -0.0101, "IMPROVED"),
    ],
)
def test_the_mean_is_held_to_its_tolerance_in_the_metrics_own_direction(run, column, step, verdict):
    report = judge([changed(run, column, step)], kept(run))
    assert verdicts(report) == {**dict.fromkeys(("psnr", "ssim", "ssim3d", "ie"), "PASS"), column: verdict}


def test_exactly_the_tolerance_is_not_beyond_it(run):
    assert psnr(run, changed(run, "psnr", -0.02)).verdict is Verdict.PASS
    assert psnr(run, changed(run, "psnr", -0.5, slice(1))).verdict is Verdict.PASS


def test_a_loss_that_chance_explains_is_no_regression(run):
    step = np.where(np.arange(FRAMES) % 2, 3.0, -3.1)  # mean -0.05, standard error about 0.5
    found = psnr(run, changed(run, "psnr", step), NO_SAMPLE_RULE)
    assert found.difference == pytest.approx(-0.05, abs=1e-4)
    assert found.interval[0] < 0 < found.interval[1]
    assert found.verdict is Verdict.PASS


def test_frames_of_a_clip_do_not_count_as_independent(tmp_path):
    clips = [f"clip{number // 8}" for number in range(80)]
    step = np.repeat([-1.0, 0.8, -1.0, 0.7, -1.0, 0.6, -1.0, 0.5, -0.8, -0.8], 8)
    policy = Policy(tolerance=(("psnr", Tolerance(sample=np.inf)),))
    alone = results(tmp_path / "a", MadeCell(samples=80))[0]
    of_clips = results(tmp_path / "b", MadeCell(samples=80, clips=clips))[0]
    assert psnr(alone, changed(alone, "psnr", step), policy).verdict is Verdict.REGRESSION
    found = psnr(of_clips, changed(of_clips, "psnr", step), policy)
    assert (found.verdict, found.units, found.frames) == (Verdict.PASS, 10, 80)


def test_too_few_units_for_an_interval_leave_the_tolerance_alone(tmp_path):
    run = results(tmp_path, MadeCell(samples=8, clips=["one"] * 8))[0]
    assert psnr(run, changed(run, "psnr", -0.03)).verdict is Verdict.REGRESSION
    assert psnr(run, changed(run, "psnr", -0.01)).verdict is Verdict.PASS
    assert psnr(run, run).interval is None


def test_one_frame_beyond_its_own_tolerance_is_a_regression_and_is_named(run):
    found = psnr(run, changed(run, "psnr", -0.51, slice(7, 8)))
    assert found.verdict is Verdict.REGRESSION
    assert found.difference == pytest.approx(-0.51 / FRAMES, abs=1e-4)
    assert "1 frame worse by more than 0.5" in found.reason
    assert found.worst[0].frame == ("0007", 0.5)
    assert found.worst[0].now - found.worst[0].before == pytest.approx(-0.51, abs=1e-4)
    assert (found.unlike, len(found.worst)) == (1, 1)


def test_one_frame_that_is_much_better_hides_nothing_and_breaks_nothing(run):
    assert psnr(run, changed(run, "psnr", 0.7, slice(7, 8))).verdict is Verdict.PASS
    both = changed(changed(run, "psnr", 5.0, slice(0, 1)), "psnr", -0.6, slice(1, 2))
    assert psnr(run, both).verdict is Verdict.REGRESSION


def test_an_improvement_fails_until_the_baseline_follows_unless_the_policy_only_warns(run):
    better = changed(run, "psnr", 0.1)
    assert judge([better], kept(run)).exit_status == 1
    assert judge([better], kept(run), Policy(improved="warn")).exit_status == 0
    assert judge([better], kept(better)).exit_status == 0


def test_near_exact_frames_count_as_the_ceiling(run):
    exact = with_scores(run, "psnr", [np.inf] * (FRAMES - 1) + [40.0])
    assert psnr(exact, with_scores(run, "psnr", [75.0] * (FRAMES - 1) + [40.0])).verdict is Verdict.PASS
    found = psnr(exact, with_scores(run, "psnr", [np.inf] * (FRAMES - 2) + [59.4, 40.0]))
    assert found.verdict is Verdict.REGRESSION
    assert (found.worst[0].before, found.worst[0].now) == (60.0, 59.4)


def test_without_a_ceiling_an_exact_frame_that_is_no_more_is_a_regression(run):
    mixed = [np.inf] + [30.0] * (FRAMES - 1)
    policy = Policy(tolerance=(("psnr", Tolerance(ceiling=np.inf)),))
    assert psnr(with_scores(run, "psnr", mixed), with_scores(run, "psnr", mixed), policy).verdict == "PASS"
    lost = with_scores(run, "psnr", [90.0, *mixed[1:]])
    assert psnr(with_scores(run, "psnr", mixed), lost, policy).verdict is Verdict.REGRESSION


def test_frames_without_a_number_must_be_the_same_ones(run):
    holes = with_scores(run, "psnr", [None] * 2 + [30.0] * (FRAMES - 2))
    assert psnr(holes, holes).frames == FRAMES - 2
    found = psnr(holes, with_scores(run, "psnr", [None, 30.0, None] + [30.0] * (FRAMES - 3)))
    assert (found.verdict, found.reason) == ("NOT_COMPARABLE", "2 frames with a number on one side alone")
    empty = with_scores(run, "psnr", [None] * FRAMES)
    assert psnr(empty, empty).reason == "no frame has a number"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"list_sha256": "0" * 64}, "other list of samples"),
        ({"inputs": 4}, "other number of input frames"),
        ({"times": [0.25]}, "other target times"),
        ({"files": "1" * 64}, "other frames on disk"),
        ({"selection": "partial"}, "other kind of selection"),
        ({"metrics": {"psnr": 2, "ssim": 1, "ssim3d": 1, "ie": 1}}, "psnr in versions 1 and 2"),
    ],
)
def test_what_was_asked_must_be_the_same(run, settings, why):
    found = psnr(run, with_settings(run, **settings))
    assert (found.verdict, found.reason) == (Verdict.NOT_COMPARABLE, why)


def test_a_change_of_one_metrics_version_leaves_the_others_judged(run):
    metrics = {"psnr": 2, "ssim": 1, "ssim3d": 1, "ie": 1}
    report = judge([with_settings(run, metrics=metrics)], kept(run))
    assert verdicts(report) == {"psnr": "NOT_COMPARABLE", "ssim": "PASS", "ssim3d": "PASS", "ie": "PASS"}
    assert report.exit_status == 3


def test_another_set_of_samples_is_not_comparable_and_says_which(run):
    rows = [structs.replace(row, sample="new") if row.sample == "0003" else row for row in run.rows]
    found = psnr(run, replace(run, rows=rows))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert "1 frame only in the baseline, such as 0003 at t=0.5" in found.reason
    assert "1 frame only in the run, such as new at t=0.5" in found.reason


def test_another_order_of_the_same_samples_is_the_same_set(run):
    back = replace(run, rows=list(reversed(changed(run, "psnr", -0.6, slice(3, 4)).rows)))
    assert psnr(run, back).worst[0].frame == ("0003", 0.5)


def test_an_incomplete_cell_is_not_comparable_however_good_it_is(tmp_path, run):
    (part,) = results(tmp_path / "part", MadeCell(samples=FRAMES, unreached=1))
    (failed,) = results(tmp_path / "failed", MadeCell(samples=FRAMES, failed=2))
    assert psnr(run, part).reason == "incomplete: 39 of 40 frames are scored"
    assert psnr(run, failed).reason == "incomplete: 38 of 40 frames are scored, 2 failed"


def test_a_cell_that_is_missing_is_not_comparable_even_beside_one_that_passes(tmp_path):
    both = results(tmp_path, MadeCell(), MadeCell(method="nearest"))
    report = judge(both[:1], kept(*both))
    assert report.exit_status == 3
    assert [cell.judgements[0].reason for cell in report.cells] == ["", "missing in the run"]


def test_a_protocol_of_another_name_does_not_stand_in(tmp_path, run):
    (other,) = results(tmp_path / "other", MadeCell(samples=FRAMES, protocol="rife"))
    report = judge([other], kept(run))
    assert report.exit_status == 3
    assert report.cells[0].judgements[0].reason == "missing in the run, which has blend/ucf101/rife"
    assert report.unknown == ("blend/ucf101/rife",)


def test_nothing_compared_is_never_green(run):
    assert judge([], []).exit_status == 3
    assert judge([run], []).exit_status == 3
    assert judge([], kept(run)).exit_status == 3
    (cell,) = judge([run], []).cells
    assert "nothing was compared" in cell.judgements[0].reason


def test_a_baseline_without_a_cell_is_not_green_beside_a_speed_that_passes(run):
    fast = CellReport("speed of new against old", (Judgement("ms", Verdict.PASS),), ())
    for found in ([], [run]):
        report = with_speed(judge(found, []), fast)
        assert (report.verdict, report.exit_status) == (Verdict.NOT_COMPARABLE, 3)


def test_a_cell_without_a_metric_is_not_comparable_beside_one_that_passes(tmp_path):
    both = results(tmp_path, MadeCell(), MadeCell(method="nearest"))
    first, second = kept(*both)
    report = judge(both, [first, replace(second, values={}, better={})])
    assert (report.exit_status, report.cells[1].judgements[0].reason) == (3, "no metric in the baseline")


def test_a_mean_beyond_a_tolerance_finer_than_print_is_a_regression(run):
    """0.4 thousandths of a decibel do not show in print, but the policy asked for less."""
    policy = Policy(tolerance=(("psnr", Tolerance(mean=0.0003, sample=np.inf)),))
    found = psnr(run, changed(run, "psnr", -0.0004), policy)
    assert found.interval[1] < 0
    assert found.verdict is Verdict.REGRESSION
    assert psnr(run, changed(run, "psnr", +0.0004), policy).verdict is Verdict.IMPROVED
    assert psnr(run, changed(run, "psnr", -0.0002), policy).verdict is Verdict.PASS


def test_a_ceiling_that_hides_every_frame_compares_nothing(run):
    low = Policy(tolerance=(("psnr", Tolerance(ceiling=1.0)),))
    found = psnr(run, changed(run, "psnr", -20.0), low)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.reason.startswith("the ceiling of 1 hides every frame")
    assert psnr(run, run, low).verdict is Verdict.NOT_COMPARABLE
    exact = with_scores(run, "psnr", [np.inf] * FRAMES)
    assert psnr(exact, exact, low).verdict is Verdict.PASS
    assert psnr(exact, run, low).verdict is Verdict.NOT_COMPARABLE
    holes = with_scores(run, "psnr", [None] + [75.0] * (FRAMES - 1))
    assert psnr(holes, holes).reason.startswith("the ceiling of 60 hides every frame")
    assert psnr(holes, with_scores(run, "psnr", [None, 59.8] + [75.0] * (FRAMES - 2))).verdict == "PASS"


@pytest.mark.parametrize(
    "policy",
    [
        Policy(tolerance=(("ie", Tolerance(ceiling=100.0)),)),
        Policy(override=(Override(metric="ie", ceiling=np.inf),)),
    ],
)
def test_a_ceiling_where_lower_is_better_is_refused(run, policy):
    with pytest.raises(VfibenchError, match="expected no ceiling for ie, of which lower is better, found"):
        judge([changed(run, "ie", 50.0)], kept(run), policy)


def test_exact_frames_that_are_so_no_more_are_in_no_mean_but_seen(run):
    mixed, lost = [np.inf] * 20 + [30.0] * 20, [30.0] * FRAMES
    policy = Policy(tolerance=(("psnr", Tolerance(ceiling=np.inf, sample=np.inf)),))
    found = psnr(with_scores(run, "psnr", mixed), with_scores(run, "psnr", lost), policy)
    assert (found.verdict, found.reason) == (Verdict.REGRESSION, "20 frames no longer exact")
    none = psnr(with_scores(run, "psnr", [np.inf] * FRAMES), with_scores(run, "psnr", lost), policy)
    assert (none.verdict, none.reason) == ("NOT_COMPARABLE", "no frame has a finite difference")


def test_which_way_is_better_is_the_baselines_word_too(run):
    columns = run.columns | {"psnr": structs.replace(run.columns["psnr"], better="lower")}
    turned = replace(changed(run, "psnr", -3.0), entry=structs.replace(run.entry, columns=columns))
    report = judge([turned], kept(run), Policy(improved="warn"))
    assert report.exit_status == 3
    assert report.cells[0].judgements[0].reason == "better is higher in the baseline, lower in the run"
    assert verdicts(report)["ssim"] == "PASS"


def test_a_metric_named_twice_is_judged_once(run):
    report = judge([run], kept(run), Policy(metrics=("psnr", "ssim", "psnr")))
    assert [one.column for one in report.cells[0].judgements] == ["psnr", "ssim"]


def test_a_column_of_the_baseline_must_be_in_the_run(tmp_path, run):
    why = {"ie": "no reason, to speak of"}
    (less,) = results(
        tmp_path / "less", MadeCell(samples=FRAMES, columns=("psnr", "ssim", "ssim3d"), unavailable=why)
    )
    report = judge([less], kept(run))
    assert report.cells[0].judgements[3].reason == "no ie in the run: no reason"
    assert report.exit_status == 3
    assert judge([less], kept(run), Policy(metrics=("psnr", "ssim"))).exit_status == 0
    assert judge([run], kept(less)).exit_status == 0  # a new column has nothing to be held to


def test_a_metric_the_policy_names_must_be_there(run):
    report = judge([run], kept(run), Policy(metrics=("pnsr",)))
    assert (report.exit_status, report.cells[0].judgements[0].reason) == (3, "no pnsr in the baseline")


def test_a_metric_of_unknown_kind_needs_a_tolerance(run):
    def renamed(result):
        rows = [structs.replace(row, scores={"vmaf": row.scores["psnr"]}) for row in result.rows]
        entry = structs.replace(result.entry, columns={"vmaf": result.columns["psnr"]})
        return replace(with_settings(result, metrics={"vmaf": 1}), rows=rows, entry=entry)

    found = judge([renamed(run)], kept(renamed(run)))
    assert found.exit_status == 3
    assert "give mean and sample under [tolerance.vmaf]" in found.cells[0].judgements[0].reason
    given = Policy(tolerance=(("vmaf", Tolerance(mean=0.1, sample=1.0)),))
    assert judge([renamed(run)], kept(renamed(run)), given).exit_status == 0


def test_new_weights_and_settings_are_judged_and_told(tmp_path):
    (before,) = results(tmp_path / "a", MadeCell(method="rife", weights="old.pth", samples=FRAMES))
    (now,) = results(tmp_path / "b", MadeCell(method="rife", weights="new.pth", samples=FRAMES))
    now = with_settings(now, batch_size=8)
    report = judge([with_scores(now, "psnr", before.scores.values["psnr"].tolist())], kept(before))
    assert report.cells[0].judgements[0].verdict is Verdict.PASS
    hashes, batch = report.cells[0].changes
    assert hashes.startswith("weights_sha256: ")
    assert " -> " in hashes
    assert batch == "batch_size: 4 -> 8"


def test_another_precision_or_device_is_held_to_the_only_cell_of_the_method(run):
    report = judge([with_settings(run, precision="bf16", device="cuda")], kept(run))
    assert report.exit_status == 0
    assert set(report.cells[0].changes) == {"precision: fp32 -> bf16", "device: cpu -> cuda"}


def test_where_both_precisions_are_in_the_baseline_each_has_its_own(tmp_path):
    both = results(tmp_path, MadeCell(), MadeCell(precision="bf16", level=30.0))
    assert judge(both, kept(*both)).exit_status == 0
    report = judge(both[:1], kept(*both))
    assert [str(cell.judgements[0].verdict) for cell in report.cells] == ["NOT_COMPARABLE", "PASS"]


def test_a_variant_is_a_method_of_its_own(run):
    assert judge([with_settings(run, variant="tta")], kept(run)).exit_status == 3


def test_two_cells_that_answer_to_one_are_not_guessed_between(tmp_path):
    both = results(tmp_path, MadeCell(weights="a"), MadeCell(weights="b"))
    report = judge(both, kept(both[0]))
    assert report.exit_status == 3
    assert "2 cells of the run answer to it: they differ in weights_sha256" in str(report.cells[0])


def test_a_regression_outweighs_what_could_not_be_compared(tmp_path):
    both = results(tmp_path, MadeCell(), MadeCell(method="nearest"))
    assert judge([changed(both[0], "psnr", -1.0)], kept(*both)).exit_status == 1


def test_an_override_holds_for_its_cells_alone(tmp_path):
    both = results(tmp_path, MadeCell(), MadeCell(method="nearest"))
    worse = [changed(one, "psnr", -0.1) for one in both]
    policy = Policy(override=(Override(method="blend", metric="psnr", mean=0.2),))
    report = judge(worse, kept(*both), policy)
    assert [cell.judgements[0].verdict for cell in report.cells] == ["PASS", "REGRESSION"]


NEW = {"python": "3.13.1", "vfibench": "0.1.0", "torch": "2.15.0"}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (NEW, NEW, ()),
        (NEW, NEW | {"torch": "2.16.0"}, ("torch: 2.15.0 -> 2.16.0",)),
        (
            NEW | {"vfibench": "0.0.9", "torch": "2.14.0"},
            NEW,
            ("vfibench: 0.0.9 -> 0.1.0", "torch: 2.14.0 -> 2.15.0"),
        ),
        (NEW, NEW | {"python": "3.14.0"}, ()),  # computes no score
        (NEW, {"vfibench": "0.1.0"}, ("torch: 2.15.0 -> None",)),
        ({"vfibench": "0.1.0"}, NEW, ()),  # nothing is held against a baseline that does not say
    ],
)
def test_other_versions_of_what_computes_scores_are_told(tmp_path, before, now, told):
    folder = write_run(tmp_path / "run", [MadeCell(samples=FRAMES)])
    file, found = folder / "run.json", []
    for versions in (before, now):
        run = json.loads(file.read_text())
        run["cells"][0]["provenance"]["versions"] = versions
        file.write_text(json.dumps(run))
        found += ResultStore(folder).results()
    assert judge(found[1:], kept(found[0])).cells[0].changes == told


def test_rounding_the_scores_changes_no_verdict_but_at_the_very_edge():
    """Of 120 made-up changes near the tolerances, unrounded scores are judged alike."""
    generator = np.random.default_rng(3)
    limits, edge, found = DEFAULTS["psnr"], 2e-4, set()
    for _ in range(120):
        first = generator.normal(33, 4, 30)
        step = generator.normal(generator.uniform(-0.05, 0.05), generator.choice([0.0, 0.02, 0.15]), 30)
        pairs = [
            Paired(
                "psnr", "higher", tuple((str(k), 0.5) for k in range(30)), one, two, np.arange(30), False, 0
            )
            for one, two in (
                (first, first + step),
                (rounded("psnr", first), rounded("psnr", first + step)),
            )
        ]
        near = (abs(pairs[0].mean) - limits.mean, step.min() + limits.sample, *pairs[0].interval)
        if np.abs(near).min() > edge:
            exact, stored = (judge_pair(pair, limits).verdict for pair in pairs)
            assert exact is stored
            found.add(exact)
    assert found == {Verdict.PASS, Verdict.REGRESSION, Verdict.IMPROVED}


def test_a_plugins_metric_says_its_own_tolerance_and_digits(run):
    def renamed(result, **own):
        rows = [structs.replace(row, scores={"own-scale": row.scores["psnr"]}) for row in result.rows]
        column = structs.replace(result.columns["psnr"], **own)
        entry = structs.replace(result.entry, columns={"own-scale": column})
        return replace(with_settings(result, metrics={"own-scale": 1}), rows=rows, entry=entry)

    def verdict(loss, policy=Policy(), **own):
        before, now = renamed(run, **own), renamed(changed(run, "psnr", -loss), **own)
        (cell,) = judge([now], kept(before), policy).cells
        return str(cell.judgements[0].verdict)

    assert verdict(0.1) == "NOT_COMPARABLE"  # nothing is known of its scale
    assert verdict(0.1, tolerance=(0.2, 5.0)) == "PASS"
    assert verdict(0.3, tolerance=(0.2, 5.0)) == "REGRESSION"
    stricter = Policy(tolerance=(("own-scale", Tolerance(mean=0.05)),))
    assert verdict(0.1, stricter, tolerance=(0.2, 5.0)) == "REGRESSION"  # the policy has the last word
    (cell,) = kept(renamed(run))
    assert cell.values["own-scale"][0] == renamed(run).rows[0].scores["own-scale"]  # kept as it is
    declare("own-scale", 1)
    (cell,) = kept(renamed(run))
    assert cell.values["own-scale"][0] == round(renamed(run).rows[0].scores["own-scale"], 2)
    assert score_text("own-scale", 3.14159) == "3.1"
