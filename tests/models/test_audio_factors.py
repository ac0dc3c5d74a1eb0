"""Networks that listen: a planted sound must be found in tracks that nobody has played, and no other."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicrec.audio import AudioLibrary
from musicrec.data import Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models import ALS, LatentFactorCNN, PreferenceCNN, audio_factors

USERS, ITEMS, KNOWN = 60, 90, 60
FAST = {
    LatentFactorCNN: {"factors": 4, "l2": 1.0, "alpha": 5.0, "epochs": 12, "lr": 0.01},
    PreferenceCNN: {"factors": 4, "epochs": 20, "lr": 0.01},
}
MODELS = list(FAST)
HIGH = np.arange(ITEMS) % 2 == 1  # which items sound high
COLD = np.arange(KNOWN, ITEMS)


class Sounds:
    """As much of an AudioLibrary as models use: noise, loud in the low or in the high half of the bands."""

    left_out = pd.Series(dtype=object)

    def __init__(self, high=HIGH):
        self.labels = pd.RangeIndex(ITEMS)
        loud = np.where((np.arange(16) >= 8) == high[:, None], -10.0, -50.0)
        noise = np.random.default_rng(1).standard_normal((ITEMS, 16, 24))
        self._mel = (loud[:, :, None] + 6 * noise).astype(np.float32)

    def mel(self, labels):
        return self._mel[self.labels.get_indexer(labels)]


def plays(items=ITEMS):
    """Even listeners play what sounds low, odd ones what sounds high; nobody played the last 30 items."""
    own = (np.arange(USERS) % 2)[:, None] == HIGH
    played = np.random.default_rng(0).random(own.shape) < np.where(own, 0.5, 0.05)
    user, item = np.nonzero(played[:, :KNOWN])
    return Interactions(
        pd.RangeIndex(USERS), pd.RangeIndex(items), pd.DataFrame({"user": user, "item": item})
    )


@pytest.fixture(scope="module")
def fitted():
    """Each model, fitted once."""
    return {model: model(**FAST[model]).fit(plays(), item_audio=Sounds()) for model in MODELS}


def own_kind_first(model):
    """Of the ten items that nobody played and that are listed first, the share of the listener's kind."""
    lists = model.recommend(range(USERS), k=10, candidates=COLD)
    return (HIGH[lists] == (np.arange(USERS) % 2)[:, None]).mean()


@pytest.mark.parametrize("model", MODELS)
def test_what_nobody_has_played_is_found_by_its_sound(fitted, model):
    assert fitted[model].can_score_cold_items
    assert own_kind_first(fitted[model]) > 0.95


@pytest.mark.parametrize("model", MODELS)
def test_the_sound_of_other_items_tells_nothing(model):
    shuffled = Sounds(np.random.default_rng(5).permutation(HIGH))
    assert abs(own_kind_first(model(**FAST[model]).fit(plays(), item_audio=shuffled)) - 0.5) < 0.2


def test_strangers_are_recommended_by_sound_what_they_would_play(fitted):
    model, train = fitted[LatentFactorCNN], plays()
    lists = model.recommend_history(train.matrix, k=10, candidates=COLD)
    assert (HIGH[lists] == (np.arange(USERS) % 2)[:, None]).mean() > 0.95
    with pytest.raises(InvalidArgument, match="cannot score others"):
        fitted[PreferenceCNN].score_history(train.matrix)


def test_the_network_is_told_the_factors_of_als_and_tells_them_of_all_items(fitted):
    model = fitted[LatentFactorCNN]
    als = ALS(4, 1.0, 5.0).fit(plays())
    np.testing.assert_array_equal(model.user_factors_, als.user_factors_)
    told, given = model.item_factors_[:KNOWN], als.item_factors_[:KNOWN]
    assert np.mean((told - given) ** 2) < 0.7 * np.mean((given - given.mean(axis=0)) ** 2)
    assert (
        model.regressor_.history_.epochs["loss"].iloc[-1] < model.regressor_.history_.epochs["loss"].iloc[0]
    )


def test_known_items_can_keep_the_factors_of_their_plays(fitted):
    by_plays = LatentFactorCNN(**FAST[LatentFactorCNN], warm="factors").fit(plays(), item_audio=Sounds())
    als = ALS(4, 1.0, 5.0).fit(plays())
    np.testing.assert_array_equal(by_plays.item_factors_[:KNOWN], als.item_factors_[:KNOWN])
    np.testing.assert_array_equal(
        by_plays.item_factors_[KNOWN:], fitted[LatentFactorCNN].item_factors_[KNOWN:]
    )


matrices = arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 6)), elements=st.integers(-5, 5))


@given(matrices.filter(lambda rows: np.ptp(rows, axis=0).any()))
def test_factors_made_uncorrelated_can_be_turned_back(rows):
    centred = rows - rows.mean(axis=0)
    there, back = audio_factors._uncorrelated(centred)
    turned = centred @ there
    np.testing.assert_allclose(turned.T @ turned / len(rows), np.eye(there.shape[1]), atol=1e-6)
    np.testing.assert_allclose(turned @ back, centred, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_scores_and_another_one_others(fitted, model):
    torch.manual_seed(99)  # what happens outside does not matter
    scores = fitted[model].score(range(5))
    again = model(**FAST[model]).fit(plays(), item_audio=Sounds()).score(range(5))
    np.testing.assert_array_equal(again, scores)
    assert torch.initial_seed() == 99
    other = model(**FAST[model], seed=1).fit(plays(), item_audio=Sounds()).score(range(5))
    assert not np.allclose(other, scores)


def tone(label):
    """A tone at 200 or 4,000 Hz for even and odd labels; that of item 3 and 70 is broken."""
    if label in (3, 70):
        return np.full(22050, np.nan, dtype=np.float32)
    rng = np.random.default_rng(label)
    seconds = np.arange(22050) / 22050
    return (
        np.sin(2 * np.pi * (4000 if label % 2 else 200) * seconds) / 4 + rng.normal(0, 0.01, 22050)
    ).astype(np.float32)


def test_an_item_without_sound_is_taken_for_the_average_one(monkeypatch, tmp_path):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path))
    library = AudioLibrary(range(ITEMS - 1), tone, key="tones", seconds=1.0)  # item 89 is not in it
    with pytest.warns(UserWarning, match="2 of 89 items are left out"):
        library.mel([0])
    for model in MODELS:
        fitted = model(**FAST[model] | {"epochs": 4}).fit(plays(), item_audio=library)
        factors = fitted.item_factors_
        assert (factors[[70, 89]] == factors[3]).all()
        assert not np.allclose(factors[71], factors[3])
    with pytest.warns(UserWarning, match="2 of 89 items are left out"):  # a library that was never measured
        fresh = AudioLibrary(range(ITEMS - 1), tone, key="the same tones", seconds=1.0)
        LatentFactorCNN(**FAST[LatentFactorCNN] | {"epochs": 1}).fit(plays(), item_audio=fresh)


@pytest.mark.parametrize("model", MODELS)
def test_what_cannot_be_fitted(model, monkeypatch):
    with pytest.raises(InvalidArgument, match=f"{model.__name__} listens to the items"):
        model().fit(plays())
    silent = Sounds()
    silent.left_out = pd.Series("broken", index=range(1, KNOWN))
    with pytest.raises(InvalidData, match="1 have a sound"):
        model().fit(plays(), item_audio=silent)
    for wrong in ({"epochs": 0}, {"lr": 0}, {"weight_decay": -1}, {"factors": 0}, {"seed": -1}):
        with pytest.raises(InvalidArgument, match=f"{next(iter(wrong))} is"):
            model(**wrong)


def test_other_settings_out_of_range():
    for wrong in (-0.1, 1.0, "half"):
        with pytest.raises(InvalidArgument, match="dropout is"):
            PreferenceCNN(dropout=wrong)
    with pytest.raises(InvalidArgument, match="warm is"):
        LatentFactorCNN(warm="audio")
    with pytest.raises(InvalidArgument, match="l2 is"):
        LatentFactorCNN(l2=0)
