"""Numbers only: summaries, bootstrap intervals, the signed-rank test, digits. Nothing here knows a run."""
