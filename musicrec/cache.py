"""Where the library keeps what it downloads or builds, and how it writes there.

Nothing is ever left half written: a file is written under another name in the same folder and renamed
when it is whole. A run that is killed leaves at most such a temporary file, which a later run removes.
"""

from __future__ import annotations

import errno
import functools
import glob
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import pooch

from musicrec.errors import DataUnavailable

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_DISK |= {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}  # a file stands where a folder should be, or a folder
_LEFTOVER_AGE = 24 * 3600.0  # seconds; nobody writes one file for a day
_UNUSED_AGE = 30 * 24 * 3600.0  # seconds after which what was built and nobody used is removed


@functools.cache
def absolute(path: str) -> Path:
    """Make a path from the environment absolute, once.

    A relative path means "from where the program started". A program that changes its folder later must not
    find another place under the same name, so the first answer is kept.
    """
    return Path(path).expanduser().resolve()


def cache_location() -> Path:
    """Folder of the cache, whether or not it exists: for reading what is already there.

    ``$MUSICREC_CACHE`` if that is set, else the usual place of the operating system.
    """
    return absolute(os.environ.get("MUSICREC_CACHE") or str(pooch.os_cache("musicrec")))


def cache_dir() -> Path:
    """Folder of the cache, made if it is absent, in which files can be written.

    Returns
    -------
    Path
        An absolute path.

    Raises
    ------
    DataUnavailable
        The folder cannot be made, or nothing can be written in it.
    """
    folder = cache_location()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # asking for permissions says nothing of a read-only disk
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk, met while writing `path`, into an error that says what to do.

    Raises
    ------
    DataUnavailable
        The disk is full, read-only or not ours to write.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, DataUnavailable) or error.errno not in _DISK:
            raise
        raise _unwritable(path, error) from error


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Write a file so that it is either whole or not there.

    Parameters
    ----------
    path
        The file to make. Its folder is made too. What was there before stays until the new file is whole.

    Yields
    ------
    Path
        A temporary path in the same folder, with the same suffix. It becomes `path` when the block ends,
        and is removed when the block fails.

    Raises
    ------
    DataUnavailable
        The disk is full, read-only or not ours to write.
    """
    target = Path(path).absolute()
    temporary = target.parent / f".{target.stem}.{uuid.uuid4().hex}.partial{target.suffix}"
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        try:
            temporary.touch(exist_ok=False)
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())  # or a power cut could leave the new name on an empty file
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def building_alone(folder: Path, name: str, what: str) -> Iterator[None]:
    """Hold the lock of something that is built in a folder: a second process says so and waits for the first.

    Parameters
    ----------
    folder
        Made if it is absent.
    name
        Of the lock: one for each thing that is built.
    what
        What is built, for people.

    Raises
    ------
    DataUnavailable
        The disk is full, read-only or not ours to write.
    """
    lock = filelock.FileLock(folder / f".{name}.lock")
    with writing(folder):
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            print(f"Another process is building {what}: waiting for it.", file=sys.stderr, flush=True)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def mark_used(path: Path) -> None:
    """Note that a file or folder of the cache was used now; a cache that is read-only keeps everything."""
    with suppress(OSError):
        os.utime(path)


def remove_unused(built: Iterable[Path]) -> None:
    """Remove those files and folders that nobody used for 30 days (`mark_used`)."""
    for path in built:
        with suppress(OSError):  # another process was faster, or it is not ours
            if time.time() - path.stat().st_mtime > _UNUSED_AGE:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files that killed runs left beside `target`."""
    for leftover in target.parent.glob(f".{glob.escape(target.stem)}.*.partial{glob.escape(target.suffix)}"):
        try:
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE:
                leftover.unlink()
        except FileNotFoundError:
            continue  # another process was faster


def _unwritable(path: Path, error: OSError) -> DataUnavailable:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "Free some space there, or set MUSICREC_CACHE to a folder on a disk with more room."
    else:
        advice = "Set MUSICREC_CACHE to a folder in which you may write."
    return DataUnavailable(f"Cannot write {path}: {reason}. {advice}")
