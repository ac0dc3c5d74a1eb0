"""The Lorenz curve and the Gini coefficient, against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec import errors, metrics

amounts = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any)


@given(amounts)
def test_gini_is_half_the_relative_mean_difference(counts):
    x = np.array(counts, dtype=float)
    pairs = np.abs(x[:, None] - x[None, :]).mean()
    assert metrics.gini(x) == pytest.approx(pairs / (2 * x.mean()), abs=1e-9)


@given(amounts, st.integers(2, 5), st.floats(0.1, 50))
def test_gini_ignores_order_unit_and_replication(counts, copies, unit):
    x = np.array(counts, dtype=float)
    expected = metrics.gini(x)
    assert metrics.gini(x[::-1] * unit) == pytest.approx(expected, abs=1e-9)
    assert metrics.gini(np.tile(x, copies)) == pytest.approx(expected, abs=1e-9)


@given(amounts)
def test_lorenz_rises_from_zero_to_one_below_the_diagonal(counts):
    curve = metrics.lorenz(counts)
    assert curve[0] == 0 and curve[-1] == pytest.approx(1)
    assert (np.diff(curve) >= 0).all()
    assert (curve <= np.linspace(0, 1, len(curve)) + 1e-12).all()


def test_gini_of_the_two_extremes():
    assert metrics.gini([3, 3, 3, 3]) == pytest.approx(0)
    assert metrics.gini([0, 0, 0, 12]) == pytest.approx(3 / 4)


@pytest.mark.parametrize("bad", [[], [0, 0], [1, -1], [1, float("nan")], [1, float("inf")]])
def test_what_has_no_distribution_is_refused(bad):
    with pytest.raises(errors.InvalidData, match="non-negative"):
        metrics.gini(bad)
