"""Files of the corpus that comes with music21: found, cut into tunes, and read.

ABC files may hold many tunes. They are cut here, so that only the tunes that are wanted are parsed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from music21 import common, converter, stream

from musicrec.audio.notation import Notation, read_stream
from musicrec.errors import CorruptData, DataUnavailable


def read_file(file: str, numbers: Sequence[str]) -> list[Notation | CorruptData]:
    """Read tunes of one file of the corpus; the file is opened once.

    Parameters
    ----------
    file
        Path inside the corpus, e.g. ``"oneills1850/0001-0050.abc"``.
    numbers
        Reference numbers (``X:``) of the tunes wanted; ``""`` stands for the only piece of a file.

    Returns
    -------
    list
        For each number what is written there, or the error that says why it cannot be read.

    Raises
    ------
    DataUnavailable
        music21 is installed without this file.
    """
    path = Path(common.getCorpusFilePath()) / file
    if not path.is_file():
        raise DataUnavailable(
            f"music21's corpus has no file {file!r} (looked at {path}). The Songbook is made from the corpus "
            "that comes with music21: install music21 from PyPI again, not a build without its corpus."
        )
    tunes = split_tunes(path) if path.suffix == ".abc" else {}
    return [_read_one(path, tunes, number) for number in numbers]


def split_tunes(path: Path) -> dict[str, str]:
    """The tunes of an ABC file by reference number, as text; of two with one number the first is kept."""
    raw = path.read_bytes()
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError:
        content = raw.decode("latin-1")  # ABC files from before 2000
    tunes: dict[str, str] = {}
    for tune in re.split(r"(?m)^(?=X:)", content.replace("\r\n", "\n").replace("\r", "\n"))[1:]:
        match = re.match(r"X:\s*0*(\d+)", tune)
        # A double bar before a repeat sign: music21 takes "||:" for a dotted bar line.
        tunes.setdefault(match.group(1) if match else "", re.sub(r"(?<!:)\|\|:", "|:", tune))
    return tunes


def _read_one(path: Path, tunes: dict[str, str], number: str) -> Notation | CorruptData:
    name = f"{path.parent.name}/{path.name}" + (f"#{number}" if number else "")
    try:
        # music21 warns of bars that are too full and goes on. In ABC, two thirds of its time goes into beams,
        # which nobody reads here.
        with warnings.catch_warnings(), mock.patch.object(stream.Stream, "makeBeams"):
            warnings.simplefilter("ignore")
            if path.suffix == ".abc":
                parsed = converter.parseData(_tune(tunes, number), format="abc")
            else:
                parsed = converter.parse(path, forceSource=True, storePickle=False)
            if not isinstance(parsed, stream.Score):
                raise CorruptData(f"a {type(parsed).__name__} is not one score")
            return read_stream(parsed, signed=path.suffix == ".abc")
    except Exception as error:  # music21's parsers let any error of Python through: the piece cannot be read
        why = str(error) or type(error).__name__
        return CorruptData(f"The piece {name!r} cannot be read: {why}. Leave it out.")


def _tune(tunes: dict[str, str], number: str) -> str:
    if not tunes:
        raise CorruptData("there is no tune in the file")
    if number and number not in tunes:
        raise CorruptData(f"there is no tune X:{number}; the file has {len(tunes)} tunes")
    return tunes[number] if number else next(iter(tunes.values()))
