"""Released weights are fetched whole, proven and pinned, or not at all."""

from __future__ import annotations

import hashlib
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from vfibench.cli import main
from vfibench.cli.doctor import environment_lines
from vfibench.contracts import AdapterCard, Variant, WeightFile
from vfibench.doctor import environment_report
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import resolve
from vfibench.registry import METHODS
from vfibench.weights.fetching import choose, download, fetch, fetched, place_of
from vfibench.weights.reading import read_checkpoint


class Scale(torch.nn.Module):
    """A network of one number."""

    card: AdapterCard

    def load(self, device: torch.device, weights: Path | None) -> None:
        assert weights is not None
        state = torch.load(weights, weights_only=True)
        if set(state) != {"factor"}:
            raise VfibenchError(f"expected the factor, found {sorted(state)}")

    def predict(self, frames, times):
        raise NotImplementedError


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address it is served at."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VFIBENCH_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


def released(folder: Path, **tensors: torch.Tensor) -> Path:
    path = folder / "net.pth"
    torch.save(tensors or {"factor": torch.ones(1)}, path)
    return path


def card(*files: WeightFile) -> AdapterCard:
    return AdapterCard("scale", f"{__name__}:Scale", weights=files)


def direct(url: str, **facts: object) -> WeightFile:
    return WeightFile("net.pth", f"{url}/net.pth", by_hand=False, **facts)  # type: ignore[arg-type]


def loads(path: Path) -> None:
    Scale().load(torch.device("cpu"), path)


def test_a_direct_link_is_fetched_pinned_and_found_without_being_named(site, cache):
    folder, url = site
    file = released(folder)
    scale = card(direct(url, size=file.stat().st_size))
    place = fetch(scale, scale.weights[0], loads)
    assert place == cache / "scale" / "net.pth" == place_of(scale, scale.weights[0])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (cache / "scale" / "net.pth.sha256").read_text() == f"{digest}  net.pth\n"
    assert fetched(scale) == place
    assert fetched(scale, "net.pth") == place
    assert fetched(scale, "other.pth") is None
    assert sorted(path.name for path in place.parent.iterdir()) == ["net.pth", "net.pth.sha256"]


def test_what_was_fetched_serves_resolve(site, monkeypatch):
    folder, url = site
    released(folder)
    scale = card(direct(url))
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: scale)
    with pytest.raises(VfibenchError, match="needs its trained weights") as caught:
        resolve("scale")
    assert "vfibench fetch weights scale" in caught.value.hint
    place = fetch(scale, scale.weights[0], loads)
    for given in (None, "net.pth"):
        method = resolve("scale", given)
        assert (method.weights, method.weights_sha256) == (
            place,
            hashlib.sha256(place.read_bytes()).hexdigest(),
        )


def test_a_kill_at_any_moment_leaves_no_file_without_its_pin(site, cache, monkeypatch):
    folder, url = site
    released(folder)
    scale = card(direct(url))
    whole, moved = Path.replace, []

    def killed(self, target):
        whole(self, target)
        moved.append(Path(target).name)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        fetch(scale, scale.weights[0], loads)
    assert moved == ["net.pth.sha256"]
    monkeypatch.setattr(Path, "replace", whole)
    assert fetched(scale) is None
    place = fetch(scale, scale.weights[0], loads)
    assert fetched(scale) == place


def test_a_copy_that_is_no_checkpoint_is_named_itself(tmp_path):
    empty = tmp_path / "empty.pth"
    empty.touch()
    scale = card(WeightFile("net.pth", "https://example.org/page"))
    with pytest.raises(VfibenchError, match=f"found an empty file: {empty};") as caught:
        fetch(scale, scale.weights[0], read_checkpoint, empty)
    assert "weights/scale" not in str(caught.value)


def test_a_file_that_changed_on_disk_is_not_used(site):
    folder, url = site
    released(folder)
    scale = card(direct(url))
    place = fetch(scale, scale.weights[0], loads)
    released(place.parent, factor=torch.zeros(1))
    with pytest.raises(VfibenchError, match=r"expected net\.pth with sha256"):
        fetched(scale)


@pytest.mark.parametrize(("pin", "problem"), [(b"", "found an empty file"), (b"\xff\xfe\x80", "sha256")])
def test_a_damaged_pin_is_one_line(site, pin, problem):
    folder, url = site
    released(folder)
    scale = card(direct(url))
    place = fetch(scale, scale.weights[0], loads)
    place.with_name("net.pth.sha256").write_bytes(pin)
    with pytest.raises(VfibenchError, match=problem):
        fetched(scale)


def test_a_source_that_changed_since_the_pin_is_refused(site):
    folder, url = site
    released(folder)
    scale = card(direct(url))
    fetch(scale, scale.weights[0], loads).unlink()
    released(folder, factor=torch.zeros(1))
    with pytest.raises(VfibenchError, match="sha256") as caught:
        fetch(scale, scale.weights[0], loads)
    assert "remove the .sha256 file" in caught.value.hint


@pytest.mark.parametrize(
    ("facts", "problem"),
    [({"sha256": "0" * 64}, "as the card says"), ({"size": 5}, "of 5 bytes"), ({}, "expected the factor")],
)
def test_what_is_not_the_expected_file_leaves_nothing_behind(site, cache, facts, problem):
    folder, url = site
    released(folder, other=torch.ones(1)) if not facts else released(folder)
    scale = card(direct(url, **facts))
    with pytest.raises(VfibenchError, match=problem):
        fetch(scale, scale.weights[0], loads)
    assert list((cache / "scale").iterdir()) == []


def test_a_link_that_leads_nowhere_is_one_line(site):
    url = site[1]
    with pytest.raises(VfibenchError, match=r"could not download .*404"):
        fetch(card(), direct(url), loads)


def test_a_file_for_a_browser_says_what_to_do_and_is_taken_from_a_copy(tmp_path, cache):
    scale = card(WeightFile("net.pth", "https://example.org/page"))
    with pytest.raises(VfibenchError, match=r"open https://example.org/page in a browser") as caught:
        fetch(scale, scale.weights[0], loads)
    assert "vfibench fetch weights scale --from net.pth" in caught.value.hint
    copy = released(tmp_path)
    assert fetch(scale, scale.weights[0], loads, copy).read_bytes() == copy.read_bytes()
    with pytest.raises(VfibenchError, match="expected a downloaded file"):
        fetch(scale, scale.weights[0], loads, tmp_path / "nothing.pth")


@pytest.mark.parametrize("inside", ["train_log/net.pth", "deep/train_log/net.pth"])
def test_a_member_of_an_archive_is_unpacked(site, inside):
    folder, url = site
    file = released(folder)
    content = file.read_bytes()
    with zipfile.ZipFile(folder / "net.zip", "w") as archive:
        archive.writestr(inside, content)
        archive.writestr("readme.txt", "x")
    (folder / "net.zip").replace(file)
    scale = card(direct(url, member="train_log/net.pth"))
    assert fetch(scale, scale.weights[0], loads).read_bytes() == content


def test_a_member_asked_of_a_bare_checkpoint_takes_the_file_itself(site):
    folder, url = site
    content = released(folder).read_bytes()  # torch's own format is an archive too
    scale = card(direct(url, member="train_log/net.pth"))
    assert fetch(scale, scale.weights[0], loads).read_bytes() == content


def test_an_archive_without_the_member_is_refused(site):
    folder, url = site
    with zipfile.ZipFile(folder / "net.pth", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(VfibenchError, match=r"expected one a/net.pth in the archive, found 0"):
        fetch(card(), direct(url, member="a/net.pth"), loads)


def test_links_of_the_hub_go_through_its_library(monkeypatch, tmp_path):
    asked = []

    def hub(repository, name, revision=None):
        asked.append((repository, name, revision))
        return str(released(tmp_path))

    monkeypatch.setattr("huggingface_hub.hf_hub_download", hub)
    download("hf://owner/repository/folder/net.pth@abc", tmp_path / "copy.pth")
    download("hf://owner/repository/net.pth", tmp_path / "copy.pth")
    assert asked == [
        ("owner/repository", "folder/net.pth", "abc"),
        ("owner/repository", "net.pth", None),
    ]
    assert (tmp_path / "copy.pth").read_bytes() == (tmp_path / "net.pth").read_bytes()


@pytest.mark.parametrize("url", ["file/d/ABC/view?usp=sharing", "file/d/ABC", "open?id=ABC", "uc?id=ABC&x=1"])
def test_links_of_google_drive_go_through_gdown(monkeypatch, tmp_path, url):
    def drive(id, output, quiet):
        Path(output).write_text(id)

    monkeypatch.setitem(sys.modules, "gdown", SimpleNamespace(download=drive))
    download(f"https://drive.google.com/{url}", tmp_path / "net.pth")
    assert (tmp_path / "net.pth").read_text() == "ABC"


def test_without_gdown_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(VfibenchError, match="needs the package gdown") as caught:
        download("https://drive.google.com/file/d/ABC", tmp_path / "net.pth")
    assert "vfibench[drive]" in caught.value.hint


def test_a_download_that_brings_nothing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gdown", SimpleNamespace(download=lambda **_: None))
    with pytest.raises(VfibenchError, match="nothing arrived"):
        download("https://drive.google.com/file/d/ABC", tmp_path / "net.pth")


def test_another_file_of_the_card_is_chosen_by_name():
    scale = card(WeightFile("a.pth", "https://x"), WeightFile("b.pth", "https://x"))
    assert choose(scale, None).name == "a.pth"
    assert choose(scale, "b.pth").name == "b.pth"
    with pytest.raises(VfibenchError, match=r"no weight file 'c\.pth'") as caught:
        choose(scale, "c.pth")
    assert "a.pth, b.pth" in caught.value.hint
    with pytest.raises(VfibenchError, match="learns nothing"):
        choose(METHODS.card("blend"), None)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return int(end.value.code or 0)


def test_the_command_tells_the_terms_and_takes_a_copy(monkeypatch, tmp_path, capsys):
    scale = AdapterCard(
        "scale",
        f"{__name__}:Scale",
        licence="academic use only",
        weights=(WeightFile("net.pth", "https://example.org/page", licence="none stated"),),
    )
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: scale)
    monkeypatch.setattr("vfibench.methods.resolving.load_target", lambda target: Scale)
    assert run("fetch", "weights", "scale") == 2
    assert "open https://example.org/page in a browser" in capsys.readouterr().err
    assert run("fetch", "weights", "scale", "--from", str(released(tmp_path))) == 0
    told = capsys.readouterr().out
    assert "licence of the original code: academic use only" in told
    assert "licence of the weights: none stated" in told
    assert "loads, sha256 pinned" in told
    assert run("fetch", "weights", "scale") == 0
    assert "is there already" in capsys.readouterr().out
    assert run("fetch", "frames", "scale") == 2
    assert "expected `vfibench fetch weights NAME`" in capsys.readouterr().err


def test_the_command_takes_known_variants_and_no_workers_or_folders(monkeypatch, tmp_path, capsys):
    net = WeightFile("net.pth", "https://example.org/page")
    scale = AdapterCard("scale", f"{__name__}:Scale", weights=(net,), variants={"half": Variant("half")})
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: scale)
    monkeypatch.setattr("vfibench.methods.resolving.load_target", lambda target: Scale)
    assert run("fetch", "weights", "scale@nope") == 2
    assert "unknown variant 'nope' of scale" in capsys.readouterr().err
    assert run("fetch", "weights", "scale@half", "--from", str(released(tmp_path))) == 0
    started = tmp_path / "started"
    for word in (f"exec:touch {started}", "frames:x"):
        assert run("fetch", "weights", word) == 2
        assert f"expected a method with weights to fetch, found {word}" in capsys.readouterr().err
    assert not started.exists()


@pytest.mark.parametrize("name", [n for n in METHODS.names() if METHODS.card(n).learned])
def test_every_card_says_where_its_weights_are_in_a_form_that_can_be_followed(name):
    for file in (file for file in METHODS.card(name).weights if file.url):  # "": none was released
        assert file.url.startswith(("https://", "http://", "hf://", "package:")), file
        assert file.structure, "what is inside is shown when another file is offered"
        assert "/" not in file.name
        if not file.by_hand and "drive.google.com" in file.url:
            assert "/d/" in file.url or "id=" in file.url, "gdown fetches single files"


def test_weights_that_were_never_released_are_not_looked_for():
    gru = METHODS.card("convgru")
    with pytest.raises(VfibenchError, match="no weights of convgru were released") as caught:
        fetch(gru, gru.weights[0], loads)
    assert "train your own" in caught.value.hint


@pytest.fixture
def boxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdapterCard]:
    """A method whose weights come with the installed package `boxed_methods`."""
    folder = tmp_path / "installed" / "boxed_methods" / "weights"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    digest = hashlib.sha256(released(folder).read_bytes()).hexdigest()
    file = WeightFile("net.pth", "package:boxed_methods/weights/net.pth", by_hand=False, sha256=digest)
    yield card(file)
    sys.modules.pop("boxed_methods", None)


def test_weights_that_come_with_a_method_are_found_by_every_command(boxed, tmp_path, cache, monkeypatch):
    place = tmp_path / "installed" / "boxed_methods" / "weights" / "net.pth"
    assert place_of(boxed, boxed.weights[0]) == place
    assert fetched(boxed) == fetched(boxed, "net.pth") == place
    assert fetched(boxed, "other.pth") is None
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: boxed)
    for given in (None, "net.pth"):
        method = resolve("scale", given)
        assert (method.weights, method.weights_sha256) == (place, boxed.weights[0].sha256)
    assert not cache.exists()


def test_other_weights_may_be_given_to_a_method_that_brings_its_own(boxed, tmp_path, monkeypatch):
    other = released(tmp_path, factor=torch.zeros(1))
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: boxed)
    assert resolve("scale", str(other)).weights == other


def test_a_packaged_file_that_is_gone_or_changed_is_one_line(boxed):
    place = fetched(boxed)
    released(place.parent, factor=torch.zeros(1))
    with pytest.raises(VfibenchError, match=r"expected net\.pth with sha256 .*as the card says") as caught:
        fetched(boxed)
    assert "install the package that holds it again" in caught.value.hint
    place.unlink()
    with pytest.raises(
        VfibenchError, match=r"net\.pth, which comes with scale, at .*found no file"
    ) as caught:
        resolve_of(boxed)
    assert str(place) in caught.value.message
    assert "\n" not in str(caught.value)


def resolve_of(boxed: AdapterCard) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vfibench.methods.resolving.find_card", lambda name: boxed)
        resolve("scale")


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("no_such_package.inner", "No module named 'no_such_package'"),
        ("boxed_methods.broken", "libmissing.so"),
        ("", "Empty module name"),
    ],
)
def test_a_package_that_cannot_be_imported_is_one_line(boxed, tmp_path, package, reason):
    broken = tmp_path / "installed" / "boxed_methods" / "broken.py"
    broken.write_text("raise ImportError('libmissing.so')")
    gone = card(WeightFile("net.pth", f"package:{package}/net.pth", by_hand=False, sha256="0" * 64))
    with pytest.raises(VfibenchError, match=r"expected net\.pth of scale in the package") as caught:
        fetched(gone)
    assert reason in caught.value.message


def test_a_packaged_file_is_not_fetched_and_never_replaced(boxed, tmp_path, monkeypatch, capsys):
    before = fetched(boxed).read_bytes()
    other = released(tmp_path, factor=torch.zeros(1))
    for given in (None, other):
        with pytest.raises(VfibenchError, match=r"net\.pth comes with scale and is not fetched"):
            fetch(boxed, boxed.weights[0], loads, given)
    monkeypatch.setattr("vfibench.methods.resolving.find_card", lambda name: boxed)
    assert run("fetch", "weights", "scale") == 0
    assert f"net.pth is there already: {fetched(boxed)}" in capsys.readouterr().out
    assert run("fetch", "weights", "scale", "--from", str(other)) == 2
    assert "pass --weights FILE" in capsys.readouterr().err
    assert fetched(boxed).read_bytes() == before
    assert sorted(path.name for path in fetched(boxed).parent.iterdir()) == ["net.pth"]


def test_the_doctor_tells_whole_weights_from_missing_ones(boxed, monkeypatch):
    monkeypatch.setattr(METHODS, "cards", lambda: [boxed, METHODS.card("blend")])
    assert environment_lines(environment_report())[-1] == "weights here  scale"
    fetched(boxed).unlink()
    *_, none, broken = environment_lines(environment_report())
    assert none == "weights here  none"
    assert broken.startswith("broken weights expected net.pth, which comes with scale")


def test_a_list_and_the_facts_tell_what_is_ready(boxed, monkeypatch, capsys, tmp_path):
    from safetensors.torch import save_file

    path = fetched(boxed).with_suffix(".safetensors")
    save_file(
        {"factor": torch.ones(1)}, path, metadata={"recipe": 'name = "scale"\nsteps = 3', "left_out": ""}
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    url = "package:boxed_methods/weights/net.safetensors"
    whole = replace(boxed, weights=(WeightFile("net.safetensors", url, by_hand=False, sha256=digest),))
    monkeypatch.setattr(METHODS, "names", lambda: ["scale"])
    monkeypatch.setattr(METHODS, "card", lambda name: whole)
    monkeypatch.setattr(METHODS, "origin", lambda name: "built-in")
    assert run("info", "scale") == 0
    told = capsys.readouterr().out
    assert f"net.safetensors: {path}, {path.stat().st_size:,} bytes" in told
    assert 'recipe: \n  name = "scale"\n  steps = 3\n' in told
    assert "left out: -" in told
    monkeypatch.setattr(METHODS, "cards", lambda: [whole])
    assert run("list", "methods") == 0
    assert capsys.readouterr().out.split()[3:5] == ["midpoint", "learned,"]
    assert run("list", "recipes") == 0
    assert "superslomo-starter" in capsys.readouterr().out
