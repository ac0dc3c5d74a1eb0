"""Rocchio's profile is what its formula says, and finds what lies near it, played before or not."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import normalize

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import Rocchio

ITEMS = ["reel a", "reel b", "reel new", "waltz a", "waltz b", "waltz new", "untagged"]
TAGS = np.array([[5, 0, 1], [4, 0, 0], [3, 0, 1], [0, 5, 0], [0, 4, 0], [0, 3, 0], [0, 0, 0]])
PLAYED = [("ann", "reel a"), ("bob", "waltz a"), ("cid", "reel b"), ("dan", "waltz b"), ("dan", "untagged")]


def tunes(pairs=PLAYED, items=ITEMS):
    return Interactions.from_frame(pd.DataFrame(pairs, columns=["user", "item"]), items=items)


def tags(matrix=TAGS, items=ITEMS):
    names = [f"tag {column}" for column in range(matrix.shape[1])]
    missing = np.asarray(abs(matrix).sum(axis=1)).ravel() == 0
    return Features("tags", items, names, matrix, missing)


@pytest.mark.parametrize("weighting", ["tfidf", "none"])
@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_items_that_nobody_played_are_found_by_what_they_are(gamma, weighting):
    model = Rocchio(gamma, weighting).fit(tunes(), item_features=tags())
    lists = model.recommend(np.arange(4), k=1, candidates=np.array([2, 5]))[:, 0]
    assert [ITEMS[item] for item in lists] == ["reel new", "waltz new", "reel new", "waltz new"]


def by_the_formula(plays, x, heard, gamma):
    """Profiles, a listener at a time; x has rows of length 1 or 0."""
    described = x.any(axis=1)
    profiles = np.zeros((len(plays), x.shape[1]))
    for row, counts in enumerate(plays):
        liked = described & (counts > 0)
        rest = described & heard & (counts == 0)
        if liked.any():
            profiles[row] = np.average(x[liked], axis=0, weights=counts[liked])
            if rest.any():
                profiles[row] -= gamma * x[rest].mean(axis=0)
    return profiles


counts = hnp.arrays(np.int64, (4, 6), elements=st.sampled_from([0, 0, 1, 7]))
values = hnp.arrays(np.int64, (6, 3), elements=st.integers(-2, 2))


@given(counts.filter(np.any), values.filter(np.any), st.sampled_from([0.0, 0.7]), st.booleans())
def test_profiles_and_scores_are_those_of_the_formula(plays, features, gamma, dense):
    items = list("abcdef")
    user, item = np.nonzero(plays)
    events = pd.DataFrame({"user": user, "item": item, "weight": plays[user, item].astype(float)})
    train = Interactions(pd.RangeIndex(4), pd.Index(items), events)
    rows = features if dense else sp.csr_matrix(features)
    model = Rocchio(gamma, "none", "raw").fit(train, item_features=tags(rows, items))
    x = normalize(features.astype(float))
    expected = by_the_formula(plays, x, plays.any(axis=0), gamma)
    np.testing.assert_allclose(model.profiles(train.matrix), expected, atol=1e-6)
    sure = np.linalg.norm(expected, axis=1) > 1e-6  # the direction of a profile of rounding alone is none
    cosines = cosine_similarity(expected, x)
    np.testing.assert_allclose(model.score(range(4))[sure], cosines[sure], atol=1e-5)
    np.testing.assert_array_equal(model.score_history(train.matrix), model.score(range(4)))


def test_without_gamma_it_is_nearest_to_the_mean_of_what_was_played():
    """scikit-learn's nearest centroid: of two listeners, whose profile is an item nearer to?"""
    rng = np.random.default_rng(0)
    of = np.arange(40) % 2
    x = normalize(rng.standard_normal((40, 5)) + np.where(of[:, None], 1, -1))
    items = list(range(40))
    train = tunes([(f"listener {of[item]}", item) for item in items[:30]], items)
    scores = Rocchio(0.0, "none").fit(train, item_features=tags(x, items)).score([0, 1])
    centre = NearestCentroid().fit(x[:30], of[:30])
    centre.centroids_ = normalize(centre.centroids_)  # the cosine looks at directions alone
    np.testing.assert_array_equal(scores[:, 30:].argmax(axis=0), centre.predict(x[30:]))


def test_what_all_music_has_in_common_counts_less_with_gamma():
    common = np.array([[9, 1, 0], [9, 0, 1], [9, 1, 0], [9, 0, 1], [9, 1, 1]])
    items = list("abcde")
    train = tunes([("ann", "a"), ("bob", "b"), ("cid", "c"), ("dan", "d"), ("dan", "e")], items)
    spread = {}
    for gamma in (0.0, 1.0):
        scores = Rocchio(gamma, "none").fit(train, item_features=tags(common, items)).score([0])[0]
        assert scores[2] > scores[3]
        spread[gamma] = scores[2] - scores[3]
    assert spread[1.0] > 10 * spread[0.0]


def test_an_item_or_listener_without_features_scores_nothing():
    model = Rocchio().fit(tunes(), item_features=tags())
    assert (model.score(np.arange(4))[:, 6] == 0).all()
    assert (model.score(np.arange(4))[:, :6] != 0).any(axis=1).all()
    only_untagged = sp.csr_matrix(([1.0], ([0], [6])), shape=(1, 7))
    assert not model.score_history(only_untagged).any()
    assert not model.profiles(only_untagged).any()


def test_features_and_settings_that_cannot_be_used():
    with pytest.raises(InvalidArgument, match="Rocchio reads the features"):
        Rocchio().fit(tunes())
    with pytest.raises(InvalidData, match=r"down to -2.*weighting='none'"):
        Rocchio().fit(tunes(), item_features=tags(np.where(TAGS == 3, -2, TAGS)))
    with pytest.raises(InvalidData, match="no value but 0"):
        Rocchio(weighting="none").fit(tunes(), item_features=tags(TAGS * 0))
    for wrong in ({"gamma": -0.1}, {"gamma": np.nan}, {"weighting": "idf"}, {"weight": "sqrt"}):
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))} is"):
            Rocchio(**wrong)
    with pytest.raises(InvalidData, match="sparse matrix of shape"):
        Rocchio().fit(tunes(), item_features=tags()).profiles(np.ones((1, 7)))
