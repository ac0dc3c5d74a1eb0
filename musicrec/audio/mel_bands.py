"""The bands of a mel spectrogram: which frequencies are heard together. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from musicrec.errors import InvalidArgument
from musicrec.parameters import check_number, check_whole

_LINEAR, _BREAK, _STEP = 200 / 3, 1000.0, math.log(6.4) / 27  # Slaney's scale: Hz a mel, Hz, log Hz a mel
_QUIETEST = -300.0  # dB; a power that float32 still holds


@dataclass(frozen=True)
class MelSettings:
    """What a mel spectrogram is made with. Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    sample_rate : int
        Samples a second, Hz.
    n_fft : int
        Samples a frame; even.
    hop : int
        Samples from the start of one frame to that of the next; at most half a frame.
    mels : int
        Number of bands.
    fmin, fmax : float
        Where the lowest band begins and the highest ends, Hz; without `fmax`, half the sample rate.
    floor_db : float
        The level below which all is silence: quieter bands get this level.

    Raises
    ------
    InvalidArgument
        Where a setting is outside its range.
    """

    sample_rate: int = 22050
    n_fft: int = 2048
    hop: int = 1024
    mels: int = 64
    fmin: float = 0.0
    fmax: float | None = None
    floor_db: float = -100.0

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "hop", "mels"):
            check_whole(name, getattr(self, name), 1)
        if self.n_fft % 2:
            raise InvalidArgument(f"n_fft is {self.n_fft}; frames are centred, so it must be even.")
        if self.hop > self.n_fft // 2:
            raise InvalidArgument(
                f"hop is {self.hop} at frames of {self.n_fft} samples; frames must overlap by half or more "
                f"for every sample to count. Take a hop of {self.n_fft // 2} or less."
            )
        check_number("fmin", self.fmin, 0, unit="Hz")
        check_number("fmax", self.top, 0, unit="Hz")
        check_number("floor_db", self.floor_db, _QUIETEST, 0, unit="dB")
        if not self.fmin < self.top <= self.sample_rate / 2:
            raise InvalidArgument(
                f"fmin is {self.fmin!r} and fmax {self.fmax!r}; at {self.sample_rate:,} samples a second, "
                f"0 <= fmin < fmax <= {self.sample_rate / 2:,g} Hz must hold."
            )

    @property
    def top(self) -> float:
        """Where the highest band ends, Hz."""
        return self.sample_rate / 2 if self.fmax is None else self.fmax

    def frames(self, samples: int) -> int:
        """Number of frames of a clip: one is centred on its first sample, then one every `hop` samples."""
        return 1 + samples // self.hop


DEFAULT = MelSettings()


@lru_cache(maxsize=32)
def mel_filters(settings: MelSettings) -> np.ndarray:
    r"""The weight of each frequency of the transform in each mel band. Explained in chapter 04_cnn_mel.

    The scale is that of Slaney's Auditory Toolbox, librosa's default: up to 1,000 Hz a mel is 200/3 Hz, above
    it each mel raises the frequency by the same ratio,

    .. math::

        m(f) = \frac{3 f}{200} \text{ for } f < 1000, \qquad
        m(f) = 15 + 27 \frac{\ln(f / 1000)}{\ln 6.4} \text{ for } f \ge 1000.

    With edges :math:`f_0 < f_1 < \dots` equally far apart in mel from `fmin` to `fmax`, band :math:`b` is a
    triangle from :math:`f_b` over :math:`f_{b+1}` to :math:`f_{b+2}`, divided by its area,

    .. math::

        w_b(f) = \frac{2}{f_{b+2} - f_b} \max\left(0, \min\left(
        \frac{f - f_b}{f_{b+1} - f_b}, \frac{f_{b+2} - f}{f_{b+2} - f_{b+1}}\right)\right).

    Returns
    -------
    numpy.ndarray, shape (mels, 1 + n_fft / 2)
        Weights, float64, read-only; column `j` is for the frequency ``j * sample_rate / n_fft``.

    Raises
    ------
    InvalidArgument
        Where a band is so narrow that no frequency of the transform falls into it.
    """
    edges = _edges(settings)[:, None]
    frequencies = np.arange(settings.n_fft // 2 + 1) * (settings.sample_rate / settings.n_fft)
    rise = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall)) * 2 / (edges[2:] - edges[:-2])
    empty = np.flatnonzero(~weights.any(axis=1))
    if len(empty):
        raise InvalidArgument(
            f"{len(empty)} of {settings.mels} mel bands hold no frequency of a transform of {settings.n_fft} "
            f"samples, the first around {band_frequencies(settings)[empty[0]]:.0f} Hz. Take fewer mels or a "
            "larger n_fft."
        )
    weights.flags.writeable = False
    return weights


def band_frequencies(settings: MelSettings = DEFAULT) -> np.ndarray:
    """The frequency at which each mel band weighs most, Hz, float64, shape (mels,)."""
    return _edges(settings)[1:-1]


def _edges(settings: MelSettings) -> np.ndarray:
    """The mels + 2 frequencies where bands begin, peak and end, Hz."""
    low, high = _to_mel(settings.fmin), _to_mel(settings.top)
    mels = np.linspace(low, high, settings.mels + 2)
    knee = _BREAK / _LINEAR
    return np.where(mels < knee, mels * _LINEAR, _BREAK * np.exp((np.maximum(mels, knee) - knee) * _STEP))


def _to_mel(frequency: float) -> float:
    if frequency < _BREAK:
        return frequency / _LINEAR
    return _BREAK / _LINEAR + math.log(frequency / _BREAK) / _STEP
