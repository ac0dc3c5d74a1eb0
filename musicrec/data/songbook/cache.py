"""Finished worlds of the Songbook in the cache: each is built once, by one process, and read from then on."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import pandas as pd

from musicrec.cache import cache_dir, cache_location, writing
from musicrec.data.songbook import store
from musicrec.data.songbook.store import Stored
from musicrec.errors import CorruptData

_UNUSED = 30 * 24 * 3600.0  # seconds after which a world that nobody read is removed


def read_or_build(key: str, build: Callable[[Path], Mapping[str, pd.DataFrame]]) -> Stored:
    """The tables of a world, from the cache where they are there whole, else built and kept.

    Parameters
    ----------
    key
        Hash of all that decides the world.
    build
        Makes the tables; it is given the Songbook's folder in the cache.

    Raises
    ------
    DataUnavailable
        The world is not in the cache, and the cache cannot be written.
    """
    name = key[:32]
    path = cache_location() / "songbook" / f"{name}.npz"
    found = _read(path)
    if found is None:
        folder = cache_dir() / "songbook"
        with _alone(folder, name):
            found = _read(path)
            if found is None:
                if not sys.stderr.isatty():  # a terminal gets a bar
                    _say("Building the Songbook: once, about two minutes.")
                store.save(path, build(folder))
                found = store.load(path)
                _remove_unused(folder)
    with suppress(OSError):  # a cache that is read-only keeps everything
        os.utime(path)
    return found


def _read(path: Path) -> Stored | None:
    """The finished tables, or None where they have to be built."""
    with writing(path):  # a folder that may not even be looked into can hold no world
        if not path.is_file():
            return None
    try:
        return store.load(path)
    except CorruptData as error:
        warnings.warn(f"The Songbook in the cache is damaged and is built again. {error}", stacklevel=4)
        return None


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock of a world: a second process waits for the first."""
    lock = filelock.FileLock(folder / f".{name}.lock")
    with writing(folder):
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            _say("Another process is building the Songbook: waiting for it.")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _remove_unused(folder: Path) -> None:
    for world in folder.glob("*.npz"):
        with suppress(OSError):  # another process was faster, or it is not ours
            if time.time() - world.stat().st_mtime > _UNUSED:
                world.unlink()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
