"""Quasi-maximum likelihood against the covariance of dense scores over every outcome of errors with two values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.panel import _diagonals
from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._diagonals import multiplier_diagonals
from spatial_region.panel._estimate import estimate
from spatial_region.panel._information import Filter, covariance, residuals_of
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import make_moments
from spatial_region.panel._observed import observed_covariance
from spatial_region.panel._quasi import error_cumulants, extra_information, quasi_covariance
from spatial_region.panel.options import PARTS

RHO, LAM, SIGMA2, SHARE = 0.35, -0.25, 0.8, 0.05
# Of errors that are high with probability SHARE and low otherwise.
SKEWNESS = (1 - 2 * SHARE) / np.sqrt(SHARE * (1 - SHARE))
KURTOSIS = 1 / (SHARE * (1 - SHARE)) - 6


def given(panel, *, model, effects, rho, lam, slopes, lee_yu=False):
    """What the covariance is computed from, at parameters that are chosen and not estimated."""
    parts = PARTS[model]
    w = sp.csr_array(panel.w)
    periods, n, _ = panel.x.shape
    pooled = effects == "pooled"
    x = np.concatenate([np.ones((periods, n, 1)), panel.x], axis=2) if pooled else panel.x
    lagged = [pooled, 1 + pooled] if parts.lag_x else []
    blocks = make_blocks(panel.y, x, w, lagged=lagged, effects=effects, intercept=0 if pooled else None)
    if pooled:
        slopes = np.array([0.0, *slopes])
        left = residuals_of(blocks, slopes, rho, Filter(None, 0.0, False)).innovations
        filtered = Filter(w if parts.error else None, lam, False).apply(np.stack([left, np.ones_like(left)], axis=2))
        slopes[0] = (filtered[:, :, 0] * filtered[:, :, 1]).sum() / (filtered[:, :, 1] ** 2).sum()
    moments = make_moments(blocks, w, filters_error=parts.error, effects=effects)
    tau = periods - (lee_yu and effects in ("region", "twoway"))
    rows = n - (lee_yu and effects in ("time", "twoway"))
    likelihood = Likelihood(moments, make_determinant(w, "eigenvalues"), rows * tau, tau, rows < n)
    error_filter = Filter(w if parts.error else None, lam, effects in ("time", "twoway"))
    return likelihood, blocks, w, residuals_of(blocks, slopes, rho, error_filter), error_filter


def every_outcome(size):
    """All vectors of standardised errors with two values, and their probabilities."""
    high = np.array(list(product([0, 1], repeat=size)), dtype=bool)
    values = np.where(high, np.sqrt((1 - SHARE) / SHARE), -np.sqrt(SHARE / (1 - SHARE)))
    return values, SHARE ** high.sum(axis=1) * (1 - SHARE) ** (~high).sum(axis=1)


def score_covariance(dense, theta, errors, probability, spread):
    """Of the dense score over all outcomes; `spread` turns the iid errors into those of the dense problem."""
    k = dense.design.shape[1]
    rho, lam = dense.split(theta[k:-1])
    a, b = dense.eye - rho * dense.big_w, dense.eye - lam * dense.big_w
    e = np.sqrt(theta[-1]) * errors @ spread.T
    u = np.linalg.solve(b, e.T).T
    y = np.linalg.solve(a, (u + dense.design @ theta[:k]).T).T
    columns = [e @ (b @ dense.design) / theta[-1]]
    if dense.lag_y:
        columns.append((e * (y @ (b @ dense.big_w).T)).sum(axis=1)[:, None] / theta[-1])
    if dense.error:
        columns.append((e * (u @ dense.big_w.T)).sum(axis=1)[:, None] / theta[-1])
    columns.append((e**2).sum(axis=1)[:, None] / (2 * theta[-1] ** 2))
    scores = np.hstack(columns)
    scores = scores - probability @ scores
    return scores.T @ (probability[:, None] * scores)


def dense_sandwich(oracle, panel, *, model, effects, slopes, lee_yu):
    """Inverse information, covariance of scores, inverse information: all parameters, dummies too."""
    periods, n = panel.y.shape
    dense = oracle.dense(panel, model=model, effects=effects, lee_yu=lee_yu)
    spatial = [value for value, has in ((RHO, dense.lag_y), (LAM, dense.error)) if has]
    rho, lam = dense.split(spatial)
    k = len(slopes)
    a, b = dense.eye - rho * dense.big_w, dense.eye - lam * dense.big_w
    rest = b @ (a @ dense.y - dense.design[:, :k] @ slopes)
    levels = np.linalg.lstsq(b @ dense.design[:, k:], rest, rcond=None)[0]
    theta = np.array([*slopes, *levels, *spatial, SIGMA2])
    spread = np.eye(periods * n)
    if lee_yu:
        spread = oracle.transformation(panel, effects).T
    inside = score_covariance(dense, theta, *every_outcome(periods * n), spread)
    inverse = dense.covariance(theta)
    kept = [*range(k), *range(dense.design.shape[1], len(theta))]
    return (inverse @ inside @ inverse)[np.ix_(kept, kept)], inverse[np.ix_(kept, kept)]


@pytest.fixture
def transforming(oracle):
    """The oracle, with Lee and Yu's explicit basis F."""

    def transformation(panel, effects):
        def complement(size):
            return np.linalg.svd(np.eye(size) - 1 / size)[0][:, : size - 1]

        periods, n = panel.y.shape
        in_time = complement(periods) if effects in ("region", "twoway") else np.eye(periods)
        return np.kron(in_time, complement(n) if effects in ("time", "twoway") else np.eye(n))

    oracle.transformation = transformation
    return oracle


def compare(oracle, panel, *, model, effects, lee_yu=False):
    slopes = np.array([1.0, -0.5, 0.4, 0.2][: 4 if oracle.terms[model][1] else 2])
    theirs, plain = dense_sandwich(oracle, panel, model=model, effects=effects, slopes=slopes, lee_yu=lee_yu)
    lag_y, _, error = oracle.terms[model]
    rho, lam = RHO * lag_y, LAM * error
    parts = given(panel, model=model, effects=effects, rho=rho, lam=lam, slopes=slopes, lee_yu=lee_yu)
    options = {"rho": rho, "sigma2": SIGMA2, "lag_y": lag_y, "effects": effects}
    inverse = covariance(*parts, **options)
    omega = extra_information(*parts, **options, skewness=SKEWNESS, kurtosis=KURTOSIS)
    ours = inverse + inverse @ omega @ inverse
    if effects == "pooled":  # the dense problem counts the constant among the dummies
        back = parts[1].back_to_means(len(ours))
        ours = (back @ ours @ back.T)[1:, 1:]
    scale = np.sqrt(np.diag(theirs))
    np.testing.assert_allclose(ours / np.outer(scale, scale), theirs / np.outer(scale, scale), atol=1e-5)
    return np.diag(theirs) / np.diag(plain)


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm", "sdem", "gns"])
def test_equals_dense_scores_over_every_outcome(transforming, model, effects, row):
    panel = transforming.panel(4, 3, seed=1, row=row, links=2)
    ratio = compare(transforming, panel, model=model, effects=effects)
    assert ratio[-1] > 3  # of sigma2: the errors are far from normal


@pytest.mark.parametrize("effects", ["region", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
def test_lee_yu_equals_dense_scores_of_the_transformed_panel(transforming, model, effects):
    panel = transforming.panel(4, 3, seed=2, links=2)
    compare(transforming, panel, model=model, effects=effects, lee_yu=True)


def test_skewness_moves_slopes_only_where_the_errors_have_no_region_effects(transforming):
    panel = transforming.panel(4, 3, seed=1, links=2)
    slopes = np.array([1.0, -0.5])
    options = {"rho": RHO, "sigma2": SIGMA2, "lag_y": True, "skewness": SKEWNESS, "kurtosis": KURTOSIS}
    cross = {}
    for effects in ("region", "time"):
        parts = given(panel, model="sar", effects=effects, rho=RHO, lam=0.0, slopes=slopes)
        cross[effects] = np.abs(extra_information(*parts, **options, effects=effects)[:2, 2:]).max()
    assert cross["region"] < 1e-12
    assert cross["time"] > 0.01


@pytest.mark.parametrize(
    ("effects", "periods", "n"), [("pooled", 1, 4000), ("region", 3, 3000), ("time", 300, 6), ("twoway", 4, 1500)]
)
def test_cumulants_of_the_errors_despite_effects(effects, periods, n):
    """Exponential errors: skewness 2, excess kurtosis 6. Uncorrected, 3 periods leave a kurtosis of 2."""
    found = []
    filter_ = Filter(None, 0.0, effects in ("time", "twoway"))
    for seed in range(10):
        e = np.random.default_rng(seed).exponential(size=(periods, n))
        if effects in ("region", "twoway"):
            e = e - e.mean(axis=0)
        if effects in ("time", "twoway"):
            e = e - e.mean(axis=1, keepdims=True)
        found.append(error_cumulants(e - e.mean(), filter_, effects=effects))
    skewness, kurtosis = np.mean(found, axis=0)
    assert kurtosis == pytest.approx(6, abs=0.8)
    assert skewness == pytest.approx(0 if effects in ("region", "twoway") else 2, abs=0.15)


def test_cumulants_along_a_filtered_direction():
    """Weights that are not row-standardised: sums of powers by the explicit matrix F."""
    rng = np.random.default_rng(0)
    w = sp.csr_array(rng.uniform(size=(7, 7)) * (1 - np.eye(7)) / 5)
    direction = 1 - 0.4 * (w @ np.ones(7))
    direction /= np.linalg.norm(direction)
    f = np.eye(7) - np.outer(direction, direction)
    e = rng.exponential(size=(9, 7)) @ f
    skewness, kurtosis = error_cumulants(e, Filter(w, 0.4, True), effects="time")
    e = e / np.sqrt((e**2).sum() / (9 * np.trace(f)))
    assert skewness == pytest.approx((e**3).sum() / (9 * (f**3).sum()))
    assert kurtosis == pytest.approx(((e**4).sum() - 27 * (np.diag(f) ** 2).sum()) / (9 * (f**4).sum()))


def test_exact_diagonals(oracle):
    w = oracle.panel(30, 1, seed=0).w
    w[0, 0] = 0.1  # whatever the weights
    expected = np.diag(w @ np.linalg.inv(np.eye(30) - 0.6 * w))
    for found in multiplier_diagonals(sp.csr_array(w), 0.6, np.arange(30.0)):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(multiplier_diagonals(sp.csr_array(w), 0.0, np.arange(30.0))[0], np.diag(w), atol=1e-15)


def lattice(side, *, hub):
    """A torus, on request with a hub that every fifth region is linked to: diagonals of G that differ."""
    n = side * side
    place = np.arange(n).reshape(side, side)
    w = np.zeros((n, n))
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        w[place.ravel(), np.roll(place, shift, axis).ravel()] = 1
    if hub:
        w[::5, 0] = w[0, ::5] = 1
    np.fill_diagonal(w, 0)
    return w / w.sum(axis=1, keepdims=True)


def test_estimated_diagonals(monkeypatch):
    """Sums that the covariance needs, within 1 %; and the same signs for a region in any order."""
    w = sp.csr_array(lattice(30, hub=True))
    key = np.random.default_rng(2).normal(size=900)
    exact, _ = multiplier_diagonals(w, 0.6, key)
    monkeypatch.setattr(_diagonals, "MOST_EXACT", 10)
    first, second = multiplier_diagonals(w, 0.6, key)
    assert np.abs(first - exact).max() > 1e-3  # each is an estimate
    assert first @ second == pytest.approx(exact @ exact, rel=0.01)
    assert first.sum() == pytest.approx(exact.sum(), rel=0.01)
    order = np.random.default_rng(3).permutation(900)
    again, _ = multiplier_diagonals(sp.csr_array(w[order][:, order]), 0.6, key[order])
    np.testing.assert_allclose(again, first[order], atol=1e-12)


def test_intervals_cover_under_errors_that_are_not_normal():
    """Pooled SAR with exponential errors, 49 regions x 6 times, 200 samples: 95 % intervals."""
    w = lattice(7, hub=True)
    sparse = sp.csr_array(w)
    logdet = make_determinant(sparse, "eigenvalues")
    rng = np.random.default_rng(5)
    x = np.stack([np.ones((6, 49)), rng.normal(size=(6, 49))], axis=2)
    a = np.linalg.inv(np.eye(49) - 0.5 * w)
    truth = np.array([1.0, 0.5, 0.5, 1.0])
    hits = np.zeros((2, 4))
    for _ in range(200):
        y = (x @ truth[:2] + rng.exponential(size=(6, 49)) - 1) @ a.T
        blocks = make_blocks(y, x, sparse, lagged=[], effects="pooled", intercept=0)
        for row, kind in enumerate((covariance, quasi_covariance)):
            found = estimate(
                blocks, sparse, logdet, parts=PARTS["sar"], effects="pooled", lee_yu=False, covariance_of=kind
            )
            estimates = np.array([*found.coefficients, found.rho, found.sigma2])
            hits[row] += np.abs(estimates - truth) < 1.96 * np.sqrt(np.diag(found.covariance))
    normal, quasi = hits / 200
    assert normal[3] < 0.8
    assert quasi[3] > 0.86
    assert (quasi[:3] > 0.91).all()
    assert (quasi[:3] < 0.99).all()


@pytest.mark.parametrize("kind", ["expected", "observed", "quasi"])
def test_front_door_takes_each(us48, kind):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sdm", effects="twoway", covariance=kind)
    data = np.stack([us48.wide(name).to_numpy().T for name in ("growth", "initial", "previous")], axis=2)
    w = us48.weights["queen"].sparse
    blocks = make_blocks(data[:, :, 0], data[:, :, 1:], w, lagged=[0, 1], effects="twoway")
    of = {"expected": covariance, "observed": observed_covariance, "quasi": quasi_covariance}[kind]
    found = estimate(
        blocks, w, make_determinant(w, "auto"), parts=PARTS["sdm"], effects="twoway", lee_yu=False, covariance_of=of
    )
    np.testing.assert_allclose(fit.covariance, found.covariance[:-1, :-1], rtol=1e-6, atol=1e-12)
    assert fit.sigma2_se == pytest.approx(np.sqrt(found.covariance[-1, -1]))
