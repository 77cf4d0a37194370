"""Scoring: many metrics over one pair of pictures, a piece at a time, without leaving the device.

A piece is one picture on a CPU, whose planes then stay in the cache, and many on an accelerator. What metrics
have in common (rounded pictures, windowed means) is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from vfibench.contracts import Metric
from vfibench.errors import VfibenchError
from vfibench.metrics.answers import answer, broken
from vfibench.metrics.catalog import BUILTIN, RULES
from vfibench.metrics.definitions import ErrorRule, PsnrRule, Rule, SsimRule
from vfibench.metrics.ie import interpolation_error
from vfibench.metrics.lpips import Lpips, network_of
from vfibench.metrics.pair import FramePair
from vfibench.metrics.precision import full_precision
from vfibench.metrics.psnr import decibel, masked_squared_error, squared_error, unit_squared_error
from vfibench.metrics.ssim import ssim
from vfibench.metrics.ssim_float32 import ssim_float32
from vfibench.registry import METRICS, explained, load_target

Scores = dict[str, torch.Tensor]
PIECE = 64 * 256 * 256  # pixels scored at once on an accelerator; on a CPU one picture fits the cache


class Scorer:
    """Computes the named metrics of a batch, sharing whatever they have in common.

    Args:
        names: columns, of the built-in catalogue or of a plugin.
        device: where `__call__` will be given tensors.
        backbones: folder with LPIPS backbones, see `backbones.find_backbone`.

    Raises:
        VfibenchError: an unknown metric, or a backbone that is not there.
    """

    def __init__(self, names: Sequence[str], device: torch.device, backbones: Path | None = None) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.device = device
        self._rules = {name: RULES[name] for name in self.names if name in RULES}
        others = {name: _build(name, device, backbones) for name in self.names if name not in RULES}
        self._lpips = {name: metric for name, metric in others.items() if isinstance(metric, Lpips)}
        self._plugins = {name: metric for name, metric in others.items() if not isinstance(metric, Lpips)}

    def __call__(
        self, predicted: torch.Tensor, target: torch.Tensor, mask: torch.Tensor | None = None
    ) -> Scores:
        """Score a batch; a sample's result does not depend on its neighbours.

        Args:
            predicted: [B, 3, H, W] float32, RGB, nominally in [0, 1], raw, any memory layout.
            target: [B, 3, H, W] uint8, RGB, any memory layout.
            mask: [B, H, W] bool, True where pixels count; needed by masked definitions only.

        Returns:
            For each name, in order, [B] float64 on the device; +inf for the PSNR of identical pictures,
            NaN for a masked metric with an empty mask.

        Raises:
            VfibenchError: a masked metric without a mask, or a plugin's metric that broke its contract.
            SampleError: pictures smaller than a window, or a plugin's metric that raised.
        """
        size = piece_size(predicted)
        pieces = []
        with torch.inference_mode(), full_precision(self.device):
            for start in range(0, len(predicted), size):
                part = slice(start, start + size)
                pieces.append(self._score(FramePair(predicted[part], target[part], _cut(mask, part))))
            scores = {name: torch.cat([piece[name] for piece in pieces]) for name in pieces[0]}
            for name, metric in self._plugins.items():
                scores[name] = answer(name, metric, predicted, target)
        return {name: scores[name] for name in self.names}

    def _score(self, pair: FramePair) -> Scores:
        scores = score_rules(pair, self._rules)
        return scores | {name: metric.score(pair) for name, metric in self._lpips.items()}


def unavailable(names: Sequence[str], backbones: Path | None = None) -> dict[str, str]:
    """Which optional metrics cannot be computed here, and why.

    Args:
        names: columns, as for `Scorer`.
        backbones: folder with LPIPS backbones.

    Returns:
        Reason by name, one line each; empty where everything can be computed.
    """
    reasons = {}
    for name in names:
        try:
            if METRICS.card(name).optional:
                _build(name, torch.device("cpu"), backbones)
        except VfibenchError as error:
            reasons[name] = str(error)
    return reasons


def _build(name: str, device: torch.device, backbones: Path | None) -> Metric | Lpips:
    """A metric that no rule describes: LPIPS or a plugin's."""
    target = METRICS.card(name).target
    if target.startswith(BUILTIN):
        return Lpips(network_of(name), device, backbones)
    with explained(f"the metric {METRICS.named(name)} could not be built"):
        metric: Metric = load_target(target)()
    if not callable(metric):
        raise broken(name, f"expected its factory to make a Metric, found {type(metric).__name__}")
    return metric


def _cut(mask: torch.Tensor | None, part: slice) -> torch.Tensor | None:
    return None if mask is None else mask[part]


def piece_size(predicted: torch.Tensor) -> int:
    """Pictures to score at once."""
    if predicted.device.type == "cpu":
        return 1
    return max(1, PIECE // (predicted.shape[-1] * predicted.shape[-2]))


def score_rules(pair: FramePair, rules: Mapping[str, Rule]) -> Scores:
    """Score one piece under several rules; names that mean the same are computed once.

    Returns:
        For each name, [P] float64.
    """
    scores: dict[Rule, torch.Tensor] = {}
    groups: dict[tuple[object, ...], list[SsimRule]] = {}
    for rule in dict.fromkeys(rules.values()):
        if isinstance(rule, PsnrRule):
            scores[rule] = psnr_of(pair, rule)
        elif isinstance(rule, ErrorRule):
            scores[rule] = interpolation_error(*pair.planes(rule.rounding), rule.norm)
        else:
            groups.setdefault(_shared(rule), []).append(rule)
    for group in groups.values():
        planes = pair.planes(group[0].rounding, group[0].colour, group[0].masked)
        compute = ssim_float32 if group[0].float32 else ssim
        scores |= zip(group, compute(*planes, group), strict=True)
    return {name: scores[rule] for name, rule in rules.items()}


def _shared(rule: SsimRule) -> tuple[object, ...]:
    """What rules must have in common to share windowed means."""
    return rule.rounding, rule.colour, rule.masked, rule.window == "uniform", rule.float32


def psnr_of(pair: FramePair, rule: PsnrRule) -> torch.Tensor:
    """PSNR of one piece, [P] float64 dB."""
    if rule.arithmetic in {"prediction-f32", "target-f32"}:
        return decibel(unit_squared_error(*pair.unit_planes(rule.arithmetic)), rule.epsilon)
    first, second = pair.planes(rule.rounding, rule.colour)
    if rule.masked:
        return decibel(masked_squared_error(first, second, pair.mask), rule.epsilon)
    return decibel(squared_error(first, second), rule.epsilon, rule.arithmetic)
