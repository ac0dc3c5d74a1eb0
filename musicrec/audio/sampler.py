"""How a note is played from a recording of another: by table look-up.

The pitch is had by stepping through the recording faster or slower than it was made; a stretch at its end is
repeated for as long as the key is held; an envelope says how the sound rises and fades. Explained in chapter
04_cnn_mel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import firwin

_TAPS = 31  # length of the filter that a recording goes through before it is stepped through faster


@dataclass(frozen=True, eq=False)
class Zone:
    """A recording, the keys it is for, and how it is played.

    Attributes
    ----------
    lowest, highest
        Keys, as MIDI pitches.
    wave
        The recording, float32; its last ``loop`` samples are repeated while a key is held.
    rate, root
        Samples a second, and the pitch heard at that rate (MIDI, cents as a fraction).
    gain
        Factor of amplitude.
    attack, hold
        Seconds in which the sound rises, and seconds that it then stays.
    decay, sustain
        dB a second by which it fades while the key is held, and the dB after which it fades no more.
    release
        dB a second by which it fades once the key is let go.
    """

    lowest: int
    highest: int
    wave: np.ndarray
    loop: int
    rate: int
    root: float
    gain: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float

    def play(self, pitch: int, samples: int, sample_rate: int) -> np.ndarray:
        """The first samples of a held note at a sample rate, float32 of shape (samples,)."""
        step = self.rate / sample_rate * 2 ** ((pitch - self.root) / 12)
        wave = self.wave if step <= 1 else self._without_highs(float(np.ceil(2 * np.log2(step)) / 2))
        place = np.arange(samples) * step
        before = place.astype(np.int64)
        lacking = int(before[-1]) + 2 - len(wave)
        if lacking > 0:
            wave = np.concatenate([wave, np.resize(wave[-self.loop :], lacking)])
        low = wave[before]
        sound = low + (place - before).astype(np.float32) * (wave[before + 1] - low)
        return sound * self._envelope(samples, sample_rate)

    def _envelope(self, samples: int, sample_rate: int) -> np.ndarray:
        time = np.arange(samples, dtype=np.float32) / sample_rate
        faded = np.clip((time - self.attack - self.hold) * self.decay, 0.0, self.sustain)
        level = self.gain * np.exp(faded * np.float32(-np.log(10) / 20))
        rising = int(self.attack * sample_rate) + 1
        level[:rising] *= time[:rising] / np.float32(self.attack)
        return level

    @lru_cache(maxsize=1024)  # noqa: B019 - zones are made once and live as long as the program
    def _without_highs(self, octaves: float) -> np.ndarray:
        """The recording without what would lie beyond half the sample rate, were it played so much higher.

        What lies beyond would come out as other, false tones.
        """
        turns = -(-_TAPS // self.loop) + 1  # after these the loop's every sample has the loop on both sides
        longer = np.concatenate([self.wave, np.tile(self.wave[-self.loop :], 2 * turns)])
        smooth = np.convolve(longer, firwin(_TAPS, 2.0**-octaves), mode="same").astype(np.float32)
        return smooth[: len(self.wave) + turns * self.loop]
