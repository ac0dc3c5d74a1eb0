"""Evaluation by the stated protocol: what is asked, masked, left out and counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicrec import data, errors, evaluation, metrics, models


def by_hand(model, split, part, candidates, k):
    """The list of each user with a relevant item left, and her relevant items, one user at a time."""
    asked = {"test": split.test, "valid": split.valid}[part]
    known = [split.train, *([split.valid] if part == "test" and split.valid is not None else [])]
    rank, lists, masked = models.tie_ranks(split.train.items), {}, 0
    for user in range(split.train.n_users):
        seen = {i for x in known for i in x.binary[user].indices}
        masked += len(seen & {*asked.binary[user].indices})
        relevant = ({*asked.binary[user].indices} - seen) & {*candidates}
        if relevant:
            scores = model.score([user])[0]
            listed = sorted({*candidates} - seen, key=lambda i: (-scores[i], rank[i]))
            lists[user] = ([*listed, *[-1] * k][:k], relevant)
    return lists, masked


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(seed=st.integers(0, 10**6), part=st.sampled_from(["test", "valid"]), some=st.booleans())
def test_evaluate_agrees_with_one_user_at_a_time(interactions_of, given_scores, seed, part, some):
    rng = np.random.default_rng(seed)
    n_users, n_items = rng.integers(2, 12), rng.integers(4, 15)
    cells = np.argwhere(rng.random((n_users, n_items)) < 0.6)
    parts = rng.integers(0, 3, len(cells))
    again = rng.random(len(cells)) < 0.1  # test items that were played before: masked
    chosen = [parts == 0, parts == 1, (parts == 2) | again]
    if not all(rows.any() for rows in chosen):
        return
    train, valid, test = (interactions_of(cells[rows], n_users, n_items) for rows in chosen)
    split = data.Split(train=train, valid=valid, test=test)
    model = given_scores(rng.integers(0, 4, (n_users, n_items))).fit(train)  # ties everywhere
    candidates = rng.permutation(n_items)[: n_items // 2] if some else np.arange(n_items)
    expected, masked = by_hand(model, split, part, candidates, k=20)
    asked = {"k": (3, 20), "part": part, "candidates": candidates if some else "all"}
    if not expected:
        with pytest.raises(errors.InvalidData, match="No user has a relevant item left"):
            evaluation.evaluate(model, split, **asked)
        return
    e = evaluation.evaluate(model, split, **asked)
    assert [*e.users] == [*expected] and [*e.per_user.index] == [f"u{u}" for u in expected]
    assert e.lists.tolist() == [listed for listed, _ in expected.values()]
    for cut in (3, 20):
        hits = [len({*listed[:cut]} & relevant) for listed, relevant in expected.values()]
        sizes = [len(relevant) for _, relevant in expected.values()]
        assert e.per_user[f"precision@{cut}"].to_numpy() == pytest.approx(np.array(hits) / cut)
        assert e.per_user[f"recall@{cut}"].to_numpy() == pytest.approx(np.array(hits) / sizes)
    assert (e.masked, e.left_out) == (masked, n_users - len(expected))
    assert [*e.candidates] == sorted(candidates)


@pytest.fixture
def repeated(interactions_of):
    """u0 plays i0 in every part; u1 has i1 in train and valid alone; u2's only test item was in valid."""
    train = interactions_of([(0, 0), (1, 1), (2, 2)], 4, 5)
    valid = interactions_of([(0, 0), (0, 1), (1, 1), (2, 3)], 4, 5)
    test = interactions_of([(0, 0), (0, 4), (1, 0), (2, 3)], 4, 5)
    return data.Split(train=train, valid=valid, test=test)


def test_what_was_played_before_is_neither_listed_nor_relevant_and_is_counted(repeated):
    e = evaluation.evaluate(models.Popularity().fit(repeated.train), repeated, k=5)
    assert [*e.per_user.index] == ["u0", "u1"]
    assert (e.masked, e.left_out) == (2, 2)  # u0's i0 and u2's i3; u2 and u3
    assert {*e.lists[0]} == {2, 3, 4, -1} and {*e.lists[1]} == {0, 2, 3, 4, -1}
    assert e.per_user.loc["u0", "recall@5"] == 1


def test_on_valid_only_train_is_masked(repeated):
    e = evaluation.evaluate(models.Popularity().fit(repeated.train), repeated, k=5, part="valid")
    assert [*e.per_user.index] == ["u0", "u2"] and (e.masked, e.left_out) == (2, 2)
    assert {*e.lists[0]} == {1, 2, 3, 4, -1}


@pytest.fixture
def world():
    rng = np.random.default_rng(3)
    users, items = np.nonzero(rng.random((60, 40)) < 0.25)
    frame = pd.DataFrame({"user": users, "item": items, "plays": rng.integers(1, 9, len(users))})
    return data.Interactions.from_frame(frame, weight="plays")


def test_users_of_the_history_are_scored_from_it(world, given_scores):
    split = data.cold_users(world, share=0.3, reveal=4, seed=1)
    rng = np.random.default_rng(0)
    similarity = rng.random((world.n_items, world.n_items))
    wrong = np.full((world.n_users, world.n_items), -1.0)
    model = given_scores(wrong, of_history=similarity).fit(split.train)
    e = evaluation.evaluate(model, split, k=5)
    assert {*e.users} == {*split.cold_users}
    played = split.history.matrix[e.users]
    assert played.data.max() > 1  # raw plays: a model applies its own reading
    scores = model.score_history(played)
    scores[played.nonzero()] = -np.inf
    assert (e.lists[:, 0] == scores.argmax(axis=1)).all()
    assert not np.take_along_axis(played.toarray(), e.lists, axis=1).any()


def test_known_users_and_users_of_the_history_are_asked_each_in_their_way(interactions_of, given_scores):
    train = interactions_of([(0, 0), (2, 1), (0, 3)], 4, 4)
    history = interactions_of([(1, 2)], 4, 4)
    test = interactions_of([(0, 1), (1, 1), (2, 0), (3, 0)], 4, 4)
    split = data.Split(train=train, test=test, history=history)
    scores = [[0, 9, 8, 0], [9, 0, 0, 0], [1, 0, 2, 3], [0, 0, 0, 9]]
    of_history = np.zeros((4, 4))
    of_history[2] = [1, 7, 0, 3]
    e = evaluation.evaluate(given_scores(scores, of_history, cold=True).fit(train), split, k=2)
    assert e.lists[:3].tolist() == [[1, 2], [1, 3], [3, 2]]
    assert e.lists[3, 0] == models.top_k(np.zeros((1, 4)), 1, models.tie_ranks(train.items))[0, 0]


def test_a_model_that_cannot_use_a_history_says_so(world, given_scores):
    split = data.cold_users(world, share=0.3, reveal=4, seed=1)
    model = given_scores(np.zeros((world.n_users, world.n_items))).fit(split.train)
    with pytest.raises(errors.InvalidArgument, match="cannot score others"):
        evaluation.evaluate(model, split)


def test_cold_items_are_ranked_among_themselves_and_by_construction_where_the_model_is_blind(
    world, given_scores
):
    split = data.cold_items(world, 0.3, seed=0)
    scores = np.random.default_rng(0).random((world.n_users, world.n_items))
    sees, blind = given_scores(scores, cold=True), given_scores(scores)
    for model in (sees, blind):
        model.fit(split.train)
        e = evaluation.evaluate(model, split, k=(2, 5), candidates="cold")
        assert [*e.candidates] == [*split.cold_items]
        assert np.isin(e.lists[e.lists >= 0], split.cold_items).all()
        assert e.by_construction == (model is blind)
        assert not evaluation.evaluate(model, split).by_construction
        same = evaluation.evaluate(model, split, k=(2, 5), candidates=split.cold_items[::-1])
        assert same.by_construction == e.by_construction and same.per_user.equals(e.per_user)
    assert evaluation.evaluate(sees, split, candidates="cold", part="valid").part == "valid"


def test_relevant_items_that_are_no_candidates_are_left_out_of_the_measures(interactions_of, given_scores):
    train, test = interactions_of([(0, 0), (1, 0)], 2, 4), interactions_of([(0, 1), (0, 2), (1, 3)], 2, 4)
    model = given_scores(np.tile([0, 3, 2, 1], (2, 1)), cold=True).fit(train)
    e = evaluation.evaluate(model, data.Split(train=train, test=test), k=1, candidates=[2, 1])
    assert e.per_user.loc["u0", "recall@1"] == 1 / 2
    e = evaluation.evaluate(model, data.Split(train=train, test=test), k=1, candidates=[2, 0])
    assert e.per_user.loc["u0", "recall@1"] == 1 and e.left_out == 1


def test_a_model_that_knows_nothing_scores_as_chance(given_scores):
    rng = np.random.default_rng(5)
    users, items = np.nonzero(rng.random((600, 50)) < 0.3)
    x = data.Interactions.from_frame(pd.DataFrame({"user": users, "item": items}))
    split = data.holdout(x, test=0.3, valid=0, seed=0)
    e = evaluation.evaluate(given_scores(np.zeros((600, 50))).fit(split.train), split, k=10)
    left = 50 - split.train.binary.getnnz(axis=1)
    chance = (split.test.binary.getnnz(axis=1) / left).mean()
    bounds = e.interval(level=0.999).loc["precision@10"]
    assert bounds["low"] < chance < bounds["high"]


def test_a_planted_structure_is_found(given_scores):
    users, items = np.nonzero(np.arange(40)[:, None] % 2 == np.arange(30) % 2)  # two camps
    x = data.Interactions.from_frame(pd.DataFrame({"user": users, "item": items}))
    split = data.holdout(x, test=0.4, valid=0, seed=0)
    camp = (np.arange(40)[:, None] % 2 == np.arange(30) % 2).astype(float)
    right = evaluation.evaluate(given_scores(camp).fit(split.train), split, k=6, seed=0)
    blind = evaluation.evaluate(given_scores(0 * camp).fit(split.train), split, k=6, seed=0)
    assert right.mean()["ndcg@6"] == 1
    assert evaluation.compare(right, blind, "ndcg@6", smallest=0.1).verdict == "supported"


def test_mean_and_interval_are_of_the_users(evaluation_with):
    values = np.random.default_rng(0).random(200)
    e = evaluation_with(dict(enumerate(values)))
    assert e.mean()["ndcg@10"] == pytest.approx(values.mean())
    wide, narrow = e.interval(), e.interval(level=0.5)
    assert [*wide.columns] == ["low", "high"] and wide.equals(e.interval(seed=0))
    low, high = wide.loc["ndcg@10"]
    assert low < narrow.loc["ndcg@10", "low"] < values.mean() < narrow.loc["ndcg@10", "high"] < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(200), rel=0.1)
    assert not wide.equals(e.interval(seed=1))


def test_an_evaluation_shows_what_it_rests_on(repeated):
    e = evaluation.evaluate(models.Popularity().fit(repeated.train), repeated, k=5, seed=7)
    assert repr(e) == (
        "Evaluation(Popularity() on test: 2 users, 2 left out, 5 candidates, 2 pairs masked, seed 7)"
    )


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"k": 0}, errors.InvalidArgument, "whole numbers"),
        ({"k": (5, -1)}, errors.InvalidArgument, "whole numbers"),
        ({"part": "train"}, errors.InvalidArgument, "'test' or 'valid'"),
        ({"seed": -1}, errors.InvalidArgument, "seed is -1"),
        ({"seed": "0"}, errors.InvalidArgument, "seed is '0'"),
        ({"candidates": "warm"}, errors.InvalidArgument, "'all', 'cold' or item codes"),
        ({"candidates": "cold"}, errors.InvalidArgument, "This split is warm"),
        ({"candidates": [1, 1]}, errors.InvalidArgument, "2 codes, 1 of them distinct"),
        ({"candidates": np.array([], dtype=int)}, errors.InvalidArgument, "give at least one"),
        ({"candidates": [0.5]}, errors.InvalidArgument, "integer codes"),
        ({"candidates": [99]}, errors.UnknownName, "no item of code 99"),
        ({"candidates": [-1]}, errors.UnknownName, "no item of code -1"),
    ],
)
def test_bad_questions_are_refused(world, asked, error, says):
    split = data.holdout(world, seed=0)
    assert not len(split.cold_items)
    with pytest.raises(error, match=says):
        evaluation.evaluate(models.Popularity().fit(split.train), split, **asked)


def test_a_split_without_a_valid_part_cannot_be_asked_about_it(world):
    split = data.holdout(world, valid=0)
    with pytest.raises(errors.InvalidArgument, match="no valid part"):
        evaluation.evaluate(models.Popularity().fit(split.train), split, part="valid")


def test_models_that_do_not_fit_the_split_are_refused(world, interactions_of):
    split = data.holdout(world)
    other = interactions_of([(0, 0)], 60, 40)
    for model, says in (
        (models.Popularity(), "has not been fitted"),
        (models.Popularity().fit(other), "fitted over 60 users"),
        (models.Popularity().fit(data.Interactions(world.users, other.items, other.events)), "over 40 items"),
        ("EASE", "takes a fitted model and a data.Split"),
    ):
        with pytest.raises(errors.InvalidArgument, match=says):
            evaluation.evaluate(model, split)
    with pytest.raises(errors.InvalidArgument, match=r"data\.Split"):
        evaluation.evaluate(models.Popularity().fit(split.train), split.train)


def test_a_model_that_has_met_the_cold_items_is_refused(world):
    split = data.cold_items(world, 0.3, seed=0)
    with pytest.raises(errors.InvalidArgument, match=r"Fit it on split\.train"):
        evaluation.evaluate(models.Popularity().fit(world), split, candidates="cold")
    refit = split.refit()
    assert evaluation.evaluate(models.Popularity().fit(refit.train), refit, candidates="cold").by_construction


def test_the_room_offers_the_ranking_metrics():
    assert evaluation.ranking_metrics is metrics.ranking_metrics
