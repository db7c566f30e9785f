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
    z, ends, own = y - mean, _ends(matrix), matrix.diagonal()
    centred, spread = bilinear_moments(z, z, matrix)
    crossed = _linear_with_form(z, ends, matrix, own)
    linear = _linear_variance(z, ends)
    return mean**2 * float(matrix.sum()) + centred, mean**2 * linear + 2.0 * mean * crossed + spread


def bilinear_moments(x: np.ndarray, y: np.ndarray, matrix: sp.csr_array) -> tuple[float, float]:
    """Return the mean and the variance of x'My over all arrangements of the pairs (x, y), both of mean zero.

    The diagonal gives a sum of products x_i y_i; the rest is a cross product of two matrices, M and
    ``(x_i y_j + x_j y_i) / 2``, whose variance is Mantel's (1967), from three sums of each.
    """
    n, own = len(x), matrix.diagonal()
    rest = sp.csr_array(matrix - sp.diags_array(own)) if own.any() else matrix
    links, ends, product = link_sums(rest), _ends(rest), x * y
    both, squares, total = float(product.sum()), float((product**2).sum()), float(own.sum())
    # The same sums of the cross products; each row of these adds up to -x_i y_i.
    values = LinkSums(-both, float(x @ x) * float(y @ y) + both**2 - 2.0 * squares, 4.0 * squares)
    two, three, four = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
    apart = links.s0 * values.s0 / two
    variance = links.s1 * values.s1 / (2.0 * two)
    variance += (links.s2 - 2.0 * links.s1) * (values.s2 - 2.0 * values.s1) / (4.0 * three)
    variance += (links.s0**2 + links.s1 - links.s2) * (values.s0**2 + values.s1 - values.s2) / four - apart**2
    at_home = both / n * total
    shared = float(own @ ends)
    crossed = -squares / two * shared
    crossed += (2.0 * squares - both**2) / three * (total * links.s0 - shared) - at_home * apart
    of_own = _linear_variance(product - both / n, own)
    return at_home + apart, variance + of_own + 2.0 * crossed


def _linear_variance(z: np.ndarray, factors: np.ndarray) -> float:
    """Return the variance of sum_i factors_i z_i, z with mean zero."""
    n = len(z)
    return float((z @ z) / (n - 1) * (factors @ factors - factors.sum() ** 2 / n))


def _linear_with_form(z: np.ndarray, ends: np.ndarray, matrix: sp.csr_array, own: np.ndarray) -> float:
    """Return the covariance of sum_i ends_i z_i with z'Mz, z with mean zero."""
    n, third, links = len(z), float((z**3).sum()), float(matrix.sum() - own.sum())
    shared = float(ends @ (_ends(matrix) - 2.0 * own))
    pairs = 2.0 * (ends.sum() * links - shared) / (n - 2) - shared
    same = float(ends @ own)
    return float(third / (n * (n - 1)) * (pairs - (ends.sum() * own.sum() - same)) + third / n * same)


def _ends(matrix: sp.csr_array) -> np.ndarray:
    return np.asarray(matrix.sum(axis=1)).ravel() + np.asarray(matrix.sum(axis=0)).ravel()
