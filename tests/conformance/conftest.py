"""Puts this folder on the path: cards name their classes as "good_adapters:TwoFrames"."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.append(HERE)
