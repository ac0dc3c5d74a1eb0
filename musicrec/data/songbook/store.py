"""Tables in one file, whole or not there, with a digest that is the same on every machine."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from musicrec.cache import atomic_write
from musicrec.errors import CorruptData

_TEXT = ":text"


def digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """sha256 of tables in a canonical form: names in order, whole numbers as int64, others to six decimals.

    Six decimals, because the last bits of an exponential differ between processors.
    """
    return _digest(_arrays(tables))


def save(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables of numbers and text to one file. The index of a table is not kept.

    Raises
    ------
    DataUnavailable
        The folder cannot be written.
    """
    arrays = _arrays(tables)
    with atomic_write(path) as temporary:
        np.savez(temporary, digest=np.array(_digest(arrays)), **arrays)


class Stored(NamedTuple):
    """Tables by name, and their `digest`."""

    tables: dict[str, pd.DataFrame]
    digest: str


def load(path: Path) -> Stored:
    """Read the tables of a file that `save` wrote, and hold them to their digest.

    Raises
    ------
    CorruptData
        The file is cut short or altered.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        expected = str(arrays.pop("digest"))
        intact = _digest(arrays) == expected
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CorruptData(
            f"{path} is not a file of tables ({error}). Remove it; it is built again."
        ) from error
    if not intact:
        raise CorruptData(f"{path} does not hold what was written there. Remove it; it is built again.")
    tables: dict[str, dict[str, object]] = {}
    for name, array in arrays.items():
        table, column = name.split("/", 1)
        text = column.endswith(_TEXT)
        tables.setdefault(table, {})[column.removesuffix(_TEXT)] = (
            json.loads(array.tobytes()) if text else array
        )
    return Stored({name: pd.DataFrame(columns) for name, columns in tables.items()}, expected)


def _arrays(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Columns as arrays named table/column; text, and what may be missing, as a JSON list."""
    arrays: dict[str, Any] = {}
    for table, frame in tables.items():
        for column in frame.columns:
            values = frame[column]
            if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb":
                arrays[f"{table}/{column}"] = values.to_numpy()
            else:
                cells = [
                    None if pd.isna(v) else int(v) if isinstance(v, Integral) else str(v) for v in values
                ]
                arrays[f"{table}/{column}{_TEXT}"] = np.frombuffer(json.dumps(cells).encode(), np.uint8)
    return arrays


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256()
    for name in sorted(arrays):
        values = arrays[name]
        if values.dtype.kind == "f":
            values = np.rint(values * 1e6)
        found.update(f"{name} {values.size}\n".encode())
        found.update(np.ascontiguousarray(values, dtype="<i8").tobytes())
    return found.hexdigest()
