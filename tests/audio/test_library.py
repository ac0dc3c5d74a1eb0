"""A library of sound: clips of one length, their mel spectrograms and descriptors, and what is left out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from musicrec.audio import AudioLibrary, MelSettings, chunks, describe_sound, log_mel
from musicrec.errors import CorruptData, InvalidArgument, InvalidData, UnknownName

RATE = 22050
TONES = {"low": 110.0, "middle": 440.0, "high": 1760.0}
SMALL = {"settings": MelSettings(mels=16), "seconds": 0.5}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; all is made in this process."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(chunks, "_PROCESSES", 1)
    return tmp_path / "cache" / "audio"


def tone(label: str, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * TONES[label] * time)).astype(np.float32)


def never(label: str) -> np.ndarray:
    pytest.fail(f"{label} was read again")


def library(
    source: Callable[[str], np.ndarray] = tone, labels: Iterable[str] = tuple(TONES), **options
) -> AudioLibrary:
    return AudioLibrary(labels, source, **{"key": "tones", **SMALL, **options})


def test_mels_are_those_of_the_clips_in_the_order_asked_for() -> None:
    audio = library()
    mels = audio.mel(["high", "low", "high"])
    assert mels.dtype == np.float32
    assert mels.shape == (3, 16, audio.settings.frames(11025))
    clips = np.stack([audio.waveform(label) for label in ("high", "low", "high")])
    exact = log_mel(clips, audio.settings).numpy()
    assert np.abs(mels - exact).max() <= 1 / 32, "half a step of float16 up to 128 dB"
    np.testing.assert_array_equal(library(never).mel(["low", "high"]), mels[[1, 0]])


@given(hnp.arrays(np.float64, 50, elements=st.floats(-127, 127)))
def test_the_error_of_what_is_kept_is_stated(levels: np.ndarray) -> None:
    assert np.abs(levels.astype(np.float16).astype(np.float64) - levels).max() <= 1 / 32


def test_descriptors_are_those_of_the_clips_and_are_kept() -> None:
    audio = library()
    found = audio.descriptors()
    assert found.index.equals(audio.labels)
    for label in TONES:
        alone = describe_sound(audio.waveform(label), RATE)
        np.testing.assert_allclose(
            found.loc[label, list(alone)].astype(float), list(alone.values()), rtol=1e-6
        )
    assert (found["centroid_mean"].diff().dropna() > 0).all(), "low, middle, high"
    pd.testing.assert_frame_equal(library(never).descriptors(), found)


def test_other_bands_leave_the_descriptors_as_they_are() -> None:
    found = library().descriptors()
    again = library(never, settings=MelSettings(mels=32))
    pd.testing.assert_frame_equal(again.descriptors(), found)


@pytest.mark.filterwarnings("ignore:Mel spectrograms. 1 of 3 items are left out")
@pytest.mark.parametrize(
    "other",
    [{"key": "others"}, {"seconds": 0.4}, {"settings": MelSettings(mels=17)}, {"left_out": {"low": "x"}}],
)
def test_whatever_decides_a_mel_decides_where_it_is_kept(cache: Path, other: dict) -> None:
    library().mel(["high"])
    library(**other).mel(["high"])
    assert len(list(cache.glob("*/"))) == 2


def test_a_key_can_be_a_function_that_is_called_when_it_is_needed() -> None:
    audio = library(key=lambda: pytest.fail("called"))
    assert "3 items" in repr(audio)
    assert audio.waveform("low").shape == (11025,)
    assert len(library(key=lambda: "tones").mel(["low"])) == 1


def test_of_a_long_waveform_the_middle_is_taken_and_a_short_one_is_filled_up() -> None:
    waves: dict[str, np.ndarray] = {
        "long": np.arange(11025 + 200, dtype=np.float64),
        "short": np.ones(100, np.float32),
    }
    audio = library(waves.__getitem__, list(waves))
    assert audio.waveform("long").dtype == np.float32
    np.testing.assert_array_equal(audio.waveform("long"), np.arange(100, 11125))
    np.testing.assert_array_equal(audio.waveform("short"), np.r_[np.ones(100), np.zeros(11025 - 100)])


BAD: dict[str, Any] = {
    "nan": np.full(100, np.nan, np.float32),
    "infinite": np.array([0.1, np.inf]),
    "stereo": np.zeros((2, 100), np.float32),
    "nothing": np.zeros(0, np.float32),
    "whole numbers": np.zeros(100, np.int16),
    "damaged": CorruptData("It is no recording."),
    "noise": InvalidData("It is noise."),
}


def some_bad(label: str) -> np.ndarray:
    found = BAD.get(label)
    if isinstance(found, Exception):
        raise found
    return tone(label) if found is None else found


def test_what_cannot_be_used_is_left_out_and_the_rest_is_usable() -> None:
    labels = pd.Index([*BAD, *TONES, "unlisted"], name="item")
    audio = library(some_bad, labels, left_out={"unlisted": "There is no file."})
    assert audio.left_out.to_dict() == {"unlisted": "There is no file."}
    with pytest.warns(UserWarning, match="8 of 11 items are left out"):
        mels = audio.mel(["low", "high"])
    np.testing.assert_array_equal(mels, library().mel(["low", "high"]))
    assert set(audio.left_out.index) == {*BAD, "unlisted"}
    assert audio.left_out.index.name == "item"
    assert "8 left out" in repr(audio)
    assert len(audio.mel(labels.drop(audio.left_out.index))) == 3
    with pytest.warns(UserWarning, match="8 of 11"):
        assert audio.descriptors().index.tolist() == list(TONES)


@pytest.mark.parametrize("label", [*BAD, "unlisted"])
def test_asking_for_what_is_left_out_says_why(label: str) -> None:
    reason = {
        "nan": "100 of 100 samples are NaN", "infinite": "1 of 2 samples", "stereo": "Average the channels",
        "nothing": r"shape \(0,\)", "whole numbers": "int16", "damaged": "no recording", "noise": "is noise",
        "unlisted": "There is no file",
    }[label]  # fmt: skip
    audio = library(some_bad, [*BAD, "low", "unlisted"], left_out={"unlisted": "There is no file."})
    with pytest.raises(InvalidData, match=reason):
        audio.waveform(label)
    assert label in audio.left_out, "known from now on"
    with (
        pytest.warns(UserWarning),
        pytest.raises(InvalidData, match=rf"1 of 2 .*left out.*{label}.*{reason}"),
    ):
        audio.mel(["low", label])


def test_silence_is_a_sound() -> None:
    audio = library(lambda label: np.zeros(RATE, np.float32))
    np.testing.assert_array_equal(audio.mel(["low"]), audio.settings.floor_db)
    assert np.isfinite(audio.descriptors()).all(axis=None)


def test_wrong_labels_and_lengths_are_named() -> None:
    audio = library()
    for ask in (audio.waveform, lambda label: audio.mel(["low", label])):
        with pytest.raises(UnknownName, match=r"no item 'shrill' among the 3 .*'low', 'middle', 'high'"):
            ask("shrill")
    with pytest.raises(InvalidArgument, match="a list of labels"):
        audio.mel("low")
    with pytest.raises(InvalidData, match="'low' comes twice"):
        library(labels=["low", "high", "low"])
    with pytest.raises(UnknownName, match="no item 'shrill'"):
        library(left_out={"shrill": "There is no file."})
    for seconds in (0, -1, np.nan):
        with pytest.raises(InvalidArgument, match="seconds"):
            library(seconds=seconds)
    assert audio.mel([]).shape == (0, 16, 11)


def test_a_library_loads_nothing_heavy_before_it_is_asked() -> None:
    code = (
        "import sys; from musicrec.audio.library import AudioLibrary\n"
        "audio = AudioLibrary(['a'], print, key='k'); repr(audio); audio.left_out\n"
        "print(*sys.modules)"
    )
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert "musicrec.audio.library" in loaded
    assert not loaded & {"torch", "librosa", "joblib", "scipy.signal", "music21", "soundfile"}
