"""Settings and arguments are checked alike everywhere: the error says what was found and what to give."""

import numpy as np
import pytest

from musicrec.errors import InvalidArgument
from musicrec.parameters import check_choice, check_number, check_strength, check_whole


@pytest.mark.parametrize("number", [1, 3, np.int64(2)])
def test_whole_numbers_within_bounds_pass(number):
    check_whole("k", number, 1, 3)


@pytest.mark.parametrize("number", [0, 4, True, 2.0, "2", None, float("nan")])
def test_others_do_not(number):
    with pytest.raises(InvalidArgument, match=r"k is .*; it must be a whole number of bands from 1 to 3\."):
        check_whole("k", number, 1, 3, unit="bands")


@pytest.mark.parametrize("number", [0, 1, 0.5, np.float32(0.25)])
def test_numbers_within_bounds_pass(number):
    check_number("share", number, 0, 1)
    check_strength("l2", number)


@pytest.mark.parametrize("number", [-0.1, float("nan"), float("inf"), True, "1", None])
def test_no_number_passes_that_is_out_of_bounds_or_not_finite(number):
    with pytest.raises(InvalidArgument, match=r"share is .*; it must be a finite number, 0 or more\."):
        check_number("share", number, 0)
    with pytest.raises(InvalidArgument, match=r"l2 is .*; it must be a finite number of 0 or more\."):
        check_strength("l2", number)


def test_a_positive_number_is_above_0():
    check_strength("lr", 1e-300, positive=True)
    with pytest.raises(InvalidArgument, match=r"lr is 0; it must be a finite number above 0\."):
        check_strength("lr", 0, positive=True)


def test_a_word_must_be_known():
    check_choice("weight", "raw", ("raw", "log"))
    for wrong in ("RAW", "", None, 1):
        with pytest.raises(InvalidArgument, match=r"it must be one of 'raw', 'log'\."):
            check_choice("weight", wrong, ("raw", "log"))
