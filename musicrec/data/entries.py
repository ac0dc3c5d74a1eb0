"""The form of the catalogue: what ``data/catalogue.toml`` says of each dataset, read into frozen records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musicrec.errors import InvalidData, UnknownName

Access = Literal["embedded", "fetchable", "convertible", "by-hand"]


@dataclass(frozen=True)
class Archive:
    """An archive to download: its address and the checksum that it must have."""

    url: str
    sha256: str


@dataclass(frozen=True)
class DataFile:
    """A table that a dataset is read from: what it holds, and how to know that it is the right one.

    ``columns`` maps each column to its meaning, in the order of the file. ``sha256_text`` ignores line ends.
    """

    name: str
    about: str
    rows: int
    bytes: int
    encoding: str
    sha256: str
    sha256_text: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Citation:
    """What to cite: the key in the book's references, and the reference in words."""

    key: str
    text: str


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one dataset. ``folder`` is None where the dataset comes with the library."""

    name: str
    title: str
    evidence: Literal["real", "simulated"]
    access: Access
    loader: str
    licence: str
    how: str
    homepage: str | None = None
    folder: str | None = None
    citation: Citation | None = None
    archive: Archive | None = None
    files: tuple[DataFile, ...] = ()

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
                archive=Archive(**table.pop("archive")) if "archive" in table else None,
                files=tuple(DataFile(**each) for each in table.pop("files", [])),
                **table,
            )
        except TypeError as error:
            raise InvalidData(f"{path}, entry {name!r}: {error}. See the comment at its top.") from None
    return entries
