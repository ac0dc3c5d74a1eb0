"""What is measured on each clip of a library: the row of an array that is kept in the cache.

A measure is sent to other processes, with the source that the clips come from. What decides its values is in
its `version`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from musicrec.audio.chunks import digest
from musicrec.audio.mel_bands import MelSettings
from musicrec.errors import InvalidData

Source = Callable[[Any], np.ndarray]  # of a label
_HERE = Path(__file__).parent


class Measure(Protocol):
    """A function of a label that gives a row of numbers, always of one shape."""

    title: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a row."""
        ...

    @property
    def dtype(self) -> str:
        """In which rows are kept."""
        ...

    def version(self) -> str:
        """A hash of all that decides the values, but for the source."""
        ...

    def __call__(self, label: Any) -> np.ndarray:
        """The row of an item; InvalidData or CorruptData where it has to be left out."""
        ...


@dataclass(frozen=True)
class Clips:
    """Clips of one length, from a source of waveforms of any length."""

    source: Source
    samples: int
    left_out: Mapping[Any, str]  # known beforehand: the source is not asked for these

    def __call__(self, label: Any) -> np.ndarray:
        """The middle of the waveform of an item, float32 of shape (samples,); a short one ends in silence.

        Raises
        ------
        InvalidData
            The item is left out, or the source gives something else than mono sound, no samples, or NaN or
            infinity.
        """
        if label in self.left_out:
            raise InvalidData(self.left_out[label])
        wave = np.asarray(self.source(label))
        if wave.ndim != 1 or wave.dtype.kind != "f" or not len(wave):
            raise InvalidData(
                f"The source gives {wave.dtype} of shape {wave.shape}; expected floating-point samples of "
                "shape (samples,), at least one. Average the channels of stereo sound."
            )
        skipped = max(0, len(wave) - self.samples) // 2
        clip = wave[skipped : skipped + self.samples].astype(np.float32)
        if not np.isfinite(clip).all():
            raise InvalidData(
                f"{np.sum(~np.isfinite(clip)):,} of {len(clip):,} samples are NaN or infinite; expected "
                "finite numbers. Read it again from where it comes from, or leave it out."
            )
        return np.pad(clip, (0, self.samples - len(clip)))


@dataclass(frozen=True)
class MelLevels:
    """Mel spectrograms in dB. In float16 a level is wrong by at most 0.03 dB (up to 128 dB, up or down)."""

    clips: Clips
    settings: MelSettings
    title = "Mel spectrograms"
    dtype = "float16"

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Bands and frames."""
        return self.settings.mels, self.settings.frames(self.clips.samples)

    def version(self) -> str:
        """A hash of all that decides the values, but for the source."""
        return digest(self.settings, self.clips.samples, *_sources("mel", "mel_bands", "waveform"))

    def __call__(self, label: Any) -> np.ndarray:
        """Levels of an item, of shape (mels, frames)."""
        from musicrec.audio.mel import log_mel  # torch takes seconds to import

        return log_mel(self.clips(label), self.settings)[0].numpy()


@dataclass(frozen=True)
class Descriptors:
    """Hand-crafted descriptors."""

    clips: Clips
    sample_rate: int
    title = "Audio descriptors"
    dtype = "float32"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the numbers of a row are."""
        from musicrec.audio.descriptors import NAMES  # librosa takes a second to import

        return NAMES

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """One number a descriptor."""
        return (len(self.names),)

    def version(self) -> str:
        """A hash of all that decides the values, but for the source."""
        librosa = importlib.metadata.version("librosa")
        return digest(self.sample_rate, self.clips.samples, librosa, *_sources("descriptors", "waveform"))

    def __call__(self, label: Any) -> np.ndarray:
        """Descriptors of an item, in the order of `names`."""
        from musicrec.audio.descriptors import describe_sound

        found = describe_sound(self.clips(label), self.sample_rate)
        return np.array([found[name] for name in self.names])


def _sources(*modules: str) -> list[Path]:
    return [_HERE / f"{module}.py" for module in (*modules, "measures")]
