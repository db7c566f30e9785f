"""What runs in the environment of a registry package; imports numpy, pandas and that package only.

``python geodetector_runner.py TASK IN.npz OUT.json`` with TASK one of

- ``factors``: q and p of each factor, and q of each overlay; least seconds of repeated calls, after one with few rows;
- ``ecological``: what the ecological detector says of each pair;
- ``optimal``: q of the best stratification of each column, and the p that goes with it (package geodetector only);
- ``shares``: Shapley values of q (package geodetector only).
"""

import importlib.metadata
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd


def installed() -> str:
    for name in ("geodetector", "py-geodetector"):
        try:
            return f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    raise SystemExit("neither package is installed")


def frame_of(given, *, whole=True):
    codes = given["codes"].astype(np.int64) if whole else given["codes"]
    names = [f"x{place}" for place in range(codes.shape[1])]
    return pd.DataFrame(dict(zip(names, codes.T, strict=True))).assign(y=given["y"]), names


def factors_by_classes(frame, names):
    from geodetector.detectors import FactorDetector, InteractionDetector

    y = frame["y"]
    q, p = [], []
    for name in names:
        found = FactorDetector().fit(frame[[name]], y)
        q.append(found.q_value_)
        p.append(found.p_value_)
    if len(names) == 1:
        return q, p, [], []
    pairs = InteractionDetector().fit(frame[names], y).pairs_
    return q, p, [pair["q_12"] for pair in pairs], [pair["interaction_label"] for pair in pairs]


def factors_by_frame(frame, names):
    from geodetector import GeoDetector

    detector = GeoDetector(frame, "y", names)
    factor = detector.factor_detector()
    q, p = factor.loc["q statistic", names].tolist(), factor.loc["p value", names].tolist()
    if len(names) == 1:
        return q, p, [], []
    overlay, kinds = detector.interaction_detector(relationship=True)
    places = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    return q, p, [overlay.iloc[b, a] for a, b in places], [kinds.iloc[b, a] for a, b in places]


def factors(given, who):
    frame, names = frame_of(given)
    run = factors_by_classes if who.startswith("geodetector") else factors_by_frame
    run(frame.head(300), names)  # modules are loaded
    seconds = []
    while not seconds or (len(seconds) < 50 and sum(seconds) < 5):
        start = time.perf_counter()
        q, p, overlays, kinds = run(frame, names)
        seconds.append(time.perf_counter() - start)
    return {"q": q, "p": p, "q_ab": overlays, "type": kinds, "seconds": min(seconds), "calls": len(seconds)}


def ecological(given, who):
    frame, names = frame_of(given)
    if who.startswith("geodetector"):
        from geodetector.detectors import EcologicalDetector

        found = EcologicalDetector().fit(frame[names], frame["y"]).eco_result_
        return {"F": found["f_stat"].tolist(), "p": found["p_value"].tolist()}
    from geodetector import GeoDetector

    found = GeoDetector(frame, "y", names).ecological_detector()
    return {"verdict": [found.iloc[b, a] for a in range(len(names)) for b in range(a + 1, len(names))]}


def optimal(given, who):
    from geodetector.extensions import OPGD

    frame, names = frame_of(given, whole=False)
    start = time.perf_counter()
    each = [
        OPGD([name], "y").fit(frame[[name, "y"]]) for name in names
    ]  # one by one: many columns have very many pairs
    seconds = time.perf_counter() - start
    return {
        "q": [float(found.q_values_["q_value"].iloc[0]) for found in each],
        "p": [float(found.q_values_["p_value"].iloc[0]) for found in each],
        "method": [found.opt_params_["method"].iloc[0] for found in each],
        "k": [int(found.opt_params_["k"].iloc[0]) for found in each],
        "seconds": seconds,
    }


def shares(given, who):
    from geodetector.extensions import shapley_decompose

    frame, names = frame_of(given)
    found = shapley_decompose(frame, names, "y", method="quantile").set_index("variable").loc[names]
    return {"share": found["shapley_value"].tolist()}


def main():
    what, source, target = sys.argv[1:]
    who = installed()
    given = np.load(source)
    tasks = {"factors": factors, "ecological": ecological, "optimal": optimal, "shares": shares}
    answer = tasks[what](given, who) | {"package": who}
    Path(target).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
