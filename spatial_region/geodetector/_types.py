"""How factors act together: the names that the literature gives."""

from __future__ import annotations

import math

TIE = 1e-10  # q values closer than this count as equal when the type of an interaction is named


def interaction_type(q_a: float, q_b: float, q_ab: float) -> str:
    """Name how two factors act together, after Wang et al. (2010).

    With q values that differ by 1e-10 or less taken as equal:

    - ``"weaken, nonlinear"``: q_ab < min(q_a, q_b);
    - ``"weaken, univariate"``: q_ab between the two, or equal to the larger (one factor refines the other);
    - ``"enhance, bivariate"``: q_ab > max(q_a, q_b);
    - ``"independent"``: q_ab = q_a + q_b;
    - ``"enhance, nonlinear"``: q_ab > q_a + q_b;
    - ``"undefined"``: one of them is NaN, as where cells of one unit are left out and fewer than two cells stay.

    Beside a factor whose q is 0, an overlay that adds nothing is "independent": its q is the sum as well.

    The overlay of complete strata refines both factors, so q_ab is never below the larger of the two. It can be
    where strata of one unit are left out, for each detector then sees other rows.
    """
    if math.isnan(q_a + q_b + q_ab):
        return "undefined"
    if q_ab > q_a + q_b + TIE:
        return "enhance, nonlinear"
    if q_ab >= q_a + q_b - TIE:
        return "independent"
    if q_ab > max(q_a, q_b) + TIE:
        return "enhance, bivariate"
    if q_ab >= min(q_a, q_b) - TIE:
        return "weaken, univariate"
    return "weaken, nonlinear"
