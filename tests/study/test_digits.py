"""How many decimals numbers are written with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec.study.digits import between, decimals


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ([], 0),
        ([0.0, 3, 1000.0], 0),
        ([0.0014, 0.000196, -0.003], 5),
        ([29.0031, 0.40412, 0.028495], 3),
        ([0.19442, -0.00041], 4),
        ([0.1, 0.08, 0.05], 2),
        ([12345.6, 20.0], 0),
        ([0.1 + 0.2], 1),
        ([0.5, 1e-9], 4),
    ],
)
def test_numbers_side_by_side_have_the_same_decimals(numbers, places):
    assert decimals(numbers) == places


@given(st.lists(st.floats(1e-6, 1e6), min_size=1))
def test_the_largest_number_loses_less_than_half_a_percent(numbers):
    largest = max(numbers)
    assert abs(round(largest, decimals(numbers)) - largest) <= 0.0051 * largest


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((0.40412, 0.41988), "0.404\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.420"),
        ((0.83012, 0.83041), "0.8301\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.8304"),
        ((-0.0004, 0.0002), "\u22120.0004\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.0002"),
        ((2, 2), "2\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}2"),
        ((1200, 17632), "1,200\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}17,632"),
    ],
)
def test_an_interval_tells_its_bounds_apart(bounds, words):
    assert between(*bounds) == words
