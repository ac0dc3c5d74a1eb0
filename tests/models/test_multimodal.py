"""Factors told from words and sound: either alone must do, and what tells nothing must not."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from sklearn.feature_extraction.text import TfidfTransformer

from musicrec.data import Features
from musicrec.errors import InvalidArgument, InvalidData, TrainingFailed
from musicrec.models import ALS, MultimodalFactors
from musicrec.models.content_weighting import dense_features

FAST = {"factors": 4, "l2": 1.0, "alpha": 5.0, "hidden": 16, "epochs": 15, "lr": 0.01}


class Clips:
    """The sounds of a world, or others in their place, without those of some items."""

    def __init__(self, sounds, without=(), clips=None):
        self.labels, self.mel = sounds.labels, sounds.mel
        if clips is not None:
            self.mel = lambda labels: clips
        self.left_out = pd.Series("no clip", index=list(without), dtype=object)


def without(features, items):
    """Features that lack the rows of some items."""
    missing = np.isin(np.arange(len(features.items)), items)
    return Features(
        features.kind,
        features.items,
        features.names,
        features.matrix * ~missing[:, None],
        missing | features.missing,
    )


@pytest.fixture(scope="module")
def fitted(sounding):
    """The model, fitted once; nobody says anything of items 80 to 99, and items 100 to 119 have no clip."""
    return sounding.fit(
        MultimodalFactors(**FAST),
        item_audio=Clips(sounding.sounds, range(100, 120)),
        item_features=without(sounding.kinds, range(80, 100)),
    )


def test_what_nobody_has_played_is_found_by_words_and_sound(sounding):
    model = sounding.fit(MultimodalFactors(**FAST))
    assert model.can_score_cold_items
    assert sounding.found(model, sounding.cold)[0] > 0.95


@pytest.mark.parametrize("missing", [range(80, 100), range(100, 120)], ids=["heard only", "read only"])
def test_one_of_them_is_enough(fitted, sounding, missing):
    assert sounding.found(fitted, np.array(missing))[0] > 0.9


def test_words_and_sounds_of_other_items_tell_nothing(sounding):
    model = sounding.by_lot.fit(MultimodalFactors(**FAST))
    assert abs(sounding.found(model, sounding.cold)[0] - 0.5) < 0.25


def test_where_one_tells_nothing_the_other_is_listened_to(sounding):
    for part in ("item_audio", "item_features"):
        dealt = sounding.by_lot.sounds if part == "item_audio" else sounding.by_lot.kinds
        model = sounding.fit(MultimodalFactors(**FAST), **{part: dealt})
        assert sounding.found(model, sounding.cold)[0] > 0.8


def test_what_no_content_reveals_only_the_factors_of_plays_know(sounding):
    by_content = sounding.fit(MultimodalFactors(**FAST))
    by_plays = sounding.fit(MultimodalFactors(**FAST, warm="factors"))
    assert sounding.found(by_content, sounding.known)[1] < 0.7
    assert sounding.found(by_plays, sounding.known)[1] > 0.85
    als = ALS(4, 1.0, 5.0).fit(sounding.train)
    np.testing.assert_array_equal(by_plays.item_factors_[:80], als.item_factors_[:80])
    np.testing.assert_array_equal(by_plays.item_factors_[80:], by_content.item_factors_[80:])


def test_it_tells_directions_and_gives_them_the_mean_length(fitted, sounding):
    als = ALS(4, 1.0, 5.0).fit(sounding.train)
    lengths = np.linalg.norm(als.item_factors_[:80], axis=1)
    np.testing.assert_allclose(np.linalg.norm(fitted.item_factors_, axis=1), lengths.mean(), rtol=1e-5)
    loss = fitted.history_.epochs["loss"]
    assert 0 < loss.iloc[-1] < 0.7 * loss.iloc[0]
    cosine = (fitted.item_factors_[:80] * als.item_factors_[:80]).sum(axis=1) / lengths / lengths.mean()
    assert (
        1 - cosine.mean() < loss.iloc[-1] + 0.05
    )  # asked with all there is, it tells no worse than in training


def test_an_item_of_which_nothing_is_known_is_taken_for_the_average_one(sounding):
    silent, wordless = Clips(sounding.sounds, [3, 90]), without(sounding.kinds, [3, 90])
    model = sounding.fit(MultimodalFactors(**FAST), item_audio=silent, item_features=wordless)
    learnt = np.delete(np.arange(80), 3)
    for item in (3, 90):
        np.testing.assert_allclose(
            model.item_factors_[item], model.als_.item_factors_[learnt].mean(axis=0), atol=1e-6
        )


def test_strangers_are_found_by_what_they_played(fitted, sounding):
    lists = fitted.recommend_history(sounding.train.matrix, k=5, candidates=sounding.cold)
    assert (sounding.high[lists] == sounding.high_ears[:, None]).mean() > 0.9


def test_the_same_seed_gives_the_same_scores_and_another_one_others(sounding):
    scores = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(scores))  # what happens outside does not matter
        model = MultimodalFactors(**FAST | {"epochs": 2}, seed=seed)
        scores.append(sounding.fit(model).score(range(5)))
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.allclose(scores[0], scores[2])


def test_what_cannot_be_fitted(sounding):
    train, kinds, sounds = sounding.train, sounding.kinds, sounding.sounds
    with pytest.raises(InvalidArgument, match="MultimodalFactors reads the features"):
        MultimodalFactors().fit(train, item_audio=sounds)
    with pytest.raises(InvalidArgument, match="MultimodalFactors listens to the items"):
        MultimodalFactors().fit(train, item_features=kinds)
    other = Features("kind", range(119), kinds.names, kinds.matrix[:119])
    with pytest.raises(InvalidData, match="item_features is over 119 items and train over 120"):
        sounding.fit(MultimodalFactors(), item_features=other)
    with pytest.raises(InvalidData, match="No item with a listener in train has kind features"):
        sounding.fit(MultimodalFactors(), item_features=without(kinds, range(80)))
    clips = sounds.clips.copy()
    clips[7, 3, 3] = np.nan
    with pytest.raises(InvalidData, match="1 of 120 clips hold NaN"):
        sounding.fit(MultimodalFactors(), item_audio=Clips(sounds, clips=clips))
    with pytest.raises(InvalidData, match="1 have a sound"):
        sounding.fit(MultimodalFactors(), item_audio=Clips(sounds, range(1, 80)))
    with pytest.raises(TrainingFailed, match="Lower lr"):
        sounding.fit(MultimodalFactors(**FAST | {"lr": 1e30}))


def test_settings_out_of_range():
    wrong = {
        "hidden": 0,
        "weighting": "idf",
        "epochs": 0,
        "lr": 0,
        "weight_decay": -1,
        "warm": "audio",
        "l2": 0,
    }
    for name, value in wrong.items():
        with pytest.raises(InvalidArgument, match=f"{name} is"):
            MultimodalFactors(**{name: value})


# ---- Features made dense


def tags(n=40, columns=30, seed=0):
    """Counts of tags of two kinds of items; the last item has none."""
    rng = np.random.default_rng(seed)
    usual = np.where(np.arange(n)[:, None] % 2 == (np.arange(columns) < columns / 2), 2.0, 0.2)
    counts = rng.poisson(usual).astype(float)
    counts[-1] = 0
    names = [f"tag {column}" for column in range(columns)]
    return Features("tags", range(n), names, sp.csr_matrix(counts), np.arange(n) == n - 1)


def test_narrow_features_are_weighed_and_brought_to_one_scale():
    features, known = tags(), np.arange(40) < 30
    dense = dense_features(features, "tfidf", known, 30, seed=0)
    counts = features.matrix.toarray()
    weighed = TfidfTransformer(norm="l2").fit(counts[:39]).transform(counts).toarray()
    centred = weighed - weighed[:30].mean(axis=0)
    expected = centred / np.sqrt(np.mean(centred[:30] ** 2))
    np.testing.assert_allclose(dense[:39], expected[:39], atol=1e-5)
    assert (dense[39] == 0).all()
    assert dense.dtype == np.float32


def test_wide_features_keep_what_tells_most_apart():
    known = np.arange(40) < 30
    dense = dense_features(tags(), "tfidf", known, 3, seed=0)
    assert dense.shape == (40, 3)
    np.testing.assert_allclose(dense[:30].mean(axis=0), 0, atol=1e-5)
    assert np.mean(dense[:30] ** 2) == pytest.approx(1, abs=1e-4)
    kind = np.arange(30, 39) % 2 == 1  # of items that nothing was fitted to
    means = [dense[30:39][kind].mean(axis=0), dense[30:39][~kind].mean(axis=0)]
    assert np.linalg.norm(means[0] - means[1]) > 1
    np.testing.assert_array_equal(dense, dense_features(tags(), "tfidf", known, 3, seed=0))


def test_descriptors_are_taken_as_they_are():
    values = np.random.default_rng(0).normal(size=(20, 4)) * [1, 2, 3, 4] + 5
    dense = dense_features(
        Features("descriptors", range(20), list("abcd"), values), "none", np.ones(20, bool), 9, seed=0
    )
    np.testing.assert_allclose(np.corrcoef(np.c_[dense, values].T)[:4, 4:].diagonal(), 1, atol=1e-5)
    spread = values.std(axis=0)
    np.testing.assert_allclose(dense.std(axis=0), spread / np.sqrt(np.mean(spread**2)), rtol=1e-4)


def test_features_that_are_all_alike_tell_nothing():
    alike = Features("tags", range(5), ["a", "b"], np.tile([1.0, 3.0], (5, 1)))
    with pytest.raises(InvalidData, match="no two of them differ"):
        dense_features(alike, "tfidf", np.ones(5, bool), 9, seed=0)
