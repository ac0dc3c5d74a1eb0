"""Whether the files at hand are those that the catalogue describes.

A file may differ from the one we read in its line ends alone, after a trip through another system: it is
sound. Any other difference changes what would be learnt from it, even where all rows and columns seem right,
so it is told apart and refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musicrec.data.dataset import Dataset
from musicrec.data.entries import DataFile, Entry
from musicrec.data.tables import file_text
from musicrec.errors import CorruptData, InvalidData

Status = Literal[
    "sound", "other line ends", "altered", "wrong rows", "wrong columns", "unreadable", "missing"
]


@dataclass(frozen=True)
class FileReport:
    """What was found of one file. ``rows`` is None where they could not be counted."""

    file: DataFile
    status: Status
    rows: int | None
    detail: str

    @property
    def sound(self) -> bool:
        """Whether the file holds the text that the catalogue describes."""
        return self.status in ("sound", "other line ends")


def check(found: Entry, folder: Path) -> list[FileReport]:
    """Compare every file of a dataset with the catalogue.

    Parameters
    ----------
    found
        The dataset's entry in the catalogue.
    folder
        Where its files lie.

    Returns
    -------
    list of FileReport
        One a file, in the order of the catalogue: "sound" (the same bytes), "other line ends" (the same
        text), "altered" (rows and columns are right, the text is not), "wrong rows", "wrong columns",
        "unreadable" (another encoding) or "missing".
    """
    return [_report(file, folder / file.name) for file in found.files]


def read_verified(found: Entry, folder: Path, read: Callable[[Path], Dataset]) -> Dataset:
    """Read a dataset from files that are what the catalogue describes, or say which are not.

    Parameters
    ----------
    found
        The dataset's entry in the catalogue.
    folder
        Where its files lie.
    read
        Makes the dataset from the folder, and raises where a table does not hold what it must.

    Raises
    ------
    InvalidData
        A table breaks its schema; the message names the line.
    CorruptData
        A file is missing, cut off or altered.
    """
    unsound = [report for report in check(found, folder) if not report.sound]
    if not unsound:
        return read(folder)
    anew = f"move {folder} away and run `musicrec data fetch {found.name}`"
    if all(report.status == "altered" for report in unsound):
        try:
            read(folder)  # where the alteration broke a table, this says in which line
        except InvalidData as error:
            raise InvalidData(f"{error} Or {anew}.") from error
    said = " ".join(f"{report.file.name}: {report.detail.rstrip('.')}." for report in unsound)
    module, _, _ = found.loader.partition(":")
    raise CorruptData(
        f"The files of {found.name} in {folder} are not those of the catalogue. {said} To get them again, "
        f"{anew}. To read files of your own all the same, call {module}.read(folder)."
    )


def _report(file: DataFile, path: Path) -> FileReport:
    if not path.is_file():
        return FileReport(file, "missing", None, f"no file {path}")
    try:
        text = file_text(path, file.encoding)
    except CorruptData as error:
        return FileReport(file, "unreadable", None, str(error))
    rows = max(text.count("\n") - 1, 0)
    if hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256:
        return FileReport(file, "sound", rows, "")
    if hashlib.sha256(text.encode(file.encoding)).hexdigest() == file.sha256_text:
        return FileReport(file, "other line ends", rows, "the text is the same")
    columns = text.partition("\n")[0].split("\t")
    if columns != list(file.columns):
        missing = [name for name in file.columns if name not in columns]
        what = f"missing column {', '.join(missing)}" if missing else "other columns"
        return FileReport(
            file, "wrong columns", rows, f"{what}: expected {list(file.columns)}, found {columns}"
        )
    if rows != file.rows:
        how = "the file was cut off" if rows < file.rows else "there are too many"
        return FileReport(file, "wrong rows", rows, f"{rows:,} rows where {file.rows:,} are expected: {how}")
    return FileReport(
        file, "altered", rows, "rows and columns are right, but the text is not the one we read"
    )
