"""Rendered notes: right pitches at the right moments, the same bytes each time, and all that is audible."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import hypothesis.strategies as st
import librosa
import numpy as np
import pytest
from hypothesis import given, settings

from musicrec.audio import soundfont as font
from musicrec.audio.arrangement import HIGHEST, INSTRUMENTS, LOWEST, SOUNDING
from musicrec.audio.render import SAMPLE_RATE, densest, render
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData, UnknownName

PIANO, HARPSICHORD, ORGAN, VIOLIN, FLUTE = 0, 6, 19, 40, 73
QUIET = -200.0  # dB: no noise that could be measured


def notes(*rows: tuple[float, float, int], program: int = FLUTE, velocity: int = 90) -> np.ndarray:
    """Notes from (onset, duration, pitch)."""
    return np.array([(*row, velocity, program, 0) for row in rows], dtype=SOUNDING)


def spectrum(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and power."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound))) ** 2
    return np.fft.rfftfreq(8 * len(sound), 1 / SAMPLE_RATE), power


def level(sound: np.ndarray) -> float:
    """RMS in dB."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound, dtype=np.float64))) + 1e-20))


def frequency(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))


def share_at(pitch: float, sound: np.ndarray) -> float:
    """Share of the power that lies within 30 cents of a multiple of a pitch's frequency."""
    hertz, power = spectrum(sound)
    times = np.maximum(np.rint(hertz / frequency(pitch)), 1)
    near = np.abs(1200 * np.log2(np.maximum(hertz, 1e-9) / (times * frequency(pitch)))) < 30
    return float(power[near].sum() / power.sum())


@pytest.mark.parametrize("program", INSTRUMENTS)
def test_every_instrument_sounds_at_the_pitch_that_is_written(program: int) -> None:
    for pitch in (45, 57, 69):
        sound = render(notes((0, 1, pitch), program=program), seconds=1, noise_db=QUIET)[2205:]
        assert share_at(pitch, sound) > 0.75
        assert share_at(pitch + 0.6, sound) < 0.35, "and at no other"


def test_librosa_hears_the_melody_that_was_written() -> None:
    melody = [60, 62, 64, 67, 72, 71, 55]
    written = notes(*((0.5 * i, 0.45, pitch) for i, pitch in enumerate(melody)))
    heard = librosa.yin(render(written), fmin=100, fmax=1000, sr=SAMPLE_RATE, hop_length=512)
    for i, pitch in enumerate(melody):
        middle = round((0.5 * i + 0.2) * SAMPLE_RATE / 512)
        assert np.median(heard[middle - 3 : middle + 4]) == pytest.approx(frequency(pitch), rel=0.01)


@settings(max_examples=15)
@given(st.floats(0, 1.5), st.sampled_from([PIANO, HARPSICHORD, VIOLIN, FLUTE]), st.integers(40, 90))
def test_a_note_begins_when_it_is_written(onset: float, program: int, pitch: int) -> None:
    first, moved = (
        render(notes((at, 0.3, pitch), program=program), seconds=2, noise_db=QUIET) for at in (0.0, onset)
    )
    fits = np.fft.irfft(np.fft.rfft(moved, 88200) * np.conj(np.fft.rfft(first, 88200)))
    assert abs(int(np.argmax(fits)) / SAMPLE_RATE - onset) < 0.001


def test_the_same_notes_give_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, numpy as np; from musicrec.audio.arrangement import SOUNDING\n"
        "from musicrec.audio.render import render\n"
        "notes = np.array([(0.1 * i, 0.3, 50 + i, 80, 40 + i % 3, 0) for i in range(20)], dtype=SOUNDING)\n"
        "print(hashlib.sha256(render(notes, seed=3, seconds=3).tobytes()).hexdigest())"
    )
    written = np.array([(0.1 * i, 0.3, 50 + i, 80, 40 + i % 3, 0) for i in range(20)], dtype=SOUNDING)
    here = {hashlib.sha256(render(written, seed=3, seconds=3).tobytes()).hexdigest() for _ in range(2)}
    there = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    assert here == {there}
    assert hashlib.sha256(render(written, seed=4, seconds=3).tobytes()).hexdigest() != there


def test_the_order_of_the_notes_does_not_matter() -> None:
    written = notes(*((0.2 * i, 0.3, 60 + i) for i in range(8)))
    assert np.array_equal(render(written), render(written[::-1].copy()))


NOTE = st.tuples(
    st.floats(0, 3),
    st.floats(0, 2),
    st.integers(0, 127),
    st.integers(1, 127),
    st.integers(0, 127),
    st.just(0),
)


@settings(max_examples=40)
@given(st.lists(NOTE, min_size=1, max_size=30), st.sampled_from([None, 0.05, 1.0, 2.5]), st.floats(-90, 40))
def test_whatever_is_played_is_finite_within_range_and_as_long_as_asked_for(
    rows: list[tuple], seconds: float | None, noise_db: float
) -> None:
    written = np.array(rows, dtype=SOUNDING)
    sound = render(written, seconds=seconds, noise_db=noise_db)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 0.981
    if seconds is None:
        assert len(sound) / SAMPLE_RATE > (written["onset"] + written["duration"]).max()
    else:
        assert len(sound) == round(seconds * SAMPLE_RATE)


def test_all_are_equally_loud_and_end_without_a_click() -> None:
    for program in INSTRUMENTS:
        for velocity in (50, 110):
            held = notes((0, 9, 60), (0, 9, 67), program=program, velocity=velocity)
            sound = render(held, seconds=2)
            assert level(sound) == pytest.approx(-20, abs=0.5) or np.abs(sound).max() > 0.97
            assert abs(sound[-1]) < 1e-6


def test_the_noise_lies_fifty_decibels_below_the_music() -> None:
    sound = render(notes((0, 1, 60)), seconds=4)
    assert level(sound[3 * SAMPLE_RATE : -500]) - level(sound) == pytest.approx(-50, abs=1)
    louder = render(notes((0, 1, 60)), seconds=4, noise_db=-20)
    assert level(louder[3 * SAMPLE_RATE : -500]) - level(louder) == pytest.approx(-20, abs=1)


def test_a_room_sounds_on_after_the_last_note_and_then_is_still() -> None:
    sound = render(notes((0, 1, 69), program=ORGAN), noise_db=QUIET)
    assert len(sound) / SAMPLE_RATE == pytest.approx(1.5, abs=0.05)
    at = {t: level(sound[int(t * SAMPLE_RATE) : int((t + 0.05) * SAMPLE_RATE)]) for t in (0.9, 1.1, 1.2, 1.4)}
    assert at[0.9] > at[1.1] > at[1.2] > at[1.4]
    assert at[0.9] - at[1.4] > 50


def test_detached_notes_have_gaps_and_tied_ones_have_none() -> None:
    def gap(gate: float) -> float:
        sound = render(notes(*((0.5 * i, 0.5 * gate, 60) for i in range(6))), seconds=3)
        before_next = [sound[int((0.5 * i - 0.06) * SAMPLE_RATE) :][:1000] for i in range(1, 6)]
        return level(np.concatenate(before_next)) - level(sound)

    assert gap(0.35) < -30 < -5 < gap(1.0)


def test_struck_strings_fade_while_a_key_is_held_and_pipes_do_not() -> None:
    def fading(program: int) -> float:
        sound = render(notes((0, 3, 60), program=program), seconds=3, noise_db=QUIET)
        return level(sound[4410:8820]) - level(sound[-8820:-4410])

    struck = [fading(p) for p, instrument in INSTRUMENTS.items() if instrument.struck]
    blown = [fading(p) for p, instrument in INSTRUMENTS.items() if not instrument.struck]
    assert min(struck) > 6 > 4 > max(blown)


def test_hard_playing_is_brighter_though_no_louder() -> None:
    def centroid(velocity: int) -> float:
        written = notes((0, 2, 60), program=VIOLIN, velocity=velocity)
        hertz, power = spectrum(render(written, seconds=2, noise_db=QUIET))
        return float((hertz * power).sum() / power.sum())

    assert centroid(50) < centroid(80) < centroid(110)


def test_a_loud_note_stands_out_from_a_soft_one() -> None:
    two = notes((0, 0.5, 60), (2, 0.5, 60))
    two["velocity"] = 60, 120
    sound = render(two, noise_db=QUIET)
    soft, loud = (level(sound[at : at + 11025]) for at in (0, 2 * SAMPLE_RATE))
    assert loud - soft == pytest.approx(40 * np.log10(2), abs=0.2)  # amplitude is velocity squared


def test_high_notes_bring_no_false_tones_below_them() -> None:
    for program in (VIOLIN, FLUTE, 43, 70):
        hertz, power = spectrum(
            render(notes((0, 1, HIGHEST), program=program), seconds=1, noise_db=QUIET)[2205:]
        )
        below = power[(hertz > 50) & (hertz < 0.9 * frequency(HIGHEST))].sum()
        assert 10 * np.log10(below / power.sum()) < -20


def test_every_pitch_of_every_instrument_has_a_recording() -> None:
    for program in range(128):
        for pitch in range(LOWEST, HIGHEST + 1):
            assert font.layers(program, pitch)
    with pytest.raises(UnknownName, match="no program 200"):
        font.layers(200, 60)


def test_the_densest_clip_has_the_most_beginnings_and_starts_at_zero() -> None:
    crowded = notes(*((t, 0.1, 60) for t in (0, 1, 5.0, 5.2, 5.4, 5.9, 9)))
    clip = densest(crowded, 1.0)
    assert clip["onset"].round(6).tolist() == [0, 0.2, 0.4, 0.9]
    assert crowded["onset"][2] == 5.0, "what was given is unchanged"


@given(st.lists(st.floats(0, 20).map(lambda t: round(t, 2)), min_size=1, max_size=40), st.floats(0.1, 8))
def test_no_other_clip_has_more_notes(onsets: list[float], seconds: float) -> None:
    clip = densest(notes(*((t, 0.1, 60) for t in onsets)), seconds)
    most = max(sum(start <= t < start + seconds for t in onsets) for start in onsets)
    assert len(clip) == most
    assert clip["onset"][0] == 0
    assert (clip["onset"] <= seconds).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [("onset", -0.1), ("onset", np.nan), ("duration", -1), ("duration", np.inf), ("pitch", 128),
     ("velocity", 0), ("program", 128)],
)  # fmt: skip
@pytest.mark.parametrize("use", [render, lambda n: densest(n, 1.0)])
def test_a_note_that_cannot_be_played_is_named(
    use: Callable[[np.ndarray], np.ndarray], field: str, value: float
) -> None:
    bad = notes((0, 1, 60), (1, 1, 62))
    bad[field][1] = value
    with pytest.raises(InvalidData, match=f"1 of 2 notes have no valid {field}"):
        use(bad)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InvalidData, match="no notes"):
        render(notes())
    with pytest.raises(InvalidData, match="SOUNDING"):
        render(np.zeros(3))
    for wrong in ({"seed": -1}, {"seconds": 0}, {"seconds": np.nan}, {"noise_db": np.inf}):
        with pytest.raises(InvalidArgument, match=next(iter(wrong))):
            render(notes((0, 1, 60)), **wrong)


@pytest.fixture
def fresh_font() -> Iterator[None]:
    """Nothing of the font is remembered, before and after."""
    font._zones.cache_clear()
    yield
    font._zones.cache_clear()


@pytest.mark.parametrize("installed", [True, False])
def test_a_missing_soundfont_says_what_to_install(
    fresh_font: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    spec = ModuleSpec("pretty_midi", None, origin=str(tmp_path / "__init__.py")) if installed else None
    monkeypatch.setattr(font, "find_spec", lambda name: spec)
    with pytest.raises(DataUnavailable, match="pretty_midi: install"):
        render(notes((0, 1, 60)))


def test_a_soundfont_that_is_cut_short_is_named(
    fresh_font: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "cut.sf2"
    whole = font.soundfont().read_bytes()
    monkeypatch.setattr(font, "soundfont", lambda: cut)
    for content in (whole[: len(whole) // 2], b"text, not a font", whole[:1000]):
        cut.write_bytes(content)
        font._read.cache_clear()
        with pytest.raises(CorruptData, match="not a whole soundfont"):
            render(notes((0, 1, 60)))
    font._read.cache_clear()
