"""The propensity that is logged is the chance with which the policy shows a piece."""

import numpy as np
import pandas as pd
import pytest

from musicrec.listeners import World, simulate
from musicrec.listeners.exposure import CHARTS, Policy, Shelf

MANY = 200_000


def test_propensities_are_the_frequencies_of_showing() -> None:
    weights = np.array([8.0, 0.0, 3.0, 1.0, 1.0, 5.0])  # steep, so that a piece often comes up twice
    size = 4
    items, propensities = Shelf(weights).slates(np.random.default_rng(0).random((MANY, size)))
    for position in range(size):
        for item in range(len(weights)):
            shown = items[:, position] == item
            stated = propensities[shown, position]
            expected = stated[0] if len(stated) else 0.0
            assert np.all(stated == expected)
            error = np.sqrt(max(expected * (1 - expected), 1e-6) / MANY)
            assert abs(shown.mean() - expected) < 5 * error, (item, position)
    assert not (items == 1).any()


def test_nothing_stands_twice_in_a_slate_and_empty_places_have_no_propensity() -> None:
    items, propensities = Shelf(np.array([5.0, 1.0, 1.0])).slates(np.random.default_rng(1).random((1000, 5)))
    for slate in items:
        shown = slate[slate >= 0]
        assert len(np.unique(shown)) == len(shown)
    assert np.array_equal(items < 0, propensities == 0)
    assert (items[:, 0] >= 0).all()


def test_charts_give_every_piece_a_chance() -> None:
    fame = np.array([-3.0, 0.0, 3.0])
    policy = Policy()
    q = policy.charts(fame)
    assert q.sum() == pytest.approx(1)
    assert q.min() >= policy.exploration / 3
    assert np.all(np.diff(q) > 0)


def test_inverse_propensities_in_the_log_count_the_pieces(sound: pd.DataFrame) -> None:
    """Each showing weighed by 1/propensity estimates, at any position, how many pieces there are."""
    log = simulate(World(n_users=400, seed=5), sound)
    shelf_of_slate = dict(zip(log.plays["slate"], log.plays["shelf"], strict=True))
    shown = pd.DataFrame(log.exposures)
    charts = shown[shown["slate"].map(shelf_of_slate) == CHARTS]
    n_slates = charts["slate"].nunique()
    assert n_slates > 3000
    for position in (0, 3, 7):
        weights = 1 / charts.loc[charts["position"] == position, "propensity"]
        error = weights.std() / np.sqrt(n_slates)
        assert weights.sum() / n_slates == pytest.approx(len(sound), abs=6 * error)
