"""Markov chains and items by co-session against slow obvious versions of themselves."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec.data import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models import ItemCoSession, MarkovChain

ITEMS = 6
LISTS = st.lists(st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=7), min_size=1, max_size=8).filter(
    lambda lists: max(map(len, lists)) > 1
)


def sessions_of(lists):
    lengths = [len(items) for items in lists]
    return Sessions(np.concatenate(lists), np.cumsum([0, *lengths[:-1]]))


def probabilities(lists, last, steps, decay, smoothing):
    counts = Counter()
    for items in lists:
        for i, first in enumerate(items):
            for distance in range(1, steps + 1):
                if first == last and i + distance < len(items):
                    counts[items[i + distance]] += distance**-decay
    plays = Counter(item for items in lists for item in items)
    total = sum(counts.values()) + smoothing
    return [
        (counts[b] + smoothing * plays[b] / plays.total()) / total if total else 0.0 for b in range(ITEMS)
    ]


@given(
    LISTS,
    st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=3),
    st.integers(1, 9),
    st.sampled_from([0.0, 1.0, 2.5]),
    st.sampled_from([0.0, 1.0, 20.0]),
)
def test_a_markov_chain_scores_by_the_share_of_what_came_after(lists, prefix, steps, decay, smoothing):
    model = MarkovChain(steps, decay, smoothing).fit(sessions_of(lists), n_items=ITEMS)
    expected = probabilities(lists, prefix[-1], steps, decay, smoothing)
    played = sorted({item for items in lists for item in items})
    scores = model.score_next([prefix])[0]
    np.testing.assert_allclose(scores[played], np.array(expected)[played], rtol=1e-5, atol=1e-7)
    if smoothing:
        assert scores[played].sum() == pytest.approx(1, rel=1e-5)


def test_a_distant_dependency_needs_as_many_steps():
    """Item i is followed, two plays later, by i + 1; what is between says nothing."""
    rng = np.random.default_rng(0)
    lists = [[int(i), int(rng.integers(20, 40)), int(i) + 1] for i in rng.integers(0, 19, 400)]
    prefixes = [[i] for i in range(19)]
    after = np.arange(1, 20)
    near = MarkovChain().fit(sessions_of(lists)).recommend_next(prefixes, k=1).ravel()
    far = MarkovChain(steps=2, decay=0.0).fit(sessions_of(lists)).recommend_next(prefixes, k=1).ravel()
    assert (far == after).all() and not (near == after).any()


@pytest.mark.parametrize("bad", [{"steps": 0}, {"decay": -1.0}, {"smoothing": float("nan")}])
def test_a_setting_out_of_range_is_named(bad):
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        MarkovChain(**bad)


@given(LISTS, st.integers(0, ITEMS - 1), st.sampled_from([0.0, 3.0]))
def test_items_by_co_session_score_by_the_cosine_of_their_sessions(lists, last, shrinkage):
    model = ItemCoSession(k=ITEMS, shrinkage=shrinkage).fit(sessions_of(lists), n_items=ITEMS)
    holding = [{n for n, items in enumerate(lists) if item in items} for item in range(ITEMS)]
    expected = [
        len(holding[last] & other) / ((len(holding[last]) * len(other)) ** 0.5 + shrinkage)
        if item != last and holding[last] & other
        else 0.0
        for item, other in enumerate(holding)
    ]
    np.testing.assert_allclose(model.score_next([[0, last]])[0], expected, rtol=1e-5)


def test_only_the_most_similar_items_are_kept():
    lists = [[0, 1], [0, 1], [0, 2], [0, 3], [3, 4]]
    scores = ItemCoSession(k=1, shrinkage=0.0).fit(sessions_of(lists)).score_next([[0]])[0]
    assert np.flatnonzero(scores).tolist() == [1]


def test_a_neighbourhood_out_of_range_is_named():
    with pytest.raises(InvalidArgument, match="similarity"):
        ItemCoSession(similarity="near")
