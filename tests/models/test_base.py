"""The contract that every model keeps, on a world of four scenes: who is of one, plays what is of it."""

import functools
import pickle
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from musicrec import models
from musicrec.data import Features, Interactions, Split
from musicrec.errors import InvalidArgument, InvalidData, UnknownName
from musicrec.models import base

SCENES, USERS, ITEMS = 4, 40, 25
NAMES = models.names()
KNOW_NOBODY = ["Popularity", "Random", "Same"]
LEARN_FROM_FEATURES = [
    *("ContentKNN", "LatentFactorRidge", "WeightedHybrid", "SwitchingHybrid"),
    *("ContentVAE", "LightFM", "DropoutNet", "MultimodalFactors"),
]
FOLDED_IN = [name for name in NAMES if models.by_name(name).can_score_history]


class Same(models.Recommender):
    """Knows nothing: every item is as good as every other."""

    def _fit(self, train, side):
        pass

    def _score(self, users):
        return np.zeros((len(users), self.n_items_), dtype=np.float32)


@functools.cache
def world():
    """Plays within scenes, with some noise; the last user plays nothing, and nobody plays the last item."""
    rng = np.random.default_rng(0)
    scene_of_user, scene_of_item = np.arange(SCENES * USERS) // USERS, np.arange(SCENES * ITEMS) // ITEMS
    own = scene_of_user[:, None] == scene_of_item
    played = rng.random(own.shape) < np.where(own, 0.4, 0.02)
    held_out = played & own & (rng.random(own.shape) < 0.2)
    plays = rng.geometric(0.2, own.shape)
    users = [f"listener {n}" for n in range(SCENES * USERS + 1)]
    items = [f"tune {n}" for n in range(SCENES * ITEMS + 1)]

    def part(mask):
        user, item = np.nonzero(mask)
        table = pd.DataFrame({"user": user, "item": item, "weight": plays[mask]})
        return Interactions(pd.Index(users), pd.Index(items), table)

    return Split(train=part(played & ~held_out), test=part(held_out))


@functools.cache
def scenes():
    """What a catalogue says of the items: their scene, the unheard one's too."""
    of_item = np.minimum(np.arange(SCENES * ITEMS + 1) // ITEMS, SCENES - 1)
    return Features(
        "scene", world().train.items, [f"scene {n}" for n in range(SCENES)], np.eye(SCENES)[of_item]
    )


class Sounds:
    """Clips in which the bands of the item's scene are loud: as much of an AudioLibrary as models use."""

    left_out = pd.Series(dtype=object)

    def __init__(self, items):
        self.labels = items

    def mel(self, labels):
        of_band = np.arange(16) // 4
        of_item = np.minimum(self.labels.get_indexer(labels) // ITEMS, SCENES - 1)
        noise = np.random.default_rng(0).standard_normal((len(self.labels), 16, 16))
        loud = np.where(of_item[:, None] == of_band, 0.0, -60.0)
        return (loud[:, :, None] + 5 * noise[self.labels.get_indexer(labels)]).astype(np.float32)


def side():
    return {"item_features": scenes(), "item_audio": Sounds(world().train.items)}


FOR_FEW_ITEMS = {
    "PreferenceCNN": {"epochs": 30, "lr": 0.01},
    "LatentFactorCNN": {"epochs": 30, "lr": 0.003},
    **{
        name: {"hidden": 16, "lr": 0.03, "batch": 20}
        for name in ("AutoRec", "CDAE", "MultDAE", "MultVAE", "ContentVAE")
    },
    "NeuMF": {"batch": 64, "lr": 0.01},
    "DropoutNet": {"factors": 8, "hidden": 32, "l2": 1.0, "epochs": 40, "lr": 0.01},
    **{name: {"epochs": 30, "lr": 0.01} for name in ("SoftmaxMF", "HybridCNN", "MultimodalFactors")},
}


def new(name):
    return Same() if name == "Same" else models.by_name(name)(**FOR_FEW_ITEMS.get(name, {}))


@functools.cache
def fitted(name):
    return new(name).fit(world().train, **side())


def everybody():
    return np.arange(world().train.n_users)


@pytest.fixture(params=NAMES)
def model(request):
    return fitted(request.param)


@pytest.fixture(params=FOLDED_IN)
def folding_model(request):
    return fitted(request.param)


# ---- What a model finds


def found_and_expected(lists):
    """Held-out tunes found in the lists, and how many chance would find: the sum of each user's share."""
    test, train = world().test.binary, world().train.binary
    found = sum(test[u, [i for i in row if i >= 0]].sum() for u, row in enumerate(lists))
    left = train.shape[1] - train.getnnz(axis=1)
    return found, (test.getnnz(axis=1) * lists.shape[1] / left).sum()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in KNOW_NOBODY])
def test_a_model_finds_the_scene_of_each_listener(name):
    found, expected = found_and_expected(fitted(name).recommend(everybody(), exclude=world().train))
    assert found > 3 * expected


@pytest.mark.parametrize("name", KNOW_NOBODY)
def test_a_model_that_knows_nobody_finds_no_more_than_chance(name):
    found, expected = found_and_expected(fitted(name).recommend(everybody(), exclude=world().train))
    assert abs(found - expected) < 4 * np.sqrt(expected)


# ---- What all models promise


def test_scores_are_one_float32_an_item(model):
    scores = model.score([3, 0, 3])
    assert scores.dtype == np.float32
    assert scores.shape == (3, world().train.n_items)
    np.testing.assert_allclose(scores[0], scores[2], rtol=1e-5)  # the place in a batch may move last bits
    assert model.score([]).shape == (0, world().train.n_items)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Random"])  # which learns nothing
def test_the_same_fit_gives_the_same_scores_also_on_a_used_model(name):
    other = new(name).fit(part_of_world(), **side())
    assert not (other.score(everybody()) == fitted(name).score(everybody())).all()
    again = other.fit(world().train, **side())
    assert (again.score(everybody()) == fitted(name).score(everybody())).all()


def part_of_world():
    train = world().train
    return train.where(np.arange(len(train)) % 4 > 0)


def test_lists_do_not_depend_on_the_blocks_in_which_users_are_scored(model, monkeypatch):
    whole = model.recommend(everybody(), exclude=world().train)
    monkeypatch.setattr(base, "_BLOCK", 7 * world().train.n_items)
    assert (model.recommend(everybody(), exclude=world().train) == whole).all()


def test_a_list_holds_each_item_once_and_nothing_that_is_excluded(model):
    train = world().train
    lists = model.recommend(everybody(), k=train.n_items + 5, exclude=train)
    for user, row in enumerate(lists):
        left = row[row >= 0].tolist()
        assert sorted(left + train.matrix[user].indices.tolist()) == list(range(train.n_items))
        assert (row[len(left) :] == -1).all()


def test_lists_are_in_the_order_of_scores_and_then_of_the_hash(model):
    users = np.array([5, 77, 160])
    expected = models.top_k(model.score(users), 12, models.tie_ranks(world().train.items))
    assert (model.recommend(users, k=12) == expected).all()


def test_only_candidates_are_listed(model):
    lists = model.recommend([0, 50], k=5, candidates=[99, 3, 7, 3])
    assert set(lists[:, :3].ravel().tolist()) == {3, 7, 99}
    assert (lists[:, 3:] == -1).all()


def test_a_model_kept_and_read_again_gives_the_same_scores(model):
    copy = pickle.loads(pickle.dumps(model))
    assert repr(copy) == repr(model)
    assert (copy.score(everybody()) == model.score(everybody())).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_shown_make_the_same_model(name):
    cls = models.by_name(name)
    shown = eval(repr(cls()), {each: models.by_name(each) for each in NAMES})
    assert type(shown) is cls
    assert repr(shown.params) == repr(cls().params)  # a model among them is known by its settings alone


# ---- What nobody can know


@pytest.mark.parametrize("name", [name for name in NAMES if name not in KNOW_NOBODY])
def test_of_a_listener_without_plays_a_model_knows_nothing(name):
    silent = world().train.n_users - 1
    assert (fitted(name).score([silent]) == 0).all()
    by_hash = np.argsort(models.tie_ranks(world().train.items))
    assert fitted(name).recommend([silent], k=10).tolist() == [by_hash[:10].tolist()]


def test_an_item_without_listeners_comes_last_unless_its_content_is_known(model):
    scores = model.score(everybody()[:-1])
    if model.can_score_cold_items:
        assert scores[: 3 * USERS, -1].mean() < scores[3 * USERS :, -1].mean()
    else:
        assert (scores[:, -1] == scores.min(axis=1)).all()


def test_a_row_without_plays_has_equal_scores_whether_empty_or_of_zeros(folding_model):
    n_items = world().train.n_items
    empty = sp.csr_matrix((1, n_items))
    zeros = sp.csr_matrix((np.zeros(2), [0, 1], [0, 2]), shape=(1, n_items))
    expected = (
        fitted("Popularity").score([0]) if folding_model.can_score_cold_users else np.zeros((1, n_items))
    )
    assert (folding_model.score_history(empty) == expected).all()
    assert (folding_model.score_history(zeros) == expected).all()


def short(name, **changed):
    """A model with training as short as can be, for worlds in which there is nothing to find."""
    usual = models.by_name(name)().params
    brief = {"epochs": 1, "hidden": 8, "latent": 4, "factors": 4, **changed}
    return models.by_name(name)(**{each: value for each, value in brief.items() if each in usual})


@pytest.mark.parametrize(("users", "items"), [(1, 12), (12, 1), (1, 1)])
@pytest.mark.parametrize("name", NAMES)
def test_a_world_of_one_listener_or_one_item_is_fitted_or_refused_with_reason(name, users, items):
    train = world().train
    table = pd.DataFrame({"user": np.repeat(range(users), items), "item": np.tile(range(items), users)})
    few = Interactions(train.users[:users], train.items[: items + 1], table)  # nobody played the last item
    given = {
        "item_features": Features("scene", few.items, ["even"], np.arange(items + 1)[:, None] % 2 == 0),
        "item_audio": Sounds(train.items),
    }
    refused = {"PureSVD": "fewer factors", "LatentFactorCNN": "are all alike"}
    if items == 1:
        hearing = ("PreferenceCNN", "LatentFactorCNN", "HybridCNN", "MultimodalFactors")
        refused |= dict.fromkeys(hearing, "too few to learn from")
    if name in refused:
        with pytest.raises((InvalidArgument, InvalidData), match=refused[name]):
            short(name).fit(few, **given)
        return
    model = short(name).fit(few, **given)
    assert np.isfinite(model.score(np.arange(users))).all()
    assert model.recommend([0], exclude=few)[0, :2].tolist() == [items, -1]


# ---- Listeners who were not in train


@pytest.mark.parametrize("name", ["Popularity", "ItemKNN", "ContentKNN", "PureSVD", "EASE"])
def test_a_history_from_train_scores_as_its_listener_does(name):
    scores = fitted(name).score(everybody())
    np.testing.assert_allclose(fitted(name).score_history(world().train.matrix), scores, atol=1e-5)


def test_alternating_least_squares_scores_a_history_nearly_as_its_listener():
    scores = fitted("ALS").score(everybody())
    folded = fitted("ALS").score_history(world().train.matrix)
    assert np.corrcoef(scores.ravel(), folded.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("name", [name for name in FOLDED_IN if name not in KNOW_NOBODY])
def test_a_stranger_is_recommended_what_is_of_the_scene_of_the_history(name):
    plays = np.zeros((SCENES, world().train.n_items))
    for scene in range(SCENES):
        plays[scene, scene * ITEMS : scene * ITEMS + 3] = 2
    history = sp.csr_matrix(plays)
    lists = fitted(name).recommend_history(history, k=10, exclude=history)
    assert (lists // ITEMS == np.arange(SCENES)[:, None]).mean() > 0.8
    assert not np.take_along_axis(plays, lists, axis=1).any()


def test_a_model_that_cannot_score_a_history_says_so():
    assert "BPR" not in FOLDED_IN
    with pytest.raises(InvalidArgument, match="cannot score others"):
        fitted("BPR").score_history(world().train.matrix)


# ---- Bad input


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_was_not_fitted_says_so(name):
    for ask in ("score", "recommend", "score_history", "recommend_history"):
        with pytest.raises(InvalidArgument, match=f"{name} has not been fitted"):
            getattr(new(name), ask)([0])


def test_a_fit_that_failed_leaves_no_model_behind():
    model = new("ContentKNN").fit(world().train, item_features=scenes())
    with pytest.raises(InvalidArgument, match="features"):
        model.fit(world().train)
    with pytest.raises(InvalidArgument, match="has not been fitted"):
        model.score([0])


@pytest.mark.parametrize("users", [[-1], [SCENES * USERS + 1], [0, 2**40]])
def test_a_user_that_is_not_there_is_refused(model, users):
    for ask in (model.score, model.recommend):
        with pytest.raises(UnknownName, match="no user of code"):
            ask(users)


@pytest.mark.parametrize("users", [3, [[0]], [0.5], [np.nan], ["listener 3"], [True], [[0], [1, 2]], None])
def test_users_that_are_no_codes_are_refused(model, users):
    for ask in (model.score, model.recommend):
        with pytest.raises(InvalidArgument, match="integer codes"):
            ask(users)


@pytest.mark.parametrize("k", [0, -3, 1.5, True, None])
def test_a_list_of_no_length_is_refused(model, k):
    with pytest.raises(InvalidArgument, match="k is"):
        model.recommend([0], k=k)


def test_what_is_excluded_must_have_the_shape_of_what_is_asked(model):
    train = world().train
    fewer = Interactions(train.users[:-1], train.items, train.events)
    for exclude in (train.matrix[:5], train.matrix[:, :5], fewer, train.matrix.toarray(), [0]):
        with pytest.raises(InvalidArgument, match="exclude must have shape"):
            model.recommend([0], exclude=exclude)


def test_interactions_over_other_items_are_not_excluded():
    train = world().train
    other = Interactions(train.users, train.items[::-1], train.events)
    with pytest.raises(InvalidData, match="another order"):
        fitted("Popularity").recommend([0], exclude=other)


def test_an_excluded_pair_of_weight_zero_is_none():
    exclude = sp.csr_matrix((np.zeros(1), ([0], [4])), shape=world().train.matrix.shape)
    assert exclude.nnz == 1
    assert 4 in fitted("EASE").recommend([0], k=200, exclude=exclude)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m[:, :-1], "sparse matrix of shape"),
        (lambda m: m.toarray(), "sparse matrix of shape"),
        (lambda m: world().train, "sparse matrix of shape"),
        (lambda m: -m, "0 or more"),
        (lambda m: m * np.nan, "0 or more"),
        (lambda m: m * np.inf, "0 or more"),
        (lambda m: m.astype(np.float64) * 1e300, "0 or more"),
        (lambda m: m.astype(complex), "must hold numbers"),
    ],
)
def test_a_history_that_is_none_is_refused(folding_model, change, message):
    with pytest.raises(InvalidData, match=message):
        folding_model.score_history(change(world().train.matrix))
    with pytest.raises(InvalidData, match=message):
        folding_model.recommend_history(change(world().train.matrix))


@pytest.mark.parametrize("name", NAMES)
def test_train_must_be_interactions_with_plays(name):
    train = world().train
    with pytest.raises(InvalidArgument, match=r"needs data\.Interactions"):
        new(name).fit(train.matrix)
    with pytest.raises(InvalidData, match="nothing to learn from"):
        new(name).fit(train.where(np.zeros(len(train), bool)), **side())
    silent = train.events.assign(weight=0.0)
    with pytest.raises(InvalidData, match="nothing to learn from"):
        new(name).fit(Interactions(train.users, train.items, silent), **side())


@pytest.mark.parametrize("name", NAMES)
def test_side_input_must_be_over_the_same_users_and_items(name):
    train = world().train
    upside_down = Interactions(train.users, train.items[::-1], train.events)
    other = Features("scene", train.items[:-1], ["x"], np.ones((len(train.items) - 1, 1)))
    for given, error, message in [
        ({"valid": upside_down}, InvalidData, "valid is over"),
        ({"valid": train.matrix}, InvalidArgument, r"needs data\.Interactions"),
        ({"item_features": other}, InvalidData, "item_features is over"),
        ({"item_features": np.ones((3, 3))}, InvalidArgument, r"must be data\.Features"),
        ({"item_features": scenes(), "user_features": scenes()}, InvalidData, "user_features is over"),
        ({"source": "films"}, InvalidArgument, r"needs data\.Interactions"),
        ({"item_audio": np.ones((3, 4, 5))}, InvalidArgument, "must be an AudioLibrary"),
        ({"item_audio": Sounds(train.items + "?")}, InvalidData, "none of them of the"),
    ]:
        with pytest.raises(error, match=message):
            new(name).fit(train, **given)


@pytest.mark.parametrize("name", LEARN_FROM_FEATURES)
def test_features_of_what_nobody_played_alone_teach_nothing(name):
    heard = np.bincount(world().train.events["item"], minlength=len(scenes())) > 0
    assert 0 < heard.sum() < len(heard)
    for missing in (heard, None):  # said to be missing, or empty
        only_new = Features(
            "scene", scenes().items, scenes().names, scenes().matrix * ~heard[:, None], missing
        )
        with pytest.raises(InvalidData, match="No item with a listener in train has scene features"):
            new(name).fit(world().train, **side() | {"item_features": only_new})


@pytest.mark.parametrize("name", LEARN_FROM_FEATURES)
@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_features_whose_squares_are_lost_are_refused(name, size):
    vast = Features("scene", scenes().items, scenes().names, size * scenes().matrix)
    with pytest.raises(InvalidData, match=re.escape(f"values up to {size:g}, whose squares")):
        new(name).fit(world().train, **side() | {"item_features": vast})


@pytest.mark.parametrize("name", [name for name in NAMES if "device" in models.by_name(name)().params])
def test_an_unknown_device_is_named(name):
    with pytest.raises(InvalidArgument, match="device is 'abacus'; it must be one of 'cpu'"):
        short(name, device="abacus").fit(world().train, **side())


class Diverged(Same):
    """Its numbers ran away."""

    def _score(self, users):
        return np.full((len(users), self.n_items_), np.nan)


def test_scores_that_are_no_numbers_make_no_list():
    with pytest.raises(InvalidData, match="diverged"):
        Diverged().fit(world().train).recommend([0])


def test_models_are_found_by_name():
    offered = [getattr(models, name) for name in models.__all__]
    classes = {c.__name__ for c in offered if isinstance(c, type) and issubclass(c, models.Recommender)}
    classes -= {"Recommender", "GivenScores"}  # which is nothing without scores
    assert set(models.names()) == classes
    assert models.by_name("EASE") is models.EASE
    with pytest.raises(UnknownName, match="There are: Random, Popularity"):
        models.by_name("ease")
