"""Evaluation protocols: which definition and padding a peer used on which dataset.

Facts from the peers' own evaluation scripts; a dataset that a peer never evaluated has no columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vfibench.contracts import Padding
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.metrics.catalog import columns_of

ANY = "*"  # stands for every dataset without an entry of its own


@dataclass(frozen=True)
class Protocol:
    """How somebody evaluates.

    Attributes:
        name: the word on the command line.
        title: one line for tables.
        source: where it is written down.
        padding: mode and place of the padding, None for the method card's own. Its multiple is the
            peer's network's; a method may need a larger one.
        definitions: definition by dataset name; "*" is any other dataset.
        kinds: metrics printed on a dataset where they are not PSNR and SSIM.
    """

    name: str
    title: str
    source: str
    padding: Padding | None
    definitions: Mapping[str, str]
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def definition(self, dataset: str) -> str:
        """The definition used on a dataset.

        Raises:
            VfibenchError: the peer has no protocol for it.
        """
        found = self.definitions.get(dataset) or self.definitions.get(ANY)
        if found is None:
            known = ", ".join(self.definitions)
            raise VfibenchError(
                f"protocol {self.name!r} says nothing about dataset {dataset!r}, only about {known}",
                "choose one of these, or --protocol vfibench",
            )
        return found

    def columns(self, dataset: str) -> tuple[str, ...]:
        """The columns to compute on a dataset, such as ("psnr@rife", "ssim@rife").

        Raises:
            VfibenchError: the peer has no protocol for it.
        """
        definition = self.definition(dataset)
        kinds = self.kinds.get(dataset, ("psnr", "ssim"))
        return columns_of(definition, kinds)


SNU_FILM = tuple(f"snu-film-{level}" for level in ("easy", "medium", "hard", "extreme"))
SUPER_RESOLUTION = (*(f"vimeo90k-{speed}" for speed in ("fast", "medium", "slow")), "vid4")
XIPH = ("xiph-2k", "xiph-4k")
XTEST = ("xtest-4k", "xtest-2k")
HD = ("hd", "hd-4x-544p", "hd-4x-720p", "hd-4x-1080p")
ERROR_ONLY = {"middlebury": ("ie",)}


def _on(definition: str, *datasets: str) -> dict[str, str]:
    return dict.fromkeys(datasets, definition)


_TABLE = (
    Protocol(
        "vfibench",
        "ours: uint8 (ties to even), PSNR on RGB, Wang's Gaussian SSIM",
        "this package",
        Padding(),
        {ANY: "vfibench", "ucf101-masked": "dvf"},
    ),
    Protocol(
        "rife",
        "RIFE: rounded, volume SSIM; on HD PSNR of Y, averaged over videos",
        "RIFE benchmark/Vimeo90K.py, UCF101.py, MiddleBury_Other.py, ATD12K.py, HD.py, HD_multi_4X.py",
        None,
        {"vimeo90k": "rife", "ucf101": "rife-f32", "middlebury": "rife", "atd12k": "rife"}
        | _on("rife-hd", *HD),
        ERROR_ONLY,
    ),
    Protocol(
        "ema-vfi",
        "EMA-VFI: not rounded on Vimeo-90K and SNU-FILM, rounded elsewhere; on HD PSNR of Y",
        "EMA-VFI benchmark/: Vimeo90K, SNU_FILM, UCF101, MiddleBury, XTest_8X, Xiph, HD_4X",
        Padding(32, "replicate", "centred"),
        _on("ema-vfi", "vimeo90k", *SNU_FILM, "middlebury")
        | _on("rife", "ucf101", *XTEST)
        | _on("softsplat", *XIPH)
        | _on("rife-hd", *HD[1:]),
        ERROR_ONLY,
    ),
    Protocol(
        "ifrnet",
        "IFRNet: not rounded, volume SSIM",
        "IFRNet benchmarks/ and metric.py",
        None,
        _on("ifrnet", "vimeo90k", "ucf101", *SNU_FILM, "middlebury"),
        ERROR_ONLY,
    ),
    Protocol(
        "amt",
        "AMT: not rounded, volume SSIM; on GoPro averaged over videos",
        "AMT benchmarks/ and metrics/psnr_ssim.py",
        None,
        _on("amt", "vimeo90k", "ucf101", *SNU_FILM, *XIPH, "gopro"),
    ),
    Protocol(
        "upr-net",
        "UPR-Net, EBME: not rounded, volume SSIM",
        "UPR-Net benchmark/",
        None,
        _on("upr-net", "vimeo90k", "ucf101", *SNU_FILM, "xtest-4k"),
    ),
    Protocol(
        "m2m",
        "M2M: rounded, volume SSIM",
        "M2M_VFI Test/",
        None,
        _on("m2m", "vimeo90k", "ucf101", *XIPH, *XTEST, "atd12k"),
    ),
    Protocol(
        "cain",
        "CAIN: rounded, 1e-8 in the logarithm, volume SSIM",
        "CAIN utils.py",
        Padding(128, "reflect", "centred"),
        _on("cain", "vimeo90k", "ucf101", *SNU_FILM),
    ),
    Protocol(
        "st-mfnet",
        "ST-MFNet, LDMVFI: rounded, 1e-8 in the logarithm, volume SSIM (theirs skips boundary triplets)",
        "ST-MFNet utility.py",
        None,
        _on("st-mfnet", *SNU_FILM),
    ),
    Protocol(
        "flavr",
        "FLAVR: not clamped, 1e-8 in the logarithm, volume SSIM",
        "FLAVR myutils.py",
        None,
        _on("flavr", "vimeo90k-septuplet-mid"),
    ),
    Protocol(
        "matlab",
        "DAIN, TOFlow: MATLAB's psnr and ssim of the RGB array",
        "DAIN and TOFlow papers and pages",
        None,
        _on("matlab-rgb", "vimeo90k", "ucf101"),
    ),
    Protocol(
        "xvfi",
        "XVFI: MATLAB's ssim of the RGB array on Vimeo-90K, a uniform window on Y on X-TEST",
        "XVFI paper, main.py and utils.py",
        None,
        {"vimeo90k": "matlab-rgb", "xtest-4k": "xvfi-xtest"},
    ),
    Protocol(
        "softsplat",
        "softmax splatting, revisiting-sepconv: scikit-image's uniform window",
        "softmax-splatting benchmark_*.py",
        Padding(2, "replicate", "end"),
        _on("softsplat", "vimeo90k", "ucf101", "middlebury", *XIPH),
    ),
    Protocol(
        "sepconv-slomo",
        "sepconv-slomo: truncated, scikit-image's uniform window",
        "sepconv-slomo benchmark.py",
        Padding(128, "replicate", "end"),
        _on("sepconv-slomo", "middlebury"),
    ),
    Protocol(
        "cdfi",
        "CDFI: through PNG files (ties up), scikit-image's uniform window",
        "CDFI utility.py, mytest.py",
        None,
        _on("cdfi", "vimeo90k", "ucf101", "davis", "middlebury"),
    ),
    Protocol(
        "adacof",
        "AdaCoF: PSNR of the unclamped float",
        "AdaCoF-pytorch TestModule.py",
        Padding(32, "reflect", "end"),
        _on("adacof", "davis", "middlebury"),
    ),
    Protocol(
        "film",
        "FILM: tf.image, not rounded",
        "frame-interpolation eval/eval_cli.py",
        Padding(64, "constant", "centred"),
        _on("film", "vimeo90k", "ucf101", "middlebury", *XIPH),
    ),
    Protocol(
        "mmagic",
        "mmagic: not rounded, Gaussian SSIM",
        "mmagic evaluation/metrics",
        None,
        _on("mmagic", "vimeo90k", "vimeo90k-septuplet-mid"),
    ),
    Protocol(
        "superslomo-r",
        "SuperSloMo-R: prediction and target truncated after an ImageNet round trip",
        "SreenivasVRao/SuperSloMo-R evaluation",
        None,
        _on("superslomo-r", "vimeo90k-septuplet"),
        {"vimeo90k-septuplet": ("psnr", "ssim", "ie")},
    ),
    Protocol(
        "zooming-slowmo",
        "Zooming Slow-Mo: rounded, PSNR and SSIM on Y, every output frame once",
        "Zooming Slow-Mo paper and codes/test.py",
        Padding(4, "constant", "end"),
        _on("zooming-slowmo-y", *SUPER_RESOLUTION),
    ),
    Protocol(
        "dvf",
        "deep voxel flow: inside the motion masks",
        "voxel-flow eval_voxelflow.m",
        None,
        _on("dvf", "ucf101-masked"),
    ),
)

PROTOCOLS: Mapping[str, Protocol] = {protocol.name: protocol for protocol in _TABLE}
"""By name, ours first."""


def get_protocol(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        VfibenchError: there is none; the hint holds the nearest names.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    hint = did_you_mean(name, PROTOCOLS, "see `vfibench list protocols`")
    raise VfibenchError(f"unknown protocol {name!r}", hint)
