"""Videos in, slow motion out: decoding, times, cuts, colour, encoding.

Read `interpolation.py` (what is asked for, and the loop), then `source.py`, `times.py`, `cuts.py`,
`making.py`, `colour.py` and `sink.py` in the order in which a frame meets them. Nothing here is imported
without PyAV (the extra `video`); `library.need_av` says so in one line.
"""
