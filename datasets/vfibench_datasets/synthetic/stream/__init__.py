"""The training stream: endless random scenes from the same photographs, outlines and geometry as `synthetic`.

source: what `vfibench train` opens. scenes: what is drawn for a sample. shapes: outlines given by a
formula. textures: photographs as tensors. rendering: frames, owners and exact motion. effects: light,
noise, compression.
"""
