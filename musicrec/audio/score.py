"""The pieces of the Songbook: the committed list, and the scores that music21's corpus holds for them.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from musicrec.errors import CorruptData, InvalidArgument, UnknownName
from musicrec.shipped import shipped

LIST = "songbook_pieces.csv"


@dataclass(frozen=True)
class Score:
    """One piece as it is written.

    Attributes
    ----------
    piece, style, title, composer
        As in the list of pieces.
    notes
        Structured array of type `musicrec.audio.notation.NOTE` in order of onset, times in quarter notes.
        Repeats are played, grace notes and chord symbols left out.
    parts
        Number of parts; part 0 is the highest written one.
    metre
        The first time signature, e.g. ``"6/8"``.
    tonic, key, mode
        Pitch class 0..11, its name, and "major" or "minor": as signed in ABC files, elsewhere analysed.
    length
        Quarter notes from the first onset to the last end.
    tempo
        Quarter notes a minute, from the list of pieces.
    lyrics
        The words sung by the highest part that has words; empty where the piece is not sung.
    """

    piece: str
    style: str
    title: str
    composer: str
    notes: np.ndarray = field(repr=False)
    parts: int
    metre: str
    tonic: int
    key: str
    mode: str
    length: float
    tempo: float
    lyrics: str = field(repr=False)


@dataclass(frozen=True)
class Reading:
    """Scores by piece, in the order asked for, and why each piece that is left out could not be read."""

    scores: dict[str, Score]
    failed: dict[str, CorruptData]

    def complete(self) -> dict[str, Score]:
        """The scores, if every piece was read.

        Raises
        ------
        CorruptData
            Some pieces could not be read; the message names them.
        """
        if self.failed:
            shown = "\n".join(f"  {error}" for error in list(self.failed.values())[:5])
            raise CorruptData(
                f"{len(self.failed)} of {len(self.failed) + len(self.scores)} pieces cannot be read:\n"
                f"{shown}\n"
                "Check that music21 is the version in constraints.txt, or read the others from `.scores`."
            )
        return self.scores


@cache
def _catalogue() -> pd.DataFrame:
    frame = pd.read_csv(
        shipped(LIST), index_col="piece", dtype={"year": "Int64", "tempo": "float64"}, keep_default_na=False,
        na_values={"year": [""]},
    )  # fmt: skip
    if frame.index.has_duplicates or frame["title"].eq("").any() or not (frame["tempo"] > 0).all():
        raise CorruptData(
            f"{LIST} must name each piece once, with a title and a tempo. Check the file out again."
        )
    return frame


def catalogue() -> pd.DataFrame:
    """The committed list of pieces.

    Returns
    -------
    DataFrame
        One row a piece, indexed by ``piece``: path in music21's corpus, with ``#`` and the tune's number in
        files of many tunes. Columns: ``style``; ``title``; ``composer`` (a person, or the collection if the
        file names nobody); ``collection`` (the book it comes from); ``year`` (of the collection or the work,
        missing where not known); ``tempo`` (quarter notes a minute); ``tempo_from`` ("score" where the file
        states the tempo, else "style": our choice of a usual one).
    """
    return _catalogue().copy()


def read_pieces(pieces: Iterable[str], *, workers: int = 2) -> Reading:
    """Read the scores of pieces from music21's corpus.

    Parameters
    ----------
    pieces
        Names from `catalogue`.
    workers
        Number of processes. The result is the same for any number.

    Returns
    -------
    Reading
        Scores in the order of ``pieces``; a piece that cannot be read is left out and stands in ``failed``.

    Raises
    ------
    UnknownName
        A piece is not in the list.
    InvalidArgument
        A piece is named twice, or ``workers`` is less than one.
    DataUnavailable
        music21 is installed without its corpus.
    """
    wanted, rows = list(pieces), _catalogue()
    if unknown := [piece for piece in wanted if piece not in rows.index]:
        raise UnknownName(
            f"{len(unknown)} of {len(wanted)} names are not pieces of the Songbook, first {unknown[0]!r}. "
            f"musicrec.audio.catalogue() lists the {len(rows)} pieces, e.g. {rows.index[0]!r}."
        )
    if len(set(wanted)) < len(wanted):
        raise InvalidArgument("A piece is named twice: ask for each piece once.")
    if workers < 1:
        raise InvalidArgument(f"workers={workers}: give 1 or more processes.")
    by_file: dict[str, list[str]] = {}
    for piece in wanted:
        by_file.setdefault(piece.partition("#")[0], []).append(piece)
    tasks = [(file, [piece.partition("#")[2] for piece in names]) for file, names in by_file.items()]
    found = dict(
        zip((p for names in by_file.values() for p in names), _read_files(tasks, workers), strict=True)
    )
    listed = rows.loc[wanted].to_dict("index")
    scores: dict[str, Score] = {}
    failed: dict[str, CorruptData] = {}
    for piece in wanted:
        read, row = found[piece], listed[piece]
        if isinstance(read, CorruptData):
            failed[piece] = read
            continue
        scores[piece] = Score(
            piece=piece,
            style=row["style"],
            title=row["title"],
            composer=row["composer"],
            notes=read.notes,
            parts=read.parts,
            metre=read.metre,
            tonic=read.tonic,
            key=read.key,
            mode=read.mode,
            length=read.length,
            tempo=float(row["tempo"]),
            lyrics=read.lyrics,
        )
    return Reading(scores, failed)


def _read_files(tasks: list[tuple[str, list[str]]], workers: int) -> list:
    """What `corpus.read_file` returns for each task, one after the other in one list."""
    from musicrec.audio.corpus import read_file  # music21 takes a third of a second to import

    if workers == 1 or len(tasks) == 1:
        return [read for file, numbers in tasks for read in read_file(file, numbers)]
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        done = Parallel(n_jobs=workers)(delayed(read_file)(file, numbers) for file, numbers in tasks)
    finally:
        get_reusable_executor().shutdown(wait=True)  # else the processes wait for more work for five minutes
    return [read for reads in done for read in reads]
