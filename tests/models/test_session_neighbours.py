"""Session neighbours against slow obvious versions of their formulas."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from musicrec.data import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models import SKNN, STAN, VSKNN

ITEMS = 8
WEIGHTS = ["same", "div", "linear", "quadratic", "log"]
PLAYS = st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=7)
LISTS = st.lists(PLAYS, min_size=1, max_size=12).filter(lambda lists: max(map(len, lists)) > 1)
SMALL = st.integers(1, 6)


def sessions_of(lists, ends=None):
    """Sessions, with times if the end of each is given: the same time for all of its plays."""
    lengths = [len(items) for items in lists]
    times = None if ends is None else np.repeat(ends, lengths)
    return Sessions(np.concatenate(lists), np.cumsum([0, *lengths[:-1]]), times)


def last_position(plays, item):
    return len(plays) - plays[::-1].index(item)  # from 1


def by_formula(lists, prefix, k, sample, similarity, factor, ends=None):
    """Scores by sorting and summing; `similarity(s, n, age)`, `factor(s, n, item)`."""
    kept = [n for n in range(len(lists)) if len(lists[n]) > 1]
    moment = {n: place if ends is None else ends[n] for place, n in enumerate(kept)}
    kept.sort(key=lambda n: moment[n])
    span = moment[kept[-1]] - moment[kept[0]]
    age = {n: (moment[kept[-1]] - moment[n]) / span if span else 0.0 for n in kept}
    latest = [n for n in reversed(kept) if set(lists[n]) & set(prefix)][:sample]
    similar = [similarity(prefix, lists[n], age[n]) for n in latest]
    nearest = sorted(range(len(latest)), key=lambda place: -similar[place])  # stable: the latest first
    if len(nearest) > k:  # rounding must not decide who is the last neighbour
        last, first_out = similar[nearest[k - 1]], similar[nearest[k]]
        assume(last == first_out or last - first_out > 1e-9)
    scores = np.zeros(ITEMS)
    for place in nearest[:k]:
        plays = lists[latest[place]]
        for item in set(plays):
            scores[item] += similar[place] * factor(prefix, plays, item)
    return scores


def cosine(s, n, age):
    return len(set(s) & set(n)) / math.sqrt(len(set(s)) * len(set(n)))


@given(LISTS, PLAYS, SMALL, SMALL)
def test_sknn_adds_up_the_cosines_of_the_neighbours(lists, prefix, k, sample):
    expected = by_formula(lists, prefix, k, sample, cosine, lambda s, n, item: 1)
    scores = SKNN(k, sample).fit(sessions_of(lists), n_items=ITEMS).score_next([prefix])[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


F = {
    "same": lambda p, size: 1.0,
    "div": lambda p, size: p / size,
    "linear": lambda p, size: max(0, 1 - 0.1 * (size - p)),
    "quadratic": lambda p, size: (p / size) ** 2,
    "log": lambda p, size: 1 / math.log10(size - p + 1.7),
}
G = {
    "same": lambda t: 1.0,
    "div": lambda t: 1 / t,
    "linear": lambda t: max(0, 1 - 0.1 * t),
    "quadratic": lambda t: 1 / t**2,
    "log": lambda t: 1 / math.log10(t + 1.7),
}


@given(
    LISTS,
    PLAYS,
    SMALL,
    SMALL,
    st.sampled_from(WEIGHTS),
    st.sampled_from(WEIGHTS),
    st.sampled_from([0.0, 2.0]),
)
def test_vsknn_weighs_by_position_recency_and_rarity(lists, prefix, k, sample, weighting, score, idf):
    past = [items for items in lists if len(items) > 1]

    def similarity(s, n, age):
        shared = sorted(set(s) & set(n))
        return sum(F[weighting](last_position(s, j), len(s)) for j in shared) / len(set(s))

    def factor(s, n, item):
        step = min(len(s) - last_position(s, j) + 1 for j in set(s) & set(n))
        return G[score](step) * (1 + idf * math.log(len(past) / sum(item in items for items in past)))

    expected = by_formula(lists, prefix, k, sample, similarity, factor)
    model = VSKNN(k, sample, weighting, score, idf).fit(sessions_of(lists), n_items=ITEMS)
    np.testing.assert_allclose(model.score_next([prefix])[0], expected, rtol=1e-5, atol=1e-7)


@given(LISTS, PLAYS, SMALL, SMALL, *[st.sampled_from([0.3, 2.0, 50.0])] * 3, st.data())
def test_stan_decays_early_plays_old_neighbours_and_distant_items(lists, prefix, k, sample, l1, l2, l3, data):
    size = len(lists)
    ends = data.draw(st.none() | st.lists(st.integers(0, 99), min_size=size, max_size=size, unique=True))

    def similarity(s, n, age):
        shared = sorted(set(s) & set(n))
        weight = sum(math.exp(-(len(s) - last_position(s, j)) / l1) for j in shared)
        return weight / math.sqrt(len(set(s)) * len(set(n))) * math.exp(-age / l2)

    def factor(s, n, item):
        star = max(place for place, j in enumerate(n, start=1) if j in s)
        return math.exp(-abs(last_position(n, item) - star) / l3)

    expected = by_formula(lists, prefix, k, sample, similarity, factor, ends)
    model = STAN(k, sample, l1, l2, l3).fit(sessions_of(lists, ends), n_items=ITEMS)
    np.testing.assert_allclose(model.score_next([prefix])[0], expected, rtol=1e-5, atol=1e-7)


def test_the_latest_sessions_are_those_that_ended_last():
    lists = [[0, 1], [0, 2], [0, 3]]
    in_order = SKNN(sample=1).fit(sessions_of(lists))
    by_time = SKNN(sample=1).fit(sessions_of(lists, ends=np.array([5, 9, 2])))
    as_dates = SKNN(sample=1).fit(sessions_of(lists, ends=np.array([5, 9, 2], dtype="datetime64[D]")))
    listed = [
        model.recommend_next([[0]], k=1, exclude_played=True)[0, 0] for model in (in_order, by_time, as_dates)
    ]
    assert listed == [3, 2, 2]


def test_old_neighbours_fade_in_stan_by_dates_too():
    lists = [[0, 1], [0, 2], [0, 3]]
    ends = np.array(["2020-01-01", "2020-12-31", "2020-12-01"], dtype="datetime64[D]")
    scores = STAN(lambda2=0.1).fit(sessions_of(lists, ends)).score_next([[0]])[0]
    assert scores[2] > scores[3] > 100 * scores[1] > 0


def test_sessions_that_all_ended_at_once_are_all_new():
    scores = STAN().fit(sessions_of([[0, 1], [0, 2]], ends=np.array([7, 7]))).score_next([[0]])[0]
    assert scores[1] == scores[2] > 0


@pytest.mark.parametrize("model", [SKNN(), VSKNN(), STAN()], ids=repr)
def test_a_prefix_that_shares_nothing_gets_equal_scores(model):
    scores = model.fit(sessions_of([[0, 1], [0, 1], [2]]), n_items=4).score_next([[2], [3]])
    assert (scores == 0).all()


@pytest.mark.parametrize("model", [SKNN(), VSKNN(), STAN()], ids=repr)
def test_of_a_long_prefix_the_last_plays_are_read(model):
    rng = np.random.default_rng(0)
    model.fit(sessions_of(rng.integers(0, ITEMS, (20, 4)).tolist()))
    long = rng.integers(0, ITEMS, 10_000)
    assert (model.score_next([long]) == model.score_next([long[-model.max_length :]])).all()


@pytest.mark.parametrize(
    ("cls", "bad"),
    [
        (SKNN, {"k": 0}),
        (SKNN, {"sample": 0}),
        (VSKNN, {"weighting": "cubic"}),
        (VSKNN, {"weighting_score": "cubic"}),
        (VSKNN, {"idf": -1.0}),
        (STAN, {"lambda1": 0.0}),
        (STAN, {"lambda2": float("inf")}),
        (STAN, {"lambda3": -2.0}),
    ],
)
def test_a_setting_out_of_range_is_named(cls, bad):
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        cls(**bad)
