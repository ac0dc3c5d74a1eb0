"""Tables of results: readable, accessible, and to be taken away as CSV."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from musicrec.display.names import check_name
from musicrec.display.shown import Shown
from musicrec.errors import InvalidArgument, InvalidData, UnknownName
from musicrec.study.digits import decimals
from musicrec.study.records import SIGNIFICANT_DIGITS

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"  # as wide as the plus; the CSV keeps the hyphen that programs read


def table(
    df: pd.DataFrame,
    *,
    name: str,
    caption: str,
    formats: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> Shown:
    """Show a table with a caption, numbers aligned on the right, and a link to download it as CSV.

    The index is not shown: what belongs to the table stands in a column (``df.reset_index()``). The numbers
    of a column have the same number of decimals, about three digits each; where it mixes counts and shares,
    the counts have none. The CSV has six digits. Texts are shown as they are, never as HTML.

    Parameters
    ----------
    df
        The table.
    name
        Lower-case words joined by hyphens or underscores: the anchor of the table and the name of the CSV
        file.
    caption
        What the table shows.
    formats
        Format of a column's numbers, where the usual one does not serve: ``{"share": ".1%"}``.
    mark
        A line below the table that says what its numbers are, such as `Recorded.mark`.

    Returns
    -------
    Shown
        Visible in a notebook and on the page; its ``bundle["text/html"]`` holds the table.

    Raises
    ------
    InvalidArgument
        No DataFrame, a name of another form, no caption, or a format that is none.
    InvalidData
        No column, or two columns of the same name.
    UnknownName
        A format for a column that is not there.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    shown = table_html(df, name=name, caption=caption, formats=formats, mark=mark)
    return Shown({"text/html": shown, "text/plain": f"<table {name}: {caption}>"})


def table_html(
    df: pd.DataFrame, *, name: str, caption: str, formats: Mapping[str, str] | None, mark: str | None
) -> str:
    """The HTML of `table`, for what is shown together with a table."""
    check_name(name)
    if not isinstance(df, pd.DataFrame):
        raise InvalidArgument(
            f"table {name!r}: expected a DataFrame, found {type(df).__name__}. For a Series, use "
            "reset_index()."
        )
    if not caption.strip():
        raise InvalidArgument(f"table {name!r} needs a caption that says what it shows.")
    labels = [str(column) for column in df.columns]
    if not labels or len(set(labels)) < len(labels):
        raise InvalidData(f"table {name!r} needs columns of different names; found {labels}.")
    for column in formats or {}:
        if column not in labels:
            there = ", ".join(labels)
            raise UnknownName(f"table {name!r} has no column {column!r} to format. It has: {there}.")
    specs = [(formats or {}).get(label) for label in labels]
    columns = [_cells(name, label, df.iloc[:, i], specs[i]) for i, label in enumerate(labels)]
    return _html(name, caption, labels, columns, mark) + _download(name, df)


def to_csv(df: pd.DataFrame) -> str:
    """The table as CSV text, floats to six significant digits so that every machine writes the same."""
    return df.to_csv(index=False, float_format=f"%.{SIGNIFICANT_DIGITS}g", lineterminator="\n")


def _cells(name: str, label: str, column: pd.Series, spec: str | None) -> list[tuple[str, bool]]:
    """Text of each cell, escaped, and whether it is a number."""
    values = column.tolist()
    show = _with(spec) if spec else _plainly([v for v in values if _is_number(v)])
    try:
        return [
            (show(v).replace("-", MINUS), True)
            if _is_number(v)
            else (NOTHING if _missing(v) else html.escape(str(v)), False)
            for v in values
        ]
    except ValueError as error:
        raise InvalidArgument(
            f"table {name!r}: {spec!r} is no format for the column {label!r} ({error}). Use one such as "
            "'.2f', ',.0f' or '.1%'."
        ) from error


def _with(spec: str) -> Callable[[float], str]:
    return lambda number: format(number, spec)


def _plainly(numbers: Sequence[float]) -> Callable[[float], str]:
    """How the numbers of one column are written: counts without decimals, all others with as many."""
    whole = [n for n in numbers if float(n).is_integer()]
    others = [n for n in numbers if not float(n).is_integer()]
    # a column of plain floats, such as 1.5 and 2.0, counts nothing
    counts = not all(isinstance(n, float) for n in whole) or any(abs(n) >= 1000 for n in whole)
    counts = counts or (any(abs(n) >= 2 for n in whole) and all(abs(n) < 1 for n in others))
    places = decimals(others)

    def show(number: float) -> str:
        if counts and float(number).is_integer():
            return f"{number:,.0f}"
        if number and abs(number) < 0.5 * 10**-places:  # it would read as nothing
            return f"{number:.1g}"
        return f"{number + 0.0:,.{places}f}"

    return show


def _is_number(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


def _missing(value: object) -> bool:
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _html(
    name: str, caption: str, labels: list[str], columns: list[list[tuple[str, bool]]], mark: str | None
) -> str:
    right = ' style="text-align: right"'
    left = ' style="text-align: left"'
    sides = [right if all(number or text == NOTHING for text, number in cells) else left for cells in columns]
    head = "".join(
        f'<th scope="col"{side}>{html.escape(label)}</th>' for label, side in zip(labels, sides, strict=True)
    )
    rows = "\n".join(
        f"<tr>{''.join(f'<td{side}>{text}</td>' for (text, _), side in zip(row, sides, strict=True))}</tr>"
        for row in zip(*columns, strict=True)
    )
    # "dataframe" is how the theme knows a table of numbers: others get a light background on a dark page
    below = f'\n<p class="musicrec-mark">{html.escape(mark)}</p>' if mark else ""
    return (
        '<div class="musicrec-scroll" style="overflow-x: auto">\n'  # on a phone it scrolls, not the page
        f'<table id="table-{name}" class="dataframe musicrec-table">\n'
        f'<caption style="caption-side: top; text-align: left">{html.escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>{below}\n"
    )


def _download(name: str, df: pd.DataFrame) -> str:
    content = base64.b64encode(to_csv(df).encode("utf-8")).decode("ascii")
    return (
        f'<p class="musicrec-download"><a download="{name}.csv" '
        f'href="data:text/csv;charset=utf-8;base64,{content}">Download CSV</a></p>'
    )
