"""Checks of the columns of a table of events: labels, weights and times, before they become codes.

Each function takes a column as a person has it and returns an array that holds what it must, or raises an
error that names the first row that does not. Rows are counted from 0.
"""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument, InvalidData, UnknownName

_SHOWN = 3  # how many offending labels a message lists


def column(frame: pd.DataFrame, name: str | None, role: str) -> pd.Series:
    """The column `name` of a frame, or an error that lists the columns there are."""
    known = f"Its columns are {list(frame.columns)}. Say which one holds it: {role}='...'."
    if name is None or not hashable(name):
        raise InvalidArgument(f"{role}= takes the name of one column of the frame, found {name!r}. {known}")
    if name not in frame.columns:
        raise InvalidData(f"The frame has no column {name!r} for {role}=. {known}")
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise InvalidData(
            f"The frame has {found.shape[1]} columns named {name!r}; rename or drop all but one."
        )
    return found


def hashable(value: object) -> bool:
    """Whether a value can be looked up by name at all; a list, say, cannot."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def counted(number: int, thing: str) -> str:
    """A number with its noun: "1 label", "2,000 labels"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def label_column(values: pd.Series, role: str) -> pd.Series:
    """A column of labels: none missing, all of one type."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    missing = values.isna().to_numpy()
    if missing.any():
        raise InvalidData(
            f"The {role} column {values.name!r} is missing (NaN) in {counted(missing.sum(), 'row')}, first "
            f"in row {missing.argmax()}. Drop such rows, or give each a label that names the {role}."
        )
    if values.dtype == object and pd.api.types.infer_dtype(values).startswith("mixed"):
        types = sorted({type(value).__name__ for value in values})
        if len(types) == 1:
            raise InvalidData(
                f"The {role} column {values.name!r} holds values of type {types[0]}, found "
                f"{values.iloc[0]!r} in row 0. A label is one word or number: split such values first, or "
                "turn them into text with .astype(str)."
            )
        raise InvalidData(
            f"The {role} column {values.name!r} mixes values of types {types}, so that 1 and '1' would be "
            f"two {role}s. Make them one type first, for example with .astype(str)."
        )
    return values


def label_index(labels: Iterable[Any], role: str, *, may_be_empty: bool = False) -> pd.Index:
    """An index of labels: at least one unless it may be empty, none missing, all of one type, each once."""
    index = _as_index(labels, role)
    if not len(index) and not may_be_empty:
        raise InvalidData(f"The {role} index is empty; give at least one label.")
    checked = label_column(index.to_series(), role)
    if checked.dtype != index.dtype:
        index = pd.Index(checked, name=index.name)
    if not index.is_unique:
        repeated = index[index.duplicated()].unique()
        raise InvalidData(
            f"The {role} index holds {counted(len(repeated), 'label')} more than once: {_shown(repeated)}. "
            "Each label stands for one row or column: pass it once (.unique())."
        )
    return index


def sorted_labels(values: pd.Series) -> pd.Index:
    """The distinct labels of a column, sorted, so that codes do not depend on the order of the rows."""
    return pd.Index(values.unique(), name=values.name).sort_values()


def codes_of(labels: Iterable[Any], index: pd.Index, role: str) -> np.ndarray:
    """Positions of labels in an index, int64; UnknownName lists the first that it does not hold."""
    wanted = _as_index(labels, role)
    try:
        codes = index.get_indexer(wanted)
    except TypeError as error:  # lists among the labels
        raise InvalidArgument(
            f"The labels of {role}s must be words or numbers ({error}). Pass a flat list."
        ) from error
    unknown = codes < 0
    if unknown.any():
        strangers = wanted[unknown].unique()
        hint = (
            "" if wanted.dtype == index.dtype else f" (they are {wanted.dtype}, the index is {index.dtype})"
        )
        raise UnknownName(
            f"Unknown {role} {_shown(strangers)}{hint}: the index holds {counted(len(index), role)}"
            f"{', such as ' if len(index) else ''}{_shown(index)}. Use labels that are in the index of "
            f"{role}s."
        )
    return codes.astype(np.int64, copy=False)


def code_column(values: pd.Series, size: int | None) -> np.ndarray:
    """A column of codes as int64: whole numbers from 0 to below `size`."""
    if values.dtype.kind not in "iu":
        raise InvalidData(
            f"The column {values.name!r} must hold integer codes, found {values.dtype}. Labels become codes "
            "in Interactions.from_frame."
        )
    if values.isna().any():
        raise InvalidData(
            f"The column {values.name!r} has no code (NA) in row "
            f"{values.isna().to_numpy().argmax()}. Each event needs one: drop such rows."
        )
    outside = (values < 0) | (values > np.iinfo(np.int64).max if size is None else values >= size)
    if outside.any():
        row = int(outside.to_numpy().argmax())
        raise InvalidData(
            f"The {values.name} code {values.iloc[row]} in row {row} is outside 0 to "
            f"{'2**63 - 1' if size is None else f'{size - 1:,}'}. Codes are positions in the index of labels."
        )
    return values.to_numpy(dtype=np.int64)


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
    vanishing = (weights > 0) & (weights < np.finfo(np.float32).smallest_subnormal)
    _refuse(values, vanishing, "is less than the float32 matrix can hold; rescale the weights")
    if weights.sum() > np.finfo(np.float32).max:
        raise InvalidData(
            f"The weights in {values.name!r} sum to {weights.sum():.3g}, more than the float32 matrix holds; "
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
            f"The column {values.name!r} ({values.dtype}) holds {value!r} in row {row}, which "
            f"{why}. Such rows: {bad.sum():,} of {len(bad):,}."
        )


def _as_index(labels: Iterable[Any], role: str) -> pd.Index:
    unordered = isinstance(labels, str | bytes | Mapping | set | frozenset)
    if unordered or isinstance(labels, pd.DataFrame | pd.MultiIndex) or not isinstance(labels, Iterable):
        raise InvalidArgument(
            f"The labels of {role}s must be a flat list, array or pandas Index, found "
            f"{type(labels).__name__}. Put them in a list."
        )
    try:
        return labels if isinstance(labels, pd.Index) else pd.Index(pd.Series(labels))
    except (TypeError, ValueError) as error:  # an array of two dimensions, say
        raise InvalidArgument(
            f"The labels of {role}s must be a flat list, array or pandas Index ({error}). "
            "Pass each label once, in a list."
        ) from error


def _shown(labels: pd.Index) -> str:
    first = ", ".join(repr(label) for label in labels[:_SHOWN].tolist())
    return first if len(labels) <= _SHOWN else f"{first} and {len(labels) - _SHOWN:,} more"
