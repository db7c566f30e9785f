"""Random effects on Munnell's Produc panel (48 states, 17 years): independent exact ML, and splm 1.6.5 under R 4.2.2.

splm calls the parameter of the error process rho and that of W y lambda.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse as sp

from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._random import estimate_random
from spatial_region.panel.options import PARTS

X = ["lpcap", "lpc", "lemp", "unemp"]
EXACT = {
    "RE_nospatial_ML": ("ols", "kkp"),
    "RE_sar_none": ("sar", "kkp"),
    "RE_sem_b": ("sem", "bsk"),
    "RE_sem_kkp": ("sem", "kkp"),
    "RE_sdm_none": ("sdm", "kkp"),
}
SPLM = EXACT | {
    f"RE_{theirs}_{short}": (ours, long)
    for theirs, ours in (("sarar", "sac"), ("sdem", "sdem"), ("gns", "gns"))
    for short, long in (("b", "bsk"), ("kkp", "kkp"))
}
SERIAL = {"semsr": ("sem", False), "sr": ("ols", False), "srre": ("ols", True)}


class Produc:
    def __init__(self, folder):
        table = pd.read_csv(folder / "produc_panel.csv").set_index(["state", "year"])
        ids = [name for name in (folder / "W_produc_order.txt").read_text().split("\n") if name]
        self.w = np.loadtxt(folder / "W_produc_rowstd.csv", delimiter=",")
        wide = {name: table[name].unstack().loc[ids].to_numpy().T for name in ("lgsp", *X)}
        self.y = wide["lgsp"]
        self.x = np.stack([np.ones_like(self.y), *(wide[name] for name in X)], axis=2)
        self.exact = json.loads((folder / "produc_exact_ml.json").read_text())["re"]
        splm = json.loads((folder / "produc_splm_ml.json").read_text())
        self.splm, self.spreml = splm["spml"], splm["spreml"]

    def fit(self, model, **options):
        w = sp.csr_array(self.w)
        lagged = [1, 2, 3, 4] if PARTS[model].lag_x else []
        blocks = make_blocks(self.y, self.x, w, lagged=lagged, effects="pooled", intercept=0)
        return estimate_random(blocks, w, make_determinant(w, "auto"), parts=PARTS[model], **options)

    def concentrated(self, model, components, at):
        """Log-likelihood from matrices of 816 rows, slopes and sigma2 by generalised least squares."""
        periods, n = self.y.shape
        a = np.eye(n) - at.get("rho", 0.0) * self.w
        b = np.eye(n) - at.get("lambda", 0.0) * self.w
        spread, psi, j = np.linalg.inv(b.T @ b), at.get("psi", 0.0), np.ones((periods, periods))
        v = psi ** np.abs(np.subtract.outer(range(periods), range(periods))) / (1 - psi**2)
        omega = np.kron(v, spread) + at.get("phi", 0.0) * np.kron(j, spread if components == "kkp" else np.eye(n))
        z = self.x.reshape(-1, 5)
        z = np.hstack([z, np.kron(np.eye(periods), self.w) @ z[:, 1:]]) if PARTS[model].lag_x else z
        root = np.linalg.cholesky(omega)
        white = np.linalg.solve(root, np.column_stack([z, (self.y @ a.T).ravel()]))
        e = white[:, -1] - white[:, :-1] @ np.linalg.lstsq(white[:, :-1], white[:, -1], rcond=None)[0]
        volume = periods * np.linalg.slogdet(a)[1] - np.log(np.diag(root)).sum()
        return volume - len(e) / 2 * (np.log(2 * np.pi * (e @ e) / len(e)) + 1)


@pytest.fixture(scope="module")
def produc(shared_reference):
    return Produc(shared_reference / "panel")


@pytest.mark.parametrize("case", EXACT)
def test_equals_exact_maximum_likelihood(produc, case):
    expected = produc.exact[case]
    model, components = EXACT[case]
    found = produc.fit(model, components=components)
    np.testing.assert_allclose(found.coefficients, expected["beta"], atol=1e-6)
    # The reference's own search stops within 3e-6 of phi, relative, and 2e-7 of rho and lambda.
    np.testing.assert_allclose(list(found.spatial.values()), expected["par"], rtol=3e-6)
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    assert found.sigma2 == pytest.approx(expected["sigma2_e"], rel=1e-6)
    assert found.theta == pytest.approx(expected["theta"], abs=1e-6)
    errors = np.sqrt(np.diag(found.covariance))
    # The reference's errors come from a numerical Hessian; they carry four to six digits (see the next test).
    np.testing.assert_allclose(errors, expected["se_full"], rtol=4e-4)
    if case in ("RE_sem_b", "RE_sem_kkp", "RE_sdm_none"):
        np.testing.assert_allclose(errors[:-2], expected["se_full"][:-2], atol=2e-6)


def test_standard_errors_without_spatial_terms_have_a_closed_form(produc):
    """The package's errors are exact to nine digits; the reference's numerical Hessian is off by up to 3e-4."""
    found = produc.fit("ols")
    periods, n = produc.y.shape
    share = 1 + periods * found.spatial["phi"]
    z = produc.x
    e = produc.y - z @ found.coefficients
    within, between = (z - z.mean(axis=0)).reshape(-1, 5), z.mean(axis=0)
    information = np.zeros((7, 7))
    information[:5, :5] = (within.T @ within + periods * between.T @ between / share) / found.sigma2
    information[:5, 5] = information[5, :5] = periods**2 * between.T @ e.mean(axis=0) / share**2 / found.sigma2
    q = periods * (e.mean(axis=0) ** 2).sum()
    information[5, 5] = periods**2 * q / share**3 / found.sigma2 - n * periods**2 / 2 / share**2
    information[5, 6] = information[6, 5] = periods * q / (2 * share**2 * found.sigma2**2)
    information[6, 6] = n * periods / (2 * found.sigma2**2)
    scale = np.sqrt(np.diag(information))
    errors = np.sqrt(np.diag(np.linalg.inv(information / np.outer(scale, scale)))) / scale
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), errors, rtol=1e-8)
    gap = np.abs(np.array(produc.exact["RE_nospatial_ML"]["se_full"]) / errors - 1).max()
    assert 1e-4 < gap < 4e-4


@pytest.mark.parametrize("case", SPLM)
def test_equals_splm(produc, case):
    """splm's errors of slopes take all else as known: those of generalised least squares, smaller than ours."""
    peer = produc.splm[case]
    model, components = SPLM[case]
    found = produc.fit(model, components=components)
    np.testing.assert_allclose(found.coefficients, list(peer["coef"].values()), atol=1e-5)
    assert found.loglik == pytest.approx(peer["logLik_reported"], abs=1e-8)
    assert found.sigma2 == pytest.approx(peer["sigma2"]["idios"], rel=1e-6)
    assert found.sigma2_mu == pytest.approx(peer["sigma2"]["id"], rel=1e-5)
    if "rho" in peer["errcomp"]:
        assert found.spatial["lambda"] == pytest.approx(peer["errcomp"]["rho"], abs=1e-6)
    if "rho" in found.spatial:
        assert found.spatial["rho"] == pytest.approx(peer["arcoef"]["lambda"], abs=1e-6)
    given = np.sqrt(np.diag(found.gls_covariance))
    np.testing.assert_allclose(given, list(peer["se"].values()), rtol=1e-6)
    k = len(given)
    assert (np.sqrt(np.diag(found.covariance))[:k] > given).all()


@pytest.mark.parametrize("case", SERIAL)
def test_serial_correlation_equals_splm(produc, case):
    peer = produc.spreml[case]
    model, region = SERIAL[case]
    found = produc.fit(model, serial=True, region_component=region)
    np.testing.assert_allclose(found.coefficients, list(peer["coef"].values()), atol=1e-6)
    assert found.loglik == pytest.approx(peer["logLik_reported"], abs=1e-8)
    assert found.spatial["psi"] == pytest.approx(peer["errcomp"]["psi"], abs=1e-7)
    assert found.sigma2 == pytest.approx(peer["sigma2"]["idios"], rel=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.gls_covariance)), list(peer["se"].values()), rtol=1e-6)
    if model == "sem":
        assert found.spatial["lambda"] == pytest.approx(peer["errcomp"]["rho"], abs=1e-6)
    if region:
        # splm stops at its lower bound of 1e-8 and gives phi a standard error of 4e-8 there.
        assert found.at_bound == ("phi",)
        assert peer["errcomp"]["phi"] == pytest.approx(1e-8)


@pytest.mark.parametrize(("case", "components"), [("semsrre", "bsk"), ("sem2srre", "kkp")])
def test_where_splm_stops_short_of_the_maximum(produc, case, components):
    """Dense likelihoods at both points decide it; splm's sem2srre is even below its own model without effects."""
    peer = produc.spreml[case]
    found = produc.fit("sem", components=components, serial=True)
    theirs = {"lambda": peer["errcomp"]["rho"], "psi": peer["errcomp"]["psi"], "phi": peer["errcomp"]["phi"]}
    there = produc.concentrated("sem", components, theirs)
    here = produc.concentrated("sem", components, found.spatial)
    assert there == pytest.approx(peer["logLik_reported"], abs=1e-6)
    assert here == pytest.approx(found.loglik, abs=1e-7)
    nested = produc.spreml["semsr"]["logLik_reported"]
    if case == "semsrre":
        assert here - there == pytest.approx(0.163, abs=0.001)
        assert found.spatial["phi"] == pytest.approx(9.08, abs=0.01)
        assert theirs["phi"] == pytest.approx(0.047, abs=0.001)
    else:
        assert there < nested - 0.002
        assert found.at_bound == ("phi",)
        assert here == pytest.approx(nested, abs=1e-7)


def test_standard_errors_of_sac_from_dense_differences(produc):
    """splm's 0.0087 for the parameter of W y is less than half of what its own likelihood's curvature gives."""
    found = produc.fit("sac", components="bsk")
    k, at = len(found.coefficients), found.spatial
    full = found.covariance[k:-1, k:-1]
    errors = np.sqrt(np.diag(full))
    names = list(at)

    def value(move):
        moved = {name: at[name] + step for name, step in zip(names, move, strict=True)}
        return produc.concentrated("sac", "bsk", moved)

    hessian = np.empty((3, 3))
    moves = np.diag(0.05 * errors)
    here = value(np.zeros(3))
    for i in range(3):
        hessian[i, i] = (value(moves[i]) + value(-moves[i]) - 2 * here) / moves[i, i] ** 2
        for j in range(i):
            corners = [s * t * value(s * moves[i] + t * moves[j]) for s in (1, -1) for t in (1, -1)]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * moves[i, i] * moves[j, j])
    # The inverse of the concentrated likelihood's curvature is that block of the joint covariance.
    np.testing.assert_allclose(np.sqrt(np.diag(np.linalg.inv(-hessian))), errors, rtol=1e-3)
    theirs = np.sqrt(produc.splm["RE_sarar_b"]["vcov.arcoef"][0][0])
    assert theirs < 0.5 * errors[0]
