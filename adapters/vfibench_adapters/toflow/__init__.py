"""TOFlow for interpolation (Xue et al., IJCV 2019, arXiv 1711.09078), in the form of pytoflow."""
