"""Hybrids: scores mixed on one scale, features as further listeners, and what nobody has played yet."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import zscore
from sklearn.preprocessing import normalize

from musicrec import data, evaluation
from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import (
    BPR,
    EASE,
    CollectiveEASE,
    ContentKNN,
    ItemKNN,
    Popularity,
    Random,
    SwitchingHybrid,
    WeightedHybrid,
)


def interactions(matrix):
    """Interactions of a dense matrix of weights; the zeros are no events."""
    user, item = np.nonzero(matrix)
    events = pd.DataFrame({"user": user, "item": item, "weight": np.asarray(matrix, float)[user, item]})
    return Interactions(pd.RangeIndex(len(matrix)), pd.RangeIndex(len(matrix[0])), events)


def features(matrix):
    names = [f"feature {column}" for column in range(matrix.shape[1])]
    return Features("planted", pd.RangeIndex(matrix.shape[0]), names, matrix)


def kinds(n_users=120, n_items=60, seed=0):
    """Plays of listeners who like one of three kinds and one of three circles, and the kinds as features.

    What a circle plays no feature tells, and circles and kinds have nothing to do with each other.
    """
    rng = np.random.default_rng(seed)
    kind_of_user, circle_of_user = rng.integers(0, 3, (2, n_users))
    kind_of_item, circle_of_item = rng.integers(0, 3, (2, n_items))
    likes = 0.3 * (kind_of_user[:, None] == kind_of_item) + 0.3 * (circle_of_user[:, None] == circle_of_item)
    return (rng.random(likes.shape) < likes).astype(int), np.eye(3)[kind_of_item], kind_of_user, kind_of_item


# ---- Scores mixed


def test_scores_are_the_two_standardised_for_each_listener_and_mixed():
    plays, kind, _, _ = kinds()
    train, of_kind = interactions(plays), features(kind)
    model = WeightedHybrid(EASE(30.0), ContentKNN(k=20), 0.3).fit(train, item_features=of_kind)
    users = np.flatnonzero(plays.any(axis=1))
    parts = [
        EASE(30.0).fit(train).score(users),
        ContentKNN(k=20).fit(train, item_features=of_kind).score(users),
    ]
    expected = 0.7 * zscore(parts[0], axis=1) + 0.3 * zscore(parts[1], axis=1)
    np.testing.assert_allclose(model.score(users), expected, atol=1e-4)
    np.testing.assert_allclose(model.score_history(train.matrix[users]), expected, atol=1e-4)


class Louder(EASE):
    """EASE on another scale for each listener."""

    def _score(self, users):
        return 1000 * (1 + users[:, None]) * super()._score(users) + 5


def test_the_scale_of_a_part_does_not_matter():
    plays, kind, _, _ = kinds()
    train, of_kind = interactions(plays), features(kind)
    quiet, loud = (
        WeightedHybrid(part, weight=0.5).fit(train, item_features=of_kind).score(range(50))
        for part in (EASE(), Louder())
    )
    np.testing.assert_allclose(quiet, loud, atol=1e-3)


@pytest.mark.parametrize(("weight", "alone"), [(0.0, EASE()), (1.0, ContentKNN())])
def test_at_its_ends_it_lists_what_one_model_lists(weight, alone):
    plays, kind, _, _ = kinds()
    train, of_kind = interactions(plays), features(kind + np.arange(60)[:, None] / 1000)  # no ties
    hybrid = WeightedHybrid(weight=weight).fit(train, item_features=of_kind)
    lists = alone.fit(train, item_features=of_kind).recommend(range(120), exclude=train)
    assert (hybrid.recommend(range(120), exclude=train) == lists).mean() > 0.999


def test_both_together_beat_either_where_taste_has_two_sides():
    plays, kind, _, _ = kinds(400, 150)
    split = data.holdout(interactions(plays), test=0.3, valid=0, seed=0)
    found = {}
    for name, model in {
        "collaborative": EASE(),
        "content": ContentKNN(k=60),
        "mixed": WeightedHybrid(EASE(), ContentKNN(k=60), 0.3),
        "nonsense": WeightedHybrid(EASE(), Random(), 0.9),
    }.items():
        fitted = model.fit(split.train, item_features=features(kind))
        found[name] = evaluation.evaluate(fitted, split, k=10).mean()["ndcg@10"]
    assert found["mixed"] > max(found["collaborative"], found["content"])
    assert found["nonsense"] < 0.8 * found["collaborative"]


def test_an_item_that_one_model_does_not_know_is_judged_by_the_other_alone():
    plays, kind, _, _ = kinds()
    plays[:, 10:20] = 0
    train = interactions(plays)
    model = WeightedHybrid(EASE(), ContentKNN(k=30), 0.4).fit(train, item_features=features(kind))
    users = np.flatnonzero(plays.any(axis=1))
    assert model.can_score_cold_items
    content = zscore(ContentKNN(k=30).fit(train, item_features=features(kind)).score(users), axis=1)
    np.testing.assert_allclose(model.score(users)[:, 10:20], 0.4 * content[:, 10:20], atol=1e-5)
    blind = WeightedHybrid(EASE(), ItemKNN(), 0.4).fit(train)
    assert not blind.can_score_cold_items
    scores = blind.score(users)
    assert (scores[:, 10:20] == scores.min(axis=1, keepdims=True)).all()


def test_equal_scores_of_one_model_leave_the_order_to_the_other():
    _, kind, _, _ = kinds()
    plays = np.tile(np.arange(60) < 50, (5, 1)) & (np.arange(60) % 5 != np.arange(5)[:, None])
    train, of_kind = interactions(plays.astype(int)), features(kind)  # each of 50 items has 4 listeners
    scores = WeightedHybrid(Popularity(), weight=0.5).fit(train, item_features=of_kind).score(range(5))
    content = ContentKNN().fit(train, item_features=of_kind).score(range(5))
    np.testing.assert_allclose(scores, 0.5 * zscore(content, axis=1), atol=1e-5)


def test_the_models_given_are_not_fitted_themselves():
    plays, kind, _, _ = kinds()
    train, of_kind = interactions(plays), features(kind)
    shared = EASE(50.0)
    first = WeightedHybrid(shared).fit(train, item_features=of_kind)
    before = first.score(range(20))
    WeightedHybrid(shared).fit(interactions(plays[:, ::-1]), item_features=of_kind)
    np.testing.assert_array_equal(first.score(range(20)), before)
    with pytest.raises(InvalidArgument, match="not been fitted"):
        shared.score([0])
    assert first.collaborative_.params == shared.params
    assert repr(first).startswith(
        "WeightedHybrid(collaborative=EASE(l2=50.0, weight='binary'), content=ContentKNN("
    )


def test_what_it_can_do_depends_on_its_parts():
    plays, kind, _, _ = kinds()
    hybrid = WeightedHybrid(BPR(epochs=2), ContentKNN()).fit(
        interactions(plays), item_features=features(kind)
    )
    assert not hybrid.can_score_history
    with pytest.raises(InvalidArgument, match="cannot score others"):
        hybrid.score_history(interactions(plays).matrix)
    assert WeightedHybrid(Popularity()).can_score_cold_users
    assert not WeightedHybrid().can_score_cold_users


def test_settings_that_cannot_be_used():
    for weight in (-0.1, 1.1, np.nan, "half"):
        with pytest.raises(InvalidArgument, match="weight is"):
            WeightedHybrid(weight=weight)
    for part in ("EASE", EASE, 3):
        with pytest.raises(InvalidArgument, match="content is"):
            WeightedHybrid(content=part)
    with pytest.raises(InvalidArgument, match="ContentKNN reads the features"):
        WeightedHybrid().fit(interactions(kinds()[0]))


# ---- One model or the other


def test_each_score_is_that_of_the_model_whose_turn_it_is():
    plays, kind, _, _ = kinds()
    plays[:, 10:14] = 0  # new items,
    plays[4:, 14:18] = 0  # items of a few listeners,
    plays[:7, 3:] = 0  # and listeners of a few items
    plays[:7, 2] = 1
    train, of_kind = interactions(plays), features(kind)
    model = SwitchingHybrid(EASE(30.0), ContentKNN(k=20), least=5).fit(train, item_features=of_kind)
    users = np.flatnonzero(plays.any(axis=1))
    content = zscore(ContentKNN(k=20).fit(train, item_features=of_kind).score(users), axis=1)
    known = plays.any(axis=0)
    collaborative = np.full_like(content, np.nan)
    collaborative[:, known] = zscore(EASE(30.0).fit(train).score(users)[:, known], axis=1)
    few = (plays.sum(axis=1)[users] < 5)[:, None] | (plays.sum(axis=0) < 5)
    assert few.all(axis=1).sum() >= 7 and 8 <= few.all(axis=0).sum() < 15
    expected = np.where(few, content, collaborative)
    np.testing.assert_allclose(model.score(users), expected, atol=1e-4)
    np.testing.assert_allclose(model.score_history(train.matrix[users]), expected, atol=1e-4)


def test_switching_finds_new_items_by_content_and_the_others_by_plays(planted):
    model = SwitchingHybrid(least=5).fit(planted.train, item_features=planted.features)
    assert model.can_score_cold_items
    assert planted.own_kind_first(model, planted.cold) > 0.9
    assert planted.own_kind_first(model, planted.known) > 0.6
    misled = SwitchingHybrid(least=5).fit(planted.train, item_features=planted.shuffled)
    assert abs(planted.own_kind_first(misled, planted.cold) - 0.25) < 0.2
    assert planted.own_kind_first(misled, planted.known) > 0.6


def test_where_plays_are_never_enough_it_lists_what_content_lists(planted):
    model = SwitchingHybrid(least=10_000).fit(planted.train, item_features=planted.features)
    alone = ContentKNN().fit(planted.train, item_features=planted.features)
    np.testing.assert_array_equal(model.recommend(range(50)), alone.recommend(range(50)))


def test_what_a_switching_hybrid_can_do_depends_on_its_parts(planted):
    assert not SwitchingHybrid(content=ItemKNN()).can_score_cold_items
    assert not SwitchingHybrid(ContentKNN(), ItemKNN()).can_score_cold_items  # new items go to the second
    assert SwitchingHybrid(content=Popularity()).can_score_cold_users
    blind = SwitchingHybrid(BPR(epochs=2)).fit(planted.train, item_features=planted.features)
    with pytest.raises(InvalidArgument, match="cannot score others"):
        blind.score_history(planted.train.matrix)
    for least in (0, 2.5, None):
        with pytest.raises(InvalidArgument, match="least is"):
            SwitchingHybrid(least=least)
    with pytest.raises(InvalidArgument, match="collaborative is"):
        SwitchingHybrid(EASE)
    with pytest.raises(InvalidArgument, match="ContentKNN reads the features"):
        SwitchingHybrid().fit(planted.train)


# ---- Features as further listeners


def ease_of(stacked, l2):
    """The weights of EASE, dense, by the equation of its paper."""
    p = np.linalg.inv(stacked.T @ stacked + l2 * np.eye(stacked.shape[1]))
    weights = np.eye(len(p)) - p / np.diag(p)
    np.fill_diagonal(weights, 0)
    return weights


counts = arrays(np.int64, st.tuples(st.integers(2, 9), st.just(6)), elements=st.sampled_from([0, 0, 1, 4]))
values = arrays(np.int64, st.tuples(st.just(6), st.integers(1, 5)), elements=st.integers(-2, 2))


@settings(max_examples=50)
@given(counts.filter(np.any), values.filter(np.any), st.sampled_from([0.5, 4.0]), st.booleans())
def test_it_is_ease_on_plays_and_features_stacked(plays, of_items, alpha, dense):
    train, of_items = interactions(plays), of_items.astype(float)
    rows = of_items if dense else sp.csr_matrix(of_items)
    model = CollectiveEASE(3.0, alpha, "none", "log").fit(train, item_features=features(rows))
    x = np.log1p(plays)
    t = normalize(of_items).T
    t = t[(t != 0).sum(axis=1) > 1]
    expected = x @ ease_of(np.vstack([x, alpha * t]), 3.0)
    known = plays.any(axis=1)
    np.testing.assert_allclose(model.score(range(len(x)))[known], expected[known], atol=1e-4)
    np.testing.assert_allclose(model.score_history(train.matrix)[known], expected[known], atol=1e-4)


def test_without_weight_on_features_it_is_ease():
    plays, kind, _, _ = kinds()
    plays[:, 7] = 0
    train = interactions(plays)
    scores = CollectiveEASE(20.0, alpha=0.0).fit(train, item_features=features(kind)).score(range(120))
    heard = np.arange(60) != 7
    np.testing.assert_allclose(scores[:, heard], EASE(20.0).fit(train).score(range(120))[:, heard], atol=1e-5)


def liked_rank(model, cold, kind_of_user, kind_of_item):
    """Of the cold items, how often one of the listener's own kind is put first."""
    first = model.recommend(range(len(kind_of_user)), k=1, candidates=cold)[:, 0]
    return (kind_of_item[first] == kind_of_user).mean()


def test_an_item_that_nobody_played_is_tied_to_those_of_its_kind():
    plays, kind, kind_of_user, kind_of_item = kinds(300, 90)
    plays[:, 60:] = 0
    train = interactions(plays)
    cold = np.arange(60, 90)
    fitted = CollectiveEASE(50.0, 3.0).fit(train, item_features=features(kind))
    assert fitted.can_score_cold_items
    assert liked_rank(fitted, cold, kind_of_user, kind_of_item) > 0.8
    strangers = fitted.recommend_history(train.matrix, k=1, candidates=cold)[:, 0]
    assert (kind_of_item[strangers] == kind_of_user).mean() > 0.8
    shuffled = features(np.random.default_rng(1).permutation(kind))
    null = CollectiveEASE(50.0, 3.0).fit(train, item_features=shuffled)
    assert liked_rank(null, cold, kind_of_user, kind_of_item) < 0.5


def test_what_ties_an_item_to_no_other_is_left_out():
    plays, kind, _, _ = kinds()
    alone = np.hstack([kind, np.eye(60)])
    of_kind = normalize(np.hstack([kind, np.ones((60, 1))]))[:, :3]
    with_own = CollectiveEASE(20.0, weighting="none").fit(interactions(plays), item_features=features(alone))
    plain = CollectiveEASE(20.0, 3.0 / np.sqrt(2), "none").fit(
        interactions(plays), item_features=features(of_kind)
    )
    np.testing.assert_allclose(with_own.score(range(120)), plain.score(range(120)), atol=1e-5)


def test_an_item_without_plays_and_features_scores_nothing():
    plays, kind, _, _ = kinds()
    plays[:, 3], kind[3] = 0, 0
    scores = CollectiveEASE().fit(interactions(plays), item_features=features(kind)).score(range(120))
    assert (scores[:, 3] == 0).all()
    assert (scores != 0).any(axis=0).sum() == 59


def test_features_and_settings_of_the_collective_model_that_cannot_be_used():
    plays, kind, _, _ = kinds()
    with pytest.raises(InvalidArgument, match="CollectiveEASE reads the features"):
        CollectiveEASE().fit(interactions(plays))
    with pytest.raises(InvalidData, match="weighting='none'"):
        CollectiveEASE().fit(interactions(plays), item_features=features(kind - 1))
    for wrong in ({"l2": -1}, {"alpha": -1}, {"alpha": None}, {"weighting": "idf"}, {"weight": "sqrt"}):
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))} is"):
            CollectiveEASE(**wrong)
