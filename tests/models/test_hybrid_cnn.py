"""Factorisation with ears: what sound tells of new items, what no sound tells of known ones, and both."""

import numpy as np
import pandas as pd
import pytest
import torch

from musicrec.data import Interactions
from musicrec.errors import InvalidArgument, InvalidData, TrainingFailed
from musicrec.models import HybridCNN, PreferenceCNN, SoftmaxMF, preferences

FAST = {"factors": 4, "epochs": 25, "lr": 0.01}


@pytest.fixture(scope="module")
def fitted(sounding):
    """Each model, fitted once."""
    return {model: sounding.fit(model(**FAST)) for model in (HybridCNN, SoftmaxMF, PreferenceCNN)}


def test_what_nobody_has_played_is_found_by_its_sound(fitted, sounding):
    assert HybridCNN.can_score_cold_items
    assert sounding.found(fitted[HybridCNN], sounding.cold)[0] > 0.95


def test_the_sound_of_other_items_tells_nothing(sounding):
    dealt = sounding.by_lot
    assert abs(sounding.found(dealt.fit(HybridCNN(**FAST)), sounding.cold)[0] - 0.5) < 0.25


def test_without_ears_new_items_are_all_the_same(fitted, sounding):
    assert not SoftmaxMF.can_score_cold_items
    scores = fitted[SoftmaxMF].score(range(120))
    assert (scores[:, sounding.cold] == scores.min(axis=1, keepdims=True)).all()


def test_a_community_that_no_sound_reveals_is_found_on_known_items(fitted, sounding):
    ears, circle = sounding.found(fitted[HybridCNN], sounding.known)
    assert min(ears, circle) > 0.85
    assert sounding.found(fitted[SoftmaxMF], sounding.known)[1] > 0.85
    ears, circle = sounding.found(fitted[PreferenceCNN], sounding.known)
    assert ears > 0.85
    assert circle < 0.7  # about a half by chance


def test_with_sound_that_tells_nothing_the_known_items_are_found_still(sounding):
    dealt = sounding.by_lot
    assert min(sounding.found(dealt.fit(HybridCNN(**FAST)), sounding.known)) > 0.85


class Deaf(torch.nn.Module):
    """Hears nothing in any clip."""

    def __init__(self, outputs, mels, dropout):
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(outputs))

    def forward(self, mel):
        return self.nothing.detach().expand(len(mel), -1)


def test_deaf_and_with_no_vector_left_out_it_is_its_twin(fitted, monkeypatch, sounding):
    monkeypatch.setattr(preferences, "MelCNN", Deaf)
    deaf, known = sounding.fit(HybridCNN(**FAST, item_dropout=0.0)), sounding.known
    np.testing.assert_array_equal(deaf.score(range(9))[:, known], fitted[SoftmaxMF].score(range(9))[:, known])


def heard_share(model, clips):
    """Of the variance of the vectors of items, the share of what the network hears."""
    with torch.no_grad():
        heard = model.network_(torch.from_numpy(clips)).numpy()
    return heard[:80].var(axis=0).sum() / model.item_factors_[:80, :-1].var(axis=0).sum()


def test_the_more_free_vectors_are_left_out_the_more_sound_must_carry(fitted, sounding):
    shares = [
        heard_share(model, sounding.sounds.clips)
        for model in (
            sounding.fit(HybridCNN(**FAST, item_dropout=0.0)),
            fitted[HybridCNN],
            sounding.fit(HybridCNN(**FAST, item_dropout=0.9)),
        )
    ]
    assert shares[0] + 0.1 < shares[1] < shares[2] - 0.1


def test_a_new_item_has_what_is_heard_of_it_alone_and_the_mean_fame(fitted, sounding):
    model, cold = fitted[HybridCNN], sounding.cold
    with torch.no_grad():
        heard = model.network_(torch.from_numpy(sounding.sounds.clips[cold])).numpy()
    np.testing.assert_allclose(model.item_factors_[cold, :-1], heard, atol=1e-6)
    assert model.item_factors_[cold, -1] == pytest.approx(model.item_factors_[:80, -1].mean(), abs=1e-5)
    assert (model.user_factors_[:, -1] == 1).all()


def test_how_well_an_item_is_known_counts():
    """Two items of no taste, one with ten times the plays of the other."""
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((80, 20)) < np.where(np.arange(20) < 10, 0.5, 0.05))
    events = pd.DataFrame({"user": user, "item": item})
    train = Interactions(pd.RangeIndex(80), pd.RangeIndex(20), events)
    lists = SoftmaxMF(**FAST).fit(train).recommend(range(80), k=5)
    assert (lists < 10).mean() > 0.9


@pytest.mark.parametrize("model", [HybridCNN, SoftmaxMF])
def test_the_same_seed_gives_the_same_scores_and_another_one_others(model, sounding):
    settings, scores = FAST | {"epochs": 2}, []
    for seed in (0, 0, 1):
        torch.manual_seed(len(scores))  # what happens outside does not matter
        scores.append(sounding.fit(model(**settings, seed=seed)).score(range(5)))
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.allclose(scores[0], scores[2])


def test_items_without_sound_keep_what_their_plays_tell(sounding):
    silent = FakeLibrary(sounding.sounds, [*range(40), 90])
    model = sounding.fit(HybridCNN(**FAST), item_audio=silent)
    ears, circle = sounding.found(model, np.arange(40))
    assert min(ears, circle) > 0.75  # about a half by chance
    with torch.no_grad():
        heard = model.network_(torch.from_numpy(sounding.sounds.clips[40:80])).numpy()
    np.testing.assert_allclose(model.item_factors_[90, :-1], heard.mean(axis=0), atol=1e-5)


class FakeLibrary:
    """The sounds of a world without those of some items."""

    def __init__(self, sounds, without):
        self.labels, self.mel = sounds.labels, sounds.mel
        self.left_out = pd.Series("no clip", index=without)


def test_strangers_cannot_be_scored(fitted, sounding):
    for model in (HybridCNN, SoftmaxMF):
        with pytest.raises(InvalidArgument, match="cannot score others"):
            fitted[model].score_history(sounding.train.matrix)


def test_what_cannot_be_fitted(sounding):
    with pytest.raises(InvalidArgument, match="HybridCNN listens to the items"):
        HybridCNN().fit(sounding.train)
    with pytest.raises(InvalidData, match="1 have a sound"):
        sounding.fit(HybridCNN(), item_audio=FakeLibrary(sounding.sounds, range(1, 80)))
    with pytest.raises(TrainingFailed, match="Lower lr"):
        sounding.fit(SoftmaxMF(factors=4, epochs=3, lr=1e30))


@pytest.mark.parametrize("model", [HybridCNN, PreferenceCNN])
def test_clips_that_cannot_be_heard(model, sounding):
    broken = FakeLibrary(sounding.sounds, [0, 1])  # so that clip and item have not the same number
    clips = sounding.sounds.clips.copy()
    clips[7, 3, 13] = np.nan
    clips[9, 3, 13] = -np.inf
    for given, said in (
        (clips, r"2 of 118 clips hold NaN.*that of item 7\."),
        (clips[:, :, :4], "4 frames"),
    ):
        broken.mel = lambda labels, given=given: given[labels]
        with pytest.raises(InvalidData, match=said):
            sounding.fit(model(), item_audio=broken)


@pytest.mark.parametrize("model", [HybridCNN, SoftmaxMF])
def test_settings_out_of_range(model):
    wrong = [("epochs", 0), ("lr", 0), ("weight_decay", -1), ("factors", 0), ("seed", -1)]
    if model is HybridCNN:
        wrong += [("dropout", 1.0), ("item_dropout", 1.0), ("item_dropout", -0.1)]
    for name, value in wrong:
        with pytest.raises(InvalidArgument, match=f"{name} is"):
            model(**{name: value})
