"""SoftSplat: softmax splatting for video frame interpolation."""
