"""DAIN: depth-aware video frame interpolation (Bao et al., CVPR 2019, arXiv 1904.00830)."""
