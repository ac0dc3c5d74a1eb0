"""Hand-crafted descriptors find what was planted in a sound, and are finite for any."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.audio import describe_sound
from musicrec.audio.descriptors import NAMES
from musicrec.errors import InvalidArgument, InvalidData

RATE = 22050
NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def chord(*pitches, seconds=2.0, rate=RATE):
    """Tones of these MIDI pitches together, with two overtones each, as of a soft instrument."""
    time = np.arange(round(seconds * rate)) / rate
    tones = [
        0.5**overtone * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * overtone * time)
        for pitch in pitches
        for overtone in (1, 2, 4)
    ]
    return (0.1 * np.sum(tones, axis=0)).astype(np.float32)


def noise(seconds=2.0, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def clicks(bpm, seconds=10.0):
    """Short bursts of noise, as many a minute."""
    sound, burst = np.zeros(round(seconds * RATE), dtype=np.float32), noise(0.01)
    for begin in (np.arange(0.1, seconds - 0.1, 60 / bpm) * RATE).astype(int):
        sound[begin : begin + len(burst)] += burst
    return sound


def chroma(sound):
    found = describe_sound(sound, RATE)
    return np.array([found[f"chroma_{note}_mean"] for note in NOTES])


def test_the_names_are_those_of_the_values_and_each_comes_once():
    found = describe_sound(noise(), RATE)
    assert tuple(found) == NAMES
    assert len(set(NAMES)) == len(NAMES) == 128
    assert all(type(value) is float for value in found.values())


@settings(deadline=None, max_examples=25)
@given(
    samples=st.integers(1, 12_000),
    rate=st.sampled_from([16_000, 22_050, 48_000]),
    loud=st.sampled_from([0.0, 1e-6, 1.0, 100.0]),
    seed=st.integers(0, 99),
)
def test_any_sound_has_finite_descriptors_within_their_ranges(samples, rate, loud, seed):
    sound = loud * np.random.default_rng(seed).standard_normal(samples)
    found = describe_sound(sound, rate)
    assert np.isfinite(list(found.values())).all()
    assert all(value >= 0 for name, value in found.items() if name.endswith("_sd"))
    for name in ("flatness_mean", "zero_crossings_mean", *(f"chroma_{note}_mean" for note in NOTES)):
        assert 0 <= found[name] <= 1 + 1e-5
    assert 0 <= found["centroid_mean"] <= rate / 2
    assert 20 < found["tempo"] < 400
    assert found["onset_rate"] >= 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "sound",
    [np.zeros(5 * RATE), np.eye(1, 5 * RATE, 999)[0], np.ones(5 * RATE), np.zeros(7)],
    ids=["silence", "impulse", "constant", "short"],
)
def test_sounds_without_music_are_described_without_a_warning(sound):
    found = describe_sound(sound, RATE)
    assert np.isfinite(list(found.values())).all()
    if not sound.any():
        assert found["onset_rate"] == 0
        assert found["chroma_C_mean"] == 0
        assert found["flatness_mean"] == pytest.approx(1)
        assert found["tempo"] == pytest.approx(120, abs=5)


def test_the_same_sound_has_the_same_descriptors():
    sound = noise(3)
    first = describe_sound(sound, RATE)
    assert describe_sound(torch.from_numpy(sound), RATE) == first
    assert describe_sound(noise(3, seed=1), RATE) != first


def test_brighter_noise_has_a_higher_centroid_and_rolloff():
    dull = np.convolve(noise(), np.ones(20) / 20)
    bright, dull = describe_sound(noise(), RATE), describe_sound(dull, RATE)
    for name in ("centroid_mean", "rolloff_mean", "zero_crossings_mean"):
        assert bright[name] > 1.5 * dull[name]


def test_noise_is_flat_and_a_tone_stands_out():
    hiss, tone = describe_sound(noise(), RATE), describe_sound(chord(69), RATE)
    assert hiss["flatness_mean"] > 0.3 > 0.01 > tone["flatness_mean"]
    assert tone["contrast_1_mean"] > hiss["contrast_1_mean"] + 5


def test_louder_sound_has_a_higher_first_coefficient_and_nearly_the_same_others():
    soft, loud = describe_sound(0.1 * noise(), RATE), describe_sound(noise(), RATE)
    assert loud["mfcc_0_mean"] > soft["mfcc_0_mean"] + 100
    assert loud["mfcc_1_mean"] == pytest.approx(soft["mfcc_1_mean"], abs=0.1)


@pytest.mark.parametrize("bpm", [80, 100, 120, 150])
def test_a_train_of_clicks_has_its_tempo_or_an_octave_of_it(bpm):
    octaves = np.log2(describe_sound(clicks(bpm), RATE)["tempo"] / bpm)
    assert abs(octaves - np.round(octaves)) < 0.07  # frames of 23 ms tell tempi apart by 5%
    assert abs(octaves) < 1.1


@pytest.mark.parametrize("bpm", [60, 120, 240])
def test_onsets_are_counted(bpm):
    assert describe_sound(clicks(bpm), RATE)["onset_rate"] == pytest.approx(bpm / 60, rel=0.1)


def test_a_chord_of_c_major_is_strongest_at_its_notes():
    found = chroma(chord(60, 64, 67))
    assert {NOTES[place] for place in np.argsort(found)[-3:]} == {"C", "E", "G"}


@pytest.mark.parametrize("semitones", [1, 5, 11])
def test_transposing_moves_chroma_round(semitones):
    low = chroma(chord(60, 64, 67))
    high = chroma(chord(60 + semitones, 64 + semitones, 67 + semitones))
    moved = [np.abs(np.roll(low, by) - high).sum() for by in range(12)]
    assert np.argmin(moved) == semitones


def test_a_change_of_sound_shows_in_the_deviations():
    steady, changing = noise(4), np.concatenate([noise(2), chord(60)])
    assert describe_sound(changing, RATE)["centroid_sd"] > 5 * describe_sound(steady, RATE)["centroid_sd"]
    name = "mfcc_delta_1_sd"
    assert describe_sound(changing, RATE)[name] > describe_sound(steady, RATE)[name]


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.zeros(0), "no samples"),
        (np.array([0.0, np.nan]), "1 of 2 samples are NaN"),
        (np.array([0.0, np.inf, -np.inf]), "2 of 3 samples"),
        (np.full(5000, 1e30), "far beyond"),
        (np.zeros((2, 100)), "2 waveforms"),
        (np.zeros(100, dtype=np.int16), "32768"),
        ("sound", "floats"),
    ],
)
def test_what_is_no_waveform_is_refused(sound, message):
    with pytest.raises(InvalidData, match=message):
        describe_sound(sound, RATE)


@pytest.mark.parametrize("rate", [0, 8000, 22050.0, None, True])
def test_a_sample_rate_too_low_is_refused(rate):
    with pytest.raises(InvalidArgument, match=r"sample_rate is .* 16,000 or more"):
        describe_sound(noise(), rate)
