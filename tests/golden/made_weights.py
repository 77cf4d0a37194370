"""Made-up weights by a fixed rule, so that networks can be compared with their originals without training.

The rule: every tensor is normal noise seeded by the CRC of its name, scaled by gain / sqrt(fan-in) (bias
for vectors) and by the factors of the rule's patterns. The same rule filled the original networks when the
reference figures were made. As a command it writes a checkpoint in a released file's structure:

    python tests/golden/made_weights.py superslomo_r made-up.pt
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import math
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vfibench.registry import load_target


@dataclass(frozen=True)
class Made:
    """How a network gets made-up weights, and what its authors' file of them looks like.

    Attributes:
        network: "pkg.mod:Class" of the network.
        rule: see `made_tensor`.
        released: network to the object that the released file holds.
        arguments: of the class.
        kept: names of tensors that keep their initial values.
    """

    network: str
    rule: Mapping[str, Any]
    released: Callable[[nn.Module], object]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


def bare(network: nn.Module) -> object:
    """The state dict itself."""
    return network.state_dict()


def from_ddp(network: nn.Module) -> object:
    """A state dict saved from DistributedDataParallel, "module." before every name."""
    return {f"module.{name}": tensor for name, tensor in network.state_dict().items()}


def modules_for_nets(network: nn.Module) -> object:
    """A state dict of SoftSplat's, whose names say "module" where the network now says "net"."""
    return {name.replace("net", "module"): tensor for name, tensor in network.state_dict().items()}


def superslomo_stages(network: nn.Module) -> object:
    """SuperSloMo's two stages, with the state a real Adam and StepLR leave behind."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=0.1)
    for parameter in network.parameters():  # moments of the vectors only: a third of the file's size
        parameter.grad = torch.zeros_like(parameter) if parameter.dim() == 1 else None
    optimizer.step()  # gradients of zero leave every weight as it was
    return {
        "epoch": 0,
        "stage1_state_dict": network.get_submodule("stage1_model").state_dict(),
        "stage2_state_dict": network.get_submodule("stage2_model").state_dict(),
        "self.optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
    }


def superslomo_with_a_date(network: nn.Module) -> object:
    """Paliwal's two networks and what his training script notes beside them, a datetime among it."""
    return {
        "Detail": "End to end Super SloMo.",
        "epoch": 199,
        "timestamp": datetime.datetime(2018, 9, 4, 12, 30, 15, 250),
        "trainBatchSz": 6,
        "validationBatchSz": 10,
        "learningRate": 1e-06,
        "loss": [[1.5], [1.25]],
        "valLoss": [[1.75], [1.5]],
        "valPSNR": [[27.0], [28.0]],
        "state_dictFC": network.get_submodule("state_dictFC").state_dict(),
        "state_dictAT": network.get_submodule("state_dictAT").state_dict(),
    }


def superslomo_with_optimizer(network: nn.Module) -> object:
    """NVIDIA's dict; the optimizer's state is of the shortest tensors only."""
    optimizer = torch.optim.Adam([one for one in network.parameters() if one.dim() == 1], lr=1e-4)
    return {
        "epoch": 499,
        "arch": "HJSuperSloMo",
        "state_dict": network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def sepconv_of_old(network: nn.Module) -> object:
    """A bare state dict whose names begin with "module" where they are "net" today."""
    return {name.replace("net", "module", 1): tensor for name, tensor in network.state_dict().items()}


SUPERSLOMO = "vfibench_adapters.superslomo.network:SuperSloMo"

RIFE_RULE = {
    "gain": 1.4,
    "bias": 0.05,
    "transpose": r"lastconv|unet\.up\d\.0\.",
    "mult": [
        [r"convblock.*\.0\.weight", 0.9],
        ["lastconv", 0.6],
        [r"unet\.conv\.", 0.5],
        [r"(unet|contextnet).*\.bias", 4.0],
        [r"contextnet.*\.0\.weight", 1.3],
    ],
    "add": [[r"(convblock\.\d\.1|conv0\.\d\.1|conv[12]\.1|up\d\.1)\.weight", 0.25]],
}

MADE: dict[str, Made] = {
    "zooming_slomo": Made(
        "vfibench_adapters.zooming_slowmo.network:ZoomingSlowMo",
        {
            "gain": 1.4,
            "bias": 0.05,
            "mult": [[r"(feature_extraction|recon_trunk)\.\d+\.conv2", 0.2], ["conv_last", 0.3]],
        },
        bare,
    ),
    "sepconv": Made(
        "vfibench_adapters.sepconv.network:SepConv",
        {
            "gain": 1.4,
            "bias": 0.05,
            "mult": [[r"\.7\.weight", 0.15], [r"\.7\.bias", 0.4]],
            "add": [[r"\.7\.bias", 0.014]],
        },
        sepconv_of_old,
    ),
    "rife": Made("vfibench_adapters.rife.network:IFNet", RIFE_RULE, from_ddp, {"timed": False}),
    "rife_m": Made("vfibench_adapters.rife.network:IFNet", RIFE_RULE, from_ddp, {"timed": True}),
    "softsplat": Made(
        "vfibench_adapters.softsplat.network:SoftSplat",
        {
            "gain": 1.4,
            "bias": 0.05,
            "mult": [
                [r"netFlow\.net\w+\.netMain\.0\.weight", 2.0],
                [r"netFlow\.netSixth\.netMain\.10\.", 4.0],
                [r"netFlow\.netFifth\.netMain\.10\.", 1.5],
                [r"netFlow\.net(Fourth|Third)\.netMain\.10\.", 0.7],
                [r"netFlow\.net(Second|First)\.netMain\.10\.", 0.4],
                [r"netSynthesis\.\dx\d.*netMain\.3\.weight", 0.35],
                [r"netWarp.*netMain\.2\.", 0.4],
                [r"netSynthesis\.netOutput", 0.5],
                ["netSoftmetric.netOutput", 0.3],
            ],
            "add1d": [[r"^netSynthesis.*\.weight$", 0.25]],
        },
        modules_for_nets,
    ),
    "dain": Made(
        "vfibench_adapters.dain.network:DAIN",
        {
            "gain": 1.4,
            "bias": 0.05,
            "transpose": "deconv|upfeat",
            "mult": [
                ["rectifyNet.block5", 0.1],
                ["dc_conv7|predict_flow2", 0.8],
                [r"initScaleNets_filter[12]\.2\.", 0.05],
            ],
            "add": [[r"initScaleNets_filter[12]\.2\.bias", 0.06], [r"depthNet\.1\.weight", 1.0]],
            "abs_plus_one": ["running_var$"],
        },
        bare,
    ),
    "toflow": Made(
        "vfibench_adapters.toflow.network:TOFlow",
        {"gain": 1.4, "bias": 0.05, "mult": [[r"SpyNet.*moduleBasic\.8\.", 0.6], ["conv_64_3_1x1", 0.3]]},
        bare,
    ),
    "superslomo": Made(
        SUPERSLOMO,
        {"gain": 1.4, "bias": 0.05, "mult": [["conv6", 2.5], ["conv7a", 3.0], ["final_conv", 3.0]]},
        superslomo_stages,
        {"bottleneck": "conv"},
    ),
    "superslomo_r": Made(
        SUPERSLOMO,
        {"gain": 1.4, "bias": 0.05, "mult": [["conv6", 4.0], ["conv[789]a", 2.0], ["final_conv", 2.0]]},
        superslomo_stages,
        {"bottleneck": "convlstm"},
    ),
    "superslomo_r_gru": Made(
        SUPERSLOMO,
        {"gain": 1.4, "bias": 0.05, "mult": [["conv6", 4.0], ["conv[789]a", 2.0], ["final_conv", 2.0]]},
        superslomo_stages,
        {"bottleneck": "convgru"},
    ),
    "superslomo_paliwal": Made(
        "vfibench_adapters.superslomo_adobe.network:SuperSloMo",
        {
            "gain": 1.4,
            "bias": 0.05,
            "mult": [
                [r"FC\.conv1\.weight", 4.0],
                [r"AT\.conv1\.weight", 2.0],
                [r"FC\.conv3\.", 6.0],
                [r"AT\.conv3\.", 2.0],
                ["down5|up1", 2.0],
            ],
        },
        superslomo_with_a_date,
    ),
    "superslomo_nvidia": Made(
        "vfibench_adapters.superslomo_nvidia.network:SuperSloMo",
        {
            "gain": 1.4,
            "bias": 0.05,
            "mult": [
                [r"encoder_layer1\.0\.weight", 0.03],
                [r"flow_pred_bottleneck|flow_pred_decoder_layer5\.1", 2.0],
                ["(forward|backward)_flow_conv", 3.0],
                ["flow_interp_(forward|backward)_out_layer", 1.5],
                ["flow_interp_vis_layer", 2.0],
            ],
        },
        superslomo_with_optimizer,
        kept=("mean_pix",),
    ),
}


def made_tensor(name: str, shape: Sequence[int], rule: Mapping[str, Any], seed_add: int = 0) -> Tensor:
    """One float32 tensor by the rule.

    Args:
        name: full name in the state dict; it seeds the noise.
        shape: of the tensor.
        rule: "gain", "bias", and optionally "transpose" (a pattern of transposed convolutions), "mult",
            "add", "add1d" (pairs of pattern and number) and "abs_plus_one" (patterns).
        seed_add: another set of weights by the same rule.
    """
    noise = np.random.default_rng(zlib.crc32(name.encode()) + seed_add).standard_normal(tuple(shape))
    values = noise.astype(np.float32) * np.float32(_scale(name, shape, rule))
    for pattern, value in rule.get("add", []) + (rule.get("add1d", []) if len(shape) <= 1 else []):
        if re.search(pattern, name):
            values += np.float32(value)
    if any(re.search(pattern, name) for pattern in rule.get("abs_plus_one", [])):
        values = np.abs(values) + np.float32(1)
    return torch.from_numpy(values)


def _scale(name: str, shape: Sequence[int], rule: Mapping[str, Any]) -> float:
    scale = rule["bias"]
    if len(shape) >= 2:
        transposed = "transpose" in rule and re.search(rule["transpose"], name)
        fan_in = math.prod(shape[2:]) * (shape[0] if transposed else shape[1])
        scale = rule["gain"] / math.sqrt(fan_in)
    return scale * math.prod(factor for pattern, factor in rule.get("mult", []) if re.search(pattern, name))


def made_weights(
    shapes: Iterable[tuple[str, Sequence[int]]], rule: Mapping[str, Any], seed_add: int = 0
) -> dict[str, Tensor]:
    """A state dict by the rule, in the order of `shapes`."""
    return {name: made_tensor(name, shape, rule, seed_add) for name, shape in shapes}


def digest(weights: Mapping[str, Tensor]) -> str:
    """sha256 over the raw little-endian float32 bytes of all tensors in order."""
    total = hashlib.sha256()
    for tensor in weights.values():
        total.update(tensor.numpy().astype("<f4", copy=False).tobytes())
    return total.hexdigest()


def made_network(name: str, seed_add: int = 0, **arguments: Any) -> nn.Module:
    """A network of MADE filled by its rule; `arguments` of its class go before the usual ones."""
    made = MADE[name]
    network = load_target(made.network)(**{**made.arguments, **arguments})
    state = network.state_dict()
    shapes = [(key, tuple(tensor.shape)) for key, tensor in state.items() if _is_made(made, key, tensor)]
    network.load_state_dict(made_weights(shapes, made.rule, seed_add), strict=False)
    return network.eval()


def _is_made(made: Made, name: str, tensor: Tensor) -> bool:
    return tensor.is_floating_point() and name not in made.kept


def write_released(name: str, path: Path, seed_add: int = 0, **arguments: Any) -> None:
    """Write made-up weights as the authors' training script would have saved them."""
    torch.save(MADE[name].released(made_network(name, seed_add, **arguments)), path)


def main() -> None:
    """The command in the module's docstring."""
    parser = argparse.ArgumentParser(description="Write a checkpoint of made-up weights (they mean nothing).")
    parser.add_argument("name", choices=sorted(MADE))
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed-add", type=int, default=0)
    arguments = parser.parse_args()
    write_released(arguments.name, arguments.path, arguments.seed_add)
    print(f"wrote made-up, untrained weights of {arguments.name} to {arguments.path}")


if __name__ == "__main__":
    main()
