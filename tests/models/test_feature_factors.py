"""LightFM: the package's own scores, items found by their features, and what cannot be fitted."""

import lightfm
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import LightFM, LightFMIdentity

SMALL = {"factors": 8, "epochs": 10}


@pytest.fixture(scope="module")
def fitted(planted):
    return LightFM(**SMALL).fit(planted.train, item_features=planted.features)


def test_what_nobody_has_played_is_found_by_its_features(planted, fitted):
    assert fitted.can_score_cold_items
    assert planted.own_kind_first(fitted, planted.cold) > 0.9


def test_the_features_of_other_items_tell_nothing_of_what_nobody_played(planted):
    misled = LightFM(**SMALL).fit(planted.train, item_features=planted.shuffled)
    assert abs(planted.own_kind_first(misled, planted.cold) - 0.25) < 0.2
    assert planted.own_kind_first(misled, planted.known) > 0.6  # these have vectors of their own


def test_without_features_it_finds_what_has_listeners_and_nothing_else(planted):
    model = LightFMIdentity(**SMALL).fit(planted.train)
    assert planted.own_kind_first(model, planted.known) > 0.6
    assert not model.can_score_cold_items
    scores = model.score(range(5))
    assert (scores[:, planted.cold] == scores.min(axis=1, keepdims=True)).all()
    null = LightFMIdentity(**SMALL).fit(planted.by_chance)
    assert planted.own_kind_first(null, planted.known) < 0.25


@pytest.mark.parametrize("with_features", [False, True])
def test_scores_are_those_of_the_package(planted, with_features):
    users, known = np.arange(planted.train.n_users), planted.known  # new items take no part in learning
    own, described = np.eye(len(known)), normalize(planted.features.matrix)
    rows = sp.csr_matrix(np.hstack([own, described[known]]) if with_features else own, dtype=np.float32)
    oracle = lightfm.LightFM(8, loss="warp", item_alpha=1e-4, user_alpha=1e-4, random_state=3)
    oracle.fit(planted.train.binary[:, known].tocoo(), item_features=rows, epochs=4)
    if with_features:
        new = np.hstack([np.zeros((len(planted.cold), len(known))), described[planted.cold]])
        rows = sp.vstack([rows, new]).astype(np.float32)
    asked_users, asked_items = np.repeat(users, rows.shape[0]), np.tile(np.arange(rows.shape[0]), len(users))
    expected = oracle.predict(asked_users, asked_items, item_features=sp.csr_matrix(rows))
    told = {"item_features": planted.features} if with_features else {}
    model = (LightFM if with_features else LightFMIdentity)(8, l2=1e-4, epochs=4, seed=3)
    scores = model.fit(planted.train, **told).score(users)[:, : rows.shape[0]]
    np.testing.assert_allclose(scores, expected.reshape(len(users), -1), atol=1e-4)


def test_the_vector_of_an_item_that_nobody_played_is_the_sum_of_those_of_its_features(planted):
    two_kinds = np.maximum(planted.features.matrix, np.roll(planted.features.matrix, 1, axis=0))
    told = Features("kinds", planted.train.items, planted.features.names, two_kinds)
    model = LightFM(**SMALL, weighting="none").fit(planted.train, item_features=told)
    expected = normalize(two_kinds) @ model.feature_factors_
    cold = planted.cold
    np.testing.assert_allclose(model.item_factors_[cold, :8], expected[cold], atol=1e-5)
    assert not np.allclose(model.item_factors_[0, :8], expected[0], atol=0.01)


def test_an_item_of_which_nothing_is_known_is_the_zero_vector(planted):
    missing = np.isin(np.arange(planted.train.n_items), [3, 100])
    rows = np.where(missing[:, None], 0, planted.features.matrix)
    told = Features("kind", planted.train.items, planted.features.names, rows, missing)
    model = LightFM(**SMALL).fit(planted.train, item_features=told)
    assert not model.item_factors_[100, :8].any()
    assert model.item_factors_[3, :8].any()  # which has listeners
    assert planted.own_kind_first(model, planted.cold) > 0.85


def test_the_same_seed_gives_the_same_scores_and_another_one_others(planted, fitted):
    again = LightFM(**SMALL).fit(planted.train, item_features=planted.features)
    np.testing.assert_array_equal(again.score(range(9)), fitted.score(range(9)))
    other = LightFM(**SMALL, seed=1).fit(planted.train, item_features=planted.features)
    assert not np.allclose(other.score(range(9)), fitted.score(range(9)))


def test_listeners_of_one_play_and_of_none_can_be_fitted():
    few = Interactions.from_frame(pd.DataFrame({"user": [0, 1], "item": [0, 1]}), users=range(3))
    scores = LightFMIdentity(**SMALL).fit(few).score(range(3))
    assert np.isfinite(scores).all()
    assert (scores[2] == 0).all()


def test_what_cannot_be_fitted(planted):
    with pytest.raises(InvalidArgument, match="LightFM reads the features"):
        LightFM().fit(planted.train)
    empty = Features("kind", planted.train.items, ["none"], np.zeros((planted.train.n_items, 1)))
    with pytest.raises(InvalidData, match="no value but 0"):
        LightFM().fit(planted.train, item_features=empty)
    with pytest.raises(InvalidArgument, match="cannot score others"):
        LightFMIdentity(**SMALL).fit(planted.train).score_history(planted.train.matrix)
    wrong = ({"factors": 0}, {"lr": 0}, {"l2": -1}, {"epochs": 0}, {"seed": -1}, {"weighting": "idf"})
    for setting in wrong:
        with pytest.raises(InvalidArgument, match=f"{next(iter(setting))} is"):
            LightFM(**setting)


def test_vectors_that_run_away_say_what_to_lower(planted):
    with pytest.raises(InvalidArgument, match="Lower lr, which is 1e"):
        LightFMIdentity(8, lr=1e30, epochs=5).fit(planted.train)


@pytest.mark.parametrize("size", [1e30, np.nan])
def test_vectors_whose_products_are_no_numbers_say_so_when_they_are_fitted(planted, monkeypatch, size):
    def grow(self, plays, **others):
        whole_fit(self, plays, **others)
        self.user_embeddings *= size
        self.item_embeddings *= size

    whole_fit = lightfm.LightFM.fit
    monkeypatch.setattr(lightfm.LightFM, "fit", grow)
    with pytest.raises(InvalidArgument, match=r"grew without bound.*Lower lr, which is 0\.05"):
        LightFMIdentity(8, epochs=1).fit(planted.train)
