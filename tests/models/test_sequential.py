"""The contract of models of the next play: what they find, what they cannot know, what bad input gets."""

import functools
import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec import models
from musicrec.data import Sessions
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

ITEMS = 20
NAMES = ["MarkovChain", "ItemCoSession", "SKNN", "VSKNN", "STAN", "StaticNext"]


def new(name):
    cls = getattr(models, name)
    return cls(models.ItemKNN(shrinkage=0.0)) if name == "StaticNext" else cls()


def sessions_of(lists, **known):
    lengths = [len(items) for items in lists]
    starts = np.cumsum([0, *lengths[:-1]])
    return Sessions(np.concatenate([np.asarray(items, dtype=int) for items in lists]), starts, **known)


def chain(rng, n, length, follow):
    """Sessions in which each item has one that follows it, with probability `follow`; else any may come.

    They are so long that each holds most items: what is in them says little, the order a lot.
    """
    after = np.random.default_rng(99).permutation(ITEMS)
    lists = []
    for _ in range(n):
        items = [int(rng.integers(ITEMS))]
        while len(items) < length:
            items.append(int(after[items[-1]] if rng.random() < follow else rng.integers(ITEMS)))
        lists.append(items)
    return lists


def drawn(rng, n, length):
    """Sessions in which every play is drawn by popularity, whatever came before."""
    share = 1 / np.arange(1, ITEMS + 1)
    return rng.choice(ITEMS, size=(n, length), p=share / share.sum()).tolist()


def hits(model, lists, k):
    """For each play of each session but the first: whether it stands among the first k."""
    prefixes = [items[:stop] for items in lists for stop in range(1, len(items))]
    targets = np.array([items[stop] for items in lists for stop in range(1, len(items))])
    return (model.recommend_next(prefixes, k) == targets[:, None]).any(axis=1)


@functools.cache
def fitted(name):
    """Fitted on the chain; item 20 is never played."""
    return new(name).fit(sessions_of(chain(np.random.default_rng(0), 150, 40, 0.6)), n_items=ITEMS + 1)


@pytest.fixture(params=NAMES)
def model(request):
    return fitted(request.param)


# ---- What is found, and what is not there to be found


def test_a_markov_chain_finds_what_follows_what_and_a_static_model_does_not():
    held_out = chain(np.random.default_rng(1), 30, 40, 0.6)
    by_order = hits(fitted("MarkovChain"), held_out, 1).mean()
    by_set = hits(fitted("StaticNext"), held_out, 1).mean()
    assert by_order > 0.55  # 0.62 is the best that can be done
    assert by_set < 0.15  # chance is 0.05


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ItemCoSession"])
def test_where_plays_are_drawn_by_lot_nobody_beats_popularity(name):
    rng = np.random.default_rng(2)
    train, test = sessions_of(drawn(rng, 300, 10)), drawn(rng, 150, 10)
    popular = hits(models.StaticNext(models.Popularity()).fit(train, n_items=ITEMS), test, 5)
    found = hits(new(name).fit(train, n_items=ITEMS), test, 5)
    difference = found.astype(float) - popular
    assert difference.mean() < 3 * difference.std() / np.sqrt(len(difference)) + 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_sessions_of_a_kind_are_told_apart(name):
    """Two kinds of sessions share no item: what comes next is of the kind of the prefix."""
    rng = np.random.default_rng(3)
    lists = [(rng.permutation(10)[:5] + 10 * (n % 2)).tolist() for n in range(100)]
    made = new(name).fit(sessions_of(lists))
    for kind in (0, 1):
        listed = made.recommend_next([lists[n][:3] for n in range(kind, 20, 2)], k=5)
        assert (listed // 10 == kind).all()


# ---- Scores and lists


def test_scores_are_float32_one_row_a_prefix(model):
    scores = model.score_next([[1, 2, 3], [4], [5, 5]])
    assert scores.dtype == np.float32 and scores.shape == (3, ITEMS + 1)
    assert np.isfinite(scores).all()


def test_no_prefixes_get_no_rows(model):
    assert model.score_next([]).shape == (0, ITEMS + 1)
    assert model.recommend_next([], k=3).shape == (0, 3)


def test_an_item_that_was_never_played_comes_last_and_tells_nothing(model):
    scores = model.score_next([[1, 2, 3], [ITEMS]])
    assert (scores[:, ITEMS] == scores.min(axis=1)).all()


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=6), min_size=1, max_size=5))
@pytest.mark.parametrize("name", NAMES)
def test_a_prefix_gets_the_same_scores_in_whatever_company_and_form(name, lists):
    model = fitted(name)
    together = model.score_next(lists)
    assert (model.score_next(sessions_of(lists)) == together).all()
    assert (model.score_next([np.array(items) for items in lists]) == together).all()
    for row, items in enumerate(lists):
        np.testing.assert_allclose(model.score_next([items])[0], together[row], rtol=1e-5)


def test_lists_are_the_best_items_and_may_leave_out_what_was_played(model):
    prefixes = [[1, 2, 3, 1], [4]]
    scores = model.score_next(prefixes)
    everything = model.recommend_next(prefixes, k=ITEMS + 1)
    for row, listed in enumerate(everything):
        assert (np.diff(scores[row, listed]) <= 0).all()
        assert sorted(listed) == list(range(ITEMS + 1))
    unplayed = model.recommend_next(prefixes, k=ITEMS + 1, exclude_played=True)
    for items, listed, all_listed in zip(prefixes, unplayed, everything, strict=True):
        assert [i for i in listed if i >= 0] == [i for i in all_listed if i not in items]
        assert (listed == -1).sum() == len(set(items))


def test_lists_do_not_depend_on_the_size_of_the_blocks(model, monkeypatch):
    prefixes = chain(np.random.default_rng(4), 7, 5, 0.5)
    whole = model.recommend_next(prefixes, k=4, exclude_played=True)
    monkeypatch.setattr("musicrec.models.sequential._BLOCK", 2 * (ITEMS + 1))
    assert (model.recommend_next(prefixes, k=4, exclude_played=True) == whole).all()


def test_ties_stand_in_the_order_of_the_hash():
    model = models.MarkovChain(smoothing=0.0).fit(sessions_of([[0, 1], [2, 3]]), n_items=4)
    assert model.recommend_next([[3]], k=4)[0].tolist() == np.argsort(models.tie_ranks(range(4))).tolist()


def test_a_second_fit_starts_anew(model):
    other = sessions_of([[0, 1, 2], [2, 1], [1, 0]])
    again = type(model)(**model.params).fit(sessions_of(chain(np.random.default_rng(5), 5, 9, 0.5)))
    fresh = type(model)(**model.params).fit(other)
    assert (again.fit(other).score_next([[0], [1, 2]]) == fresh.score_next([[0], [1, 2]])).all()


def test_a_session_of_10_000_plays_and_a_prefix_as_long_are_legal(model):
    plays = np.random.default_rng(6).integers(0, ITEMS, 10_000)
    made = type(model)(**model.params).fit(sessions_of([plays.tolist(), [0, 1]]))
    assert np.isfinite(made.score_next([plays])).all()


def test_sessions_of_one_play_are_legal_beside_longer_ones(model):
    made = type(model)(**model.params).fit(sessions_of([[3], [0, 1], [2], [0, 1]]))
    assert made.n_items_ == 4
    assert made.recommend_next([[0]], k=1).shape == (1, 1)


# ---- Bad input


def test_a_prefix_beyond_the_vocabulary_is_named(model):
    with pytest.raises(UnknownName, match="Prefix 1 holds the item code 77"):
        model.score_next([[1], [2, 77]])
    with pytest.raises(UnknownName, match="Prefix 1 holds the item code 77"):
        model.recommend_next(sessions_of([[1], [2, 77]]))


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        ([[1], []], "Prefix 1 is empty"),
        ([[1], [0.5]], "Prefix 1 must be a flat list of item codes"),
        ([[1], [-1]], "Prefix 1 must be a flat list of item codes"),
        ([[1], ["a"]], "Prefix 1 must be a flat list of item codes"),
        ([[1], 2], "Prefix 1 must be a flat list of item codes"),
        ([[1], [[1], [2, 3]]], "Prefix 1 must be a flat list of item codes"),
        ([1, 2], "A single prefix goes into a list of its own"),
        (np.array([1, 2]), "A single prefix goes into a list of its own"),
        ("12", "A single prefix goes into a list of its own"),
        (7, "A single prefix goes into a list of its own"),
    ],
)
def test_a_prefix_that_is_none_is_named(prefixes, message):
    with pytest.raises(InvalidArgument, match=message):
        fitted("MarkovChain").score_next(prefixes)


def test_a_model_that_is_not_fitted_says_so(model):
    made = type(model)(**model.params)
    for ask in (made.score_next, made.recommend_next):
        with pytest.raises(InvalidArgument, match="has not been fitted"):
            ask([[1]])


def test_what_a_fit_cannot_use_is_refused(model):
    made = type(model)(**model.params)
    good = sessions_of([[0, 1], [1, 2]])
    with pytest.raises(InvalidArgument, match=r"needs data\.Sessions, found list"):
        made.fit([[0, 1]])
    with pytest.raises(InvalidData, match=r"None of the 2 sessions .* has two plays"):
        made.fit(sessions_of([[0], [1]]))
    with pytest.raises(InvalidData, match="None of the 0 sessions"):
        made.fit(Sessions(np.empty(0, dtype=int), np.empty(0, dtype=int)))
    with pytest.raises(UnknownName, match="Session 1 holds the item code 2"):
        made.fit(good, n_items=2)
    with pytest.raises(UnknownName, match=r"Session \(of valid\) 0 holds the item code 9"):
        made.fit(good, valid=sessions_of([[0, 9]]))
    with pytest.raises(InvalidArgument, match="n_items is 0"):
        made.fit(good, n_items=0)


def test_lists_of_no_length_are_refused(model):
    with pytest.raises(InvalidArgument, match="k is 0"):
        model.recommend_next([[1]], k=0)


def test_context_is_refused_by_a_model_that_reads_none(model):
    with pytest.raises(InvalidArgument, match="reads no context"):
        model.score_next([[1]], context=pd.DataFrame({"hour": [3]}))


class ByHour(models.SequenceModel):
    """Lists the item of the hour."""

    reads_context = True

    def _fit(self, sessions, valid):
        pass

    def _score_next(self, prefixes, context):
        return np.eye(self.n_items_)[context["hour"]]


def test_context_comes_with_the_prefixes_or_beside_them(monkeypatch):
    hours = pd.DataFrame({"hour": [2, 0, 1]})
    lists = [[0, 1], [1, 2], [2]]
    model = ByHour().fit(sessions_of(lists))
    monkeypatch.setattr("musicrec.models.sequential._BLOCK", 2)  # a block a prefix
    assert model.recommend_next(lists, k=1, context=hours).ravel().tolist() == [2, 0, 1]
    prefixes = sessions_of(lists, context=hours)
    assert model.recommend_next(prefixes, k=1).ravel().tolist() == [2, 0, 1]
    assert model.recommend_next(prefixes, k=1, context=hours[::-1]).ravel().tolist() == [1, 0, 2]
    for lacking in (None, hours[:2], {"hour": [2, 0, 1]}):
        with pytest.raises(InvalidArgument, match="reads the context of prefixes"):
            model.score_next(lists, context=lacking)


# ---- Settings and names


def test_settings_are_kept_and_shown(model):
    cls = type(model)
    assert list(model.params) == list(inspect.signature(cls).parameters)
    shown = eval(repr(model), {name: getattr(models, name) for name in [*NAMES, "ItemKNN"]})
    assert repr(shown) == repr(model)


def test_models_of_the_next_play_are_found_by_name():
    offered = [getattr(models, name) for name in models.__all__]
    classes = {c.__name__ for c in offered if isinstance(c, type) and issubclass(c, models.SequenceModel)}
    assert set(models.sequence_names()) == classes - {"SequenceModel", "StaticNext"}
    assert models.sequence_by_name("VSKNN") is models.VSKNN
    with pytest.raises(UnknownName, match="There are: MarkovChain, ItemCoSession"):
        models.sequence_by_name("EASE")
