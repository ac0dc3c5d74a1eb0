"""Finished worlds of the Songbook in the cache: each is built once, by one process, and read from then on."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from musicrec.cache import building_alone, cache_dir, cache_location, mark_used, remove_unused, writing
from musicrec.data.songbook import store
from musicrec.data.songbook.store import Stored
from musicrec.errors import CorruptData


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
        with building_alone(folder, name, "the Songbook"):
            found = _read(path)
            if found is None:
                if not sys.stderr.isatty():  # a terminal gets a bar
                    print("Building the Songbook: once, about two minutes.", file=sys.stderr, flush=True)
                store.save(path, build(folder))
                found = store.load(path)
                remove_unused(folder.glob("*.npz"))
    mark_used(path)
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
