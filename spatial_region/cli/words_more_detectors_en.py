"""English words of the detectors beside the GeoDetector of factors and pairs."""

from __future__ import annotations

DETECTORS = {
    "compare_bins": "{variable}: ways of cutting factors",
    "gozh": "{variable}: zones of a regression tree (GOZH)",
    "lesh": "{variable}: shares of factors in q (LESH)",
    "spade": "{variable}: power of spatial determinants (SPADE)",
    "best bins": "Best cut of each factor",
    "zones": "Zones",
    "shares of factors": "What each factor adds",
    "shares of pairs": "Shares within each pair",
    "by number of strata": "By number of strata",
    "gozh said": "q = {q}, adjusted for the number of zones {adjusted}; {zones} zones.",
    "lesh said": "q of all factors together = {q}, adjusted {adjusted}; {zones} zones. The shares sum to q.",
    "spade said": (
        "psd: share of the variance among neighbours that lies between strata; psd_compensated: the same over what the "
        "strata keep of the factor's own; q: without weights. Weights: {w}."
    ),
    "inverse distance": "inverse distance between all regions",
    "p drawn": "p = {p} ({count:,} random permutations, seed {seed}; the tree is grown anew for each).",
    "p columns drawn": "p by permutation: {count:,} random permutations, seed {seed}.",
    "rule and": " and ",
    "rule in": " in {{",
    "rule all": "all",
}
