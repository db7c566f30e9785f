"""Any weights, with any ids, come back from a file as they were, or are refused before anything is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spatial_region as sr
from spatial_region.errors import InputError

TEXT = st.text(max_size=6) | st.sampled_from(
    ["001", "1", "01", "0", "北京市", "a b", "=1+1", "_x0041_", "a;b", '"', "nan"]
)
INTEGERS = st.integers(-(2**70), 2**70) | st.integers(-5, 2000)
FORMS = [
    ("gal", None),
    ("gwt", None),
    ("kwt", None),
    ("swm", None),
    ("mtx", None),
    ("npz", None),
    ("parquet", None),
    ("xlsx", "matrix"),
    ("xlsx", "long"),
    ("csv", "matrix"),
    ("csv", "long"),
    ("stata", "matrix"),
    ("stata", "list"),
]
TYPED = {"mtx", "npz", "parquet", "xlsx"}


@st.composite
def weights(draw: st.DrawFn) -> sr.Weights:
    ids = draw(
        st.lists(TEXT, min_size=1, max_size=6, unique=True) | st.lists(INTEGERS, min_size=1, max_size=6, unique=True)
    )
    n = len(ids)
    binary = draw(st.booleans())
    values = st.sampled_from([0.0, 1.0]) if binary else st.just(0.0) | st.floats(0, 1e300) | st.floats(0, 1)
    matrix = np.array(draw(st.lists(values, min_size=n * n, max_size=n * n))).reshape(n, n)
    return sr.Weights(pd.Index(ids, dtype=object).infer_objects(), matrix, {"kind": "any", "km": 1.5})


@pytest.mark.parametrize(("form", "layout"), FORMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(w=weights())
def test_weights_survive_a_file_or_are_refused(form, layout, w):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.file"
        try:
            w.write(path, format=form, layout=layout)
        except InputError:
            assert list(Path(folder).iterdir()) == []
            return
        back = sr.read_weights(path, format=form)
        assert list(map(str, back.ids)) == list(map(str, w.ids))
        if form in TYPED:
            assert list(back.ids) == list(w.ids)
            assert pd.api.types.infer_dtype(back.ids) == pd.api.types.infer_dtype(w.ids)
        if form in TYPED - {"xlsx"}:
            assert dict(back.recipe) == dict(w.recipe)
        np.testing.assert_array_equal(back.sparse.toarray(), w.sparse.toarray())
        again = sr.read_weights(path, format=form, ids=w.ids[::-1])
        assert again.ids.equals(w.ids[::-1])
        np.testing.assert_array_equal(again.reorder(w.ids).sparse.toarray(), w.sparse.toarray())
