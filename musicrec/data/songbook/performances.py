"""The Songbook played: the sound of each piece, as it is arranged or otherwise.

Nothing is read or played before it is asked for. Explained in chapters 03_content_based and 04_cnn_mel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from musicrec.audio.chunks import digest
from musicrec.audio.library import AudioLibrary
from musicrec.cache import cache_dir
from musicrec.data.features import Features
from musicrec.errors import CorruptData, UnknownName
from musicrec.parameters import check_number, check_whole

if TYPE_CHECKING:
    from musicrec.audio.score import Reading
    from musicrec.data.dataset import Dataset

SECONDS = 10.0  # of a clip: where most notes begin
_AUDIO = Path(__file__).resolve().parents[2] / "audio"
_PLAYING = (
    "arrangement",
    "render",
    "sampler",
    "soundfont",
)  # modules of musicrec.audio that decide the sound


class Performances:
    """Waveforms of the pieces, by label: the source of ``ds.audio``, which has it as ``ds.audio.source``.

    Called with a label it gives the clip of `SECONDS` in which most notes begin.

    Parameters
    ----------
    scores
        Gives the scores, and why a piece that is missing could not be read. It is called when the first note
        is asked for.
    arrangement
        How each piece is played: one row a piece, indexed by label, as
        `musicrec.audio.arrangement.draw` gives it.
    pieces
        Name of each piece in the scores, by label.
    """

    def __init__(self, scores: Callable[[], Reading], arrangement: pd.DataFrame, pieces: pd.Series) -> None:
        self._read = scores
        self._arrangement = arrangement
        self._pieces = pieces

    @cached_property
    def _reading(self) -> Reading:
        return self._read()

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process: with the scores, so that not every process reads them."""
        _ = self._reading
        return vars(self).copy()

    def __call__(self, label: str) -> np.ndarray:
        """The clip of a piece, mono, float32, at 22,050 Hz; errors as in `perform`."""
        return self.perform(label)

    def key(self) -> str:
        """Hash of all that decides the clips.

        Raises
        ------
        DataUnavailable
            The soundfont is not there.
        """
        from musicrec.audio.soundfont import soundfont
        from musicrec.data.songbook.scores import reader_version

        sources = [Path(__file__), soundfont(), *(_AUDIO / f"{module}.py" for module in _PLAYING)]
        played = self._arrangement.to_csv(lineterminator="\n")
        return digest(reader_version(), self._pieces.tolist(), played, *sources)

    def notes(self, label: str, *, semitones: int = 0, tempo: float = 1.0) -> np.ndarray:
        """The notes of a whole piece, as they sound.

        Parameters
        ----------
        label
            The piece.
        semitones
            By how much higher it is played than it is arranged; -24 to 24.
        tempo
            How many times as fast; 0.25 to 4.

        Returns
        -------
        numpy.ndarray
            Of type `musicrec.audio.arrangement.SOUNDING`. Notes beyond the range C1 to G7 are moved by
            octaves.

        Raises
        ------
        UnknownName
            There is no such piece.
        CorruptData
            Its score cannot be read.
        InvalidArgument
            `semitones` or `tempo` is out of range.
        """
        from musicrec.audio.arrangement import arrange

        check_whole("semitones", semitones, -24, 24)
        check_number("tempo", tempo, 0.25, 4.0)
        if label not in self._pieces.index:
            raise UnknownName(
                f"There is no piece {label!r} among the {len(self._pieces):,}, the first of which is "
                f"{self._pieces.index[0]!r}."
            )
        piece = self._pieces[label]
        if piece in self._reading.failed:
            raise self._reading.failed[piece]
        row = pd.Series(self._arrangement.loc[label])
        row["transposition"] += semitones
        row["tempo_factor"] *= tempo
        return arrange(self._reading.scores[piece], row)

    def perform(
        self,
        label: str,
        *,
        semitones: int = 0,
        tempo: float = 1.0,
        noise_db: float | None = None,
        seconds: float | None = SECONDS,
    ) -> np.ndarray:
        """A piece played, as it is arranged or otherwise: to see what a model makes of it.

        Parameters
        ----------
        label, semitones, tempo
            As in `notes`.
        noise_db
            Level of the white noise, in dB of the music; -50, as in the library, where it is not given.
        seconds
            Length of the clip, which is that where most notes begin; None for the whole piece.

        Returns
        -------
        numpy.ndarray
            Mono, float32, at 22,050 Hz; without options the clip that is in the library.

        Raises
        ------
        UnknownName, CorruptData, InvalidArgument
            As in `notes`; `noise_db` or `seconds` is out of range.
        DataUnavailable
            The soundfont is not there.
        """
        from musicrec.audio.render import NOISE_DB, densest, render  # scipy.signal takes a moment to import

        notes = self.notes(label, semitones=semitones, tempo=tempo)
        if seconds is not None:
            notes = densest(notes, seconds)
        seed = int.from_bytes(hashlib.sha256(self._pieces[label].encode()).digest()[:4], "big")
        noise = NOISE_DB if noise_db is None else noise_db
        return render(notes, seed=seed, seconds=seconds, noise_db=noise)


def sound_of(pieces: pd.Series, arrangement: pd.DataFrame) -> AudioLibrary:
    """The sound of the pieces of a world.

    Parameters
    ----------
    pieces
        Names of the pieces by label, as in ``ds.truth.pieces``.
    arrangement
        As in ``ds.truth.arrangement``.
    """
    source = Performances(partial(_read_scores, pieces.tolist()), arrangement, pieces)
    return AudioLibrary(pieces.index, source, key=source.key, seconds=SECONDS)


def descriptor_features(ds: Dataset) -> Features:
    """Hand-crafted descriptors of the sound of each item, as z-scores: mean 0 and variance 1 over the items.

    They are standardised here, since a descriptor in hertz would outweigh all others in any similarity. No
    play goes into that, so it tells nothing of a split. An item without sound is missing.
    """
    found = ds.audio.descriptors()
    spread = found.std(ddof=0)
    scores = (found - found.mean()) / spread.where(spread > 0, 1.0)
    return Features.from_frame("descriptors", scores, ds.interactions.items)


def _read_scores(pieces: list[str]) -> Reading:
    """The scores of a world; where one of them cannot be read, the others."""
    from musicrec.audio.score import Reading, read_pieces
    from musicrec.data.songbook import scores

    try:
        return Reading(scores.read(pieces, cache_dir() / "songbook" / "scores", lambda done: None), {})
    except CorruptData:
        return read_pieces(pieces)
