"""The sound of a collection, by item: waveforms, mel spectrograms and descriptors.

Explained in chapters 03_content_based and 04_cnn_mel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from musicrec.audio.chunks import Chunks, digest
from musicrec.audio.measures import Clips, Descriptors, MelLevels, Source
from musicrec.audio.mel_bands import DEFAULT, MelSettings
from musicrec.errors import CorruptData, InvalidArgument, InvalidData, UnknownName
from musicrec.parameters import check_number


class AudioLibrary:
    """A clip of the same length for each item, and what is measured on it.

    Nothing is read or computed before it is asked for. What is measured is kept in the cache (folder
    ``audio``), in files of 128 items that two processes make side by side; a run that is killed goes on where
    it was. Mel spectrograms are kept as float16, which changes a level by at most 0.03 dB.

    Parameters
    ----------
    labels
        The items, each once.
    source
        Function of a label that gives its waveform: mono, floating-point, at the sample rate of the settings,
        of any length. It raises InvalidData or CorruptData for a clip that has to be left out. It is sent to
        other processes.
    key
        Hash of all that decides the waveforms, or a function without arguments that gives it.
    settings
        What mel spectrograms are made with.
    seconds
        Length of the clips: the middle of longer waveforms; shorter ones end in silence.
    left_out
        Items that are known to have no sound that can be used, and why.

    Attributes
    ----------
    labels : pandas.Index
        The items.
    source, settings, seconds
        As given.

    Raises
    ------
    InvalidData
        A label comes twice.
    UnknownName
        What is left out is not one of the labels.
    InvalidArgument
        The clips would hold no sample.
    """

    def __init__(
        self,
        labels: Iterable[Any],
        source: Source,
        *,
        key: str | Callable[[], str],
        settings: MelSettings = DEFAULT,
        seconds: float = 10.0,
        left_out: Mapping[Any, str] | None = None,
    ) -> None:
        self.labels = pd.Index(labels)
        if self.labels.has_duplicates:
            twice = self.labels[self.labels.duplicated()][0]
            raise InvalidData(
                f"The label {twice!r} comes twice. Each item of a library has a label of its own."
            )
        check_number("seconds", seconds, 1 / settings.sample_rate)
        self.source, self.settings, self.seconds = source, settings, seconds
        self._key = key
        self._known = dict(left_out or {})
        self._numbers(self._known)
        self._failed: dict[Any, str] = {}  # of single waveforms that were asked for

    @property
    def sample_rate(self) -> int:
        """Samples a second of the waveforms, Hz."""
        return self.settings.sample_rate

    @property
    def left_out(self) -> pd.Series:
        """Why an item has no sound, by label. What only reading it shows is known once it was measured."""
        found = self._known | self._failed
        for kept in (self._mels, self._descriptors):
            found |= {self.labels[number]: why for number, why in kept.left_out.items()}
        return pd.Series(found, dtype="object", name="reason").rename_axis(self.labels.name)

    def waveform(self, label: Any) -> np.ndarray:
        """The clip of one item, float32 of shape (seconds · sample_rate,).

        Raises
        ------
        UnknownName
            The library has no such item.
        InvalidData
            The item is left out; the message says why.
        """
        self._refuse_left_out(self._numbers([label]))
        try:
            return self._clips(label)
        except (InvalidData, CorruptData) as error:
            self._failed[label] = str(error)
            raise InvalidData(f"There is no sound of {label!r}. {error}") from error

    def mel(self, labels: Iterable[Any]) -> np.ndarray:
        """Mel spectrograms of items, in dB, float32 of shape (n, mels, frames).

        Raises
        ------
        UnknownName
            The library has no such item.
        InvalidData
            An item is left out; the message says why.
        DataUnavailable
            They are not in the cache, and the cache cannot be written.
        """
        numbers = self._numbers(labels)
        levels = self._mels.rows(numbers)
        self._refuse_left_out(numbers)
        return levels

    def descriptors(self) -> pd.DataFrame:
        """Hand-crafted descriptors (`musicrec.audio.describe_sound`): a row an item that is not left out.

        Raises
        ------
        DataUnavailable
            They are not in the cache, and the cache cannot be written.
        """
        rows = self._descriptors.rows(np.arange(len(self.labels)))
        frame = pd.DataFrame(rows, index=self.labels, columns=list(self._described.names))
        return frame.drop(index=self.left_out.index)

    @cached_property
    def _clips(self) -> Clips:
        return Clips(self.source, round(self.seconds * self.sample_rate), self._known)

    @cached_property
    def _described(self) -> Descriptors:
        return Descriptors(self._clips, self.sample_rate)

    @cached_property
    def _mels(self) -> Chunks:
        return Chunks(self._version, self.labels.tolist(), MelLevels(self._clips, self.settings))

    @cached_property
    def _descriptors(self) -> Chunks:
        return Chunks(self._version, self.labels.tolist(), self._described)

    def _version(self) -> str:
        return digest(self._key() if callable(self._key) else self._key, self._known)

    def _numbers(self, labels: Iterable[Any]) -> np.ndarray:
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise InvalidArgument(f"labels is {labels!r}; it must be a list of labels, or an index of them.")
        wanted = list(labels)
        numbers = self.labels.get_indexer(pd.Index(wanted, dtype=self.labels.dtype if not wanted else None))
        if (numbers < 0).any():
            unknown = wanted[int(np.argmin(numbers))]
            raise UnknownName(
                f"There is no item {unknown!r} among the {len(self.labels):,} of this library, the first of "
                f"which are {self.labels[:3].tolist()}. `labels` lists them."
            )
        return numbers

    def _refuse_left_out(self, numbers: np.ndarray) -> None:
        left_out = self.left_out
        missing = self.labels[numbers].intersection(left_out.index)
        if len(missing):
            raise InvalidData(
                f"{len(missing):,} of {len(numbers):,} items are left out of the library, first "
                f"{missing[0]!r}: {left_out[missing[0]]} Ask for the others: labels.drop(left_out.index)."
            )

    def __repr__(self) -> str:
        return (
            f"AudioLibrary({len(self.labels):,} items, {self.seconds:g} s each at {self.sample_rate:,} Hz; "
            f"{len(self.left_out):,} left out)"
        )
