"""Scores of the Songbook that were read before: one file in the cache for each file of the corpus.

Reading a thousand scores takes a minute or two. Each is kept as soon as it is read, so that a run that is
killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicrec.audio import score
from musicrec.audio.score import Score
from musicrec.cache import atomic_write

READER = ("corpus", "notation", "score")  # modules of musicrec.audio that decide how a score is read
_BATCH = 120  # pieces read between two savings: what a killed run loses at most
_FROM_LIST = ("piece", "style", "title", "composer", "tempo")  # may change without a score being read again
_WRITTEN = tuple(f.name for f in fields(Score) if f.name not in (*_FROM_LIST, "notes"))


def read(pieces: Sequence[str], folder: Path, advance: Callable[[int], object]) -> dict[str, Score]:
    """Scores of pieces, from the cache where they are there, else from music21's corpus.

    Parameters
    ----------
    pieces
        Names from `score.catalogue()`.
    folder
        Where scores are kept; made if absent.
    advance
        Called with the number of pieces that are done, for a progress bar.

    Returns
    -------
    dict
        Scores by piece, in the order of `pieces`.

    Raises
    ------
    CorruptData
        A piece cannot be read.
    DataUnavailable
        music21 is installed without its corpus, or the cache cannot be written.
    """
    rows = score.catalogue()
    found: dict[str, Score] = {}
    left: list[list[str]] = []
    wanted = set(pieces)
    for file, names in _by_file(piece for piece in rows.index if piece in wanted).items():
        kept = _kept(_path(folder, file, names), rows.loc[names])
        if kept is None:
            left.append(names)
        else:
            found.update(kept)
            advance(len(names))
    for batch in _batches(left):
        new = score.read_pieces([name for names in batch for name in names]).complete()
        for names in batch:
            _keep(_path(folder, names[0].partition("#")[0], names), [new[name] for name in names])
            advance(len(names))
        found.update(new)
    return {piece: found[piece] for piece in pieces}


def reader_version() -> str:
    """What decides how a score is read: the source of the reader and the version of music21."""
    here = Path(score.__file__).parent
    source = [(here / f"{name}.py").read_bytes() for name in READER]
    return hashlib.sha256(b"\0".join([*source, importlib.metadata.version("music21").encode()])).hexdigest()


def _by_file(pieces: Iterable[str]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for piece in pieces:
        files.setdefault(piece.partition("#")[0], []).append(piece)
    return files


def _batches(files: list[list[str]]) -> Iterable[list[list[str]]]:
    batch: list[list[str]] = []
    for names in files:
        batch.append(names)
        if sum(map(len, batch)) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _path(folder: Path, file: str, names: list[str]) -> Path:
    key = hashlib.sha256("\0".join([reader_version(), file, *names]).encode()).hexdigest()
    return folder / f"{key[:32]}.npz"


def _keep(path: Path, scores: list[Score]) -> None:
    written = [{name: getattr(each, name) for name in _WRITTEN} for each in scores]
    arrays: dict[str, Any] = {f"notes{i}": each.notes for i, each in enumerate(scores)}
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary, written=np.frombuffer(json.dumps(written).encode(), np.uint8), **arrays
        )


def _kept(path: Path, rows: pd.DataFrame) -> dict[str, Score] | None:
    """What is kept of the pieces of one file; None where nothing is, or what is there is damaged."""
    if not path.is_file():
        return None
    try:
        with np.load(path) as arrays:
            written = json.loads(arrays["written"].tobytes())
            notes = [arrays[f"notes{i}"] for i in range(len(rows))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        warnings.warn(f"{path} is damaged ({error}); these scores are read again.", stacklevel=2)
        return None
    listed = [
        {"piece": piece, **{name: row[name] for name in _FROM_LIST[1:]}} for piece, row in rows.iterrows()
    ]
    return {
        one["piece"]: Score(**one | {"tempo": float(one["tempo"])}, **each, notes=array)
        for one, each, array in zip(listed, written, notes, strict=True)
    }
