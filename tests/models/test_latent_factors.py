"""Item factors told from features: scikit-learn on the factors of ALS, and tracks that nobody has played."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import ALS, LatentFactorRidge

USERS, ITEMS, COLD = 150, 80, np.arange(60, 80)


def planted(seed=0):
    """Plays of listeners who like some of four directions of sound; nobody played the last twenty items."""
    rng = np.random.default_rng(seed)
    sound, taste = rng.standard_normal((ITEMS, 4)), rng.standard_normal((USERS, 4))
    liked = taste @ sound.T
    plays = (rng.random(liked.shape) < 0.7 / (1 + np.exp(-2 * (liked - 1)))).astype(int)
    plays[:, COLD] = 0
    return plays, sound @ rng.standard_normal((4, 9)) * 10 + 3, liked


def interactions(plays):
    user, item = np.nonzero(plays)
    events = pd.DataFrame({"user": user, "item": item})
    return Interactions(pd.RangeIndex(len(plays)), pd.RangeIndex(plays.shape[1]), events)


def features(matrix, missing=None):
    names = [f"feature {column}" for column in range(matrix.shape[1])]
    return Features("descriptors", pd.RangeIndex(matrix.shape[0]), names, matrix, missing)


SMALL = {"factors": 8, "l2": 1.0, "alpha": 5.0, "ridge": 10.0}


def agreement(model, liked):
    """How the scores of cold items go along with what listeners like: mean correlation over listeners."""
    scores = model.score(range(USERS))[:, COLD]
    return np.mean([np.corrcoef(scores[u], liked[u, COLD])[0, 1] for u in range(USERS) if scores[u].any()])


def test_what_nobody_played_is_judged_by_its_features():
    plays, described, liked = planted()
    model = LatentFactorRidge(**SMALL).fit(interactions(plays), item_features=features(described))
    assert model.can_score_cold_items
    assert agreement(model, liked) > 0.7


def test_features_of_other_items_tell_nothing():
    plays, described, liked = planted()
    shuffled = features(np.random.default_rng(3).permutation(described))
    assert (
        abs(agreement(LatentFactorRidge(**SMALL).fit(interactions(plays), item_features=shuffled), liked))
        < 0.2
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_it_is_ridge_regression_on_the_factors_of_als(sparse):
    plays, described, _ = planted()
    described = described - described.min()
    rows = sp.csr_matrix(described) if sparse else described
    train = interactions(plays)
    model = LatentFactorRidge(**SMALL).fit(train, item_features=features(rows))
    als = ALS(8, 1.0, 5.0).fit(train)
    known = plays.any(axis=0)
    scale = StandardScaler(with_mean=not sparse).fit(described[known])
    x = scale.transform(described)
    expected = Ridge(10.0).fit(x[known], als.item_factors_[known]).predict(x)
    np.testing.assert_allclose(model.item_factors_, expected, atol=1e-3)
    np.testing.assert_array_equal(model.user_factors_, als.user_factors_)
    np.testing.assert_allclose(
        model.score_history(train.matrix), als.fold_in(train.matrix) @ model.item_factors_.T, atol=1e-5
    )


def test_known_items_can_keep_the_factors_of_their_plays():
    plays, described, _ = planted()
    train, told = interactions(plays), features(described)
    by_content = LatentFactorRidge(**SMALL).fit(train, item_features=told)
    by_plays = LatentFactorRidge(**SMALL, warm="factors").fit(train, item_features=told)
    als, known = ALS(8, 1.0, 5.0).fit(train), plays.any(axis=0)
    np.testing.assert_array_equal(by_plays.item_factors_[known], als.item_factors_[known])
    np.testing.assert_array_equal(by_plays.item_factors_[~known], by_content.item_factors_[~known])
    assert not np.allclose(by_content.item_factors_[known], als.item_factors_[known], atol=0.01)


def test_an_item_without_features_is_taken_for_the_average_one():
    plays, described, _ = planted()
    missing = np.zeros(ITEMS, bool)
    missing[[5, 70]] = True
    described[missing] = 0
    train = interactions(plays)
    model = LatentFactorRidge(**SMALL).fit(train, item_features=features(described, missing))
    average = model.als_.item_factors_[plays.any(axis=0) & ~missing].mean(axis=0)
    for item in (5, 70):
        np.testing.assert_allclose(model.item_factors_[item], average, atol=1e-6)


def test_what_cannot_be_fitted():
    plays, described, _ = planted()
    train = interactions(plays)
    with pytest.raises(InvalidArgument, match="LatentFactorRidge reads the features"):
        LatentFactorRidge().fit(train)
    only_cold = plays.any(axis=0)
    described[only_cold] = 0
    with pytest.raises(InvalidData, match="No item with a listener in train has descriptors features"):
        LatentFactorRidge().fit(train, item_features=features(described, only_cold))
    for wrong in ({"ridge": 0}, {"warm": "audio"}, {"factors": 0}, {"l2": -1}, {"alpha": "x"}, {"seed": 0.5}):
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))} is"):
            LatentFactorRidge(**wrong)
