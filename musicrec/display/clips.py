"""A waveform as a small MP3 file beside the notebook, and as a drawing of a few hundred bytes."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import ArrayLike

from musicrec.cache import absolute, atomic_write
from musicrec.errors import DataUnavailable, InvalidArgument, InvalidData

SECONDS = 8.0  # a longer waveform is cut
SAMPLE_RATE = 22_050
PEAK = 10 ** (-1 / 20)  # -1 dB: the decoder of an MP3 overshoots a little
SILENCE = 10 ** (-100 / 20)  # nothing this quiet is made louder
FADE = round(0.020 * SAMPLE_RATE)  # samples; a wave that starts at full height clicks
# On libsndfile's scale from 0 to 1 this is 48 kbit/s. The rate is constant, so 8 seconds are 48,431 bytes,
# whatever is played; at a variable rate of the same quality dense music took 78 kB.
ENCODING = {"subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": 0.74}
FOLDER = "_static/clips"  # as the page names it, from the folder of the notebook
COLUMNS = 64  # of a drawing


def to_pcm(waveform: ArrayLike, sample_rate: float, title: str) -> np.ndarray:
    """The first 8 seconds as 16-bit samples at 22,050 Hz, peak at -1 dB, faded in and out over 20 ms.

    Silence stays silence.

    Parameters
    ----------
    waveform
        Mono, shape (samples,), on any scale.
    sample_rate
        Samples a second.
    title
        What messages call it.

    Returns
    -------
    ndarray
        int16, shape (samples,).

    Raises
    ------
    InvalidArgument
        Not one row of numbers (stereo, say), or no sample rate.
    InvalidData
        No sample, or one that is not finite.
    """
    sound = np.asarray(waveform)
    if sound.ndim != 1 or sound.dtype.kind not in "fi":
        raise InvalidArgument(
            f"The sound of {title!r} must be one row of real numbers, shape (samples,); found "
            f"{sound.dtype} of shape {sound.shape}. Of stereo, pass the mean of its channels."
        )
    if not sound.size:
        raise InvalidData(f"The sound of {title!r} has no sample; leave the clip out.")
    broken = int(np.count_nonzero(~np.isfinite(sound)))
    if broken:
        raise InvalidData(
            f"{broken:,} of the {sound.size:,} samples of {title!r} are NaN or infinite. Find where they "
            "come from: a player does not repair sound."
        )
    if not isinstance(sample_rate, int | float | np.number) or not 1000 <= sample_rate <= 1e6:
        raise InvalidArgument(
            f"The sample rate of {title!r} must be a number of samples a second such as {SAMPLE_RATE:,}; "
            f"found {sample_rate!r}."
        )
    sound = sound[: round(SECONDS * sample_rate)].astype(np.float64)
    if sample_rate != SAMPLE_RATE:
        import librosa  # half a second, and seldom needed

        sound = librosa.resample(sound, orig_sr=sample_rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    peak = np.abs(sound).max()
    sound *= PEAK / peak if peak > SILENCE else 0.0
    fade = min(FADE, sound.size // 2)
    ramp = np.arange(fade) / max(1, fade)
    sound[:fade] *= ramp
    sound[sound.size - fade :] *= ramp[::-1]
    return np.round(sound * 32767).astype(np.int16)


def draw(pcm: np.ndarray) -> str:
    """A drawing of the waveform as inline SVG, in the colour of the text around it: one bar a 64th."""
    starts = np.arange(COLUMNS) * pcm.size // COLUMNS
    highest = np.maximum.reduceat(np.abs(pcm.astype(int)), starts)
    bars = [max(1, round(15 * height / (32767 * PEAK))) for height in highest.tolist()]
    path = "".join(f"M{2 * x + 1} {16 - bar}v{2 * bar}" for x, bar in enumerate(bars))
    return (
        f'<svg viewBox="0 0 {2 * COLUMNS} 32" preserveAspectRatio="none" aria-hidden="true" '
        f'style="display: block; width: 100%; height: 2.2em"><path d="{path}" stroke="currentColor"/></svg>'
    )


def keep(pcm: np.ndarray) -> str:
    """Write the clip as MP3, unless it is there, and return the address that the page has for it.

    The name follows from the samples, so the same sound has one file. It lies in ``$MUSICREC_CLIPS``, else
    in ./_static/clips, which is beside the notebook: a notebook's program runs in the notebook's folder.

    Raises
    ------
    DataUnavailable
        Nothing can be written there.
    """
    samples = pcm.astype("<i2").tobytes()
    name = hashlib.sha256(repr((SAMPLE_RATE, ENCODING)).encode() + samples).hexdigest()[:20] + ".mp3"
    named = os.environ.get("MUSICREC_CLIPS")
    path = (absolute(named) if named else Path.cwd() / FOLDER) / name
    if not path.is_file():
        encoded = io.BytesIO()
        soundfile.write(encoded, pcm, SAMPLE_RATE, format="MP3", **ENCODING)
        try:
            with atomic_write(path) as temporary:
                temporary.write_bytes(encoded.getvalue())
        except OSError as error:
            raise DataUnavailable(
                f"The clip cannot be written to {path} ({error.__cause__ or error}). Set MUSICREC_CLIPS to a "
                "folder in which you may write."
            ) from error
    return f"{FOLDER}/{name}"
