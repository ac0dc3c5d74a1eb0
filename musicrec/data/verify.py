"""Whether the files at hand are those that the catalogue describes.

A file may differ from the one we read in its line ends alone, after a trip through another system: it is
sound. Any other difference changes what would be learnt from it, even where all rows and columns seem right,
so it is told apart and refused. Thousands of recordings are counted, not read: what one of them holds shows
when it is heard (``ds.audio.left_out``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pooch

from musicrec.audio.path_table import recordings_in
from musicrec.data.dataset import Dataset
from musicrec.data.entries import DataFile, Download, Entry, Recordings
from musicrec.data.tables import file_text
from musicrec.errors import CorruptData, InvalidData

Status = Literal[
    "sound",
    "other line ends",
    "altered",
    "wrong rows",
    "wrong columns",
    "wrong count",
    "unreadable",
    "missing",
]


@dataclass(frozen=True)
class FileReport:
    """What was found of one file, or of one folder of recordings.

    ``found`` and ``expected`` count the rows of a table or the recordings of a folder; they are None where
    there is nothing to count or it could not be counted.
    """

    name: str
    status: Status
    found: int | None
    expected: int | None
    detail: str

    @property
    def sound(self) -> bool:
        """Whether the file holds what the catalogue describes."""
        return self.status in ("sound", "other line ends")


def check(found: Entry, folder: Path) -> list[FileReport]:
    """Compare every file of a dataset with the catalogue, and count its recordings.

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
        "unreadable" (another encoding) or "missing"; then one for a folder of recordings: "sound" (as many
        as there must be), "wrong count" or "missing".
    """
    reports = [_of_table(file, folder / file.name) for file in found.files]
    reports += [_of_download(each, folder / str(each.file)) for each in found.kept_downloads]
    if found.recordings is not None and not found.kept_downloads:
        reports += _of_recordings(found.recordings, folder)
    return reports


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
    said = " ".join(f"{report.name}: {report.detail.rstrip('.')}." for report in unsound)
    module, _, _ = found.loader.partition(":")
    raise CorruptData(
        f"The files of {found.name} in {folder} are not those of the catalogue. {said} To get them again, "
        f"{anew}. To read files of your own all the same, call {module}.read(folder)."
    )


def _of_table(file: DataFile, path: Path) -> FileReport:
    if not path.is_file():
        return FileReport(file.name, "missing", None, file.rows, f"no file {path}")
    try:
        text = file_text(path, file.encoding)
    except CorruptData as error:
        return FileReport(file.name, "unreadable", None, file.rows, str(error))
    rows = max(text.count("\n") - file.header, 0)

    def said(status: Status, detail: str) -> FileReport:
        return FileReport(file.name, status, rows, file.rows, detail)

    if hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256:
        return said("sound", "")
    if hashlib.sha256(text.encode(file.encoding)).hexdigest() == file.sha256_text:
        return said("other line ends", "the text is the same")
    columns = text.partition("\n")[0].split(file.separator)
    if file.header and columns != list(file.columns):
        missing = [name for name in file.columns if name not in columns]
        what = f"missing column {', '.join(missing)}" if missing else "other columns"
        return said("wrong columns", f"{what}: expected {list(file.columns)}, found {columns}")
    if rows != file.rows:
        how = "the file was cut off" if rows < file.rows else "there are too many"
        return said("wrong rows", f"{rows:,} rows where {file.rows:,} are expected: {how}")
    return said("altered", "rows and columns are right, but the text is not the one we read")


def _of_download(file: Download, path: Path) -> FileReport:
    """Of a file that is downloaded by itself, and kept as it came."""
    name = str(file.file)
    if not path.is_file():
        return FileReport(name, "missing", None, None, f"no file {path}")
    algorithm, _, digits = file.checksum.partition(":")
    if pooch.file_hash(str(path), alg=algorithm) == digits:
        return FileReport(name, "sound", None, None, "")
    return FileReport(name, "altered", None, None, "its checksum is not that of the catalogue")


def _of_recordings(recordings: Recordings, folder: Path) -> list[FileReport]:
    reports = []
    labels, place = recordings.labels, folder / recordings.folder
    if labels and not (folder / labels).is_file():
        reports.append(FileReport(labels, "missing", None, None, f"no file {folder / labels}"))
    name, count = f"{recordings.folder}/", recordings.count
    if not place.is_dir():
        return [*reports, FileReport(name, "missing", None, count, f"no folder {place}")]
    there = len(recordings_in(place))
    if there == count:
        return [*reports, FileReport(name, "sound", there, count, "")]
    detail = f"{there:,} recordings where {count:,} are expected"
    return [*reports, FileReport(name, "wrong count", there, count, detail)]
