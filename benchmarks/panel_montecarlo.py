"""Command ``python -m benchmarks.panel_montecarlo``: bias, spread and coverage of SAR and SDM, and size of the tests.

Two-way panels of 50 regions (five nearest neighbours, row-standardised) over 5 or 10 times, one regressor, normal
errors; plain (a dummy variable for each effect) and by the transformation of Lee and Yu. Sizes are shares of rejections
at 5 % where the null hypothesis holds. Kernels are called without labels, so that 2,000 samples take minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp

from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._dependence import local_cd
from spatial_region.panel._determinant import LogDeterminant, make_determinant
from spatial_region.panel._estimate import Estimate, estimate
from spatial_region.panel._impacts import ImpactInput, delta_impacts
from spatial_region.panel._lm_spatial import lm_tests
from spatial_region.panel._ratio import common_factor, likelihood_ratio, wald
from spatial_region.panel.options import PARTS

N = 50
BETA, THETA, Z95 = 1.0, 0.5, 1.959964
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Regressor, effects and weights of all samples of one case."""

    w: sp.csr_array
    determinant: LogDeterminant
    x: Floats
    effects: Floats


def make_design(periods: int) -> Design:
    """Return the design of `periods` times."""
    random = np.random.default_rng(20)
    points = random.uniform(size=(N, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    w = sp.csr_array((distance <= np.sort(distance, axis=1)[:, [4]]) / 5.0)
    x = random.normal(size=(periods, N, 1))
    effects = random.normal(size=(1, N)) + random.normal(size=(periods, 1))
    return Design(w, make_determinant(w, "eigenvalues"), x, effects)


def samples(design: Design, *, theta: float, rho: float, lam: float, count: int, seed: int) -> Iterator[Floats]:
    """Return `count` samples of y (T, N)."""
    random = np.random.default_rng(seed)
    w, eye = design.w.toarray(), np.eye(N)
    lag, error = np.linalg.inv(eye - rho * w), np.linalg.inv(eye - lam * w)
    mean = BETA * design.x[:, :, 0] + theta * (design.x[:, :, 0] @ w.T) + design.effects
    for _ in range(count):
        e = random.normal(size=mean.shape)
        yield (mean + e @ error.T) @ lag.T


def fit(design: Design, y: Floats, model: str, *, lee_yu: bool) -> Estimate:
    """Fit one model with two-way effects."""
    parts = PARTS[model]
    blocks = make_blocks(y, design.x, design.w, lagged=[0] if parts.lag_x else [], effects="twoway")
    needed = None if parts.is_linear else design.determinant
    return estimate(blocks, design.w, needed, parts=parts, effects="twoway", lee_yu=lee_yu)


def accuracy(model: str, periods: int, rho: float, count: int) -> list[str]:
    """Return lines of a table: parameter, bias, RMSE, mean standard error, coverage; plain and Lee-Yu."""
    design = make_design(periods)
    theta = THETA if model == "sdm" else 0.0
    names = ["beta", *(["theta"] if model == "sdm" else []), "rho", "sigma2", "direct", "indirect"]
    truth = [BETA, *([theta] if model == "sdm" else []), rho, 1.0, *_true_impacts(design, theta, rho)]
    rows: dict[bool, list[list[float]]] = {False: [], True: []}
    for y in samples(design, theta=theta, rho=rho, lam=0.0, count=count, seed=21):
        for lee_yu, collected in rows.items():
            collected.append(_row(design, fit(design, y, model, lee_yu=lee_yu), has_theta=model == "sdm"))
    lines = []
    for place, name in enumerate(names):
        cells = [f"{model} | {periods} | {rho:g} | {name}"]
        for collected in rows.values():
            values = np.array(collected)[:, place]
            errors = np.array(collected)[:, len(names) + place]
            gap = values - truth[place]
            covered = np.abs(gap) < Z95 * errors
            cells += [f"{gap.mean():.3f}", f"{np.sqrt((gap**2).mean()):.3f}", f"{100 * covered.mean():.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _true_impacts(design: Design, theta: float, rho: float) -> tuple[float, float]:
    w = design.w.toarray()
    effect = np.linalg.solve(np.eye(N) - rho * w, BETA * np.eye(N) + theta * w)
    direct = float(np.trace(effect) / N)
    return direct, float(effect.sum() / N) - direct


def _row(design: Design, found: Estimate, *, has_theta: bool) -> list[float]:
    k = len(found.coefficients)
    theta = np.array([found.coefficients[1] if has_theta else 0.0])
    given = ImpactInput(
        found.coefficients[:1], theta, found.rho, found.covariance[: k + 1, : k + 1], [0] if has_theta else [], True
    )
    impacts = delta_impacts(given, design.w, design.determinant)
    errors = np.sqrt(np.diag(found.covariance))
    return [
        *found.coefficients, found.rho, found.sigma2, impacts.value[0, 0], impacts.value[1, 0],
        *errors, impacts.se[0, 0], impacts.se[1, 0],
    ]  # fmt: skip


def sizes(periods: int, count: int) -> list[str]:
    """Return lines of a table: test, size at 5 % plain and Lee-Yu."""
    design = make_design(periods)
    found: dict[str, dict[bool, list[float]]] = {}

    def note(name: str, lee_yu: bool, p: float) -> None:
        found.setdefault(name, {}).setdefault(lee_yu, []).append(p)

    for y in samples(design, theta=0.0, rho=0.0, lam=0.0, count=count, seed=31):
        for lee_yu in (False, True):
            tests = lm_tests(y, design.x, w=design.w, effects="twoway", lagged=[0], lee_yu=lee_yu)
            for name in ("lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error", "lm_sarma", "lm_wx"):
                note(f"{name}, OLS true", lee_yu, tests[name].p)
        residuals = fit(design, y, "ols", lee_yu=False).residuals.innovations
        note("local CD of OLS residuals", False, local_cd(residuals, design.w, after_time_effects=True).p)
    for null, rho, lam in (("sar", 0.4, 0.0), ("sem", 0.0, 0.4)):
        for y in samples(design, theta=0.0, rho=rho, lam=lam, count=count, seed=32):
            for lee_yu in (False, True):
                _nested(design, y, null, lee_yu, note)
    lines = []
    for name, by in found.items():
        cells = [f"{100 * np.mean(np.array(by[key]) < 0.05):.1f}" if key in by else "-" for key in (False, True)]
        lines.append(f"| {periods} | {name} | {' | '.join(cells)} |")
    return lines


def _nested(design: Design, y: Floats, null: str, lee_yu: bool, note: Callable[[str, bool, float], None]) -> None:
    whole, part = fit(design, y, "sdm", lee_yu=lee_yu), fit(design, y, null, lee_yu=lee_yu)
    note(f"LR SDM against {null.upper()}", lee_yu, likelihood_ratio(whole.loglik, part.loglik, df=1).p)
    if null == "sar":
        value = wald(whole.coefficients[1:], np.eye(1), whole.covariance[1:2, 1:2])
    else:
        beta, theta = whole.coefficients[:1], whole.coefficients[1:]
        value = common_factor(beta, theta, whole.rho, whole.covariance[:3, :3])
    note(f"Wald SDM against {null.upper()}", lee_yu, value.p)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    count = parser.parse_args().samples
    print("| model | T | rho | parameter | bias | RMSE | coverage | bias, Lee-Yu | RMSE, Lee-Yu | coverage, Lee-Yu |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for model in ("sar", "sdm"):
        for periods in (5, 10):
            for rho in (0.2, 0.4, 0.7):
                print("\n".join(accuracy(model, periods, rho, count)), flush=True)
    print("\n| T | test | size at 5 % | size, Lee-Yu |")
    print("| --- | --- | --- | --- |")
    for periods in (5, 10):
        print("\n".join(sizes(periods, count)), flush=True)


if __name__ == "__main__":
    main()
