"""The recordings in a folder, and CSV tables about them, read so that no path leads out of that folder.

Such a table may come from outside, beside the recordings that it is about.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path, PurePosixPath

import pandas as pd

from musicrec.errors import CorruptData, DataUnavailable, InvalidData

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".au")


def recordings_in(folder: Path) -> list[str]:
    """Paths of the recordings in a folder, relative to it and sorted; hidden files are passed over.

    Raises
    ------
    DataUnavailable
        There is no such folder.
    """
    if not folder.is_dir():
        raise DataUnavailable(f"There is no folder {folder.absolute()}. Name the one that holds recordings.")
    found = []
    for here, below, files in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        place = Path(here).relative_to(folder)
        found += [
            (place / name).as_posix()
            for name in files
            if name.lower().endswith(SUFFIXES) and not name.startswith(".")
        ]
    return sorted(found)


def read_csv(path: Path, advice: str) -> pd.DataFrame:
    """A table of text with a column ``path``; its rows are numbered from 1, the header and empty lines not.

    Raises
    ------
    DataUnavailable
        The file is not there or cannot be read; `advice` says what to do.
    CorruptData
        It is not UTF-8 text.
    InvalidData
        It is no CSV table, has no column ``path``, has a row that is too short or too long, or a path that is
        empty or leads out of any folder.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = [row for row in csv.reader(file, strict=True) if row] or [[]]
    except OSError as error:
        raise DataUnavailable(f"Cannot read {path}: {error.strerror or error}. {advice}.") from error
    except UnicodeError as error:
        raise CorruptData(f"{path} is not UTF-8 text ({error}). Save it in that encoding.") from error
    except csv.Error as error:
        raise InvalidData(f"{path} is not a CSV table ({error}). {advice}.") from error
    if "path" not in head or len(set(head)) < len(head):
        raise InvalidData(
            f"{path} must have columns of different names, one of them path; found {head}. {advice}."
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(head):
            raise InvalidData(
                f"{path}, row {number}: {len(row)} cells where {len(head)} are expected ({row}). A cell with "
                "a comma in it stands in quotation marks."
            )
    table = pd.DataFrame(rows, columns=head, index=pd.RangeIndex(1, 1 + len(rows)), dtype="str")
    for number, each in enumerate(table["path"], start=1):
        pure = PurePosixPath(each)
        if not each or pure.is_absolute() or Path(each).is_absolute() or ".." in pure.parts or "\0" in each:
            raise InvalidData(
                f"{path}, row {number}: the path {each!r} is empty or leads out of the folder of recordings. "
                "A path starts at that folder and stays in it."
            )
    return table


def refuse_twice(file: Path, table: pd.DataFrame, column: str) -> None:
    """Raise InvalidData where a cell of a column is empty or stands there twice; `file` is the table's."""
    seen = {""}
    for row, value in table[column].items():
        if value in seen:
            what = f"{value!r} stands there twice" if value else "there is nothing"
            raise InvalidData(
                f"{file}, row {row}, column {column}: {what}. Each recording needs one {column} of its own."
            )
        seen.add(value)


def leads_out(folder: Path, path: str) -> bool:
    """Whether a path that is meant relative to a folder ends outside it, through a link, say."""
    return not (folder / path).resolve().is_relative_to(folder.resolve())
