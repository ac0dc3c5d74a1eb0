"""Classes and numbers told from clips: what is there is found, what is not is not, and errors say why."""

import pickle

import numpy as np
import pytest
import torch

from musicrec.audio import spec_augment
from musicrec.errors import InvalidArgument, InvalidData, UnknownName
from musicrec.models import ClipClassifier, ClipRegressor

CLASSES = np.array(["high", "low", "middle"])


def planted(n, seed=0, frames=48):
    """Spectrograms of noise, with one band louder: at a height that goes with the class."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n) % 3)
    mel = rng.normal(-60, 6, (n, 64, frames)).astype(np.float32)
    for clip, code in zip(mel, codes, strict=True):
        clip[(48, 8, 28)[code] :][:8] += 12
    return mel, CLASSES[codes]


@pytest.fixture(scope="module")
def fitted():
    return ClipClassifier(epochs=5).fit(*planted(120))


def share_right(model, clips):
    return np.mean(model.predict(clips[0]) == clips[1])


# ---- What is there is found


def test_a_band_that_goes_with_the_class_is_learned(fitted):
    assert fitted.classes_.tolist() == sorted(CLASSES)
    assert share_right(fitted, planted(90, seed=1)) > 0.9


def test_labels_that_mean_nothing_are_told_by_chance():
    (mel, labels), (held, truth) = planted(120), planted(120, seed=1)
    shuffled = np.random.default_rng(2).permutation(labels)
    right = np.mean(ClipClassifier(epochs=5).fit(mel, shuffled).predict(held) == truth)
    assert abs(right - 1 / 3) < 0.2  # shuffled classes may be told apart by luck, each as a whole


def test_numbers_are_told_in_their_own_units():
    rng = np.random.default_rng(0)
    levels = rng.uniform(0, 20, (160, 2))
    mel = rng.normal(-60, 3, (160, 64, 40)).astype(np.float32)
    mel[:, 5:15] += levels[:, :1, None]
    mel[:, 40:50] += levels[:, 1:, None]
    targets = 1000 + 100 * levels
    model = ClipRegressor(epochs=12).fit(mel[:120], targets[:120])
    told = model.predict(mel[120:])
    assert told.shape == (40, 2)
    assert np.all(1 - ((told - targets[120:]) ** 2).mean(0) / targets[120:].var(0) > 0.7)
    one = ClipRegressor(epochs=1).fit(mel[:120], targets[:120, 0])
    assert one.predict(mel[:3]).shape == (3,)


def test_waveforms_are_told_apart():
    rng = np.random.default_rng(0)
    codes = np.arange(96) % 2
    time = np.arange(8000) / 22_050
    pitch = np.where(codes, 2400, 300) * rng.uniform(0.9, 1.1, 96)
    waves = (np.sin(2 * np.pi * pitch[:, None] * time) + rng.normal(0, 0.3, (96, 8000))).astype(np.float32)
    model = ClipClassifier("wave", epochs=8, crop=6000, batch=16).fit(waves[:64], codes[:64])
    assert np.mean(model.predict(waves[64:]) == codes[64:]) > 0.9


# ---- How it is trained


def test_probabilities_are_of_the_classes_and_of_clips_of_any_length(fitted):
    for frames in (8, 31, 300):
        given = fitted.predict_proba(planted(6, frames=frames)[0])
        assert given.shape == (6, 3) and given.dtype == np.float32
        np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    mel, labels = planted(40)
    first, again, other = (
        ClipClassifier(epochs=1, augment=spec_augment_small, seed=seed).fit(mel, labels).predict_proba(mel)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def spec_augment_small(mel, generator):
    return spec_augment(mel, generator, time=4, bands=4, masks=1)


def test_randomness_outside_is_left_as_it_was():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    ClipClassifier(epochs=1).fit(*planted(12))
    torch.testing.assert_close(torch.rand(3), expected)


def test_held_out_clips_choose_the_epoch():
    held = planted(30, seed=1)
    model = ClipClassifier(epochs=4).fit(*planted(60), valid=held)
    metric = model.history_.epochs["metric"]
    assert model.history_.best == metric.max()
    assert share_right(model, held) == pytest.approx(model.history_.best)


def test_a_model_can_be_kept(fitted):
    clips, _ = planted(4)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(fitted)).predict_proba(clips), fitted.predict_proba(clips)
    )


def test_a_checkpoint_is_of_the_clips_it_was_made_with(tmp_path):
    mel, labels = planted(12)
    file = tmp_path / "run.pt"
    first = ClipClassifier(epochs=2).fit(mel, labels, checkpoint=file)
    again = ClipClassifier(epochs=2).fit(mel, labels, checkpoint=file)
    np.testing.assert_array_equal(again.predict_proba(mel), first.predict_proba(mel))
    for other in (
        lambda: ClipClassifier(epochs=2).fit(mel + 1, labels, checkpoint=file),
        lambda: ClipClassifier(epochs=2).fit(mel, labels[::-1], checkpoint=file),
        lambda: ClipClassifier(epochs=2, batch=4).fit(mel, labels, checkpoint=file),
        lambda: ClipClassifier(epochs=2, crop=16).fit(mel, labels, checkpoint=file),
    ):
        with pytest.raises(InvalidArgument, match="of another run: identity"):
            other()


# ---- From one task to another


def test_a_frozen_body_stays_as_it_was_and_its_head_learns(fitted):
    before = {name: weight.clone() for name, weight in fitted.network_.state_dict().items()}
    mel, labels = planted(60, seed=3)
    other = ClipClassifier(body=fitted, frozen=True, epochs=15).fit(mel, labels == "low")
    assert share_right(other, (mel, labels == "low")) > 0.9
    np.testing.assert_array_equal(other.embed(mel), fitted.embed(mel))
    assert all(torch.equal(weight, before[name]) for name, weight in fitted.network_.state_dict().items())


def test_no_batch_is_a_single_clip(fitted):
    ClipClassifier(body=fitted, frozen=True, epochs=1, batch=2).fit(*planted(9))  # its head needs two clips


def test_a_tuned_body_moves_and_leaves_the_first_alone(fitted):
    mel, labels = planted(30, seed=3)
    before = fitted.embed(mel)
    tuned = ClipRegressor(body=fitted.network_, epochs=1).fit(mel, (labels == "low").astype(float))
    assert np.abs(tuned.embed(mel) - before).max() > 1e-4
    np.testing.assert_array_equal(fitted.embed(mel), before)


# ---- What bad input gets


def spoilt(how):
    mel, labels = planted(12)
    if how == "nan":
        mel[3, 0, 0] = np.nan
    return mel, labels


@pytest.mark.parametrize(
    ("mel", "labels", "error", "message"),
    [
        (spoilt("nan")[0], spoilt("nan")[1], InvalidData, "first at position 3"),
        (planted(12)[0], planted(12)[1][:5], InvalidData, "5 targets for 12 clips"),
        (planted(12)[0], ["reel"] * 12, InvalidData, "have the label 'reel'"),
        (planted(12)[0], ["reel"] * 11 + [None], InvalidData, "1 of 12 labels are missing"),
        (planted(12)[0], ["reel"] * 11 + [3], InvalidData, "kinds that have no order"),
        (planted(12)[0][0], ["a", "b"], InvalidData, "at least one; found shape"),
        (planted(12)[0][:0], [], InvalidData, "at least one; found shape"),
        (planted(12, frames=7)[0], planted(12)[1], InvalidData, "7 frames; this network needs 8"),
        ("sound.wav", ["a"], InvalidData, "no array of floats"),
        (planted(12)[0].astype(np.int16), planted(12)[1], InvalidData, "no array of floats.*divide 16-bit"),
        (planted(12)[0], np.eye(3)[np.arange(12) % 3], InvalidData, "one a clip.*argmax"),
    ],
)
def test_clips_and_labels_that_cannot_be_learned(mel, labels, error, message):
    with pytest.raises(error, match=message):
        ClipClassifier(epochs=1).fit(mel, labels)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.ones(12), "nothing to tell apart"),
        (np.r_[np.nan, np.arange(11.0)], "NaN or infinite, the first at position 0"),
        (["high"] * 12, "Labels go to ClipClassifier"),
        (np.zeros((12, 2, 2)), "have shape"),
        (np.arange(9.0), "9 targets for 12 clips"),
    ],
)
def test_numbers_that_cannot_be_learned(targets, message):
    with pytest.raises(InvalidData, match=message):
        ClipRegressor(epochs=1).fit(planted(12)[0], targets)


def test_held_out_clips_that_do_not_fit():
    mel, labels = planted(12)
    with pytest.raises(UnknownName, match="first 'waltz'"):
        ClipClassifier(epochs=1).fit(mel, labels, valid=(mel[:1], ["waltz"]))
    with pytest.raises(InvalidData, match="32 mel bands"):
        ClipClassifier(epochs=1).fit(mel, labels, valid=(mel[:, :32], labels))
    with pytest.raises(InvalidData, match="2 targets each and those of training 1"):
        ClipRegressor(epochs=1).fit(mel, np.arange(12.0), valid=(mel, np.zeros((12, 2))))


def test_questions_that_cannot_be_answered(fitted):
    with pytest.raises(InvalidArgument, match="has not been fitted"):
        ClipClassifier().predict(planted(3)[0])
    failed = ClipClassifier(epochs=1).fit(*planted(12))
    with pytest.raises(InvalidData, match="nothing to tell apart"):
        failed.fit(planted(12)[0], ["reel"] * 12)
    with pytest.raises(InvalidArgument, match="has not been fitted"):
        failed.predict(planted(3)[0])
    with pytest.raises(InvalidData, match="32 mel bands"):
        fitted.predict(planted(3)[0][:, :32])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": "mfcc"}, "must be one of 'mel', 'wave', 'image'"),
        ({"frozen": True}, "knows nothing yet"),
        ({"batch": 1}, "batch is 1"),
        ({"crop": 4}, "crop is 4"),
        ({"seed": -1}, "seed is -1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"lr": 0}, "lr is 0"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"body": torch.nn.Linear(3, 3)}, "body does not take clips"),
        ({"body": ClipClassifier(), "frozen": True}, "body is a model that has not been fitted"),
        ({"network": "image", "frozen": True, "augment": spec_augment}, "crop and augment mean nothing"),
        ({"network": "image", "frozen": True, "crop": 64}, "crop and augment mean nothing"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(InvalidArgument, match=message):
        ClipClassifier(**{"epochs": 1} | settings).fit(*planted(12))
