"""Super SloMo as its own group released it, with NVIDIA's work on unsupervised interpolation."""
