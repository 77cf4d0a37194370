from __future__ import annotations

from pathlib import Path

import pytest

from vfibench.contracts import DatasetOptions, Inventory
from vfibench.datasets.selection import check_root, choose, list_hash, read_id_list, unknown_id
from vfibench.errors import VfibenchError

FOLDER = Path("/data/set")


def stock(ids=("a", "b", "c"), missing=(), folder=FOLDER):
    gone = {name: FOLDER / f"{name}.png" for name in missing}
    return Inventory("set", (FOLDER, Path("/data/other")), folder, tuple(ids), gone, "example.org")


def test_the_hash_of_a_list_depends_on_names_and_their_order():
    assert list_hash(["a", "b"]).startswith("911169ddaaf1")
    assert len({list_hash(ids) for ids in (["a", "b"], ["b", "a"], ["ab"], [])}) == 4


@pytest.mark.parametrize("text", ["a/1\nb\n", "a/1\r\nb\r\n\r\n", "\ufeffa/1\n\n  b  \n\n\n", "a/1\nb"])
def test_crlf_blank_lines_spaces_and_a_byte_order_mark_are_no_matter(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode())
    assert read_id_list(path) == ["a/1", "b"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\n\r\n", "found none"), (b"\xff\xfe\x00", "no UTF-8 text")],
)
def test_a_list_that_cannot_be_read_or_is_empty_is_named(tmp_path, content, reason):
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VfibenchError, match=reason) as caught:
        read_id_list(path)
    assert str(path) in str(caught.value)


def test_a_complete_official_list_is_ranked():
    ids, selection = choose(stock(), DatasetOptions())
    assert ids == ["a", "b", "c"]
    assert (selection.kind, selection.chosen, selection.official) == ("official", 3, 3)
    assert selection.sha256 == list_hash(ids)
    assert selection.ranked


def test_partial_on_a_complete_set_is_still_official():
    assert choose(stock(), DatasetOptions(partial=True))[1].ranked


def test_an_incomplete_set_is_refused_with_the_count_and_the_first_missing_file():
    with pytest.raises(VfibenchError) as caught:
        choose(stock(missing=["b", "c"]), DatasetOptions())
    for part in ("1 of 3", str(FOLDER / "b.png"), "--partial", "example.org"):
        assert part in str(caught.value)


def test_an_incomplete_set_with_partial_is_n_of_n_and_not_ranked():
    ids, selection = choose(stock(missing=["b"]), DatasetOptions(partial=True))
    assert ids == ["a", "c"]
    assert str(selection) == "2 of 3 (partial)"
    assert not selection.ranked


def test_nothing_found_is_an_error_even_with_partial():
    with pytest.raises(VfibenchError, match=r"found 0 of 3.*--list FILE"):
        choose(stock(missing=["a", "b", "c"]), DatasetOptions(partial=True))


def test_a_missing_folder_names_the_places_looked_in():
    with pytest.raises(VfibenchError, match=r"/data/set or /data/other.*example\.org"):
        choose(stock(folder=None), DatasetOptions(partial=True))


def test_an_own_list_is_never_ranked_and_must_be_complete():
    own = DatasetOptions(list_file=Path("own.txt"), partial=True)
    _, selection = choose(stock(), own)
    assert str(selection) == "3 samples (own list)"
    assert not selection.ranked
    with pytest.raises(VfibenchError, match=r"b\.png of sample 'b' in own\.txt"):
        choose(stock(missing=["b"]), own)


def test_an_own_list_that_names_a_sample_twice_is_refused():
    with pytest.raises(VfibenchError, match=r"'a' occurs twice in own\.txt"):
        choose(stock(ids=("a", "b", "a")), DatasetOptions(list_file=Path("own.txt")))


def test_an_unknown_id_gets_the_nearest_names():
    assert "did you mean Urban3 or Urban2?" in str(
        unknown_id("Urban4", Path("own.txt"), ["Urban2", "Urban3", "Venus"])
    )


@pytest.mark.parametrize("root", [None, Path("/no/such/folder")])
def test_a_missing_data_root_says_how_to_give_one(root):
    with pytest.raises(VfibenchError, match="--data-root DIR or set VFIBENCH_DATA"):
        check_root(root, "ucf101")
