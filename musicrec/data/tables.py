"""Reading a table from a text file so strictly that a mistake is found where it stands.

A message names the file, the line (the header is line 1) and the column. The schemas are pandera's; the
tables are read as text first, so that nothing is turned into NaN or into a float on the way.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from musicrec.errors import CorruptData, DataUnavailable, InvalidData

_SHOWN = 3  # problems that a message lists
_ADVICE = "Restore the file from where it came."
_RULES = {
    r"greater_than_or_equal_to\((.+)\)": "less than {0}, the least allowed",
    r"in_range\((.+), (.+)\)": "outside {0} to {1}",
    r"str_length\(1, None\)": "empty, and some text is needed",
}


def file_text(path: Path, encoding: str) -> str:
    r"""Text of a file with every line end made ``\n`` and one at the end.

    Copies of a table that went through different systems differ in these and in nothing else.

    Raises
    ------
    DataUnavailable
        The file is not there or cannot be read.
    CorruptData
        It holds bytes that the encoding does not know.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataUnavailable(f"Cannot read {path}: {error.strerror or error}. {_ADVICE}") from error
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CorruptData(
            f"{path}, line {line}: byte {content[error.start]:#04x} is not {encoding}. "
            f"The file is damaged or was saved in another encoding. {_ADVICE}"
        ) from error
    text = text.replace("\r\n", "\n").rstrip("\n")
    return f"{text}\n" if text else ""


def read_table(
    path: Path, schema: pa.DataFrameSchema, *, encoding: str, separator: str = "\t"
) -> pd.DataFrame:
    """Read a delimited table with a header, and hold it to a schema.

    Parameters
    ----------
    path
        The file.
    schema
        Its columns, in order, with their types and what their values must be; ``unique`` names the key. An
        empty cell of a column that is ``nullable`` is missing.
    encoding
        Such as "utf-8" or "latin-1".
    separator
        Between columns. Where it is a comma, a cell that holds one stands in quotation marks; elsewhere
        these are ordinary characters.

    Returns
    -------
    DataFrame
        The table, indexed by line number.

    Raises
    ------
    DataUnavailable, CorruptData
        As `file_text`.
    InvalidData
        A column is missing, a line has too few or too many, there is no row, a value is of another type or
        outside what is allowed, or a key stands in two lines.
    """
    text = file_text(path, encoding)
    header, _, body = text.partition("\n")
    expected, found = list(schema.columns), header.split(separator)
    if found != expected:
        missing = [name for name in expected if name not in found]
        what = (
            f"missing column {', '.join(map(repr, missing))}"
            if missing
            else "the columns are not as expected"
        )
        raise InvalidData(f"{path}, line 1: {what}. Expected {expected}, found {found}. {_ADVICE}")
    if not body:
        raise InvalidData(f"{path} has a header and no rows. {_ADVICE}")
    for line, row in enumerate(body.split("\n")[:-1], start=2):
        if (columns := _columns_in(row, separator)) != len(expected):
            raise InvalidData(
                f"{path}, line {line}: {columns} columns where {len(expected)} are expected ({row[:60]!r}). "
                f"The file was cut off or altered. {_ADVICE}"
            )
    frame = pd.read_csv(
        io.StringIO(body),
        sep=separator,
        names=expected,
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE,
        lineterminator="\n",
        skip_blank_lines=False,
    )
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="line")
    may_be_empty = [name for name, column in schema.columns.items() if column.nullable]
    frame[may_be_empty] = frame[may_be_empty].replace("", pd.NA)
    try:
        return schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise InvalidData(f"{path}: {_said(error.failure_cases, schema, frame)} {_ADVICE}") from None


def refuse_unknown(path: Path, values: pd.Series, known: Iterable[object], where: str) -> None:
    """Raise InvalidData where a column refers to what another table does not hold.

    Parameters
    ----------
    path
        The file that the column is of, for the message.
    values
        The column, indexed by line number.
    known
        What it may hold.
    where
        The file that lists what is known, for the message.
    """
    strange = values[~values.isin(list(known))]
    if len(strange):
        raise InvalidData(
            f"{path}, line {strange.index[0]}, column {values.name}: {strange.iloc[0]} is not in {where}. "
            f"{len(strange):,} lines refer to {strange.nunique():,} such numbers. {_ADVICE}"
        )


def _columns_in(row: str, separator: str) -> int:
    """How many cells a line has; 0 where its quotation marks do not match."""
    if separator != "," or '"' not in row:
        return row.count(separator) + 1
    try:
        return len(next(csv.reader([row], strict=True)))
    except csv.Error:
        return 0


def _broken(check: str) -> str:
    """How a value breaks a rule of pandera's, in words."""
    for rule, words in _RULES.items():
        if found := re.fullmatch(rule, check):
            return words.format(*found.groups())
    return f"not allowed: it breaks the rule {check}"


def _said(cases: pd.DataFrame, schema: pa.DataFrameSchema, frame: pd.DataFrame) -> str:
    """What is wrong, line by line, from pandera's table of failures."""
    cases = cases[cases["index"].notna() & ~cases["check"].str.startswith("dtype(")]
    said: dict[tuple[int, str], str] = {}
    for line, column, check, value in zip(
        cases["index"].astype(int), cases["column"], cases["check"], cases["failure_case"], strict=True
    ):
        if check == "multiple_fields_uniqueness":
            key = ", ".join(f"{name} {frame.loc[line, name]}" for name in schema.unique or [])
            said[line, ""] = f"line {line}: duplicate row, {key} stands there more than once"
        elif check == "field_uniqueness":
            said[line, column] = f"line {line}, column {column}: duplicate value {value!r}"
        elif check.startswith("coerce_dtype"):
            kind = schema.columns[column].dtype
            said[line, column] = f"line {line}, column {column}: {value!r} is not of type {kind}"
        else:
            said[line, column] = f"line {line}, column {column}: {value!r} is {_broken(check)}"
    problems = [said[key] for key in sorted(said)]
    more = f"; and {len(problems) - _SHOWN:,} more" if len(problems) > _SHOWN else ""
    return f"{'; '.join(problems[:_SHOWN])}{more}."
