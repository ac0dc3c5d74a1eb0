"""Hand-crafted descriptors: a clip in 128 numbers that people chose, the baseline of every learned one.

Which these are and how they are measured is told in chapter 03_content_based; chapter 04_cnn_mel sets them
against what a network finds by itself. All come from librosa (McFee et al., "librosa: Audio and Music Signal
Analysis in Python", SciPy 2015) and share one Fourier transform.
"""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import torch

from musicrec.audio.waveform import as_clips
from musicrec.errors import InvalidData
from musicrec.parameters import check_whole

_FRAME, _HOP = 2048, 512  # samples: 93 and 23 ms at 22,050 Hz
_LONGEST_BEAT = 8.0  # seconds over which a beat is looked for
_LOUDEST = 1e6  # full scale is 1; the squares of what is far beyond do not fit into float32
_LEAST_RATE = 16_000  # Hz; the bands of spectral contrast go up to half of it and more
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_BY_FRAME = (
    *(f"mfcc_{band}" for band in range(20)),
    *(f"mfcc_delta_{band}" for band in range(20)),
    *(f"chroma_{note}" for note in _NOTES),
    *(f"contrast_{band}" for band in range(7)),
    "centroid",
    "rolloff",
    "flatness",
    "zero_crossings",
)
NAMES = (
    *(f"{name}_{moment}" for moment in ("mean", "sd") for name in _BY_FRAME),
    "tempo",
    "onset_rate",
)


def describe_sound(waveform: Any, sample_rate: int) -> dict[str, float]:
    """Descriptors of one clip. Explained in chapter 03_content_based.

    Most are measured in frames of 2,048 samples, one every 512, and given as mean and standard deviation
    over the frames (`..._mean`, `..._sd`):

    - ``mfcc_0`` ... ``mfcc_19``: mel-frequency cepstral coefficients, of levels in dB down to 80 dB below the
      loudest. The first is the level, the next ones are the rough shape of the spectrum, its colour;
    - ``mfcc_delta_0`` ... ``mfcc_delta_19``: how fast these change, a frame;
    - ``chroma_C`` ... ``chroma_B``: strength of each of the twelve pitch classes, octaves put together,
      divided by the strongest one of the frame (0 to 1; A is 440 Hz);
    - ``contrast_0`` ... ``contrast_6``: how far peaks rise above valleys in seven bands, dB: below 200 Hz,
      then octave by octave; the last goes up to half the sample rate;
    - ``centroid``: centre of gravity of the spectrum, Hz: bright sounds have a high one;
    - ``rolloff``: the frequency below which 85% of the spectrum lies, Hz;
    - ``flatness``: 0 for tones, 1 for noise;
    - ``zero_crossings``: share of samples at which the sign changes, 0 to 1.

    Two are of the whole clip: ``tempo``, the beat found by autocorrelation of the onset strength, beats a
    minute (it may be half or twice what a person taps); and ``onset_rate``, beginnings of sounds a second.

    Silence has finite values too: it is as flat as noise, has no onset, and its tempo is near 120, where the
    search begins. A clip shorter than a frame is filled up with silence. Without resampling, a
    descriptor depends a little on `sample_rate`: compare clips of the same.

    Parameters
    ----------
    waveform : array or tensor, shape (samples,)
        Floating-point samples, of which 1 is full scale.
    sample_rate : int
        Samples a second, Hz; 16,000 or more.

    Returns
    -------
    dict
        A finite number for each of `NAMES`, in that order.

    Raises
    ------
    InvalidData
        Where there are no samples, more clips than one, whole numbers, or NaN or infinity.
    InvalidArgument
        Where the sample rate is too low.
    """
    check_whole("sample_rate", sample_rate, _LEAST_RATE, unit="Hz")
    sound = _one_clip(waveform)
    spectrum = np.abs(librosa.stft(sound, n_fft=_FRAME, hop_length=_HOP))
    power = spectrum**2
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=sample_rate))
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=20)
    by_frame = np.concatenate(
        [
            mfcc,
            librosa.feature.delta(mfcc, mode="nearest"),
            librosa.feature.chroma_stft(S=power, sr=sample_rate, tuning=0.0),
            librosa.feature.spectral_contrast(S=spectrum, sr=sample_rate),
            librosa.feature.spectral_centroid(S=spectrum, sr=sample_rate),
            librosa.feature.spectral_rolloff(S=spectrum, sr=sample_rate),
            librosa.feature.spectral_flatness(S=spectrum),
            librosa.feature.zero_crossing_rate(sound, frame_length=_FRAME, hop_length=_HOP),
        ]
    ).astype(np.float64)
    strength = librosa.onset.onset_strength(S=mel, sr=sample_rate)
    onsets = librosa.onset.onset_detect(onset_envelope=strength, sr=sample_rate, hop_length=_HOP)
    values = [*by_frame.mean(axis=1), *by_frame.std(axis=1)]
    values += [_tempo(strength, sample_rate), len(onsets) * sample_rate / len(sound)]
    return {name: float(value) for name, value in zip(NAMES, values, strict=True)}


def _one_clip(waveform: Any) -> np.ndarray:
    clips = as_clips(waveform)
    if len(clips) != 1:
        raise InvalidData(
            f"Found {len(clips)} waveforms; descriptors are of one clip. Call once for each, and average the "
            "channels of stereo sound."
        )
    clip = clips[0].detach().cpu() if isinstance(clips, torch.Tensor) else clips[0]
    sound = np.asarray(clip, dtype=np.float32)
    good = np.abs(sound) < _LOUDEST  # false for NaN too
    if not good.all():
        raise InvalidData(
            f"{np.sum(~good):,} of {len(sound):,} samples are NaN, infinite or far beyond full scale; "
            "expected finite numbers, of which 1 is full scale. Leave the clip out, or read it again."
        )
    return np.pad(sound, (0, max(0, _FRAME - len(sound))))


def _tempo(strength: np.ndarray, sample_rate: int) -> float:
    """Tempo by the autocorrelation of the whole clip: ten times faster than librosa's frame by frame."""
    longest = round(_LONGEST_BEAT * sample_rate / _HOP)
    again = librosa.autocorrelate(np.pad(strength, (0, max(0, longest - len(strength)))), max_size=longest)
    again = librosa.util.normalize(again)
    return float(librosa.feature.tempo(tg=again[:, None], sr=sample_rate, hop_length=_HOP)[0])
