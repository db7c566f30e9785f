"""A panel that may be distributed, and brute-force oracles that share no code with the package."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal import examples
from scipy.optimize import minimize

import spatial_region as sr


@pytest.fixture(scope="session")
def us48() -> sr.Study:
    """Growth of income of the 48 states in eight decades (libpysal's us_income), with queen weights."""
    regions = gpd.read_file(examples.get_path("us48.shp"))
    regions = regions.set_index(regions["STATE_FIPS"].astype(int).astype(str)).set_crs(4326)
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("STATE_FIPS")
    income.index = income.index.astype(str)
    decades = [
        pd.DataFrame(
            {
                "growth": 100 * np.log(income[str(start + 9)] / income[str(start)]),
                "initial": np.log(income[str(start)]),
                "previous": 100 * np.log(income[str(start)] / income[str(start - 1)]),
                "time": start,
            }
        )
        for start in range(1930, 2001, 10)
    ]
    data = pd.concat(decades).set_index("time", append=True)
    study = sr.make_study(regions[["STATE_NAME", "geometry"]], data, name="STATE_NAME")
    return study.with_weights(queen=sr.contiguity(study).standardise("row"))


def make_panel(n: int, periods: int, *, seed: int, row: bool = True, links: int = 4) -> SimpleNamespace:
    """A random panel with asymmetric weights and all spatial terms at work."""
    rng = np.random.default_rng(seed)
    w = np.zeros((n, n))
    for i in range(n):
        others = rng.choice(np.delete(np.arange(n), i), size=links, replace=False)
        w[i, others] = rng.uniform(0.5, 1.5, size=links)
    w = w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()
    x = rng.normal(size=(periods, n, 2)) + rng.normal(size=(1, n, 1)) + rng.normal(size=(periods, 1, 1))
    effects = rng.normal(size=n) + rng.normal(size=(periods, 1))
    u = np.linalg.solve(np.eye(n) - 0.3 * w, rng.normal(size=(n, periods))).T
    mean = x @ [1.0, -0.5] + (x @ [0.4, 0.2]) @ w.T + effects
    y = np.linalg.solve(np.eye(n) - 0.4 * w, (mean + u).T).T
    ids = [f"r{i}" for i in range(n)]
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(np.arange(n), np.arange(n)), index=ids, crs=3857)
    index = pd.MultiIndex.from_product([ids, range(2000, 2000 + periods)], names=["region", "time"])
    data = pd.DataFrame({"y": y.T.ravel(), "a": x[:, :, 0].T.ravel(), "b": x[:, :, 1].T.ravel()}, index=index)
    study = sr.make_study(regions, data)
    # "binary" says: use the matrix as it stands.
    weights = sr.Weights(pd.Index(ids), w, standardisation="row" if row else "binary")
    return SimpleNamespace(study=study, w=w, weights=weights, y=y, x=x)


TERMS = {
    "sar": (True, False, False),
    "sem": (False, False, True),
    "sac": (True, False, True),
    "sdm": (True, True, False),
    "sdem": (False, True, True),
    "gns": (True, True, True),
}


class DenseRegression:
    """Maximum likelihood with a column for every dummy and dense matrices of the size of the whole panel.

    Time-major order; `design` holds regressors and dummies, `big_w` is I_T kron W. Nothing is demeaned and
    nothing is concentrated but by least squares.
    """

    def __init__(self, y, design, big_w, *, lag_y, error):
        self.y, self.design, self.big_w = y, design, big_w
        self.lag_y, self.error = lag_y, error
        self.eye = np.eye(len(y))

    def split(self, spatial):
        values = list(spatial)
        rho = values.pop(0) if self.lag_y else 0.0
        return rho, values.pop(0) if self.error else 0.0

    def concentrated(self, spatial):
        rho, lam = self.split(spatial)
        a, b = self.eye - rho * self.big_w, self.eye - lam * self.big_w
        coefficients = np.linalg.lstsq(b @ self.design, b @ a @ self.y, rcond=None)[0]
        e = b @ (a @ self.y - self.design @ coefficients)
        n, sigma2 = len(self.y), e @ e / len(self.y)
        volume = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return -n / 2 * (np.log(2 * np.pi * sigma2) + 1) + volume, coefficients, sigma2

    def loglik(self, theta):
        """The likelihood of (coefficients, rho, lambda, sigma2), nothing concentrated."""
        k = self.design.shape[1]
        rho, lam = self.split(theta[k:-1])
        a, b = self.eye - rho * self.big_w, self.eye - lam * self.big_w
        e = b @ (a @ self.y - self.design @ theta[:k])
        volume = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return -len(e) / 2 * np.log(2 * np.pi * theta[-1]) - e @ e / (2 * theta[-1]) + volume

    def maximise(self, start):
        found = minimize(
            lambda s: -self.concentrated(s)[0], start, method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000},
        )  # fmt: skip
        return found.x, *self.concentrated(found.x)

    def moments(self, theta):
        """Mean and covariance of y, from which the expected information follows without any score."""
        k = self.design.shape[1]
        rho, lam = self.split(theta[k:-1])
        inverse = np.linalg.inv(self.eye - rho * self.big_w)
        spread = inverse @ np.linalg.inv(self.eye - lam * self.big_w)
        return inverse @ (self.design @ theta[:k]), theta[-1] * spread @ spread.T

    def covariance(self, theta):
        """Inverse expected information of y ~ N(mean, Sigma), by central differences of mean and Sigma."""
        _, sigma = self.moments(theta)
        precision = np.linalg.inv(sigma)
        means, spreads = [], []
        for place in range(len(theta)):
            step = 1e-5 * max(abs(theta[place]), 1e-1)
            up, down = theta.copy(), theta.copy()
            up[place] += step
            down[place] -= step
            (m1, s1), (m0, s0) = self.moments(up), self.moments(down)
            means.append((m1 - m0) / (2 * step))
            spreads.append(precision @ (s1 - s0) / (2 * step))
        means = np.array(means)
        information = means @ precision @ means.T
        information += 0.5 * np.array([[np.sum(s * t.T) for t in spreads] for s in spreads])
        return np.linalg.inv(information)


def dense_regression(panel, *, model, effects, lee_yu=False) -> DenseRegression:
    """Build the dense problem: dummies, or Lee and Yu's transformation by explicit orthonormal bases."""
    periods, n = panel.y.shape
    lag_y, lag_x, error = TERMS[model]
    big_w = np.kron(np.eye(periods), panel.w)
    z = panel.x.reshape(-1, 2)
    z = np.hstack([z, big_w @ z]) if lag_x else z
    y = panel.y.ravel()
    by_region, by_time = np.kron(np.ones((periods, 1)), np.eye(n)), np.kron(np.eye(periods), np.ones((n, 1)))
    if lee_yu:
        f_time = complement(periods) if effects in ("region", "twoway") else np.eye(periods)
        f_region = complement(n) if effects in ("time", "twoway") else np.eye(n)
        f = np.kron(f_time, f_region)
        big_w = np.kron(np.eye(f_time.shape[1]), f_region.T @ panel.w @ f_region)
        return DenseRegression(f.T @ y, f.T @ z, big_w, lag_y=lag_y, error=error)
    dummies = {
        "pooled": np.ones((len(y), 1)),
        "region": by_region,
        "time": by_time,
        "twoway": np.hstack([by_region, by_time[:, 1:]]),
    }[effects]
    return DenseRegression(y, np.hstack([z, dummies]), big_w, lag_y=lag_y, error=error)


def complement(n: int) -> np.ndarray:
    """Orthonormal basis of the vectors orthogonal to the unit vector."""
    return np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]


@pytest.fixture(scope="session")
def oracle() -> SimpleNamespace:
    return SimpleNamespace(panel=make_panel, dense=dense_regression, terms=TERMS)
