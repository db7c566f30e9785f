"""The limit of the Dickey-Fuller t ratio, computed without simulation: the oracle of `_dickey_fuller`.

With X(s) a Brownian motion, or what is left of one after a constant or a trend, tau = A / sqrt(B) with B the integral
of X(s)^2 and A = (X(1)^2 - X(0)^2 - 1) / 2 = (u v - 1) / 2, where u = X(1) - X(0) and v = X(1) + X(0) are independent:
they belong to the odd and to the even part of X about 1/2. Hence, for x < 0, P(tau <= x) is the integral of
P(B <= (A / x)^2, u, v) over uv < 1, and P(tau > x) for x > 0 that over uv > 1. The joint Laplace transform in B is
elementary, by expansion in cosines: with r = sqrt(2p), the even part has exp(-pB) of mean (sinh(r/2) / (r/2))^(-1/2)
and turns v into a normal of variance 2 / (r tanh(r/2)) - 4 / r^2; and so on. It is inverted by Euler summation (Abate
and Whitt 1995, doi:10.1287/ijoc.7.1.36), and u and v are integrated by Gauss-Legendre.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import zeta


def _log_cosh(x):
    return x + np.log1p(np.exp(-2 * x)) - np.log(2)


def _log_sinh(x):
    return x + np.log1p(-np.exp(-2 * x)) - np.log(2)


def _tanh(x):
    return -np.expm1(-2 * x) / (1 + np.exp(-2 * x))


def _odd_sums(r):
    """Sums over odd k, with c = (k pi)^2, of 1 / (c (c + r^2)) and of 1 / (c^2 (c + r^2))."""
    first = _tanh(r / 2) / (4 * r)
    second = (1 / 8 - first) / r**2
    third = (1 / 96 - second) / r**2
    near = np.abs(r) < 1
    powers = [(-1) ** n * r[near] ** (2 * n) for n in range(24)]
    sums = [(1 - 4.0**-m) * zeta(2 * m) / np.pi ** (2 * m) for m in range(2, 28)]
    second[near] = sum(power * sums[n] for n, power in enumerate(powers))
    third[near] = sum(power * sums[n + 1] for n, power in enumerate(powers))
    return second, third


def _transforms(p, trend):
    """Logarithm of E exp(-pB), and the variances of u and v that go with it."""
    r = np.sqrt(2 * p)
    even = 2 / (r * _tanh(r / 2)) - 4 / r**2
    log_even = _log_sinh(r / 2) - np.log(r / 2)
    near = np.abs(r) < 0.02  # what cancels above: 2 / (r tanh(r/2)) = 4 / r^2 + 1/3 - r^2 / 180 + ...
    even[near] = 1 / 3 - r[near] ** 2 / 180
    if trend == "constant":
        return -0.5 * (_log_cosh(r / 2) + log_even), 2 * _tanh(r / 2) / r, even
    second, third = _odd_sums(r)
    return -0.5 * (_log_cosh(r / 2) + log_even + np.log(96 * second)), 12 * third / second - 1, even


def _euler(terms, shift):
    """Places and factors such that the inverse at b is the sum of factor * real(transform(place / b)) / b."""
    k = np.arange(terms + 13)
    factor = (-1.0) ** k
    factor[0] /= 2
    for j in range(1, 13):
        factor[terms + j] *= sum(comb(12, i) for i in range(j, 13)) / 2**12
    return (shift + 2j * np.pi * k) / 2, np.exp(shift / 2) * factor


def _graded(low, high, rule, *, dense):
    """Nodes and lengths on (low, high), denser towards one end; a plain rule where `dense` is None."""
    s, length = (rule[0] + 1) / 2, rule[1] / 2
    if dense is None:
        return low + (high - low) * s, length * (high - low)
    step = (high - low) * s**3
    return (high - step if dense == "high" else low + step), 3 * length * s**2 * (high - low)


def tail(x, trend, *, nodes=80, terms=60, shift=28.0, reach=8.5):
    """P(tau <= x) for x < 0, and P(tau > x) for x > 0."""
    places, factors = _euler(terms, shift)
    rule = leggauss(nodes)
    if trend == "none":  # A = (w^2 - 1) / 2 with w = X(1), and X(0) = 0
        w, length = _graded(0, 1, rule, dense="high") if x < 0 else _graded(1, reach, rule, dense="low")
        b = ((w**2 - 1) / (2 * x)) ** 2
        p = places / b[:, None]
        r = np.sqrt(2 * p)
        variance = _tanh(r) / r
        density = np.exp(-0.5 * _log_cosh(r) - w[:, None] ** 2 / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        return 2 * float(length @ ((factors * (density / p)).real.sum(axis=1) / b))
    most_u = reach * (1.0 if trend == "constant" else np.sqrt(0.2))
    most_v = reach * np.sqrt(1 / 3)
    total = 0.0
    for u, width in zip((rule[0] + 1) / 2 * most_u, rule[1] / 2 * most_u, strict=True):
        if x > 0 and 1 / u >= most_v:
            continue
        if x > 0:
            v, length = _graded(1 / u, most_v, rule, dense="low")
        elif 1 / u < most_v:
            v, length = _graded(-most_v, 1 / u, rule, dense="high")
        else:
            v, length = _graded(-most_v, most_v, rule, dense=None)
        b = ((u * v - 1) / (2 * x)) ** 2
        kept = b > 1e-6  # below, P(B <= b) is less than exp(-1e5)
        p = places / b[kept, None]
        log_mass, odd, even = _transforms(p, trend)
        exponent = log_mass - u**2 / (2 * odd) - v[kept, None] ** 2 / (2 * even)
        density = np.exp(exponent) / (2 * np.pi * np.sqrt(odd * even))
        total += width * float(length[kept] @ ((factors * (density / p)).real.sum(axis=1) / b[kept]))
    return 2 * total
