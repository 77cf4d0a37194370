"""Cards of the classical methods; they need no weights."""

from __future__ import annotations

from vfibench.contracts import AdapterCard

DIS = AdapterCard(
    name="dis",
    target="vfibench_adapters.classical.dis_flow:Dis",
    title="DIS optical flow both ways, then the Middlebury interpolation algorithm",
    paper="Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016; Baker et al., A Database "
    "and Evaluation Methodology for Optical Flow, IJCV 2011, section 3.3.2",
    year=2016,
    licence="Apache-2.0 (OpenCV's flow), MIT",
    inputs=(2,),
    times="any",
    notes="The flow is OpenCV's, preset medium, on 8-bit grey; all is computed on the CPU.",
)

MINTERPOLATE = AdapterCard(
    name="minterpolate",
    target="vfibench_adapters.classical.minterpolate:Minterpolate",
    title="FFmpeg's filter minterpolate: bidirectional motion estimation, overlapped block compensation",
    paper="ffmpeg.org/ffmpeg-filters.html#minterpolate",
    year=2016,
    licence="LGPL-2.1 (FFmpeg's filter), MIT",
    code_url="https://ffmpeg.org",
    inputs=(2, 4),
    times="any",
    notes="mi_mode=mci, mc_mode=aobmc, vsbmc=1, scd=none, on 8-bit YUV 4:4:4: frames are rounded once on the "
    "way in and once on the way out. FFmpeg works in steps of 1/1024 of an interval, on the CPU whatever "
    "--device. Two input frames stand for their neighbours too.",
    install_hint='install PyAV, which brings FFmpeg: pip install "vfibench[video]"',
)
