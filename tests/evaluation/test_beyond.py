"""The measures beside accuracy, against their definitions written out list by list."""

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.distance import cosine
from scipy.special import rel_entr

from musicrec import data, errors, evaluation, metrics, models
from musicrec.evaluation import list_measures


@st.composite
def lists_of_items(draw):
    """Lists over a few items, some short, not all empty; and how many items there are."""
    n_items = draw(st.integers(3, 10))
    row = st.lists(st.integers(0, n_items - 1), unique=True, max_size=4)
    rows = draw(st.lists(row, min_size=1, max_size=5).filter(any))
    return np.array([[*row, *[-1] * (4 - len(row))] for row in rows]), n_items


def each(lists, measure):
    """A measure of the items of each list, NaN where it gives None."""
    found = [measure([i for i in row if i >= 0]) for row in lists]
    return np.array([np.nan if value is None else value for value in found])


@given(lists_of_items(), st.integers(0, 99))
def test_coverage_novelty_popularity_and_gini_by_definition(case, seed):
    lists, n_items = case
    listeners = np.random.default_rng(seed).integers(0, 20, n_items)
    listed = [i for row in lists for i in row if i >= 0]
    assert list_measures.coverage(lists, np.arange(n_items)) == len({*listed}) / n_items
    counts = [listed.count(i) for i in range(n_items)]
    assert list_measures.exposure_gini(lists, np.arange(n_items)) == pytest.approx(metrics.gini(counts))
    novelty = each(
        lists, lambda row: np.mean([-np.log2(max(listeners[i], 1) / 32) for i in row]) if row else None
    )
    np.testing.assert_allclose(list_measures.novelty(lists, listeners, 32), novelty)
    mean = each(lists, lambda row: np.mean([listeners[i] for i in row]) if row else None)
    np.testing.assert_allclose(list_measures.popularity(lists, listeners), mean)


@given(lists_of_items(), st.data())
def test_diversity_is_one_less_the_mean_cosine_of_all_pairs(case, drawn):
    lists, n_items = case
    features = drawn.draw(arrays.arrays(np.float64, (n_items, 3), elements=st.integers(-3, 3)))

    def by_pairs(row):
        pairs = [*itertools.combinations([i for i in row if features[i].any()], 2)]
        return np.mean([cosine(features[i], features[j]) for i, j in pairs]) if pairs else None

    found = list_measures.diversity(lists, sp.csr_matrix(features))
    np.testing.assert_allclose(found, each(lists, by_pairs), atol=1e-12)


@given(lists_of_items(), st.data())
def test_calibration_is_the_divergence_of_the_smoothed_list_from_the_history(case, drawn):
    lists, n_items = case
    categories = drawn.draw(arrays.arrays(np.int64, n_items, elements=st.integers(-1, 3)))
    categories[0] = 3
    history = drawn.draw(arrays.arrays(np.float64, (len(lists), n_items), elements=st.sampled_from([0, 1])))

    def shares(items):
        counts = np.bincount([categories[i] for i in items if categories[i] >= 0], minlength=4)
        return counts / counts.sum() if counts.any() else None

    expected = []
    for row, played in zip(lists, history, strict=True):
        p, q = shares(np.flatnonzero(played)), shares([i for i in row if i >= 0])
        neither = p is None or q is None
        expected.append(np.nan if neither else rel_entr(p, 0.99 * q + 0.01 * p).sum())
    found = list_measures.calibration(lists, sp.csr_matrix(history), categories)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_list_like_the_history_is_calibrated_and_one_of_the_rest_costs_a_hundredfold():
    history = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0]])
    found = list_measures.calibration(np.array([[0], [2]]), history, np.array([0, 0, 1, 1]))
    assert found == pytest.approx([0, np.log(100)])


@pytest.fixture
def toy(interactions_of):
    """Three listeners and six items, i5 with no listener; i3 has neither features nor a style."""
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 3), (2, 4)], 3, 6)
    matrix = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [2, 0], [0, 3]], dtype=np.float32)
    features = data.Features("tags", train.items, ["a", "b"], matrix, missing=matrix.sum(axis=1) == 0)
    styles = pd.Series(["reel", "jig", "reel", None, "reel", "jig"], index=train.items)
    return train, features, styles


LISTS = np.array([[2, 5, 3], [1, 3, -1], [5, 1, 2]])


def test_all_of_them_together(toy):
    found = evaluation.beyond_accuracy(LISTS, *toy)
    assert [*found.index] == [
        *("coverage", "novelty", "exposure gini", "popularity"),
        *("diversity", "places without features", "lists without diversity"),
        *("calibration", "lists without calibration"),
    ]
    assert found["coverage"] == 4 / 6
    assert found["novelty"] == pytest.approx(np.log2(3))  # one listener each, or none
    assert found["exposure gini"] == pytest.approx(metrics.gini([0, 2, 2, 2, 0, 2]))
    assert found["popularity"] == pytest.approx(((1 + 0 + 1) / 3 + 1 + (0 + 1 + 1) / 3) / 3)
    off = 1 - 1 / np.sqrt(2)
    assert found["diversity"] == pytest.approx((off + (0 + off + off) / 3) / 2)
    assert (found["places without features"], found["lists without diversity"]) == (2, 1)
    assert found["lists without calibration"] == 0


def test_what_is_not_known_is_left_out_and_counted(toy, interactions_of):
    _, features, styles = toy
    lists = np.array([[3, -1, -1], [-1, -1, -1], [2, 0, 1]])
    unheard = interactions_of([(0, 3), (1, 0)], 3, 6)  # u2 played nothing, u0 nothing of a known style
    found = evaluation.beyond_accuracy(lists, unheard, features, styles)
    assert (found["lists without diversity"], found["lists without calibration"]) == (2, 3)
    assert np.isnan(found["calibration"]) and not np.isnan(found["novelty"])
    assert found["novelty"] == pytest.approx((1 + 1) / 2)  # two listeners in all


def test_without_features_and_categories_they_are_not_reported(toy):
    found = evaluation.beyond_accuracy(LISTS, toy[0])
    assert [*found.index] == ["coverage", "novelty", "exposure gini", "popularity"]


def test_sparse_and_dense_features_give_the_same(toy):
    train, dense, styles = toy
    sparse = data.Features("tags", train.items, dense.names, sp.csr_matrix(dense.matrix), dense.missing)
    assert evaluation.beyond_accuracy(LISTS, train, sparse, styles).equals(
        evaluation.beyond_accuracy(LISTS, train, dense, styles)
    )


def test_categories_are_found_by_label(toy):
    train, features, styles = toy
    turned = pd.concat([styles[::-1], pd.Series({"elsewhere": "jig"})])
    assert evaluation.beyond_accuracy(LISTS, train, features, turned).equals(
        evaluation.beyond_accuracy(LISTS, train, features, styles)
    )


def test_an_evaluation_knows_whose_its_lists_are_and_what_could_be_listed(toy, interactions_of):
    train, _, styles = toy
    split = data.Split(train=train, test=interactions_of([(0, 2), (2, 1)], 3, 6))
    model = models.Popularity().fit(train)
    e = evaluation.evaluate(model, split, k=2, candidates=[1, 2, 3])
    found = evaluation.beyond_accuracy(e, train, categories=styles)
    assert found["coverage"] == len({*e.lists.ravel()}) / 3
    shown = [(e.lists == i).sum() for i in (1, 2, 3)]
    assert found["exposure gini"] == pytest.approx(metrics.gini(shown))
    own = list_measures.calibration(e.lists, train.binary[[0, 2]], np.array([0, 1, 0, -1, 0, 1]))
    assert found["calibration"] == pytest.approx(own.mean())


def test_popular_lists_are_popular_and_cover_little():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((80, 60)) < np.linspace(0.02, 0.5, 60))
    x = data.Interactions.from_frame(pd.DataFrame({"user": users, "item": items}))
    split = data.holdout(x, seed=0)
    e = evaluation.evaluate(models.Popularity().fit(split.train), split, k=5)
    by_chance = np.argsort(rng.random((split.train.n_users, split.train.n_items)), axis=1)[:, :5]
    popular = evaluation.beyond_accuracy(e, split.train)
    chance = evaluation.beyond_accuracy(by_chance, split.train)
    assert popular["popularity"] > chance["popularity"] and popular["exposure gini"] > chance["exposure gini"]
    assert popular["novelty"] < chance["novelty"] and popular["coverage"] < chance["coverage"]


def test_what_does_not_belong_together_is_refused(toy, interactions_of):
    train, features, styles = toy
    fewer = data.Features("tags", train.items[:5], features.names, features.matrix[:5], features.missing[:5])
    for arguments, error, says in (
        ((LISTS[:2], train), errors.InvalidData, "2 lists and 3 users"),
        ((LISTS + 5, train), errors.InvalidData, "item code"),
        ((np.full((3, 2), -1), train), errors.InvalidData, "All lists are empty"),
        ((np.array([[1, 1]] * 3), train), errors.InvalidData, "more than once"),
        ((LISTS, train.binary), errors.InvalidArgument, r"data\.Interactions"),
        ((LISTS, train, features.matrix), errors.InvalidArgument, r"data\.Features"),
        ((LISTS, train, fewer), errors.InvalidData, "5 items and train of 6"),
        ((LISTS, train, None, [*styles]), errors.InvalidArgument, "pandas Series"),
        ((LISTS, train, None, pd.concat([styles, styles])), errors.InvalidData, "more than once"),
        ((LISTS, train, None, styles.reset_index(drop=True)), errors.InvalidData, "no item of train"),
    ):
        with pytest.raises(error, match=says):
            evaluation.beyond_accuracy(*arguments)
    split = data.Split(train=train, test=interactions_of([(0, 2)], 3, 6))
    e = evaluation.evaluate(models.Popularity().fit(train), split, k=2)
    others = data.Interactions(pd.Index(["a", "b", "c"]), train.items, train.events)
    with pytest.raises(errors.InvalidData, match="other users than train"):
        evaluation.beyond_accuracy(e, others)
