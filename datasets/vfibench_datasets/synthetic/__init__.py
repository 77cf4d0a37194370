"""`synthetic`: the built-in dataset, rendered on demand from the photographs inside scikit-image.

card: its facts. dataset: what the harness opens. plans, scenes: what is seen and how it moves. geometry:
homographies linear in time. photographs, outlines, cuts, raster: from a picture to a layer's texture.
render: frames. truth: exact motion and visibility. facts: motion and occlusion of each sequence, stored.
"""
