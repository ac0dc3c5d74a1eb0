"""Lists from scores: exact at ties, in an order no model can learn, and never a guess at what NaN means."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.errors import InvalidArgument, InvalidData, UnknownName
from musicrec.models import ranking, tie_ranks, top_k

SOME = settings(max_examples=80)
# few distinct values, so that ties straddle every cut; both zeros; the lowest score there is
SCORES = st.sampled_from([-np.inf, -2.5, -1e-30, -0.0, 0.0, 1e-38, 0.5, 3e38])


@st.composite
def questions(draw):
    """Scores with many ties, what is excluded, candidates, and k from 1 to beyond the catalogue."""
    n, n_items = draw(st.integers(0, 4)), draw(st.integers(1, 9))
    row = st.lists(SCORES, min_size=n_items, max_size=n_items)
    scores = np.array(draw(st.lists(row, min_size=n, max_size=n)), np.float32).reshape(n, n_items)
    excluded = np.array(draw(st.lists(st.booleans(), min_size=n * n_items, max_size=n * n_items)), bool)
    candidates = draw(st.none() | st.lists(st.integers(0, n_items - 1)))
    rank = np.array(draw(st.permutations(range(n_items))))
    return scores, draw(st.integers(1, 12)), rank, excluded.reshape(n, n_items), candidates


def sorted_lists(scores, k, rank, excluded, candidates):
    """The same lists by Python's sort, one row at a time."""
    lists = []
    for row, out in zip(scores.tolist(), excluded, strict=True):
        left = [i for i in range(len(row)) if not out[i] and (candidates is None or i in candidates)]
        left.sort(key=lambda i, row=row: (-row[i], rank[i]))
        lists.append((left + [-1] * k)[:k])
    return np.array(lists).reshape(len(scores), k)


@SOME
@given(questions())
def test_lists_are_those_of_a_plain_sort(question):
    scores, k, rank, excluded, candidates = question
    chosen = None if candidates is None else np.array(candidates, int)
    lists = top_k(scores, k, rank, sp.csr_matrix(excluded), chosen)
    assert lists.dtype == np.int64
    assert (lists == sorted_lists(scores, k, rank, excluded, candidates)).all()


def test_lists_do_not_depend_on_how_many_rows_are_sorted_at_a_time(monkeypatch):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (50, 30)).astype(np.float32)
    excluded = sp.random_array((50, 30), density=0.2, format="csr", rng=rng)
    whole = top_k(scores, 7, tie_ranks(range(30)), excluded)
    monkeypatch.setattr(ranking, "_CHUNK", 100)
    assert (top_k(scores, 7, tie_ranks(range(30)), excluded) == whole).all()


def test_minus_infinity_is_listed_last_and_what_is_excluded_not_at_all():
    scores = np.array([[-np.inf, 1.0, -np.inf]], np.float32)
    excluded = sp.csr_matrix([[1, 0, 0]])
    assert top_k(scores, 3, np.arange(3), excluded).tolist() == [[1, 2, -1]]


def test_minus_zero_is_zero():
    assert top_k(np.array([[0.0, -0.0]], np.float32), 2, np.array([1, 0])).tolist() == [[1, 0]]


@pytest.mark.parametrize("score", [np.nan, -np.nan, np.inf])
def test_a_score_without_an_order_is_refused(score):
    with pytest.raises(InvalidData, match="1 of these scores"):
        top_k(np.array([[0.0, score]]), 1, np.arange(2))


@pytest.mark.parametrize("k", [0, -1, 2.0, True, "ten", None])
def test_a_length_that_is_no_whole_number_above_zero_is_refused(k):
    with pytest.raises(InvalidArgument, match="k is"):
        top_k(np.zeros((1, 2)), k, np.arange(2))


def test_shapes_that_do_not_agree_are_refused():
    with pytest.raises(InvalidArgument, match=r"\(n_items,\)"):
        top_k(np.zeros((1, 3)), 1, np.arange(2))
    with pytest.raises(InvalidArgument, match=r"\(2, 3\)"):
        top_k(np.zeros((2, 3)), 1, np.arange(3), sp.csr_matrix((1, 3)))
    with pytest.raises(InvalidArgument, match="once"):
        top_k(np.zeros((2, 3)), 1, np.array([0, 1, 1]))


def test_candidates_that_are_no_items_are_refused():
    with pytest.raises(UnknownName, match="3"):
        top_k(np.zeros((1, 3)), 1, np.arange(3), candidates=np.array([0, 3]))
    with pytest.raises(InvalidArgument, match="integer codes"):
        top_k(np.zeros((1, 3)), 1, np.arange(3), candidates=np.array([True, False, True]))


def test_without_a_candidate_no_list_holds_anything():
    assert top_k(np.zeros((2, 3)), 2, np.arange(3), candidates=[]).tolist() == [[-1, -1], [-1, -1]]


LABELS = st.lists(st.integers() | st.text(max_size=4), unique_by=str, max_size=30)


@SOME
@given(LABELS, st.integers(0, 2**64))
def test_tie_ranks_are_a_permutation_that_keeps_its_order_among_fewer_items(labels, seed):
    ranks = tie_ranks(labels, seed)
    assert sorted(ranks.tolist()) == list(range(len(labels)))
    half = tie_ranks(labels[::2], seed)
    assert (np.argsort(half) == np.argsort(ranks[::2])).all()


def test_tie_ranks_are_the_same_everywhere_and_others_for_another_seed():
    names = ["Aird", "Bach", "Clare", "Dufay", "Édith"]
    assert tie_ranks(names).tolist() == [4, 1, 3, 2, 0]
    assert not (tie_ranks(range(100), seed=1) == tie_ranks(range(100))).all()
    with pytest.raises(InvalidArgument, match="seed"):
        tie_ranks(names, seed=-1)


def test_tie_ranks_follow_neither_the_code_nor_the_label():
    ranks = tie_ranks(range(2000))
    assert abs(np.corrcoef(ranks, np.arange(2000))[0, 1]) < 4 / np.sqrt(2000)


def test_a_model_that_knows_nothing_scores_as_chance():
    """With the best items first in the index, ties by code would find them all."""
    n_items, liked, k = 2000, 400, 100
    hits = (top_k(np.zeros((1, n_items)), k, tie_ranks(range(n_items))) < liked).sum()
    expected = k * liked / n_items
    assert abs(hits - expected) < 3 * np.sqrt(expected * (1 - liked / n_items))
