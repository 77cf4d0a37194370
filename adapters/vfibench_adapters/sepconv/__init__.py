"""SepConv: frame interpolation by adaptive separable convolution."""
