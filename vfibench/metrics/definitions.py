"""Every definition of PSNR, SSIM and interpolation error in use, as data.

One prediction scores differently by whose script is used. The scripts differ in few choices: how the
prediction is rounded, the colour compared, the window of the SSIM and what happens at the border. Each
choice is a word here; `rounding`, `windows`, `psnr`, `ssim` and `ie` say once what the words mean.
Figures of every definition on real images are in tests/golden/test_metric_figures.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Rounding = Literal[
    "float", "unclamped", "half-even", "half-even-f64", "half-up", "truncated", "wrapped", "imagenet"
]
"""How a prediction in [0, 1] becomes levels 0..255.

float: clamped, not rounded. unclamped: neither. half-even, half-up, truncated: clamped, then rounded so,
after a product in float32; half-even-f64: after one in float64, where a float32 prediction has no ties.
wrapped: truncated without clamping, modulo 256, as a cast to uint8 does. imagenet: prediction and target
both normalised by ImageNet's mean and deviation, de-normalised in float32 and cast (SuperSloMo-R).
"""

Colour = Literal["rgb", "gray", "y", "yuv", "luma"]
"""What is compared: rgb; gray (MATLAB rgb2gray, rounded); y (BT.601, 16..235, not rounded); yuv (the Y of
scikit-image's rgb2yuv, 0..255, not rounded: the same weights as y, and so 1.32 dB lower); luma (the Y of YIQ,
0..255, rounded; always of the clamped, unrounded prediction)."""

Arithmetic = Literal["float64", "prediction-f32", "target-f32", "log-f32"]
"""Where float32 shows in a PSNR, by up to 1e-5 dB.

float64: nowhere. prediction-f32, target-f32: that one, divided by 255, is rounded to float32, the other is
not. log-f32: in the logarithm.
"""

Window = Literal["gaussian", "uniform", "volume"]
"""gaussian: 11x11, sigma 1.5 (Wang et al. 2004). uniform: 7x7. volume: 11x11x11, sigma 1.5, over height,
width and the three colours, each edge replicated, as MATLAB's ssim() does with an RGB array."""

Border = Literal["valid", "replicate", "reflect"]
"""valid: mean over windows inside the picture. replicate, reflect: mean over all pixels, edges continued."""


@dataclass(frozen=True)
class PsnrRule:
    """PSNR = -10 log10(MSE / 255^2 + epsilon) of one picture, peak 255.

    Attributes:
        rounding: of the prediction.
        colour: what is compared.
        epsilon: added in the logarithm; 1e-8 caps the PSNR at 80 dB.
        masked: count only pixels of the sample's mask.
        arithmetic: where float32 shows.
    """

    rounding: Rounding
    colour: Colour = "rgb"
    epsilon: float = 0.0
    masked: bool = False
    arithmetic: Arithmetic = "float64"


@dataclass(frozen=True)
class SsimRule:
    """SSIM after Wang et al. 2004, K1 = 0.01, K2 = 0.03, mean over pixels and channels.

    Attributes:
        rounding, colour: as in PsnrRule.
        window, border: see the types.
        sample: sample covariance, N / (N - 1), instead of the population's.
        data_range: 255, or the "prediction"'s own maximum minus minimum.
        clip_contrast: negative contrast-structure terms count as 0.
        masked: pixels outside the mask are black in both pictures.
        float32: computed as torchmetrics does, in float32 on the unit scale with negative variances as 0;
            the error of up to 1e-4 in flat bright pictures is part of what it prints.
    """

    rounding: Rounding
    colour: Colour = "rgb"
    window: Window = "gaussian"
    border: Border = "valid"
    sample: bool = False
    data_range: Literal["255", "prediction"] = "255"
    clip_contrast: bool = False
    masked: bool = False
    float32: bool = False


@dataclass(frozen=True)
class ErrorRule:
    """Interpolation error in levels 0..255.

    Attributes:
        rounding: of the prediction.
        norm: mean absolute error over pixels and channels (mae), root mean square over both (rms), or
            mean over pixels of the Euclidean norm over channels (l2).
    """

    rounding: Rounding
    norm: Literal["mae", "rms", "l2"] = "mae"


Rule = PsnrRule | SsimRule | ErrorRule


@dataclass(frozen=True)
class Definition:
    """What one script means by its numbers.

    Attributes:
        name: the part of a column's name after "@".
        whose: where it is used.
        psnr, ssim, ie: its metrics, None where it has none.
    """

    name: str
    whose: str
    psnr: PsnrRule | None = None
    ssim: SsimRule | None = None
    ie: ErrorRule | None = None


EPSILON = 1e-8
ROUNDED = PsnrRule("half-even")
FLOAT = PsnrRule("float")
ROUNDED_VOLUME = SsimRule("half-even", window="volume", border="replicate")
FLOAT_VOLUME = SsimRule("float", window="volume", border="replicate")
MEAN_ERROR = ErrorRule("half-even")

PLAIN: Mapping[str, Rule] = {
    "psnr": ROUNDED,
    "ssim": SsimRule("half-even"),
    "ssim3d": ROUNDED_VOLUME,
    "ie": MEAN_ERROR,
    "ie-rms": ErrorRule("half-even", "rms"),
    "ie-l2": ErrorRule("half-even", "l2"),
}
"""Our own columns; LPIPS stands beside them in the catalogue."""


def _uniform(rounding: Rounding, colour: Colour = "rgb") -> SsimRule:
    """scikit-image's default SSIM: 7x7 uniform window, sample covariance."""
    return SsimRule(rounding, colour, window="uniform", sample=True)


def _exact(rounding: Rounding) -> tuple[PsnrRule, SsimRule]:
    """PSNR and volume SSIM under one rounding."""
    return PsnrRule(rounding), SsimRule(rounding, window="volume", border="replicate")


_TABLE = (
    Definition("rife", "RIFE (float64 PSNR)", ROUNDED, ROUNDED_VOLUME, MEAN_ERROR),
    Definition("rife-f32", "RIFE and EMA-VFI on UCF101 (float32 PSNR)", ROUNDED, ROUNDED_VOLUME),
    Definition("rife-hd", "RIFE and EMA-VFI on HD (Y of rgb2yuv)", PsnrRule("half-even", "yuv")),
    Definition(
        "ema-vfi",
        "EMA-VFI on Vimeo-90K and SNU-FILM",
        PsnrRule("float", arithmetic="prediction-f32"),
        FLOAT_VOLUME,
        MEAN_ERROR,
    ),
    Definition("ifrnet", "IFRNet", FLOAT, FLOAT_VOLUME, MEAN_ERROR),
    Definition("amt", "AMT", FLOAT, FLOAT_VOLUME),
    Definition("upr-net", "UPR-Net, EBME", FLOAT, FLOAT_VOLUME),
    Definition("m2m", "M2M", ROUNDED, ROUNDED_VOLUME),
    Definition("cain", "CAIN", PsnrRule("half-even", epsilon=EPSILON), ROUNDED_VOLUME),
    Definition("st-mfnet", "ST-MFNet, LDMVFI", PsnrRule("half-even", epsilon=EPSILON), ROUNDED_VOLUME),
    Definition("flavr", "FLAVR", PsnrRule("unclamped", epsilon=EPSILON), FLOAT_VOLUME),
    Definition("matlab-rgb", "DAIN, TOFlow, XVFI on Vimeo-90K: MATLAB on the RGB array", *_exact("half-up")),
    Definition("softsplat", "softmax splatting, revisiting-sepconv", ROUNDED, _uniform("half-even")),
    Definition("sepconv-slomo", "sepconv-slomo", PsnrRule("truncated"), _uniform("truncated")),
    Definition("cdfi", "CDFI", PsnrRule("half-up"), _uniform("half-up")),
    Definition("adacof", "AdaCoF", PsnrRule("unclamped")),
    Definition(
        "skimage-uniform-float",
        "scikit-image's defaults on floats",
        PsnrRule("float", arithmetic="target-f32"),
        _uniform("float"),
    ),
    Definition("skimage-gaussian-float", "scikit-image, Gaussian, on floats", FLOAT, SsimRule("float")),
    Definition("vfibench", "ours: scikit-image on uint8, Gaussian", ROUNDED, SsimRule("half-even")),
    Definition(
        "skimage-gaussian-sample",
        "scikit-image, Gaussian with its default covariance",
        ROUNDED,
        SsimRule("half-even", sample=True),
    ),
    Definition(
        "skimage-uniform-gray",
        "scikit-image's defaults on gray",
        PsnrRule("half-even", "gray"),
        _uniform("half-even", "gray"),
    ),
    Definition(
        "skimage-gaussian-gray",
        "scikit-image, Gaussian, on gray",
        PsnrRule("half-even", "gray"),
        SsimRule("half-even", "gray"),
    ),
    Definition(
        "dvf",
        "deep voxel flow inside its motion masks",
        PsnrRule("half-up", masked=True),
        SsimRule("half-up", "gray", border="replicate", masked=True),
    ),
    Definition(
        "dvf-unmasked",
        "deep voxel flow's script with an all-ones mask",
        PsnrRule("half-up"),
        SsimRule("half-up", "gray", border="replicate"),
    ),
    Definition(
        "superslomo-r",
        "SuperSloMo-R",
        PsnrRule("imagenet"),
        SsimRule("imagenet", sample=True),
        ErrorRule("imagenet", "l2"),
    ),
    Definition("mmagic", "mmagic", PsnrRule("float", arithmetic="log-f32"), SsimRule("float")),
    Definition("zooming-slowmo-rgb", "Zooming Slow-Mo on RGB", ROUNDED, SsimRule("half-even")),
    Definition(
        "zooming-slowmo-y", "Zooming Slow-Mo on Y", PsnrRule("half-even", "y"), SsimRule("half-even", "y")
    ),
    Definition("film", "FILM: tf.image", PsnrRule("float", arithmetic="log-f32"), SsimRule("float")),
    Definition(
        "xvfi-xtest",
        "XVFI on X-TEST",
        PsnrRule("half-even", arithmetic="log-f32"),
        SsimRule("half-even", "y", window="uniform", sample=True, data_range="prediction"),
    ),
    Definition(
        "pyiqa",
        "pyiqa's psnr and ssim",
        PsnrRule("float", epsilon=EPSILON),
        SsimRule("float", "luma", clip_contrast=True),
    ),
    Definition(
        "pyiqa-rgb",
        "pyiqa's psnr and ssimc",
        PsnrRule("float", epsilon=EPSILON),
        SsimRule("half-even-f64", clip_contrast=True),
    ),
    Definition(
        "torchmetrics", "torchmetrics' defaults", FLOAT, SsimRule("float", border="reflect", float32=True)
    ),
    Definition(
        "vfibenchmark",
        "PerVFI's VFIBenchmark",
        PsnrRule("wrapped", epsilon=EPSILON),
        SsimRule("wrapped"),
    ),
    Definition("exact-float", "volume SSIM without rounding", *_exact("float")),
    Definition("exact-half-even", "volume SSIM, ties to even", *_exact("half-even")),
    Definition("exact-half-up", "volume SSIM, ties up", *_exact("half-up")),
    Definition("exact-truncated", "volume SSIM, truncated", *_exact("truncated")),
)

DEFINITIONS: Mapping[str, Definition] = {definition.name: definition for definition in _TABLE}
"""By name, in the order of tables."""
