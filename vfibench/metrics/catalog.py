"""The cards of all built-in metrics. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vfibench.contracts import MetricCard
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.metrics.definitions import (
    DEFINITIONS,
    PLAIN,
    Arithmetic,
    Border,
    Colour,
    Definition,
    PsnrRule,
    Rounding,
    Rule,
    SsimRule,
    Window,
)

BUILTIN = "vfibench.metrics.builtin:"
"""What the targets of the cards below begin with; the rest is the column's name."""

_ROUNDINGS: Mapping[Rounding, str] = {
    "float": "clamped, not rounded",
    "unclamped": "neither clamped nor rounded",
    "half-even": "uint8, ties to even",
    "half-even-f64": "uint8, rounded in float64",
    "half-up": "uint8, ties up",
    "truncated": "uint8, truncated",
    "wrapped": "uint8, truncated, wrapping modulo 256",
    "imagenet": "prediction and target truncated after an ImageNet round trip",
}
_COLOURS: Mapping[Colour, str] = {
    "rgb": "RGB",
    "gray": "MATLAB's gray",
    "y": "BT.601 Y (16..235)",
    "yuv": "Y of YUV (0..255)",
    "luma": "YIQ luma rounded",
}
_WINDOWS: Mapping[Window, str] = {
    "gaussian": "Gaussian 11x11",
    "uniform": "uniform 7x7",
    "volume": "Gaussian 11x11x11 over the RGB volume",
}
_WIDTHS: Mapping[Window, int] = {"gaussian": 11, "uniform": 7, "volume": 11}
_BORDERS: Mapping[Border, str] = {
    "valid": "valid",
    "replicate": "replicated edges",
    "reflect": "reflected edges",
}
_ARITHMETIC: Mapping[Arithmetic, str] = {
    "float64": "",
    "prediction-f32": "float32 prediction",
    "target-f32": "float32 target",
    "log-f32": "float32 logarithm",
}
_ERRORS = {
    "mae": "mean absolute error, 0..255",
    "rms": "root mean square error over pixels and channels, 0..255",
    "l2": "mean over pixels of the L2 norm over channels, 0..255",
}


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _psnr_title(rule: PsnrRule) -> str:
    return _join(
        f"PSNR, {_COLOURS[rule.colour]}, {_ROUNDINGS[rule.rounding]}",
        f"+{rule.epsilon:g} in the logarithm" if rule.epsilon else "",
        _ARITHMETIC[rule.arithmetic],
        "inside the mask" if rule.masked else "",
    )


def _ssim_title(rule: SsimRule) -> str:
    return _join(
        f"SSIM, {_WINDOWS[rule.window]}, {_BORDERS[rule.border]}, {_COLOURS[rule.colour]}",
        _ROUNDINGS[rule.rounding],
        "sample covariance" if rule.sample else "population covariance",
        "data range of the prediction" if rule.data_range == "prediction" else "",
        "contrast clipped at 0" if rule.clip_contrast else "",
        "float32 error kept" if rule.float32 else "",
        "black outside the mask" if rule.masked else "",
    )


def _rule_card(name: str, rule: Rule, whose: str = "") -> MetricCard:
    target, origin = BUILTIN + name, f" [{whose}]" if whose else ""
    if isinstance(rule, PsnrRule):
        return MetricCard(name, target, title=_psnr_title(rule) + origin, unit="dB")
    if isinstance(rule, SsimRule):
        return MetricCard(name, target, title=_ssim_title(rule) + origin, smallest=_smallest(rule))
    title = f"interpolation error: {_ERRORS[rule.norm]}, {_ROUNDINGS[rule.rounding]}"
    return MetricCard(name, target, title=title + origin, better="lower")


def _smallest(rule: SsimRule) -> int:
    """Pixels a side: the window's width, or more than the reflected edge of half of it."""
    return _WIDTHS[rule.window] // 2 + 1 if rule.float32 else _WIDTHS[rule.window]


def _lpips_card(name: str, backbone: str, smallest: int) -> MetricCard:
    title = f"LPIPS v0.1, {backbone}, uint8 (ties to even) scaled to [-1, 1]"
    return MetricCard(name, BUILTIN + name, title=title, better="lower", optional=True, smallest=smallest)


def _definition_rules(definition: Definition) -> dict[str, Rule]:
    kinds = {"psnr": definition.psnr, "ssim": definition.ssim, "ie": definition.ie}
    return {f"{kind}@{definition.name}": rule for kind, rule in kinds.items() if rule is not None}


RULES: Mapping[str, Rule] = dict(PLAIN) | {
    name: rule
    for definition in DEFINITIONS.values()
    if definition.name != "vfibench"
    for name, rule in _definition_rules(definition).items()
}
"""The rule of every built-in column except LPIPS; `vfibench` is the plain columns."""

CARDS: tuple[MetricCard, ...] = (
    *(_rule_card(name, PLAIN[name]) for name in ("psnr", "ssim", "ssim3d")),
    _lpips_card("lpips", "AlexNet", 31),
    _lpips_card("lpips-squeeze", "SqueezeNet 1.1", 17),
    *(_rule_card(name, PLAIN[name]) for name in ("ie", "ie-rms", "ie-l2")),
    *(
        _rule_card(name, rule, DEFINITIONS[name.partition("@")[2]].whose)
        for name, rule in RULES.items()
        if "@" in name
    ),
)


def columns_of(definition: str, kinds: Sequence[str] = ("psnr", "ssim")) -> tuple[str, ...]:
    """The columns of a definition: ("psnr", "ssim") of "vfibench", ("psnr@adacof",) of "adacof".

    Args:
        definition: a name from `DEFINITIONS`.
        kinds: which of "psnr", "ssim" and "ie" are wanted; those it lacks are left out.

    Raises:
        VfibenchError: there is no such definition; the hint holds the nearest names.
    """
    if definition not in DEFINITIONS:
        hint = did_you_mean(definition, DEFINITIONS, "see `vfibench list metrics`")
        raise VfibenchError(f"unknown definition {definition!r}", hint)
    names = (kind if definition == "vfibench" else f"{kind}@{definition}" for kind in kinds)
    return tuple(name for name in names if name in RULES)
