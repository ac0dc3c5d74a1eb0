"""The statistics that simulated and measured listening are compared by, on cases done by hand."""

import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from musicrec.errors import InvalidData
from musicrec.listeners import calibration


def test_sessions_by_hand() -> None:
    found = calibration.of_sessions([[1, 2, 2, 1], [3, 4], [5], []])  # the last two are too short to count
    assert found["session_mean"] == 3
    assert found["session_cv"] == pytest.approx(1 / 3)
    assert found["session_repeats"] == pytest.approx(2 / 6)
    assert found["session_at_once"] == pytest.approx(1 / 6)
    assert found["sessions_without_repeat"] == 0.5


def test_plays_by_hand() -> None:
    even = calibration.of_plays(sp.csr_matrix(np.full((3, 4), 20.0)))
    assert even["items_gini_plays"] == even["items_gini_listeners"] == even["listeners_gini"] == 0
    assert even["density"] == even["items_median_to_mean"] == even["listeners_median_to_mean"] == 1
    assert even["own_same_twice"] == pytest.approx(19 / 79)
    one = calibration.of_plays(sp.csr_matrix([[40.0, 0.0]]))
    assert one["own_repeats"] == pytest.approx(39 / 40) and one["own_same_twice"] == 1


@given(st.lists(st.integers(1, 6), min_size=41, max_size=80))
def test_repeats_are_what_drawing_gives_on_average(counts: list[int]) -> None:
    plays = np.array([counts], dtype=float)[:, :50]
    found = calibration.of_plays(sp.csr_matrix(plays))["own_repeats"]
    n = int(plays.sum())
    distinct = sum(1 - math.comb(n - int(c), 40) / math.comb(n, 40) for c in plays[0])
    assert found == pytest.approx(1 - distinct / 40, abs=1e-9)


def test_only_the_head_of_a_listener_counts() -> None:
    plays = np.concatenate([np.full(50, 9.0), np.full(30, 1.0)])[None, :]
    head = calibration.of_plays(sp.csr_matrix(plays))
    assert head == calibration.of_plays(sp.csr_matrix(plays[:, :50]))


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(InvalidData, match="at least 40 plays"):
        calibration.of_plays(sp.csr_matrix((3, 3)))
    with pytest.raises(InvalidData, match="at least two plays"):
        calibration.of_sessions([[1]])


def test_targets_name_the_statistics_that_are_computed() -> None:
    targets = calibration.targets()
    plays = calibration.of_plays(sp.csr_matrix([[40.0]]))
    sessions = calibration.of_sessions([[1, 1]])
    assert set(targets.index) == set(plays) | set(sessions)
    assert (targets["tolerance"] > 0).all() and set(targets["dataset"]) == {"lastfm-2k", "nowplaying"}
