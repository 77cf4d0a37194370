"""Fetching LPIPS backbones where it is asked for, and only there; a file that is another is not kept."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
import torch
from torchvision import models

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.metrics import backbones
from vfibench.metrics.backbones import BACKBONES, Backbone, find_backbone
from vfibench.metrics.fetching import fetch_backbone


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict with the structure of SqueezeNet 1.1."""
    path = tmp_path_factory.mktemp("network") / "file"
    torch.save(models.squeezenet1_1(weights=None).state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv(backbones.ENVIRONMENT, raising=False)
    return tmp_path / "torch" / "hub" / "checkpoints"


def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, digest: str = "") -> str:
    """Offer a file as the download of squeezenet, under a name that promises a digest."""
    known = digest or hashlib.sha256(content).hexdigest()[:8]
    offered = tmp_path / "server" / f"squeezenet1_1-{known}.pth"
    offered.parent.mkdir()
    offered.write_bytes(content)
    backbone = BACKBONES["squeeze"]
    monkeypatch.setitem(BACKBONES, "squeeze", Backbone(backbone.network, offered.as_uri(), backbone.taps))
    return offered.name


def test_a_download_is_kept_where_runs_find_it(network, nothing_elsewhere, tmp_path, monkeypatch, capsys):
    name = offer(monkeypatch, tmp_path, network.read_bytes())
    with pytest.raises(SystemExit) as end:
        main(["fetch", "lpips-squeeze"])
    assert end.value.code == 0
    assert find_backbone("squeeze") == nothing_elsewhere / name
    assert [path.name for path in nothing_elsewhere.iterdir()] == [name]
    assert capsys.readouterr().out == f"lpips-squeeze: {nothing_elsewhere / name} (loads, sha256 checked)\n"


def test_the_folder_that_the_environment_names_comes_first(network, tmp_path, monkeypatch):
    monkeypatch.setenv(backbones.ENVIRONMENT, str(tmp_path / "mine"))
    name = offer(monkeypatch, tmp_path, network.read_bytes())
    assert fetch_backbone("lpips-squeeze") == tmp_path / "mine" / name == find_backbone("squeeze")


def test_a_copy_downloaded_by_hand_is_checked_and_kept(network, tmp_path, monkeypatch):
    name = offer(monkeypatch, tmp_path, network.read_bytes())
    (tmp_path / "server" / name).unlink()
    assert fetch_backbone("lpips-squeeze", network).read_bytes() == network.read_bytes()


@pytest.mark.parametrize("by_hand", [False, True])
def test_another_content_is_refused_and_not_kept(by_hand, nothing_elsewhere, tmp_path, monkeypatch):
    page = b"<html>a captive portal</html>"
    offer(monkeypatch, tmp_path, page, "00000000")
    (tmp_path / "page").write_bytes(page)
    found = hashlib.sha256(page).hexdigest()[:12]
    with pytest.raises(VfibenchError, match=rf"with sha256 00000000\.\.\., found {found}\.\.\. from "):
        fetch_backbone("lpips-squeeze", tmp_path / "page" if by_hand else None)
    assert not list(tmp_path.rglob("hub/checkpoints/*"))


def test_another_network_is_refused_and_not_kept(tmp_path, monkeypatch):
    torch.save({"features.0.weight": torch.ones(1)}, tmp_path / "other")
    offer(monkeypatch, tmp_path, (tmp_path / "other").read_bytes())
    with pytest.raises(VfibenchError, match="expected the weights of squeezenet1_1"):
        fetch_backbone("lpips-squeeze")
    assert not list(tmp_path.rglob("hub/checkpoints/*"))


def test_a_server_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    backbone = BACKBONES["alex"]
    url = "http://127.0.0.1:9/alexnet-owt-7be5be79.pth"
    monkeypatch.setitem(BACKBONES, "alex", Backbone(backbone.network, url, backbone.taps))
    with pytest.raises(VfibenchError, match=r"could not download http://127.0.0.1:9/alexnet") as caught:
        fetch_backbone("lpips")
    assert "--from FILE" in caught.value.hint


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every way to the network raises, and is noted down."""
    tried: list[str] = []

    def refuse(name):
        def call(*_, **__):
            tried.append(name)
            raise OSError(f"{name}: the network was used")

        return call

    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse(name))
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse(name))
    return tried


def run(tmp_path: Path, *more: str) -> int:
    (tmp_path / "ids.txt").write_text("00-cat-drift\n")
    words = ["run", "-m", "blend", "-d", "synthetic", "--list", str(tmp_path / "ids.txt"), "--device", "cpu"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(tmp_path / "out"), *more])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_a_run_uses_no_network_and_says_how_to_get_what_it_lacks(tmp_path, offline, capsys):
    assert run(tmp_path) == 0
    assert offline == []
    told = capsys.readouterr().err.splitlines()
    assert "note: lpips stays empty: no alexnet backbone (vfibench fetch lpips)" in told


def test_a_metric_that_was_asked_for_is_an_error_that_tells_the_command(tmp_path, offline, capsys):
    assert run(tmp_path, "--metric", "psnr", "--metric", "lpips") == 2
    assert offline == []
    assert not (tmp_path / "out").exists()
    told = capsys.readouterr().err
    assert told.startswith("error: the metric lpips is not available: no alexnet backbone")
    assert "`vfibench fetch lpips`" in told


def test_the_network_would_have_been_noticed(offline):
    with pytest.raises(VfibenchError, match="the network was used"):
        fetch_backbone("lpips")
    assert offline != []


@pytest.mark.parametrize(
    "words", [["weights"], ["lpips", "rife"], ["lpips", "--file", "x"], ["vgg"], ["lpips-squeeze", "more"]]
)
def test_other_words_are_told_what_there_is(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(["fetch", *words])
    assert end.value.code == 2
    assert "expected `vfibench fetch weights NAME`, `vfibench fetch lpips`" in capsys.readouterr().err
