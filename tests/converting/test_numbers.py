"""Numbers come back bit for bit, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livn_core.converting._numbers import Form, extent_of, joined
from livn_core.writing._checks import STORABLE

DTYPES = ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]


@given(st.data(), st.sampled_from(DTYPES))
@settings(max_examples=300, deadline=None)
def test_there_and_back(data, dtype):
    values = data.draw(arrays(np.dtype(dtype), st.integers(0, 20)))
    form = Form.of(extent_of(values))
    parts = form.split(values.astype(form.wide))
    assert all(part.dtype.name in STORABLE for part in parts.values())
    assert joined(parts, values.dtype).tobytes() == values.tobytes()


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        (np.array([0.5, np.nan, -0.0, np.inf]), {"": "float32"}),
        (np.array([0.1]), {"": "float32", "ulp": "int32"}),
        (np.array([1e300]), {"": "float32", "low": "uint32", "high": "uint32"}),
        (np.array([-1, 2**31 - 1]), {"": "int32"}),
        (np.array([2**32 - 1]), {"": "uint32"}),
        (np.array([2**32]), {"low": "uint32", "high": "uint32"}),
        (np.array([True]), {"": "uint8"}),
        (np.array([-1], np.int8), {"": "int16"}),
    ],
)
def test_the_plainest_form(values, stored):
    form = Form.of(extent_of(values))
    assert {name: part.dtype.name for name, part in form.split(values.astype(form.wide)).items()} == stored


def test_numbers_of_several_kinds_share_a_form():
    form = Form.of(extent_of(np.array([1, 2**20])) | extent_of(np.array([0.1])))
    for values in (np.array([1, 2**20]), np.array([0.1])):
        assert joined(form.split(values.astype(form.wide)), values.dtype).tobytes() == values.tobytes()
