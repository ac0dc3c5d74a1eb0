"""The form of the catalogue: what ``data/catalogue.toml`` says of each dataset, read into frozen records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musicrec.errors import InvalidData, UnknownName

Access = Literal["embedded", "fetchable", "convertible", "by-hand"]


@dataclass(frozen=True)
class Download:
    """What is downloaded: its address, and the checksum that it must have, as in "sha1:0a1b...".

    An archive is unpacked into the dataset's folder. What has a ``file`` is left as it came: it becomes that
    file of the folder.
    """

    url: str
    checksum: str
    file: str | None = None


@dataclass(frozen=True)
class DataFile:
    """A table that a dataset is read from: what it holds, and how to know that it is the right one.

    ``columns`` maps each column to its meaning, in the order of the file, and ``separator`` stands between
    them; ``header`` is False where the first line is a row already and does not name them. ``sha256_text``
    ignores line ends.
    """

    name: str
    about: str
    rows: int
    bytes: int
    encoding: str
    sha256: str
    sha256_text: str
    columns: dict[str, str]
    header: bool = True
    separator: str = "\t"


@dataclass(frozen=True)
class Recordings:
    """Recordings that a dataset is read from, too many to list one by one.

    ``folder`` is the one that they lie in, at any depth, ``labels`` the table that says what each of them is.
    """

    folder: str
    count: int
    labels: str | None = None


@dataclass(frozen=True)
class Citation:
    """What to cite: the key in the book's references, and the reference in words."""

    key: str
    text: str


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one dataset.

    ``folder`` is None where the dataset comes with the library; ``listeners`` is False where it holds
    recordings that nobody is known to have heard. ``converter`` ("module:function") takes a folder with the
    downloads and makes the files of them, where the library reads another form than they come in.
    """

    name: str
    title: str
    evidence: Literal["real", "simulated"]
    access: Access
    loader: str
    licence: str
    how: str
    homepage: str | None = None
    folder: str | None = None
    listeners: bool = True
    converter: str | None = None
    citation: Citation | None = None
    downloads: tuple[Download, ...] = ()
    files: tuple[DataFile, ...] = ()
    recordings: Recordings | None = None

    @property
    def parts(self) -> list[str]:
        """What the dataset's folder must hold to be whole: files and folders, by their names in it."""
        named = [each.name for each in self.files] + [str(each.file) for each in self.kept_downloads]
        if self.recordings is None:
            return named
        return named + [part for part in (self.recordings.folder, self.recordings.labels) if part]

    @property
    def kept_downloads(self) -> list[Download]:
        """The downloads that stay in the dataset's folder as they came, but for tables among ``files``."""
        tables = {each.name for each in self.files}
        return [] if self.converter else [d for d in self.downloads if d.file and d.file not in tables]

    def file(self, name: str) -> DataFile:
        """Facts about one of the files, by its name."""
        for each in self.files:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.files)
        raise UnknownName(f"{self.name} has no file {name!r}. It has: {known}.")


def read_catalogue(path: Path) -> dict[str, Entry]:
    """Read a catalogue file.

    Raises
    ------
    InvalidData
        The file is no TOML, or an entry lacks a field or has one that is not known.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidData(f"{path} is not a TOML file: {error}. Put that line right.") from None
    entries = {}
    for name, table in tables.items():
        try:
            entries[name] = Entry(
                name=name,
                citation=Citation(**table.pop("citation")) if "citation" in table else None,
                downloads=tuple(Download(**each) for each in table.pop("downloads", [])),
                files=tuple(DataFile(**each) for each in table.pop("files", [])),
                recordings=Recordings(**table.pop("recordings")) if "recordings" in table else None,
                **table,
            )
        except TypeError as error:
            raise InvalidData(f"{path}, entry {name!r}: {error}. See the comment at its top.") from None
    return entries
