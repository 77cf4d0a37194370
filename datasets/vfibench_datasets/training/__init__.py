"""Training clips on disk, as sources of `vfibench train`.

vimeo90k: the official train lists. clips: folders of high-frame-rate frames. parts: what is held out for
validation. cutting: from files to a cropped sample.
"""
