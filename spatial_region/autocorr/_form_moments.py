"""Mean and variance, over all n! arrangements of the values, of a quadratic form. Arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp


@dataclass(frozen=True)
class LinkSums:
    """Sums of weights on which moments depend.

    Attributes
    ----------
    s0 : float
        ``sum_ij w_ij``.
    s1 : float
        ``sum_ij (w_ij + w_ji)**2 / 2``.
    s2 : float
        ``sum_i (w_i. + w_.i)**2``, row and column sums added.
    """

    s0: float
    s1: float
    s2: float


def link_sums(matrix: sp.csr_array) -> LinkSums:
    """Return S0, S1 and S2 of Cliff and Ord (1981)."""
    both = sp.csr_array(matrix + matrix.T)
    return LinkSums(float(matrix.sum()), float((both.data**2).sum()) / 2.0, float((_ends(matrix) ** 2).sum()))


def form_moments(y: np.ndarray, matrix: sp.csr_array) -> tuple[float, float]:
    """Return the mean and the variance of y'My over all arrangements of y; M may be any matrix.

    With y = m + z, the form is ``m**2 S0 + m sum_i t_i z_i + z'Mz``, t the row sums plus the column sums: a constant
    and two sums of mean and covariance known from the power sums of z alone (Cliff and Ord 1981, chapter 2; here with
    a diagonal). At least 4 values.
    """
    mean = float(y.mean())
    z, ends = y - mean, _ends(matrix)
    own = matrix.diagonal()
    rest = sp.csr_array(matrix - sp.diags_array(own)) if own.any() else matrix
    centred, spread = _centred_moments(z, rest, own)
    s0 = float(matrix.sum())
    linear = _linear_variance(z, ends, ends)
    crossed = _linear_with_form(z, ends, rest, own)
    return mean**2 * s0 + centred, mean**2 * linear + 2.0 * mean * crossed + spread


def _centred_moments(z: np.ndarray, rest: sp.csr_array, own: np.ndarray) -> tuple[float, float]:
    """Return mean and variance of z'Mz, from M without its diagonal, and the diagonal."""
    n = len(z)
    sums, ends = link_sums(rest), _ends(rest)
    square, fourth = float((z**2).sum()), float((z**4).sum())
    total = float(own.sum())
    # Expectations of products of the values of different regions.
    two_two = (square**2 - fourth) / (n * (n - 1))
    two_one_one = (2 * fourth - square**2) / (n * (n - 1) * (n - 2))
    ones = (3 * square**2 - 6 * fourth) / (n * (n - 1) * (n - 2) * (n - 3))
    three_one = -fourth / (n * (n - 1))
    links = -square / (n * (n - 1)) * sums.s0
    second = sums.s1 * two_two + (sums.s2 - 2 * sums.s1) * two_one_one + (sums.s0**2 + sums.s1 - sums.s2) * ones
    owned = square / n * total
    of_own = _linear_variance(z**2 - square / n, own, own)
    shared = float(own @ ends)
    crossed = shared * three_one + (total * sums.s0 - shared) * two_one_one - links * owned
    return links + owned, second - links**2 + of_own + 2.0 * crossed


def _linear_variance(z: np.ndarray, left: np.ndarray, right: np.ndarray) -> float:
    """Return the covariance of sum_i left_i z_i and sum_i right_i z_i, z with mean zero."""
    n = len(z)
    return float((z @ z) / (n - 1) * (left @ right - left.sum() * right.sum() / n))


def _linear_with_form(z: np.ndarray, ends: np.ndarray, rest: sp.csr_array, own: np.ndarray) -> float:
    """Return the covariance of sum_i t_i z_i with z'Mz."""
    n = len(z)
    third = float((z**3).sum())
    shared = float(ends @ _ends(rest))
    pairs = -third / (n * (n - 1)) * shared
    pairs += 2 * third / (n * (n - 1) * (n - 2)) * (ends.sum() * rest.sum() - shared)
    same = float(ends @ own)
    return float(pairs + third / n * same - third / (n * (n - 1)) * (ends.sum() * own.sum() - same))


def _ends(matrix: sp.csr_array) -> np.ndarray:
    return np.asarray(matrix.sum(axis=1)).ravel() + np.asarray(matrix.sum(axis=0)).ravel()
