"""The Songbook played: the sound of a world's pieces, read and rendered only when it is asked for."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicrec import data
from musicrec.audio import chunks
from musicrec.audio.score import Reading
from musicrec.data import Dataset
from musicrec.data.songbook import performances, scores
from musicrec.data.songbook.performances import Performances
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData, UnknownName

SMALL = {"n_users": 5, "n_pieces": 6}
RATE = 22050


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def use_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICREC_CACHE", str(cache))


@pytest.fixture
def ds() -> Dataset:
    """A small world, with its sound."""
    return data.load("songbook", **SMALL)


def level(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound)))))


def test_every_piece_has_a_clip_and_a_mel(ds: Dataset) -> None:
    assert ds.audio.labels.equals(ds.interactions.items)
    mels = ds.audio.mel(ds.audio.labels)
    assert mels.shape == (6, 64, 216)
    assert len({mel.tobytes() for mel in mels}) == 6, "no two sound alike"
    for label in ds.audio.labels:
        clip = ds.audio.waveform(label)
        assert clip.shape == (10 * RATE,)
        assert np.abs(clip).max() <= 0.981
        np.testing.assert_array_equal(ds.audio.source.perform(label), clip)
    assert len(ds.audio.left_out) == 0


def test_loading_reads_no_score_and_plays_nothing(ds: Dataset) -> None:
    code = (
        "import sys; from musicrec import data\n"
        f"ds = data.load('songbook', **{SMALL}); repr(ds.audio); ds.audio.labels\n"
        "print('_reading' in vars(ds.audio.source), *sys.modules)"
    )
    has_read, *loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert has_read == "False"
    assert "musicrec.data.songbook.performances" in loaded
    heavy = {"torch", "librosa", "joblib", "scipy.signal", "music21", "pretty_midi", "soundfile", "rich"}
    assert not heavy & set(loaded)


def test_a_clip_is_the_same_in_every_process(ds: Dataset) -> None:
    label = ds.audio.labels[2]
    code = (
        "import hashlib; from musicrec import data\n"
        f"clip = data.load('songbook', **{SMALL}).audio.waveform({label!r})\n"
        "print(hashlib.sha256(clip.tobytes()).hexdigest())"
    )
    there = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    assert hashlib.sha256(ds.audio.waveform(label).tobytes()).hexdigest() == there


def test_a_piece_can_be_played_higher_and_faster_and_with_noise(ds: Dataset) -> None:
    source, label = ds.audio.source, ds.audio.labels[0]
    plain, fast = source.notes(label), source.notes(label, tempo=1.25)
    np.testing.assert_allclose(fast["onset"], plain["onset"] / 1.25, atol=2e-6)
    np.testing.assert_allclose(fast["duration"], plain["duration"] / 1.25, atol=2e-6)
    np.testing.assert_array_equal(fast["pitch"], plain["pitch"])
    high = source.notes(label, semitones=3)
    assert set((high["pitch"] - plain["pitch"]).tolist()) <= {3, -9}, (
        "an octave lower where it left the range"
    )
    np.testing.assert_array_equal(high["onset"], plain["onset"])

    clip, noisy = source.perform(label), source.perform(label, noise_db=0.0)
    assert np.corrcoef(clip, noisy)[0, 1] == pytest.approx(np.sqrt(0.5), abs=0.02)
    whole = source.perform(label, seconds=None)
    assert len(whole) / RATE > (plain["onset"] + plain["duration"]).max()
    assert len(source.perform(label, seconds=3.0)) == 3 * RATE


def test_what_cannot_be_played_is_named(ds: Dataset) -> None:
    source, label = ds.audio.source, ds.audio.labels[0]
    with pytest.raises(UnknownName, match=r"no piece 'piece 0007' among the 6.*'piece 0001'"):
        source("piece 0007")
    with pytest.raises(UnknownName, match="no item 'piece 0007'"):
        ds.audio.waveform("piece 0007")
    for wrong in (
        {"semitones": 25},
        {"semitones": 0.5},
        {"tempo": 0.0},
        {"noise_db": np.nan},
        {"seconds": -1},
    ):
        with pytest.raises(InvalidArgument, match=next(iter(wrong))):
            source.perform(label, **wrong)


def test_a_piece_that_does_not_parse_is_left_out_and_the_rest_is_there(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, broken = ds.audio.source._reading.scores, ds.truth.pieces.iloc[3]

    def unreadable(pieces: list[str], *rest: object) -> None:
        raise CorruptData("1 of 6 pieces cannot be read.")

    def read_others(pieces: list[str]) -> Reading:
        good = {piece: score for piece, score in found.items() if piece != broken}
        return Reading(good, {broken: CorruptData(f"The piece {broken!r} cannot be read: bar 3.")})

    monkeypatch.setattr(scores, "read", unreadable)
    monkeypatch.setattr("musicrec.audio.score.read_pieces", read_others)
    audio = performances.sound_of(ds.truth.pieces, ds.truth.arrangement.assign(dynamics=50.0))
    with pytest.warns(UserWarning, match="1 of 6 items are left out.*piece 0004.*bar 3"):
        assert len(audio.mel(audio.labels.delete(3))) == 5
    assert audio.left_out.index.tolist() == ["piece 0004"]
    with pytest.raises(InvalidData, match="bar 3"):
        audio.waveform("piece 0004")


def test_a_missing_soundfont_is_named_when_sound_is_asked_for_and_not_before(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musicrec.audio import soundfont

    monkeypatch.setattr(soundfont, "find_spec", lambda name: None)
    soundfont._zones.cache_clear()
    again = data.load("songbook", **SMALL)
    with pytest.raises(DataUnavailable, match="pretty_midi: install"):
        again.audio.waveform("piece 0001")
    with pytest.raises(DataUnavailable, match="pretty_midi: install"):
        again.audio.mel(["piece 0001"])


def test_the_key_follows_arrangement_pieces_and_sources(ds: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, arrangement = ds.truth.pieces, ds.truth.arrangement

    def key(pieces=pieces, arrangement=arrangement) -> str:
        return Performances(lambda: pytest.fail("read"), arrangement, pieces).key()

    assert key() == ds.audio.source.key()
    changed = [key(pieces=pieces[::-1]), key(arrangement=arrangement.assign(gate=0.5))]
    whole = Path.read_bytes
    for module in (
        "render.py",
        "sampler.py",
        "soundfont.py",
        "arrangement.py",
        "notation.py",
        "TimGM6mb.sf2",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda p, name=module: b"" if p.name == name else whole(p))
            changed.append(key())
    assert len({key(), *changed}) == 9


def test_a_source_takes_its_scores_along_to_another_process(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = ds.audio.waveform("piece 0002")
    packed = pickle.dumps(ds.audio.source)
    monkeypatch.setattr(scores, "read", lambda *a: pytest.fail("read again"))
    np.testing.assert_array_equal(pickle.loads(packed)("piece 0002"), clip)


def test_descriptors_are_features_with_mean_zero_and_variance_one(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, raw = ds.features("descriptors"), ds.audio.descriptors()
    assert features.names == list(raw.columns)
    assert not features.missing.any()
    np.testing.assert_allclose(features.matrix.mean(axis=0), 0, atol=1e-5)
    varied = (raw.std(ddof=0) > 1e-9).to_numpy()
    assert varied.sum() > 100
    np.testing.assert_allclose(features.matrix.std(axis=0)[varied], 1, atol=1e-4)
    assert not features.matrix[:, ~varied].any(), "what is the same for all tells nothing"
    np.testing.assert_allclose(np.corrcoef(features.matrix[:, 0], raw.iloc[:, 0])[0, 1], 1, atol=1e-6)
    monkeypatch.setattr(chunks, "_make_file", lambda *a: pytest.fail("made again"))
    again = data.load("songbook", **SMALL).features("descriptors")
    np.testing.assert_array_equal(again.matrix, features.matrix)
