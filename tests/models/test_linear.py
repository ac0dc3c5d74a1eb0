"""EASE is what its equation says, in either of its two forms, and says so where there is no solution."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Ridge

from musicrec import data
from musicrec.data import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models import EASE, gram

SOME = settings(max_examples=40)


def interactions(matrix):
    """Interactions of a dense matrix of weights; the zeros are no events."""
    user, item = np.nonzero(matrix)
    events = pd.DataFrame({"user": user, "item": item, "weight": np.asarray(matrix, float)[user, item]})
    return Interactions(pd.RangeIndex(len(matrix)), pd.RangeIndex(len(matrix[0])), events)


def steck(x, l2):
    """The weights by the equation of the paper, dense: B = I - P diag(1 / diag P)."""
    p = np.linalg.inv(x.T @ x + l2 * np.eye(x.shape[1]))
    weights = np.eye(x.shape[1]) - p / np.diag(p)
    np.fill_diagonal(weights, 0)
    return weights


def plays(n_users, n_items, seed=0):
    """Play counts of listeners who differ in how much they play, so that every user and item has some."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.3, 2.0, (n_users, n_items)))
    counts[np.arange(n_users), rng.integers(0, n_items, n_users)] += 1
    counts[rng.integers(0, n_users, n_items), np.arange(n_items)] += 1
    return counts


READ = {"binary": np.sign, "log": np.log1p, "raw": np.asarray}
SHAPES = [(80, 30), (30, 80), (40, 40)]  # the form of the items, of the users, and where they meet


@pytest.mark.parametrize("weight", READ)
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_those_of_the_equation(shape, weight):
    counts = plays(*shape)
    x = READ[weight](counts.astype(float))
    model = EASE(l2=3.0, weight=weight).fit(interactions(counts))
    expected = x @ steck(x, 3.0)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(model.score(range(shape[0])) / scale, expected / scale, atol=1e-5)
    strangers = plays(5, shape[1], seed=1)
    expected = READ[weight](strangers.astype(float)) @ steck(x, 3.0)
    found = model.score_history(sp.csr_matrix(strangers))
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)


COUNTS = arrays(
    np.int64, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([0, 0, 1, 4])
)


@SOME
@given(COUNTS.filter(np.any), st.sampled_from([0.1, 2.0, 500.0]))
def test_scores_are_those_of_the_equation_also_where_users_and_items_are_silent(counts, l2):
    x = np.sign(counts).astype(float)
    scores = EASE(l2=l2).fit(interactions(counts)).score(range(len(x)))
    heard = x.any(axis=0)
    expected = x @ steck(x, l2)
    known = x.any(axis=1)
    np.testing.assert_allclose(scores[np.ix_(known, heard)], expected[np.ix_(known, heard)], atol=1e-5)


@pytest.mark.parametrize("weight", READ)
def test_the_two_forms_agree(weight):
    """Everybody twice and twice the l2: the same weights, but now there are more users than items."""
    counts = plays(50, 70)
    once = EASE(l2=4.0, weight=weight).fit(interactions(counts))
    twice = EASE(l2=8.0, weight=weight).fit(interactions(np.vstack([counts, counts])))
    scale = np.abs(once.score(range(50))).max()
    np.testing.assert_allclose(once.score(range(50)) / scale, twice.score(range(50)) / scale, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_item_is_a_ridge_regression_on_all_others(shape):
    x = np.sign(plays(*shape)).astype(float)
    scores = EASE(l2=2.0).fit(interactions(x)).score(range(shape[0]))
    for item in range(0, shape[1], 7):
        others = np.delete(x, item, axis=1)
        ridge = Ridge(alpha=2.0, fit_intercept=False).fit(others, x[:, item])
        np.testing.assert_allclose(scores[:, item], ridge.predict(others), atol=1e-5)


def test_a_pair_of_items_played_by_the_same_people_stands_for_each_other():
    rng = np.random.default_rng(0)
    x = (rng.random((60, 12)) < 0.3).astype(int)
    x[:, 5] = x[:, 3]
    x[0] = 0
    x[0, 3] = 1
    assert EASE(l2=5.0).fit(interactions(x)).recommend([0], k=1, exclude=interactions(x)).tolist() == [[5]]


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_items_without_listeners_change_nothing(shape):
    counts = plays(*shape)
    wider = np.hstack([np.zeros((shape[0], 9), int), counts])
    scores = EASE(l2=3.0).fit(interactions(wider)).score(range(shape[0]))
    alone = EASE(l2=3.0).fit(interactions(counts)).score(range(shape[0]))
    np.testing.assert_allclose(scores[:, 9:], alone, atol=1e-6)


# ---- Where there is no solution, or no room for it


@pytest.mark.parametrize("l2", [-1.0, np.nan, np.inf, "100", None, True])
def test_a_penalty_that_is_none_is_refused(l2):
    with pytest.raises(InvalidArgument, match="l2 is"):
        EASE(l2=l2)


def test_another_weight_is_refused():
    with pytest.raises(InvalidArgument, match="weight is 'sqrt'"):
        EASE(weight="sqrt")


@pytest.mark.parametrize("weight", READ)
def test_without_penalty_items_that_are_sums_of_others_have_no_solution(weight):
    counts = plays(80, 30)
    counts[:, 4] = counts[:, 9]
    with pytest.raises(InvalidArgument, match="Raise l2"):
        EASE(l2=0.0, weight=weight).fit(interactions(counts))


def test_without_penalty_more_items_than_users_have_no_solution():
    with pytest.raises(InvalidArgument, match="Raise l2"):
        EASE(l2=0.0).fit(interactions(plays(30, 80)))


def test_without_penalty_independent_items_have_one_though_another_item_has_no_listener():
    x = np.sign(plays(80, 30)).astype(float)
    wider = np.hstack([x, np.zeros((80, 1))])
    scores = EASE(l2=0.0).fit(interactions(wider)).score(range(80))
    np.testing.assert_allclose(scores[:, :30], x @ steck(x, 0.0), atol=1e-4)


def test_a_matrix_larger_than_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(gram, "_physical_memory", lambda: 30 * 30 * 8 - 1)
    with pytest.raises(InvalidArgument, match=r"30 x 30.*GiB.*Take ItemKNN, ALS or BPR"):
        EASE().fit(interactions(plays(80, 30)))
    monkeypatch.setattr(gram, "_physical_memory", lambda: 30 * 30 * 8)
    EASE().fit(interactions(plays(80, 30)))


def test_one_matrix_is_all_that_inverting_holds(monkeypatch):
    monkeypatch.setattr(gram, "_BLOCK", 2**15)
    x = sp.random_array((1000, 300), density=0.02, format="csr", rng=np.random.default_rng(0))
    tracemalloc.start()
    inverse = gram.inverted_gram(sp.csr_matrix(x), 5.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.4 * inverse.nbytes


@pytest.mark.parametrize("block", [1, 1000, 2**24])
def test_blocks_do_not_change_the_inverse(monkeypatch, block):
    monkeypatch.setattr(gram, "_BLOCK", block)
    x = plays(60, 40).astype(float)
    inverse = gram.inverted_gram(sp.csr_matrix(x), 2.0)
    np.testing.assert_allclose(inverse, np.linalg.inv(x @ x.T + 2 * np.eye(60)), atol=1e-12)
    assert (inverse == inverse.T).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_side_beyond_the_limit_is_solved_in_float32_with_nearly_the_same_scores(monkeypatch, shape):
    x = interactions(plays(*shape))
    exact = EASE(l2=3.0).fit(x).score(range(shape[0]))
    monkeypatch.setattr(gram, "_EXACT_SIDE", 5)
    assert gram.inverted_gram(x.binary, 3.0).dtype == np.float32
    np.testing.assert_allclose(EASE(l2=3.0).fit(x).score(range(shape[0])), exact, atol=1e-4)


@pytest.mark.real
def test_on_real_listeners_raw_play_counts_mislead():
    split = data.holdout(data.load("lastfm-2k").interactions, test=0.2, valid=0, seed=0)
    liked = split.test.binary
    found = {}
    for weight in ("binary", "log", "raw"):
        lists = EASE(l2=300.0, weight=weight).fit(split.train).recommend(range(500), exclude=split.train)
        found[weight] = liked[np.repeat(np.arange(500), 10), lists.ravel()].sum()
    assert found["raw"] < 0.5 * min(found["binary"], found["log"])
