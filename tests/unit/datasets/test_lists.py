"""The official lists as shipped: counts, hashes, and equality with the originals beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfibench.datasets.selection import list_hash
from vfibench_datasets import davis, middlebury, snu_film, ucf101, vimeo90k, xiph, xtest
from vfibench_datasets.source import FileSource, read_list

SOURCES = {
    found.card.name: found
    for module in (vimeo90k, ucf101, davis, middlebury, snu_film, xtest, xiph)
    for found in vars(module).values()
    if isinstance(found, FileSource)
}
# variants that leave samples out by what the files hold: their ids are not known beforehand
DERIVED = {"ucf101-nodup", "ucf101-masked"}
NOWHERE = Path("/no/such/folder")


def official_items(source: FileSource, inputs: int = 2):
    return [item for line in source.lines() for item in source.layouts[0].items(NOWHERE, line, inputs)]


def test_there_are_eighteen_datasets_with_an_official_list_of_samples():
    assert len(SOURCES) == 18


@pytest.mark.parametrize("name", sorted(set(SOURCES) - DERIVED))
def test_count_and_hash_on_the_card_are_those_of_the_list(name):
    source = SOURCES[name]
    ids = [item.id for item in official_items(source)]
    assert len(set(ids)) == len(ids) == source.card.count
    assert list_hash(ids) == source.card.list_sha256


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_ids_do_not_depend_on_the_number_of_inputs_or_the_layout(name):
    source = SOURCES[name]
    wanted = [item.id for item in official_items(source)]
    for layout in source.layouts:
        for inputs in source.card.inputs:
            items = [item for line in source.lines() for item in layout.items(NOWHERE, line, inputs)]
            assert [item.id for item in items] == wanted
            assert {len(item.inputs) for item in items} == {inputs}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_no_sample_gives_its_target_to_the_method(name):
    for inputs in SOURCES[name].card.inputs:
        assert not any(set(item.inputs) & set(item.targets) for item in official_items(SOURCES[name], inputs))


@pytest.mark.parametrize("line", ["../../etc/passwd", "/etc", "a/../b", "", "~", "00001/../0389"])
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_line_cannot_reach_out_of_the_data_root(name, line):
    for layout in SOURCES[name].layouts:
        assert line == "" or layout.items(NOWHERE, line, 2) == []


def shared_lines(shared, *parts: str) -> list[str]:
    return [line for line in shared("data", "lists", *parts).read_text().splitlines() if line]


@pytest.mark.parametrize("kind", ["tri", "sep"])
def test_vimeo_lists_equal_the_originals(shared, kind):
    assert read_list(f"vimeo90k_{kind}_testlist.txt") == shared_lines(
        shared, "vimeo90k", f"{kind}_testlist.txt"
    )


def test_ucf101_ids_equal_the_originals_in_numeric_order(shared):
    names = shared_lines(shared, "ucf101_dvf", "ucf101_test_files_frame1.txt")
    assert read_list("ucf101_dvf.txt") == sorted((name.partition("/")[0] for name in names), key=int)


def test_davis_2016_equals_the_originals(shared):
    rows = read_list("davis_2016_frames.csv")
    assert rows == shared_lines(shared, "davis", "2016_frames.csv")
    both = shared_lines(shared, "davis", "2016_train.txt") + shared_lines(shared, "davis", "2016_val.txt")
    assert sorted(row.partition(",")[0] for row in rows[1:]) == sorted(both)


def test_davis_2017_val_equals_the_original_and_agrees_with_2016(shared):
    rows = dict(row.split(",") for row in read_list("davis_2017_val_frames.csv")[1:])
    assert list(rows) == shared_lines(shared, "davis", "2017_val.txt")
    earlier = dict(row.split(",") for row in read_list("davis_2016_frames.csv")[1:])
    assert all(earlier.get(name, frames) == frames for name, frames in rows.items())


@pytest.mark.parametrize(("year", "frames"), [("2016", 3455), ("2017_val", 1999)])
def test_davis_frames_add_up_to_the_known_totals(year, frames):
    """3,455 is Perazzi et al.'s number for 2016; 1,999 is what users of the 2017 val archive count."""
    assert sum(int(row.split(",")[1]) for row in read_list(f"davis_{year}_frames.csv")[1:]) == frames


@pytest.mark.parametrize("split", ["easy", "medium", "hard", "extreme"])
def test_snu_film_gives_exactly_the_paths_of_the_official_lists(shared, split):
    made = [
        (item.inputs[0], item.targets[0], item.inputs[1])
        for item in official_items(SOURCES[f"snu-film-{split}"])
    ]
    official = [
        tuple(path.replace("data/SNU-FILM/", "SNU-FILM/") for path in line.split())
        for line in shared_lines(shared, "snu_film", f"test-{split}.txt")
    ]
    assert made == official


@pytest.mark.parametrize("name", ["davis", "middlebury"])
def test_shared_scenes_are_in_the_official_list(shared, name):
    folder = shared("data", {"davis": "davis", "middlebury": "middlebury_others"}[name], "gt")
    scenes = {path.name for path in folder.iterdir()}
    assert scenes
    assert scenes <= set(SOURCES[name].lines())


def test_x_test_scenes_and_adobe240_videos_equal_the_originals(shared):
    assert read_list("xtest.txt") == shared_lines(shared, "xtest", "scenes.txt")
    name = "superslomo_adobe_test_list.txt"
    assert read_list("adobe240_superslomo_test.txt") == shared_lines(shared, "adobe240", name)


def test_gopro_has_the_videos_snu_film_took_from_it():
    """SNU-FILM's authors used the whole test set: its list is of independent origin."""
    videos = {line.split("/")[1] for line in read_list("snu_film.txt") if line.startswith("GOPRO_test")}
    assert set(read_list("gopro_test.txt")) == videos
    assert len(videos) == 11


def test_hd_has_the_sizes_of_its_papers():
    classes = [line.partition("/")[0] for line in read_list("hd.txt")]
    assert [classes.count(f"HD{height}p_GT") for height in (544, 720, 1080)] == [4, 3, 4]
