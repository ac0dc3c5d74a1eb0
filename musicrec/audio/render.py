"""From notes to a waveform: recorded notes added up, in a small room, with a little noise.

Nothing is quantised: tempo, articulation, density and register sound as they are written in the notes.
Loudness is the same for all; how hard a piece is played is heard in its colour, as on real instruments.
Explained in chapter 04_cnn_mel.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from musicrec.audio.arrangement import SOUNDING
from musicrec.audio.soundfont import layers
from musicrec.errors import InvalidData
from musicrec.parameters import check_number, check_whole

SAMPLE_RATE = 22050
NOISE_DB = -50.0  # of the music: a quiet recording
_RMS, _PEAK = 0.1, 0.98  # -20 dB of full scale; where peaks would go beyond, the whole is softer
_SILENT = 60.0  # a note that has faded by so many dB is over
_DAMPED = 300.0  # dB a second: the least by which a note fades once it is let go, so that staccato is heard
_ECHO, _DELAY, _ECHO_DB = 0.3, 0.008, -15.0  # seconds to -60 dB, seconds before it begins; its energy
_BRIGHT = 8000.0  # Hz: where the low-pass filter of the hardest playing has its corner
_FADE_OUT = 0.01  # seconds, so that a clip does not end in a click
_LONGEST = 2 * 3600.0  # seconds


def render(
    notes: np.ndarray, *, seed: int = 0, seconds: float | None = None, noise_db: float = NOISE_DB
) -> np.ndarray:
    """The sound of notes, the same bytes each time for the same notes and seed.

    Each note is played from a soundfont (`musicrec.audio.soundfont`) and begins within half a sample of its
    onset. Its amplitude is the square of its velocity; from the hardest playing to the softest, the corner of
    a low-pass filter over the whole falls by two octaves (both as in the specification of soundfonts,
    sections 8.4.1 and 8.4.2). Then comes an echo of 0.3 s, 15 dB below, and noise. The result has a root mean
    square of 0.1 (-20 dB of full scale), or less where peaks would not fit.

    Parameters
    ----------
    notes
        Structured array of type `musicrec.audio.arrangement.SOUNDING`, in any order.
    seed
        Of the room and the noise.
    seconds
        Length; what comes later is cut off, what is lacking is silence but for the noise. Without it, until
        the echo of the last note is over.
    noise_db
        Level of the white noise, in dB of the music.

    Returns
    -------
    numpy.ndarray
        Mono at `SAMPLE_RATE`, float32, finite, within -1 and 1.

    Raises
    ------
    InvalidData
        There are no notes, or one has no valid time, pitch, velocity or program.
    InvalidArgument
        The seed is negative, or a number is out of range.
    DataUnavailable
        The soundfont is not there.
    """
    _check(notes)
    check_whole("seed", seed, 0)
    check_number("noise_db", noise_db, -200.0, 60.0, unit="dB")
    length = float((notes["onset"] + notes["duration"]).max()) + _SILENT / _DAMPED + _ECHO
    if seconds is not None:
        check_number("seconds", seconds, 0.02, _LONGEST)
        length = float(seconds)
    rng = np.random.Generator(np.random.PCG64(seed))
    dry = _play(notes[notes["onset"] < length], round(length * SAMPLE_RATE))
    sound = oaconvolve(dry, _room(rng, float(notes["velocity"].mean())))[: len(dry)]
    loudness = np.float32(np.sqrt(np.mean(np.square(sound), dtype=np.float64)) + 1e-12)
    sound /= loudness
    sound += _noise(rng, len(sound)) * np.float32(10 ** (noise_db / 20))
    sound *= np.float32(min(_RMS, _PEAK / np.abs(sound).max()))
    fade = round(_FADE_OUT * SAMPLE_RATE)
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


def densest(notes: np.ndarray, seconds: float) -> np.ndarray:
    """The notes that begin in the clip where most begin (the first such clip), in order, with times from 0.

    Parameters
    ----------
    notes
        As in `render`.
    seconds
        Length of the clip. It begins with a note; of those that began before, nothing sounds.

    Raises
    ------
    InvalidData, InvalidArgument
        As in `render`.
    """
    _check(notes)
    check_number("seconds", seconds, 0.02, _LONGEST)
    ordered = np.sort(notes, order="onset", kind="stable")
    behind = np.searchsorted(ordered["onset"], ordered["onset"] + seconds)
    first = int(np.argmax(behind - np.arange(len(ordered))))
    clip = ordered[first : behind[first]].copy()
    clip["onset"] -= ordered["onset"][first]
    return clip


def _play(notes: np.ndarray, samples: int) -> np.ndarray:
    """The notes alone. Each pitch of each instrument is played once, and added wherever it is asked for."""
    sound = np.zeros(samples, dtype=np.float32)
    notes = np.sort(notes, order=["program", "pitch", "onset"])
    begin = np.rint(notes["onset"] * SAMPLE_RATE).astype(np.int64)
    held = np.minimum(np.rint(notes["duration"] * SAMPLE_RATE).astype(np.int64), samples - begin)
    strength = np.square(notes["velocity"] / np.float32(127))
    tones, first = np.unique(notes[["program", "pitch"]], return_index=True)
    bounds = [*first, len(notes)]
    for (program, pitch), (start, stop) in zip(tones.tolist(), pairwise(bounds), strict=True):
        zones = layers(program, pitch)
        fading = _fading(max(_DAMPED, zones[0].release))
        longest = int(held[start:stop].max()) + len(fading)
        tone = np.sum([zone.play(pitch, longest, SAMPLE_RATE) for zone in zones], axis=0)
        for at, n, s in zip(
            begin[start:stop].tolist(), held[start:stop].tolist(), strength[start:stop], strict=True
        ):
            sound[at : at + n] += s * tone[:n]
            let_go = sound[at + n : at + n + len(fading)]
            let_go += s * (tone[n : n + len(let_go)] * fading[: len(let_go)])
    return sound


def _fading(rate: float) -> np.ndarray:
    """Factors of amplitude of a note that was let go, until it is over; `rate` is in dB a second."""
    time = np.arange(round(_SILENT / rate * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    return np.exp(time * np.float32(-rate * np.log(10) / 20))


def _room(rng: np.random.Generator, velocity: float) -> np.ndarray:
    """What becomes of a single sharp sound: itself, then its echo; all the duller, the softer the playing."""
    time = np.arange(round(_ECHO * SAMPLE_RATE)) / SAMPLE_RATE
    response = _noise(rng, len(time)) * 10 ** (-_SILENT / 20 * time / _ECHO) * (time >= _DELAY)
    response *= 10 ** (_ECHO_DB / 20) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    corner = _BRIGHT * 2 ** (-2 * (127 - velocity) / 127)
    return sosfilt(butter(2, corner, fs=SAMPLE_RATE, output="sos"), response).astype(np.float32)


def _noise(rng: np.random.Generator, samples: int) -> np.ndarray:
    """White noise of mean square 1, from uniform numbers, which are the same under every version of NumPy."""
    return (rng.random(samples, dtype=np.float32) - np.float32(0.5)) * np.float32(np.sqrt(12))


def _check(notes: np.ndarray) -> None:
    if not isinstance(notes, np.ndarray) or notes.dtype != SOUNDING:
        raise InvalidData(
            f"The notes are {getattr(notes, 'dtype', type(notes).__name__)}; expected a structured array of "
            "type musicrec.audio.arrangement.SOUNDING. arrangement.arrange makes one."
        )
    if not len(notes):
        raise InvalidData("There are no notes to play. Leave the piece out.")
    for name, least, most in (
        ("onset", 0.0, _LONGEST),
        ("duration", 0.0, _LONGEST),
        ("pitch", 0, 127),
        ("velocity", 1, 127),
        ("program", 0, 127),
    ):
        good = (notes[name] >= least) & (notes[name] <= most)  # false for NaN too
        if not good.all():
            raise InvalidData(
                f"{np.sum(~good):,} of {len(notes):,} notes have no valid {name}, first "
                f"{notes[name][~good][0]!s}; it must lie from {least:g} to {most:g}."
            )
