"""Checks of the columns of a table of events: labels, weights and times, before they become codes.

Each function takes a column as a person has it and returns an array that holds what it must, or raises an
error that names the first row that does not. Rows are counted from 0.
"""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InvalidArgument, InvalidData, UnknownName

_SHOWN = 3  # how many offending labels a message lists


def column(frame: pd.DataFrame, name: str, role: str) -> pd.Series:
    """The column `name` of a frame, or InvalidData that lists the columns there are."""
    if name not in frame.columns:
        raise InvalidData(
            f"the frame has no column {name!r} for {role}=; its columns are {list(frame.columns)}. "
            f"Say which one holds it: {role}='...'."
        )
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise InvalidData(
            f"the frame has {found.shape[1]} columns named {name!r}; rename or drop all but one."
        )
    return found


def label_column(values: pd.Series, role: str) -> pd.Series:
    """A column of labels: none missing, all of one type."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    missing = values.isna().to_numpy()
    if missing.any():
        raise InvalidData(
            f"the {role} column {values.name!r} is missing (NaN) in {missing.sum():,} rows, first in row "
            f"{missing.argmax()}. Drop those rows, or give them a {role} label."
        )
    if values.dtype == object and pd.api.types.infer_dtype(values).startswith("mixed"):
        types = sorted({type(value).__name__ for value in values})
        raise InvalidData(
            f"the {role} column {values.name!r} mixes values of types {types}, so that 1 and '1' would be "
            f"two {role}s. Make them one type first, for example with .astype(str)."
        )
    return values


def label_index(labels: Iterable[Any], role: str) -> pd.Index:
    """An index of labels: at least one, none missing, all of one type, each once."""
    index = _as_index(labels, role)
    if not len(index):
        raise InvalidData(f"the {role} index is empty; give at least one {role} label.")
    checked = label_column(index.to_series(), role)
    if checked.dtype != index.dtype:
        index = pd.Index(checked, name=index.name)
    if not index.is_unique:
        repeated = index[index.duplicated()].unique()
        raise InvalidData(
            f"the {role} index holds {len(repeated):,} labels more than once, first {_shown(repeated)}. "
            "Each label stands for one row or column: pass it once (.unique())."
        )
    return index


def sorted_labels(values: pd.Series) -> pd.Index:
    """The distinct labels of a column, sorted, so that codes do not depend on the order of the rows."""
    return pd.Index(values.unique(), name=values.name).sort_values()


def codes_of(labels: Iterable[Any], index: pd.Index, role: str) -> np.ndarray:
    """Positions of labels in an index, int64; UnknownName lists the first that it does not hold."""
    wanted = _as_index(labels, role)
    codes = index.get_indexer(wanted)
    unknown = codes < 0
    if unknown.any():
        strangers = wanted[unknown].unique()
        hint = (
            "" if wanted.dtype == index.dtype else f" (they are {wanted.dtype}, the index is {index.dtype})"
        )
        raise UnknownName(
            f"unknown {role} {_shown(strangers)}{hint}: the index holds {len(index):,} {role}s, "
            f"such as {_shown(index)}. Use labels that are in the index of {role}s."
        )
    return codes.astype(np.int64, copy=False)


def weight_column(values: pd.Series) -> np.ndarray:
    """A column of weights as float64: finite, none negative, their sum within float32."""
    if values.dtype == object:  # Python numbers are fine, digits in text are not
        number = np.fromiter(
            (isinstance(v, Real) and not isinstance(v, bool) for v in values), bool, len(values)
        )
    else:
        number = np.full(len(values), values.dtype.kind in "iuf")
    _refuse(values, ~number, "is not a number; convert the column with pd.to_numeric")
    weights = values.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(values, ~np.isfinite(weights), "is not a finite number; drop or repair such rows")
    _refuse(values, weights < 0, "is negative; a weight says how much was played, 0 or more")
    if weights.sum() > np.finfo(np.float32).max:
        raise InvalidData(
            f"the weights in {values.name!r} sum to {weights.sum():.3g}, more than the float32 matrix holds; "
            "rescale them."
        )
    return weights


def time_column(values: pd.Series) -> np.ndarray:
    """A column of times as numbers or datetime64 (UTC where it names a zone); none missing."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    strange = np.full(len(values), values.dtype.kind not in "iufM")
    _refuse(values, strange, "is neither a number nor a datetime; convert the column with pd.to_datetime")
    missing = values.isna().to_numpy()
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    _refuse(values, missing, "is no time; drop such rows, or leave out time=")
    return values.to_numpy()


def _refuse(values: pd.Series, bad: np.ndarray, why: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        value = values.iloc[[row]].tolist()[0]
        raise InvalidData(
            f"the column {values.name!r} ({values.dtype}) holds {value!r} in row {row}, which "
            f"{why}. {bad.sum():,} of {len(bad):,} rows are like it."
        )


def _as_index(labels: Iterable[Any], role: str) -> pd.Index:
    unordered = isinstance(labels, str | bytes | Mapping | set | frozenset)
    if unordered or isinstance(labels, pd.DataFrame | pd.MultiIndex) or not isinstance(labels, Iterable):
        raise InvalidArgument(
            f"expected a flat list, array or pandas Index of {role} labels, found a {type(labels).__name__}."
        )
    return labels if isinstance(labels, pd.Index) else pd.Index(pd.Series(labels))


def _shown(labels: pd.Index) -> str:
    first = ", ".join(repr(label) for label in labels[:_SHOWN].tolist())
    return first if len(labels) <= _SHOWN else f"{first} and {len(labels) - _SHOWN:,} more"
