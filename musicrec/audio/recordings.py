"""A folder of recordings as the sound of items: the source of an `AudioLibrary`.

Which recordings there are says an index (recording_index.py), which may come from outside: nothing that it
names is opened unless it lies in the folder. Explained in chapter 04_cnn_mel.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicrec.audio.files import read_audio
from musicrec.audio.library import AudioLibrary
from musicrec.audio.mel_bands import DEFAULT, MelSettings
from musicrec.audio.path_table import leads_out
from musicrec.audio.recording_index import INDEX_NAME, read_index
from musicrec.errors import DataUnavailable, InvalidArgument, InvalidData, UnknownName


class Recordings:
    """Waveforms of the recordings in a folder, by label: what an `AudioLibrary` takes as its source.

    Parameters
    ----------
    folder
        The folder.
    index
        One row a recording, indexed by label, with the columns that `recording_index.measured` gives. Rows
        with a problem are left out, and so are those whose file is missing or lies outside the folder.
    sample_rate
        Samples a second of the waveforms, Hz; recordings at other rates are resampled.
    seconds
        The most that is read of a recording, from its middle; all of it if not given.

    Attributes
    ----------
    table : DataFrame
        The index.
    left_out : dict
        Why a recording is left out, by label; those that are not have no entry.
    key : str
        Hexadecimal digits that change when the recordings do.
    """

    def __init__(
        self,
        folder: Path | str,
        index: pd.DataFrame,
        *,
        sample_rate: int = 22050,
        seconds: float | None = None,
    ) -> None:
        self.folder = Path(folder).resolve()
        self.sample_rate = sample_rate
        self.seconds = seconds
        self.table = index.copy()
        state = hashlib.sha256(f"{self.folder} {sample_rate} {seconds}".encode())
        self.left_out: dict[Any, str] = {}
        for label, path, problem in zip(index.index, index["path"], index["problem"], strict=True):
            reason = problem or self._absent(path)
            if reason:
                self.left_out[label] = reason
            else:
                there = (self.folder / path).stat()
                reason = f"{there.st_size} {there.st_mtime_ns}"
            state.update(f"{label!r} {path!r} {reason}\n".encode())
        self.key = state.hexdigest()

    def __call__(self, label: Any) -> np.ndarray:
        """Waveform of a recording: mono, float32, `sample_rate` samples a second.

        Raises
        ------
        UnknownName
            The index has no such label.
        InvalidData
            The recording is left out, holds NaN or nothing, or is no longer what the index says.
        CorruptData
            It cannot be decoded, or ends before its header says.
        """
        if label not in self.table.index:
            raise UnknownName(
                f"No recording {label!r} among the {len(self.table):,} of {self.folder}; the first is "
                f"{self.table.index[0]!r}."
            )
        if label in self.left_out:
            raise InvalidData(f"The recording {label!r} is left out: {self.left_out[label]}.")
        path, length = self.table.loc[label, ["path", "seconds"]]
        start, wanted = None, None
        if self.seconds is not None and length > self.seconds:
            start, wanted = (length - self.seconds) / 2, self.seconds
        try:
            return read_audio(self.folder / path, self.sample_rate, start=start, seconds=wanted)
        except (DataUnavailable, InvalidArgument) as error:  # one file that changed must not stop the rest
            raise InvalidData(f"{error} The index is older than the folder: write it anew.") from error

    def _absent(self, path: str) -> str:
        if leads_out(self.folder, path):
            return "a link that leads out of the folder"
        return "" if (self.folder / path).is_file() else "there is no such file"


def open_folder(
    folder: Path | str,
    index: Path | str | pd.DataFrame | None = None,
    *,
    settings: MelSettings = DEFAULT,
    seconds: float = 10.0,
) -> AudioLibrary:
    """The recordings of a folder, as a library of sound.

    Parameters
    ----------
    folder
        The folder.
    index
        Where its index is, or the index itself; ``recordings.csv`` in the folder if not given.
    settings
        What mel spectrograms are made with.
    seconds
        How much of the middle of each recording is taken. Shorter ones are filled with silence.

    Returns
    -------
    AudioLibrary
        Its labels are those of the index, its ``left_out`` says which recordings cannot be used and why, and
        ``source.table`` holds what is known of them.

    Raises
    ------
    DataUnavailable
        There is no index. The message names the command that writes one.
    CorruptData, InvalidData
        The index is not what it must be, or names files outside the folder.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    folder = Path(folder)
    if not isinstance(index, pd.DataFrame):
        place = folder / INDEX_NAME if index is None else Path(index)
        if not place.is_file():
            raise DataUnavailable(
                f"There is no index {place.absolute()}. Write one with `musicrec audio index {folder}`."
            )
        index = read_index(place)
    source = Recordings(folder, index, sample_rate=settings.sample_rate, seconds=seconds)
    return AudioLibrary(
        index.index, source, key=source.key, settings=settings, seconds=seconds, left_out=source.left_out
    )
