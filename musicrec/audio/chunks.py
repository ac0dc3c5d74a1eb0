"""Arrays in the cache, one row an item: computed side by side, kept in files of 128 rows, mapped into memory.

A file is written whole, so a run that is killed loses the files it was at and no more: the next goes on.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicrec.cache import (
    atomic_write,
    building_alone,
    cache_dir,
    cache_location,
    mark_used,
    remove_unused,
    writing,
)
from musicrec.errors import CorruptData, InvalidData

if TYPE_CHECKING:
    from musicrec.audio.measures import Measure

ROWS = 128  # of one file
_PROCESSES = 2


class Chunks:
    """The rows that a measure gives for each label, made when they are first asked for.

    Parameters
    ----------
    key
        Gives a hash of all that decides the clips; the labels and the measure are added to it.
    labels
        The items.
    measure
        What is measured (`musicrec.audio.measures`).

    Attributes
    ----------
    left_out : dict
        Why an item is left out, by its number, as far as is known: of the files that were opened.
    """

    def __init__(self, key: Callable[[], str], labels: Sequence[Any], measure: Measure) -> None:
        self.labels, self.measure = labels, measure
        self.left_out: dict[int, str] = {}
        self._key = key
        self._name = ""  # of the folder, once it is needed: the key may take a look at files
        self._open: dict[int, np.ndarray] = {}

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Rows by the numbers of their items, float32 of shape (n, ...); zeros for an item that is left out.

        Raises
        ------
        DataUnavailable
            They are not in the cache, and the cache cannot be written.
        """
        files, places = np.divmod(numbers, ROWS)
        wanted = np.unique(files).tolist()
        self._open_all([file for file in wanted if file not in self._open])
        rows = np.empty((len(numbers), *self.measure.shape), np.float32)
        for file in wanted:
            rows[files == file] = self._open[file][places[files == file]]
        return rows

    def _open_all(self, files: list[int]) -> None:
        """Open files; make those that are not there whole."""
        if not files:
            return
        self._name = self._name or digest(self._key(), list(self.labels), self.measure.version())[:32]
        folder = cache_location() / "audio" / self._name
        missing = [file for file in files if not self._opened(folder, file)]
        if missing:
            with building_alone(cache_dir() / "audio", self._name, self.measure.title.lower()):
                missing = [file for file in missing if not self._opened(folder, file)]
                self._make(folder, missing)
                remove_unused(path for path in folder.parent.iterdir() if path.is_dir())
            broken = [file for file in missing if not self._opened(folder, file)]
            if broken:
                raise CorruptData(
                    f"{_path(folder, broken[0])} does not hold what was written there just now. Set "
                    "MUSICREC_CACHE to a folder on another disk."
                )
        mark_used(folder)

    def _make(self, folder: Path, files: list[int]) -> None:
        from rich.console import Console  # what is kept needs no bar
        from rich.progress import track

        tasks = [(_path(folder, f), self.labels[f * ROWS : (f + 1) * ROWS], self.measure) for f in files]
        bar = track(
            _side_by_side(tasks),
            description=self.measure.title,
            total=len(tasks),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        failed = [reason for reasons in bar for reason in reasons]
        if failed:
            warnings.warn(
                f"{self.measure.title}: {len(failed)} of {len(self.labels):,} items are left out; `left_out` "
                f"of the library lists them. First: {failed[0]}",
                stacklevel=5,
            )

    def _opened(self, folder: Path, file: int) -> bool:
        """Whether a file is there and whole; then it is open."""
        path = _path(folder, file)
        with writing(path):  # a folder that may not even be looked into can hold nothing
            if not path.is_file():
                return False
        try:
            array = np.load(path, mmap_mode="r")
            kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            expected = (min(ROWS, len(self.labels) - file * ROWS), *self.measure.shape)
            if array.shape != expected or zlib.crc32(array.data) != kept["crc32"]:
                raise ValueError("it does not hold what was written there")
            reasons = {file * ROWS + int(place): str(why) for place, why in kept["left_out"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
            warnings.warn(f"{path} is damaged ({error}) and is made again.", stacklevel=5)
            return False
        self._open[file] = array
        self.left_out.update(reasons)
        return True


def digest(*parts: Any) -> str:
    """A hash of all that decides a value: of files by what is in them, of all else by its repr."""
    found = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else repr(part).encode()
        found.update(hashlib.sha256(content).digest())
    return found.hexdigest()


def _path(folder: Path, file: int) -> Path:
    return folder / f"{file:04d}.npy"


def _make_file(path: Path, labels: Sequence[Any], measure: Measure) -> list[str]:
    """Make one file, and another beside it that says what was left out, and why; returns the reasons."""
    array = np.zeros((len(labels), *measure.shape), measure.dtype)
    left_out = {}
    for place, label in enumerate(labels):
        try:
            array[place] = measure(label)
        except (InvalidData, CorruptData) as error:
            left_out[place] = str(error)
    with atomic_write(path.with_suffix(".json")) as temporary:
        temporary.write_text(
            json.dumps({"crc32": zlib.crc32(array.data), "left_out": left_out}), encoding="utf-8"
        )
    with atomic_write(path) as temporary:
        np.save(temporary, array)
    return [f"{labels[place]!r}: {why}" for place, why in left_out.items()]


def _side_by_side(tasks: list[tuple[Path, Sequence[Any], Measure]]) -> Iterator[list[str]]:
    if len(tasks) < 2:
        yield from (_make_file(*task) for task in tasks)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        parallel = Parallel(n_jobs=_PROCESSES, return_as="generator_unordered")
        yield from parallel(delayed(_make_file)(*task) for task in tasks)
    finally:
        get_reusable_executor().shutdown(wait=True)  # else the processes wait for more work for five minutes
