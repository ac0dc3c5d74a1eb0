"""DropoutNet: what nobody has played, who was never seen, and the products of factors that it is taught."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from sklearn.preprocessing import normalize

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData, TrainingFailed
from musicrec.models import ALS, DropoutNet

SMALL = {"factors": 8, "l2": 1.0, "hidden": 32, "epochs": 40, "lr": 0.01}


@pytest.fixture(scope="module")
def fitted(planted):
    return DropoutNet(**SMALL).fit(planted.train, item_features=planted.features)


def test_what_nobody_has_played_is_found_by_its_features(planted, fitted):
    assert fitted.can_score_cold_items
    assert planted.own_kind_first(fitted, planted.cold) > 0.9


def test_the_features_of_other_items_tell_nothing_of_what_nobody_played(planted):
    misled = DropoutNet(**SMALL).fit(planted.train, item_features=planted.shuffled)
    assert abs(planted.own_kind_first(misled, planted.cold) - 0.25) < 0.2
    assert planted.own_kind_first(misled, planted.known) > 0.5  # whose factors it reads


def test_where_no_kind_tells_it_finds_none(planted):
    null = DropoutNet(**SMALL).fit(planted.by_chance, item_features=planted.features)
    assert planted.own_kind_first(null, planted.known) < 0.25


def test_strangers_are_recommended_what_they_would_play_by_the_mean_of_what_they_played(planted, fitted):
    for candidates, least in ((planted.cold, 0.9), (planted.known, 0.5)):
        lists = fitted.recommend_history(planted.train.matrix, 5, planted.train.matrix, candidates)
        assert planted.own_kind(lists) > least


def test_what_is_never_hidden_in_training_is_missed_when_it_is_gone(planted):
    """Features tell a third of the taste here, so that it may rely on factors where it always has them."""
    one_of_four = Features(
        "kind", planted.train.items, ["kind 0"], planted.features.matrix[:, :1], planted.kind_of_item > 0
    )
    first = {}
    for dropout in (0.0, 0.5):
        model = DropoutNet(**SMALL, dropout=dropout).fit(planted.train, item_features=one_of_four)
        fans = model.score(range(planted.train.n_users))[planted.kind_of_user == 0][:, planted.cold]
        of_kind = planted.kind_of_item[planted.cold] == 0
        first[dropout] = (fans[:, of_kind].mean() - fans[:, ~of_kind].mean()) / fans.std()
    assert first[0.5] > 1.5
    assert first[0.5] > first[0.0] + 0.3


def test_it_is_taught_the_scores_of_als(planted):
    model = DropoutNet(**SMALL, dropout=0.0).fit(planted.train, item_features=planted.features)
    als = ALS(8, 1.0).fit(planted.train)
    np.testing.assert_array_equal(model.als_.item_factors_, als.item_factors_)
    users, known = range(planted.train.n_users), planted.known
    told, given = (each.score(users)[:, known].ravel() for each in (model, als))
    assert np.corrcoef(told, given)[0, 1] > 0.95
    losses = model.history_.epochs["loss"]
    assert losses.iloc[-1] < 0.1 < 0.5 < losses.iloc[0]  # a share of the mean square of what it is taught


def test_the_towers_are_those_of_the_equation_and_read_means_and_zeros(planted, fitted):
    weights = {n: p.numpy().astype(float) for n, p in fitted._user_tower.state_dict().items()}
    played = planted.train.binary[:6]
    means = normalize(played, "l1") @ fitted._vectors * fitted._stretch
    deep = np.tanh(means @ weights["0.weight"].T + weights["0.bias"])
    expected = (deep @ weights["2.weight"].T + weights["2.bias"]) @ fitted.item_factors_.T
    np.testing.assert_allclose(fitted.score_history(planted.train.matrix[:6]), expected, atol=1e-4)
    of_kind_0 = fitted.item_factors_[planted.cold[planted.kind_of_item[planted.cold] == 0]]
    np.testing.assert_allclose(of_kind_0, np.tile(of_kind_0[0], (len(of_kind_0), 1)), atol=1e-5)
    assert not fitted._vectors[planted.cold].any()


@pytest.mark.parametrize("sparse", [False, True])
def test_an_item_without_features_is_scored_by_its_plays_or_like_all_of_which_nothing_is_known(
    planted, sparse
):
    missing = np.isin(np.arange(planted.train.n_items), [3, 100, 101])
    rows = np.where(missing[:, None], 0, planted.features.matrix)
    rows = sp.csr_matrix(rows) if sparse else rows
    told = Features("kind", planted.train.items, planted.features.names, rows, missing)
    model = DropoutNet(**SMALL).fit(planted.train, item_features=told)
    np.testing.assert_allclose(model.item_factors_[100], model.item_factors_[101], atol=1e-6)
    assert planted.own_kind_first(model, planted.cold) > 0.85
    mine = model.score(range(planted.train.n_users))[:, 3]
    assert mine[planted.kind_of_user == 3].mean() > mine[planted.kind_of_user != 3].mean() + mine.std()


def test_the_same_seed_gives_the_same_scores_and_another_one_others(planted, fitted):
    torch.manual_seed(99)  # what happens outside does not matter
    again = DropoutNet(**SMALL).fit(planted.train, item_features=planted.features)
    np.testing.assert_array_equal(again.score(range(9)), fitted.score(range(9)))
    assert torch.initial_seed() == 99
    other = DropoutNet(**SMALL, seed=1).fit(planted.train, item_features=planted.features)
    assert not np.allclose(other.score(range(9)), fitted.score(range(9)))


def test_listeners_of_one_play_and_of_none_can_be_fitted():
    few = Interactions.from_frame(pd.DataFrame({"user": [0, 1], "item": [0, 1]}), users=range(3))
    told = Features("kind", few.items, ["even"], np.array([[1.0], [0.0]]))
    model = DropoutNet(**SMALL | {"epochs": 2}).fit(few, item_features=told)
    assert np.isfinite(model.score(range(3))).all()
    assert (model.score([2]) == 0).all()
    assert (model.score_history(sp.csr_matrix((1, 2))) == 0).all()


def test_what_cannot_be_fitted(planted):
    with pytest.raises(InvalidArgument, match="DropoutNet reads the features"):
        DropoutNet().fit(planted.train)
    empty = Features("kind", planted.train.items, ["none"], np.zeros((planted.train.n_items, 1)))
    with pytest.raises(InvalidData, match="no value but 0"):
        DropoutNet().fit(planted.train, item_features=empty)
    wrong = ({"factors": 0}, {"l2": 0}, {"alpha": -1}, {"hidden": 0}, {"dropout": 1.1}, {"dropout": -1})
    for setting in (
        *wrong,
        {"weighting": "idf"},
        {"epochs": 0},
        {"lr": 0},
        {"weight_decay": -1},
        {"seed": 0.5},
    ):
        with pytest.raises(InvalidArgument, match=f"{next(iter(setting))} is"):
            DropoutNet(**setting)


def test_steps_that_are_too_long_are_stopped_and_say_what_to_lower(planted):
    with pytest.raises(TrainingFailed, match="Lower lr"):
        DropoutNet(**SMALL | {"lr": 1e30}).fit(planted.train, item_features=planted.features)
