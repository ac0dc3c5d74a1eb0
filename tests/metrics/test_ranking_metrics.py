"""The ranking metrics against trec_eval's (through ir_measures), and what they refuse."""

import ir_measures
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given
from hypothesis import strategies as st
from ir_measures import AP, RR, P, R, Success, nDCG

from musicrec import errors, metrics

THEIRS = {"precision": P, "recall": R, "mrr": RR, "ndcg": nDCG, "hit": Success, "map": AP}


def matrix(rows, n_items):
    """The relevant items of each row, as CSR."""
    dense = np.zeros((len(rows), n_items), dtype=np.float32)
    for row, items in enumerate(rows):
        dense[row, list(items)] = 1
    return sp.csr_matrix(dense)


def padded(lists, depth):
    return np.array([[*row, *[-1] * (depth - len(row))] for row in lists], dtype=np.int64)


def oracle(lists, relevant, ks):
    """The same dict from ir_measures; F1 by its definition from their precision and recall."""
    qrels = {f"u{u}": {f"i{i}": 1 for i in items} for u, items in enumerate(relevant) if items}
    run = {f"u{u}": {f"i{i}": -float(rank) for rank, i in enumerate(row)} for u, row in enumerate(lists)}
    found = {f"{name}@{k}": np.full(len(lists), np.nan) for k in ks for name in THEIRS}
    asked = {measure @ k: f"{name}@{k}" for k in ks for name, measure in THEIRS.items()}
    for row in ir_measures.iter_calc([*asked], qrels, run):
        found[asked[row.measure]][int(row.query_id[1:])] = row.value
    for k in ks:
        p, r = found[f"precision@{k}"], found[f"recall@{k}"]
        found[f"f1@{k}"] = np.divide(2 * p * r, p + r, out=p * 0, where=p + r > 0)
    return found


@st.composite
def cases(draw):
    """Lists of several lengths with their relevant items: none, few, or more than a list can hold."""
    n_items = draw(st.integers(1, 25))
    n = draw(st.integers(1, 6))
    items = st.integers(0, n_items - 1)
    lists = draw(st.lists(st.lists(items, unique=True), min_size=n, max_size=n))
    relevant = draw(st.lists(st.sets(items), min_size=n, max_size=n).filter(any))
    ks = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True))
    return n_items, lists, relevant, ks


EVERYTHING = [*range(5)]


@given(cases())
@example((5, [[]], [{0}], [3]))  # an empty list
@example((5, [[2], [2]], [set(), {2}], [1, 5]))  # a user with nothing relevant
@example((5, [EVERYTHING], [set(EVERYTHING)], [2, 5, 40]))  # all relevant, k above and below the catalogue
@example((5, [EVERYTHING[::-1]], [{0}], [4, 5]))  # the hit just outside the cut, and just inside
def test_all_measures_equal_those_of_ir_measures(case):
    n_items, lists, relevant, ks = case
    depth = max(1, *(len(row) for row in lists))
    ours = metrics.ranking_metrics(padded(lists, depth), matrix(relevant, n_items), k=ks)
    theirs = oracle(lists, relevant, ks)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert values.dtype == np.float64
        np.testing.assert_allclose(values, theirs[name], rtol=0, atol=1e-9, err_msg=name)


@given(cases(), st.integers(1, 30))
def test_padding_and_what_stands_below_the_cut_change_nothing(case, more):
    n_items, lists, relevant, ks = case
    depth = max(1, *(len(row) for row in lists))
    held = matrix(relevant, n_items)
    expected = metrics.ranking_metrics(padded(lists, depth), held, ks)
    longer = metrics.ranking_metrics(padded(lists, depth + more), held, ks)
    cut = metrics.ranking_metrics(padded(lists, depth)[:, : max(ks)], held, ks)
    for name, values in expected.items():
        np.testing.assert_array_equal(values, longer[name])
        np.testing.assert_array_equal(values, cut[name])


def test_the_conventions_by_hand():
    # hits at ranks 1 and 3 of a list of three; four items are relevant
    ours = metrics.ranking_metrics([[0, 1, 2, -1]], matrix([{0, 2, 5, 6}], 8), k=(2, 4))
    assert {name: values[0] for name, values in ours.items()} == pytest.approx(
        {
            "precision@2": 1 / 2,
            "recall@2": 1 / 4,
            "f1@2": 1 / 3,
            "mrr@2": 1,
            "ndcg@2": 1 / (1 + 1 / np.log2(3)),
            "hit@2": 1,
            "map@2": 1 / 4,
            "precision@4": 2 / 4,
            "recall@4": 2 / 4,
            "f1@4": 1 / 2,
            "mrr@4": 1,
            "ndcg@4": (1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2 + 1 / np.log2(5)),
            "hit@4": 1,
            "map@4": (1 + 2 / 3) / 4,
        },
        abs=1e-12,
    )


def test_explicit_zeros_and_repeated_entries_are_no_further_relevant_items():
    untidy = sp.csr_matrix(([1.0, 1.0, 0.0], ([0, 0, 0], [1, 1, 2])), shape=(1, 4))
    tidy = matrix([{1}], 4)
    ours, expected = (metrics.ranking_metrics([[2, 1]], held, k=2) for held in (untidy, tidy))
    assert ours == expected and expected["recall@2"][0] == 1


def test_the_relevant_items_are_not_changed():
    held = sp.csr_matrix(([1.0, 0.0], ([0, 0], [1, 2])), shape=(1, 4))
    metrics.ranking_metrics([[1]], held, k=1)
    assert held.nnz == 2


def test_no_list_at_all_gives_empty_measures():
    ours = metrics.ranking_metrics(np.empty((0, 3), dtype=int), sp.csr_matrix((0, 5)), k=2)
    assert all(values.shape == (0,) for values in ours.values())


@pytest.mark.parametrize("k", [0, -1, 2.0, True, "10", None, (), (5, 0), (5, 5), (5, 2.5)])
def test_a_cut_off_that_is_none_is_refused(k):
    with pytest.raises(errors.InvalidArgument, match=r"k is .* whole numbers"):
        metrics.ranking_metrics([[0]], matrix([{0}], 3), k=k)


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        ([[0, 1, 0]], "holds item 0 more than once"),
        ([[0, 3]], "item code 3; codes go from 0 to 2"),
        ([[0, -2]], "item code -2"),
        ([[-1, 0]], "after an empty place"),
        ([[0], [1]], "2 lists and 1 rows"),
        ([0, 1], "table of integer item codes"),
        ([[0.0, 1.0]], "table of integer item codes"),
        ([[0], [1, 2]], "table of integer item codes"),
        ([[]], "table of integer item codes"),
    ],
)
def test_lists_that_cannot_be_measured_are_refused(lists, says):
    with pytest.raises(errors.InvalidData, match=says):
        metrics.ranking_metrics(lists, matrix([{0}], 3))


@pytest.mark.parametrize("relevant", [np.ones((1, 3)), [[1, 0, 1]], None, sp.csr_matrix((1, 0))])
def test_relevant_items_that_are_no_sparse_matrix_are_refused(relevant):
    with pytest.raises(errors.InvalidData, match="scipy sparse matrix"):
        metrics.ranking_metrics([[0]], relevant)
