"""RIFE (Huang et al., ECCV 2022, arXiv 2011.06294): the midpoint model and RIFE_m for any time."""
