"""Predictors against conditional expectations of the dense normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.errors import InputError, OptionError
from spatial_region.panel._predict import SpatialProcess, conditional_sd, predict_in_sample, predict_out_of_sample

SAMPLED, WANTED = np.array([8, 0, 1, 2, 5, 6, 7, 9, 10, 11]), np.array([4, 3])


def weights(n, seed, links=3):
    rng = np.random.default_rng(seed)
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=links, replace=False)] = 1 / links
    return w


def case(model, n=12, periods=3):
    """Dense matrices rho W and lambda M, the process of them, y and its trend."""
    rng = np.random.default_rng(3)
    lag = 0.5 * weights(n, 1) if model in ("sar", "sac") else np.zeros((n, n))
    error = 0.4 * weights(n, 2) if model in ("sem", "sac") else np.zeros((n, n))
    process = SpatialProcess(sp.csr_array(lag) if lag.any() else None, sp.csr_array(error) if error.any() else None)
    return lag, error, process, rng.normal(size=(periods, n)), rng.normal(size=(periods, n)) + 5


def distribution(lag, error, trend):
    n = len(lag)
    inverse = np.linalg.inv(np.eye(n) - lag)
    spread = inverse @ np.linalg.inv(np.eye(n) - error)
    return (inverse @ trend.T).T, spread @ spread.T


def expectation(mean, sigma, wanted, given, values):
    """E(y_wanted | C y = values) for the rows C of `given`."""
    cross = sigma[wanted] @ given.T
    return mean[:, wanted] + (cross @ np.linalg.solve(given @ sigma @ given.T, (values - mean @ given.T).T)).T


def standardised_like(matrix, places):
    part = matrix[np.ix_(places, places)]
    sums, before = part.sum(axis=1), matrix.sum(axis=1)[places]
    return np.where(sums[:, None] > 0, part * (before / np.where(sums > 0, sums, 1))[:, None], 0.0)


MODELS = ("sar", "sem", "sac")


@pytest.mark.parametrize("model", MODELS)
def test_best_predictor_within_the_sample_leaves_each_region_out(model):
    lag, error, process, y, trend = case(model)
    mean, sigma = distribution(lag, error, trend)
    found = predict_in_sample("BP", y, trend, process)
    sds = conditional_sd(process, sigma2=2.0)
    for i in range(12):
        others = np.delete(np.eye(12), i, axis=0)
        np.testing.assert_allclose(found[:, [i]], expectation(mean, sigma, [i], others, y @ others.T), atol=1e-12)
        left = sigma[i, i] - sigma[i] @ others.T @ np.linalg.solve(others @ sigma @ others.T, others @ sigma[i])
        assert sds[i] == pytest.approx(np.sqrt(2 * left), rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_trend_mean_and_signal(model):
    lag, error, process, y, trend = case(model)
    np.testing.assert_array_equal(predict_in_sample("trend", y, trend, process), trend)
    np.testing.assert_allclose(predict_in_sample("TC", y, trend, process), distribution(lag, error, trend)[0])
    signal = {
        "sar": trend + y @ lag.T,
        "sem": trend + (y - trend) @ error.T,
        "sac": trend + y @ lag.T + (y - y @ lag.T - trend) @ error.T,
    }[model]
    np.testing.assert_allclose(predict_in_sample("TS", y, trend, process), signal, atol=1e-13)


@pytest.mark.parametrize("model", MODELS)
def test_predictors_of_other_regions(model):
    lag, error, process, y, trend = case(model)
    mean, sigma = distribution(lag, error, trend)
    seen = y[:, SAMPLED]
    own, w = np.eye(12)[SAMPLED], (lag if lag.any() else error)
    given = np.zeros((2, 12))
    given[:, SAMPLED] = w[np.ix_(WANTED, SAMPLED)]

    def predict(kind):
        return predict_out_of_sample(kind, seen, trend, process, sampled=SAMPLED, wanted=WANTED)

    np.testing.assert_array_equal(predict("trend"), trend[:, WANTED])
    np.testing.assert_allclose(predict("TC"), mean[:, WANTED], atol=1e-12)
    np.testing.assert_allclose(predict("BP"), expectation(mean, sigma, WANTED, own, seen), atol=1e-12)
    np.testing.assert_allclose(predict("BPW"), expectation(mean, sigma, WANTED, given, y @ given.T), atol=1e-12)
    left = sigma[np.ix_(WANTED, WANTED)] - sigma[WANTED] @ own.T @ np.linalg.solve(
        own @ sigma @ own.T, own @ sigma[:, WANTED]
    )
    np.testing.assert_allclose(
        conditional_sd(process, sigma2=2.0, wanted=WANTED), np.sqrt(2 * np.diag(left)), rtol=1e-12
    )


@pytest.mark.parametrize("model", MODELS)
def test_predictor_from_neighbours(model):
    """The precision is that of wanted regions and neighbours alone; the means are those of all regions."""
    lag, error, process, y, trend = case(model)
    mean, _ = distribution(lag, error, trend)
    near = [i for i in SAMPLED if (lag[WANTED, i] != 0).any() or (error[WANTED, i] != 0).any()]
    assert 0 < len(near) < len(SAMPLED)
    places = [*near, *WANTED]
    _, sigma = distribution(lag[np.ix_(places, places)], error[np.ix_(places, places)], trend[:, places])
    own = np.eye(len(places))[: len(near)]
    expected = expectation(mean[:, places], sigma, [-2, -1], own, y[:, near])
    found = predict_out_of_sample("BPN", y[:, SAMPLED], trend, process, sampled=SAMPLED, wanted=WANTED)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_one_region_at_a_time(model):
    lag, error, process, y, trend = case(model)
    seen = y[:, SAMPLED]

    def predict(kind):
        return predict_out_of_sample(kind, seen, trend, process, sampled=SAMPLED, wanted=WANTED)

    for column, region in enumerate(WANTED):
        places = [*SAMPLED, region]
        of_lag, of_error = standardised_like(lag, places), standardised_like(error, places)
        mean, sigma = distribution(of_lag, of_error, trend[:, places])
        own = np.eye(len(places))[:-1]
        w = of_lag if lag.any() else of_error
        given = np.append(w[-1, :-1], 0.0)[None]
        np.testing.assert_allclose(predict("TC1")[:, column], mean[:, -1], atol=1e-12)
        best = expectation(mean, sigma, [-1], own, seen)
        np.testing.assert_allclose(predict("BP1")[:, [column]], best, atol=1e-12)
        by_lag = expectation(mean, sigma, [-1], given, seen @ given[:, :-1].T)
        np.testing.assert_allclose(predict("BPW1")[:, [column]], by_lag, atol=1e-12)
        # One region: E(y_i | w_i y) is rho w_i y + trend + E(u_i | w_i y), Kelejian and Prucha's second predictor.
        inverse = np.linalg.inv(np.eye(len(places)) - of_lag)
        noise = np.linalg.inv(np.eye(len(places)) - of_error)
        cross = (noise @ noise.T @ inverse.T @ given.T)[-1, 0] / (given @ sigma @ given.T)[0, 0]
        gap = (seen - mean[:, :-1]) @ given[0, :-1]
        second = trend[:, region] + seen @ of_lag[-1, :-1] + cross * gap
        np.testing.assert_allclose(predict("BPW1")[:, column], second, atol=1e-12)


def test_neighbours_in_the_sample():
    lag, error, process, y, trend = case("sac")
    seen = y[:, SAMPLED]
    across = trend[:, WANTED] + seen @ lag[np.ix_(WANTED, SAMPLED)].T
    found = predict_out_of_sample("TS1", seen, trend, process, sampled=SAMPLED, wanted=WANTED)
    np.testing.assert_allclose(found, across, atol=1e-14)
    across = trend[:, WANTED] + (seen - trend[:, SAMPLED]) @ error[np.ix_(WANTED, SAMPLED)].T
    found = predict_out_of_sample("KP5", seen, trend, process, sampled=SAMPLED, wanted=WANTED)
    np.testing.assert_allclose(found, across, atol=1e-14)


def test_regions_without_neighbours_in_the_sample_get_their_mean():
    w = np.zeros((5, 5))
    w[0, 1] = w[1, 0] = w[3, 4] = w[4, 3] = 0.5
    w[2, 0] = 0.5
    process = SpatialProcess(sp.csr_array(w), None)
    y, trend = np.array([[1.0, 2.0, 3.0]]), np.ones((1, 5))
    expected = distribution(w, 0 * w, trend)[0][:, 3:]
    for kind in ("BP", "BPN", "BPW", "TC", "BP1", "BPN1", "BPW1"):
        found = predict_out_of_sample(kind, y, trend, process, sampled=np.arange(3), wanted=np.array([3, 4]))
        alone = np.ones((1, 2)) if kind.endswith("1") else expected
        np.testing.assert_allclose(found, alone, atol=1e-13)


def test_better_predictors_have_smaller_errors():
    """Errors of 4,000 simulated periods: BP < BPW < TC, and BP as its standard deviation says."""
    lag, error, process, _, _ = case("sac")
    rng = np.random.default_rng(0)
    trend = np.ones((4000, 12))
    mean, sigma = distribution(lag, error, trend)
    y = mean + rng.normal(size=mean.shape) @ np.linalg.cholesky(sigma).T
    errors = {
        kind: (y - 0)[:, WANTED]
        - predict_out_of_sample(kind, y[:, SAMPLED], trend, process, sampled=SAMPLED, wanted=WANTED)
        for kind in ("TC", "BPW", "BP")
    }
    rmse = {kind: np.sqrt((one**2).mean(axis=0)) for kind, one in errors.items()}
    assert (rmse["BP"] < rmse["BPW"]).all()
    assert (rmse["BPW"] < rmse["TC"]).all()
    np.testing.assert_allclose(rmse["BP"], conditional_sd(process, sigma2=1.0, wanted=WANTED), rtol=0.04)


def test_what_is_not_offered():
    _, _, process, y, trend = case("sar")
    with pytest.raises(OptionError, match="'nothing' is not offered"):
        predict_in_sample("nothing", y, trend, process)
    given = {"sampled": SAMPLED, "wanted": WANTED}
    with pytest.raises(OptionError, match="'TS' is not offered"):
        predict_out_of_sample("TS", y[:, SAMPLED], trend, process, **given)
    with pytest.raises(OptionError, match="spatial error"):
        predict_out_of_sample("KP5", y[:, SAMPLED], trend, process, **given)
    with pytest.raises(OptionError, match="W y"):
        predict_out_of_sample("TS1", y[:, SAMPLED], trend, case("sem")[2], **given)
    with pytest.raises(InputError, match="neither"):
        predict_in_sample("BP", y, trend, SpatialProcess(None, None))
