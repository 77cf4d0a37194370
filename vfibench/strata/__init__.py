"""How difficult each frame is: how far things move, and how much an input does not show.

`vfibench strata RUNS` opens the datasets of run folders once and keeps these facts beside the scores;
everything else reads them back with `facts_of`.
"""

from __future__ import annotations

from vfibench.strata.bins import MOTION, OCCLUSION, Bins
from vfibench.strata.facts import Facts, facts_of
from vfibench.strata.means import BinMeans, bin_means

__all__ = ["MOTION", "OCCLUSION", "BinMeans", "Bins", "Facts", "bin_means", "facts_of"]
