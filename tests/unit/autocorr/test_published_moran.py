"""z and p of printed Moran's I, by the closed form and against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, OptionError

PRINTED = pd.DataFrame({"I": [0.332, 0.087, -0.2], "se": [0.061, 0.101, 0.08]}, index=[2003, 2018, 2019])


@pytest.mark.parametrize(
    ("alternative", "tail"),
    [("two-sided", lambda z: 2 * stats.norm.sf(abs(z))), ("greater", stats.norm.sf), ("less", stats.norm.cdf)],
)
def test_z_and_p_follow_from_i_and_its_standard_error(alternative, tail):
    table = sr.published_moran(PRINTED["I"], PRINTED["se"][::-1], n=31, alternative=alternative)
    z = (PRINTED["I"] + 1 / 30) / PRINTED["se"]
    np.testing.assert_allclose(table["z"], z, rtol=1e-14)
    np.testing.assert_allclose(table["p_normal"], tail(z), rtol=1e-12)
    assert list(table.index) == [2003, 2018, 2019]


def test_what_is_not_printed_is_refused():
    with pytest.raises(InputError, match="at 2018 they are 0.087 and 0"):
        sr.published_moran(PRINTED["I"], PRINTED["se"].replace(0.101, 0.0), n=31)
    with pytest.raises(InputError, match="n must be a whole number"):
        sr.published_moran(PRINTED["I"], PRINTED["se"], n=2)
    with pytest.raises(AlignmentError):
        sr.published_moran(PRINTED["I"], PRINTED["se"].iloc[1:], n=31)
    with pytest.raises(OptionError, match="alternative='both'"):
        sr.published_moran(PRINTED["I"], PRINTED["se"], n=31, alternative="both")
