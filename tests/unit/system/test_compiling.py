"""What is called compiled is compiled; traced by torch's own compiler, with a backend that needs no C++."""

from __future__ import annotations

import functools

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.system.compiling import compiled

FRAMES = torch.ones(1, 2)


class Network:
    """Its name is in what torch checks before it uses what it compiled."""

    def __init__(self, name: str) -> None:
        self.name = name

    def predict(self, frames, times):
        """Twice the frames."""
        return frames * 2 if self.name else frames


@pytest.fixture(autouse=True)
def counted(monkeypatch):
    """How many graphs were compiled, by a backend that runs them as they are."""
    graphs = []

    def backend(graph, inputs):
        graphs.append(inputs)
        return graph.forward

    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend=backend))
    yield graphs
    torch._dynamo.reset()


def test_every_network_is_compiled_however_many_came_before(counted) -> None:
    for count in range(12):
        call = compiled(Network(f"network {count}").predict)
        assert torch.equal(call(FRAMES, (0.5,)), 2 * FRAMES)
        call(FRAMES, (0.5,))
        assert len(counted) == count + 1


def test_a_network_that_torch_would_no_longer_compile_is_an_error(counted) -> None:
    network = Network("first")
    call = compiled(network.predict)

    def change_and_call(count: int) -> None:
        network.name = f"changes {count}"
        call(FRAMES, (0.5,))

    with pytest.raises(VfibenchError, match=r"give up at \[1, 2\]") as told:
        list(map(change_and_call, range(20)))
    assert len(counted) == torch._dynamo.config.recompile_limit
    assert "leave out --compile" in str(told.value)


def test_a_methods_own_errors_are_its_own() -> None:
    class Broken:
        def predict(self, frames, times):
            return frames @ frames

    with pytest.raises(Exception, match=r"mat1 and mat2|size") as told:
        compiled(Broken().predict)(FRAMES, (0.5,))
    assert not isinstance(told.value, VfibenchError)


def test_other_sizes_are_compiled_once_for_all(counted) -> None:
    call = compiled(Network("any size").predict)
    for samples in (4, 3, 2, 5, 6):
        assert call(torch.ones(samples, 2), (0.5,)).shape == (samples, 2)
    assert len(counted) == 2
