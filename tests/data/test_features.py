"""Features: rows stand in the order of the items, gaps are marked, and rows of strangers are refused."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.data import Features
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

SOME = settings(max_examples=50)
ITEMS = pd.Index(["a", "b", "c", "d"])


def test_a_table_is_aligned_and_its_gaps_are_marked():
    table = pd.DataFrame({"tempo": [120.0, np.nan, 60.0], "major": [1, np.nan, 0]}, index=["c", "b", "a"])
    features = Features.from_frame("descriptors", table, ITEMS)
    assert features.kind == "descriptors"
    assert features.names == ["tempo", "major"]
    assert features.missing.tolist() == [False, True, False, True]
    assert features.matrix.dtype == np.float32
    assert features.matrix.tolist() == [[60, 0], [0, 0], [120, 1], [0, 0]]
    assert len(features) == 4
    assert repr(features) == "Features(descriptors: 4 items × 2 features, dense; 2 items missing)"


def test_sparse_features_stay_sparse():
    tags = sp.coo_matrix(([1, 2, 5], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    features = Features.align("tags", tags, ["d", "a"], ["jig", "reel"], ITEMS)
    assert sp.issparse(features.matrix)
    assert features.matrix.format == "csr"
    assert features.matrix.dtype == np.float32
    assert features.matrix.toarray().tolist() == [[5, 0], [0, 0], [0, 0], [0, 3]]
    assert features.missing.tolist() == [False, True, True, False]


@SOME
@given(st.permutations(list("abcd")), st.integers(1, 4))
def test_alignment_is_what_reindexing_does(labels, n_known):
    known = labels[:n_known]
    table = pd.DataFrame({"x": range(1, n_known + 1), "y": [0] * n_known}, index=known)
    oracle = table.reindex(ITEMS)
    features = Features.from_frame("style", table, ITEMS)
    assert (features.matrix == oracle.fillna(0).to_numpy()).all()
    assert (features.missing == oracle["x"].isna()).all()


def test_a_known_row_of_zeros_is_not_missing():
    features = Features.from_frame("tags", pd.DataFrame({"jig": [0, 1]}, index=["a", "b"]), ITEMS)
    assert features.missing.tolist() == [False, False, True, True]


def test_a_row_of_a_stranger_is_refused():
    with pytest.raises(UnknownName, match="Unknown item 'z': the index holds 4 items"):
        Features.from_frame("tags", pd.DataFrame({"jig": [1, 1]}, index=["a", "z"]), ITEMS)
    with pytest.raises(UnknownName, match="Unknown item 'z'"):
        Features.from_frame("tags", pd.DataFrame({"jig": [1, np.nan]}, index=["a", "z"]), ITEMS)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (
            pd.DataFrame({"style": ["jig", "reel"]}, index=["a", "b"]),
            r"\['style'\] are not numeric.*get_dummies",
        ),
        (pd.DataFrame({"x": [1, 2]}, index=["a", "a"]), "1 label more than once: 'a'"),
        (pd.DataFrame({"x": [1.0, 2], "y": [1, np.nan]}, index=["a", "b"]), r"empty in part, first \['b'\]"),
        (pd.DataFrame({"x": [np.nan]}, index=["a"]), "no row with a value"),
        (pd.DataFrame({"x": [np.inf]}, index=["a"]), "hold 1 value of NaN or infinity"),
    ],
)
def test_a_bad_table_is_refused(table, why):
    with pytest.raises(InvalidData, match=why):
        Features.from_frame("style", table, ITEMS)


@pytest.mark.parametrize(
    ("matrix", "names", "missing", "why"),
    [
        (np.ones((3, 1)), ["x"], None, r"shape \(3, 1\), but there are 4 items and 1 name: expected"),
        (np.ones((4, 1)), ["x", "y"], None, r"expected \(4, 2\)"),
        (np.ones((4, 2)), ["x", "x"], None, "some of them twice"),
        (np.ones((4, 1)), ["x"], np.array([True, False]), "one boolean for each of 4 items"),
        (np.ones((4, 1)), ["x"], np.array([True, False, False, False]), "not zero; set those rows to 0"),
        (sp.csr_matrix(np.ones((4, 1))), ["x"], np.array([True, False, False, False]), "not zero"),
        ([["loud"]] * 4, ["x"], None, "not a matrix of numbers"),
        (sp.csr_matrix([[np.nan]] * 4), ["x"], None, "4 values of NaN"),
    ],
)
def test_parts_that_do_not_agree_are_refused(matrix, names, missing, why):
    with pytest.raises(InvalidData, match=why):
        Features("style", ITEMS, names, matrix, missing)


@pytest.mark.parametrize("form", [np.array, sp.csr_matrix])
def test_features_do_not_change(form):
    mine = form([[1.0], [2.0], [0.0], [0.0]])
    features = Features("tags", ITEMS, ["jig"], mine, np.array([False, False, False, True]))
    before = np.asarray(features.matrix.sum(axis=1)).ravel().tolist()
    values = features.matrix.data if sp.issparse(mine) else features.matrix
    with pytest.raises(ValueError, match="read-only"):
        values[:] = 7
    with pytest.raises(ValueError, match="read-only"):
        features.missing[:] = True
    with pytest.raises(AttributeError):
        features.matrix = mine
    mine[0, 0] = 9
    assert np.asarray(features.matrix.sum(axis=1)).ravel().tolist() == before


def test_other_arrays_put_into_sparse_features_are_lost():
    features = Features("tags", ITEMS, ["jig"], sp.csr_matrix([[1.0], [0.0], [0.0], [0.0]]))
    with suppress(ValueError), pytest.warns(sp.SparseEfficiencyWarning):
        features.matrix[2, 0] = (
            5  # a new cell: CSR makes itself new arrays, or is told that its own are read-only
        )
    features.matrix.data = np.array([8.0])
    assert features.matrix.toarray().ravel().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("table", [[[1.0], [2.0]], {"jig": [1]}, None])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(InvalidArgument, match=f"needs a pandas DataFrame .* found {type(table).__name__}"):
        Features.from_frame("tags", table, ITEMS)


@pytest.mark.parametrize("names", ["jig", None, [["jig"]]])
def test_names_that_are_no_words_are_refused(names):
    with pytest.raises(InvalidArgument, match="names of the tags features must be"):
        Features("tags", ITEMS, names, np.ones((4, 1)))


def test_ragged_parts_are_refused():
    with pytest.raises(InvalidData, match="not a matrix of numbers"):
        Features("tags", ITEMS, ["jig"], [[1], [1, 2], [1], [1]])
    with pytest.raises(InvalidData, match="one boolean for each of 4 items"):
        Features("tags", ITEMS, ["jig"], np.ones((4, 1)), [[True], [True, False]])


def test_two_columns_of_one_name_are_refused():
    table = pd.DataFrame([[1, 2]], index=["a"], columns=["jig", "jig"])
    with pytest.raises(InvalidData, match="2 names, some of them twice"):
        Features.from_frame("tags", table, ITEMS)
