"""ContentKNN: scikit-learn's TF-IDF and cosines, items that nobody played, features it must refuse."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import ContentKNN

ITEMS = ["reel a", "reel b", "reel new", "waltz a", "waltz b", "waltz new", "untagged"]
NAMES = ["tune", "reel", "waltz", "fast"]
TAGS = np.array(
    [[3, 5, 0, 1], [2, 4, 0, 0], [1, 3, 0, 1], [3, 0, 5, 0], [2, 0, 4, 0], [1, 0, 3, 0], [0, 0, 0, 0]]
)
MISSING = np.array([False] * 6 + [True])
PLAYED = [("ann", "reel a"), ("bob", "waltz a"), ("cid", "reel b"), ("dan", "waltz b"), ("dan", "untagged")]


def tunes() -> Interactions:
    frame = pd.DataFrame(PLAYED, columns=["user", "item"])
    return Interactions.from_frame(frame, items=ITEMS)


def tags(matrix: object = TAGS, missing: np.ndarray | None = MISSING, items: list[str] = ITEMS) -> Features:
    return Features("tags", items, NAMES, matrix, missing)


def test_items_that_nobody_played_are_found_by_what_they_are():
    model = ContentKNN(k=2).fit(tunes(), item_features=tags())
    assert model.can_score_cold_items
    cold = np.array([2, 5])
    assert [ITEMS[item] for item in model.recommend(np.arange(4), k=1, candidates=cold)[:, 0]] == [
        "reel new",
        "waltz new",
        "reel new",
        "waltz new",
    ]
    ann = model.score(np.array([0]))[0]
    assert ann[2] > 0
    np.testing.assert_array_equal(model.score_history(tunes().matrix)[0], ann)


def test_only_what_somebody_played_is_a_neighbour():
    model = ContentKNN(k=5).fit(tunes(), item_features=tags())
    for item in range(len(ITEMS)):
        codes, _ = model.neighbours(item)
        assert not set(codes) & {2, 5, 6, item}
    assert [ITEMS[code] for code in model.neighbours(2)[0][:2]] == ["reel a", "reel b"]


def test_an_item_without_features_scores_nothing_and_is_nobodys_neighbour():
    model = ContentKNN().fit(tunes(), item_features=tags())
    scores = model.score(np.arange(4))
    assert (scores[:, 6] == 0).all()
    assert (scores[:, :6] > 0).any(axis=1).all()
    only_untagged = sp.csr_matrix(([1.0], ([0], [6])), shape=(1, 7))
    assert not model.score_history(only_untagged).any()


table = hnp.arrays(np.int64, st.tuples(st.integers(3, 9), st.integers(1, 5)), elements=st.integers(0, 4))


@given(table.filter(np.any), st.sampled_from(["tfidf", "none"]), st.booleans())
def test_similarities_are_those_of_sklearn(counts, weighting, dense):
    items = [f"i{row}" for row in range(len(counts))]
    x = Interactions.from_frame(pd.DataFrame({"user": "ann", "item": items}), items=items)
    names = [f"tag {column}" for column in range(counts.shape[1])]
    features = Features("tags", items, names, counts if dense else sp.csr_matrix(counts))
    model = ContentKNN(k=len(items), weighting=weighting).fit(x, item_features=features)
    weighted = TfidfTransformer().fit_transform(counts) if weighting == "tfidf" else counts
    expected = cosine_similarity(weighted)
    np.fill_diagonal(expected, 0)
    ours = np.zeros_like(expected)
    for item in range(len(items)):
        codes, values = model.neighbours(item, n=len(items))
        ours[item, codes] = values
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_missing_items_do_not_count_in_the_idf():
    rows = np.vstack([TAGS[:6], np.zeros((50, 4), dtype=int)])
    items = ITEMS[:6] + [f"untagged {number}" for number in range(50)]
    frame = pd.DataFrame([pair for pair in PLAYED if pair[1] in items], columns=["user", "item"])
    missing = np.arange(len(items)) >= 6
    many = ContentKNN().fit(
        Interactions.from_frame(frame, items=items), item_features=tags(rows, missing, items)
    )
    none = ContentKNN().fit(
        Interactions.from_frame(frame, items=items[:6]), item_features=tags(rows[:6], None, items[:6])
    )
    np.testing.assert_array_equal(many.neighbours(2)[1], none.neighbours(2)[1])


def test_descriptors_below_zero_are_no_neighbours_of_those_above():
    descriptors = np.array([[1.0, 0.2], [0.9, 0.1], [-1.0, 0.1], [-0.8, -0.1]])
    items = ["a", "b", "c", "d"]
    x = Interactions.from_frame(pd.DataFrame({"user": "ann", "item": items}))
    features = Features("descriptors", items, ["energy", "brightness"], descriptors)
    model = ContentKNN(weighting="none").fit(x, item_features=features)
    assert model.neighbours(0)[0].tolist() == [1]
    assert model.neighbours(3)[0].tolist() == [2]
    with pytest.raises(InvalidData, match=r"go down to -1.*weighting='none'"):
        ContentKNN().fit(x, item_features=features)


def test_features_that_cannot_be_used():
    with pytest.raises(InvalidArgument, match="none were given"):
        ContentKNN().fit(tunes())
    bare: Any = TAGS
    with pytest.raises(InvalidArgument):
        ContentKNN().fit(tunes(), item_features=bare)
    with pytest.raises(InvalidData):  # the same items in another order
        ContentKNN().fit(tunes(), item_features=tags(TAGS[::-1], MISSING[::-1], ITEMS[::-1]))
    with pytest.raises(InvalidData):  # an item fewer
        ContentKNN().fit(tunes(), item_features=tags(TAGS[1:], MISSING[1:], ITEMS[1:]))
    with pytest.raises(InvalidData, match="NaN"):
        tags(np.where(TAGS == 5, np.nan, TAGS))
    for weighting in ("tfidf", "none"):
        for form in (TAGS * 0, sp.csr_matrix(TAGS.shape)):
            with pytest.raises(InvalidData, match="no value but 0"):
                ContentKNN(weighting=weighting).fit(tunes(), item_features=tags(form, np.ones(7, dtype=bool)))


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"similarity": "pearson"}, {"shrinkage": -1}, {"weighting": "idf"}]
)
def test_settings_out_of_range(wrong):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        ContentKNN(**wrong)
