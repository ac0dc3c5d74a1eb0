"""Unpacking an archive that came from outside, without trusting it.

An archive may name files outside the folder it is unpacked in, hold links and devices, or grow from a
few kilobytes to fill the disk. None of the datasets needs any of that, so an archive that tries is refused
as a whole.
"""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from musicrec.cache import writing
from musicrec.errors import CorruptData, MusicrecError

_CHUNK = 1 << 20
_FREE_BYTES = 16 << 20  # a small archive may shrink by any factor: it cannot do harm


@dataclass(frozen=True)
class Limits:
    """What an archive may grow to. The defaults leave room for every dataset of the catalogue.

    Parameters
    ----------
    files
        The most members.
    size
        The most bytes of all members together, unpacked.
    ratio
        The most bytes unpacked for each byte of the archive. Tables of numbers reach about 20.
    """

    files: int = 200_000
    size: int = 32 << 30
    ratio: float = 100.0


@dataclass(frozen=True)
class _Member:
    name: str
    is_folder: bool
    is_file: bool
    content: IO[bytes] | None


def extract(archive: Path, folder: Path, limits: Limits | None = None) -> list[Path]:
    """Unpack a zip or tar archive (plain, gz, bz2 or xz) into a folder.

    Parameters
    ----------
    archive
        The archive.
    folder
        An existing, empty folder. After an error it may hold a part of the files: unpack into a temporary
        folder and rename it.
    limits
        What the archive may grow to.

    Returns
    -------
    list of Path
        The files written, in the order of the archive.

    Raises
    ------
    CorruptData
        The archive is damaged, neither zip nor tar, encrypted, unpacks to more than the limits, or holds a
        path that leaves the folder, a link, a device or the same file twice.
    DataUnavailable
        The disk is full or cannot be written.
    """
    limits = limits or Limits()
    allowed = min(float(limits.size), max(limits.ratio * archive.stat().st_size, _FREE_BYTES))
    written: list[Path] = []
    total = 0
    with _damage_said(archive), writing(folder):
        for count, member in enumerate(_members(archive), start=1):
            if count > limits.files:
                raise _refused(archive, f"it holds more than {limits.files:,} members")
            target = folder / _safe_name(archive, member.name)
            if member.is_folder:
                target.mkdir(parents=True, exist_ok=True)
                continue
            if not member.is_file or member.content is None:
                raise _refused(archive, f"{member.name!r} is a link or a device, not a file")
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError) as error:
                raise _refused(archive, f"{member.name!r} stands below what is a file in it") from error
            if target.exists():
                raise _refused(archive, f"{member.name!r} stands in it twice")
            with target.open("xb") as out, member.content as content:
                while chunk := content.read(_CHUNK):
                    total += len(chunk)  # counted, not believed: the header may lie
                    if total > allowed:
                        raise _refused(archive, f"it unpacks to more than {allowed / 1e6:,.0f} MB")
                    out.write(chunk)
            written.append(target)
    return written


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if info.flag_bits & 0x1:
                    raise _refused(archive, f"{info.filename!r} is encrypted")
                kind = stat.S_IFMT(info.external_attr >> 16)
                is_file = not info.is_dir() and kind in (0, stat.S_IFREG)
                is_folder = info.is_dir() and kind in (0, stat.S_IFDIR)
                yield _Member(info.filename, is_folder, is_file, packed.open(info) if is_file else None)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as rolled:
            for entry in rolled:  # one at a time: getmembers() would read a bomb to its end
                content = rolled.extractfile(entry) if entry.isreg() else None
                yield _Member(entry.name, entry.isdir(), entry.isreg(), content)
    else:
        raise CorruptData(
            f"{archive} is neither a zip nor a tar archive. It may be a web page that a server sent in "
            "place of the file, or the end of it is missing. Delete it and fetch the dataset again."
        )


def _safe_name(archive: Path, name: str) -> PurePosixPath:
    """Name of a member as a relative path, or an error where it would leave the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        raise _refused(archive, f"{name!r} would be written outside the folder")
    return path


@contextmanager
def _damage_said(archive: Path) -> Iterator[None]:
    """Turn what the readers of archives raise on damaged bytes or impossible names into one error."""
    damage = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
    try:
        yield
    except MusicrecError:
        raise
    except (*damage, OSError) as error:  # OSError: a name that is a file and a folder, or too long
        raise CorruptData(
            f"{archive} is damaged ({error}). Delete it and fetch the dataset again."
        ) from error


def _refused(archive: Path, reason: str) -> CorruptData:
    return CorruptData(
        f"{archive} was not unpacked: {reason}. No dataset of the catalogue needs that, so the file is not "
        "what it should be. Delete it and fetch the dataset again, from the address in the catalogue."
    )
