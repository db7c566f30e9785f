"""Two-stage least squares of stacked columns, by orthonormal bases and without cross-products of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array
from spatial_region.panel._instruments import Basis, orthonormal

# Share of a projected regressor's length that must be new beside the others.
_NOTHING_NEW = 1e-9


@dataclass(frozen=True)
class TwoStage:
    """What two-stage least squares says.

    Attributes
    ----------
    coefficients : (m,)
        Exogenous regressors first, endogenous ones after them.
    residuals : (n,)
        y - Z b, with the endogenous regressors as they are.
    regressors : (n, m)
        Z.
    projected : (n, m)
        P_H Z; Z itself when nothing is endogenous.
    inverse : (m, m)
        (Z'P_H Z)^-1.
    exogenous : Basis
        Of the exogenous regressors alone.
    instruments : Basis
        Of these and of the excluded instruments.
    """

    coefficients: Array
    residuals: Array
    regressors: Array
    projected: Array
    inverse: Array
    exogenous: Basis
    instruments: Basis

    @property
    def n_endogenous(self) -> int:
        """Number of endogenous regressors."""
        return self.regressors.shape[1] - self.exogenous.q.shape[1]

    @property
    def n_excluded(self) -> int:
        """Number of instruments that are no regressors."""
        return self.instruments.q.shape[1] - self.exogenous.q.shape[1]

    @property
    def ssr(self) -> float:
        """Sum of squared residuals."""
        return float(self.residuals @ self.residuals)


def two_stage(y: Array, exogenous: Array, endogenous: Array, excluded: Array) -> TwoStage:
    """Return b = (Z'P_H Z)^-1 Z'P_H y with Z = [exogenous, endogenous], H = [exogenous, excluded].

    Parameters
    ----------
    y : (n,)
    exogenous : (n, k)
    endogenous : (n, e)
        No column: least squares.
    excluded : (n, q)
        Instruments that are no regressors; columns that repeat the others are left out.

    Raises
    ------
    IdentificationError
        If a regressor repeats others, or there are fewer instruments than endogenous regressors, or these
        do not tell the endogenous regressors apart.
    """
    k, count = exogenous.shape[1], endogenous.shape[1]
    own = orthonormal(exogenous, must=k)
    if count == 0:
        every, regressors, projected = own, exogenous, exogenous
    else:
        every = orthonormal(np.concatenate([exogenous, excluded], axis=1), must=k)
        if len(every.kept) - k < count:
            raise IdentificationError(
                f"{count} endogenous regressors (lags of the response among them) need at least as many instruments "
                f"that are no combination of the exogenous regressors; found {len(every.kept) - k}. Add regressors "
                f"that vary in space, outside instruments, or use weights with fewer neighbours."
            )
        regressors = np.concatenate([exogenous, endogenous], axis=1)
        projected = np.concatenate([exogenous, every.project(endogenous)], axis=1)
    size = np.linalg.norm(projected, axis=0)
    if not (size > 0).all():
        raise IdentificationError("the instruments say nothing about an endogenous regressor; use other instruments.")
    q, r = np.linalg.qr(projected / size)
    if np.abs(np.diag(r)).min() < _NOTHING_NEW:
        raise IdentificationError(
            "after projection on the instruments the endogenous regressors are combinations of the others, so that "
            "their coefficients are not identified. Use other instruments, or leave a lag of the response out."
        )
    back = np.linalg.inv(r) / size[:, None]
    coefficients = back @ (q.T @ y)
    return TwoStage(coefficients, y - regressors @ coefficients, regressors, projected, back @ back.T, own, every)
