"""The card of weights in a Chinese summary has no English heading."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

import spatial_region as sr
from spatial_region.cli.words import card_in


def test_every_heading_and_fact_is_translated():
    ids = pd.Index([f"区{i}" for i in range(40)])
    matrix = np.zeros((40, 40))
    for first in range(0, 16, 2):
        matrix[first, first + 1] = 1
    card = sr.Weights(ids, matrix).card()
    shown = card_in(card.astype(str), "zh")
    assert len(shown) == len(card)
    assert not [heading for heading in shown.index if re.search("[A-Za-z]", heading)]
    assert (shown["对称"], shown["连通分量数"]) == ("否", "32")
    assert shown["各连通分量的区域数"].startswith("2 (区0, 区1); 2 (区2, 区3)")
    assert not re.search(r"\b(and|more|of|single)\b", shown["各连通分量的区域数"] + shown["无邻居的区域"])
