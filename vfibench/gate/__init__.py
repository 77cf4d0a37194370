"""The gate for continuous integration: is a run as good as the baseline that was committed?

Read `baseline.py` (what is kept of a run), `file_header.py` and `files.py` (how it is written), `policy.py`
(how much may change), `baseline_pairs.py` (what may be compared), `outcomes.py` and `judging.py` (the
verdicts) and `notes.py` (what else a reader must know), in this order; `junit.py`, `summary.py` and
`workflow.py` tell others. Nothing here needs torch, a dataset or a GPU.
"""
