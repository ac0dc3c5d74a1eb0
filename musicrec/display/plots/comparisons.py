"""Numbers beside numbers: with their intervals, and against their targets."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from musicrec.display.style import palette
from musicrec.errors import InvalidData
from musicrec.study.digits import decimals

WRAP = 34  # characters of a row label in one line
MARKERS = "os^Dv"  # series are told apart by marker as well as by colour


def intervals(
    table: pd.DataFrame, *, value: str, by: str, group: str | None = None, ax: Axes | None = None
) -> Axes:
    """Values with their intervals, one line each, groups side by side.

    The axis begins at 0 where no value or bound is negative, so that lengths can be compared.

    Parameters
    ----------
    table
        One row a value; the columns `value`, `by`, `group` (if given), and "low" and "high", its interval.
    value
        Column of the values; labels the axis.
    by
        Column of what is compared: one line for each of its values, in their order in the table.
    group
        Column of the series, told apart by colour and marker.
    ax
        Where to draw; the current Axes if not given.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        A column is missing, there is no row, or a value is not finite.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    require(table, [value, by, "low", "high", *([group] if group else [])], [value, "low", "high"])
    ax = ax or plt.gca()
    lines = list(dict.fromkeys(table[by]))
    series = list(dict.fromkeys(table[group])) if group else [None]
    for k, name in enumerate(series):
        rows = table if name is None else table[table[group] == name]
        y = np.array([lines.index(line) for line in rows[by]]) + 0.22 * (k - (len(series) - 1) / 2)
        middle = rows[value].to_numpy(float)
        reach = np.abs(rows[["low", "high"]].to_numpy(float).T - middle)
        ax.errorbar(
            middle, y, xerr=reach, fmt=MARKERS[k % 5], ms=5, capsize=3, label=name, color=palette()[k % 10]
        )
    ax.set_yticks(range(len(lines)), [str(line) for line in lines])
    ax.set(xlabel=value, ylim=(len(lines) - 0.5, -0.5))
    if (table[[value, "low", "high"]] >= 0).all(axis=None):
        ax.set_xlim(left=0)
    if group:  # above the axes, where no data lie
        ax.legend(title=None, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(series), frameon=False)
    return ax


def calibration(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Simulated statistics against measured ones: each as its distance from the target, in tolerances.

    A statistic inside the grey band is within its tolerance. The statistics have different units, so the axis
    counts tolerances, and the values themselves are written at the right. Long names are wrapped.

    Parameters
    ----------
    table
        One row a statistic, indexed by its name, with the columns "simulated", "target" and "tolerance" (half
        the width of the band, in the statistic's own unit).
    ax
        Where to draw; the current Axes if not given.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        A column is missing, there is no row, a value is not finite, or a tolerance is not positive.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    needed = ["simulated", "target", "tolerance"]
    require(table, needed, needed)
    if (table["tolerance"] <= 0).any():
        raise InvalidData(
            "A tolerance must be positive; found one that is not. A target that must be met exactly needs a "
            "test, not a calibration."
        )
    ax = ax or plt.gca()
    y = np.arange(len(table))
    distance = ((table["simulated"] - table["target"]) / table["tolerance"]).to_numpy(float)
    inside = np.abs(distance) <= 1
    ax.axvspan(-1, 1, color="0.9", zorder=0)
    ax.axvline(0, color="0.4", lw=1)
    for which, marker, colour in ((inside, "o", palette()[0]), (~inside, "X", palette()[3])):
        ax.plot(distance[which], y[which], marker, color=colour, ms=6)
    pairs = list(zip(table["simulated"], table["target"], strict=True))
    for at, words in [(-0.9, "simulated (measured)"), *enumerate(map(_beside, pairs))]:
        ax.annotate(words, (1.02, at), xycoords=("axes fraction", "data"), va="center")
    reach = max(1.5, float(np.abs(distance).max()) * 1.1)
    ax.set_yticks(y, [textwrap.fill(str(name), WRAP) for name in table.index], linespacing=1.0)
    ax.set(xlim=(-reach, reach), ylim=(len(table) - 0.5, -0.5))
    ax.set_xlabel("simulated minus measured, in tolerances")
    return ax


def _beside(pair: tuple[float, float]) -> str:
    """A number and, in brackets, what it is compared with, to the same digit."""
    places = decimals(pair)
    return f"{pair[0]:.{places}f} ({pair[1]:.{places}f})"


def require(table: pd.DataFrame, columns: list[str], numeric: list[str]) -> None:
    """Raise InvalidData unless the table has a row, these columns, and finite numbers in the numeric ones."""
    missing = [column for column in columns if column not in table.columns]
    if missing or table.empty:
        raise InvalidData(
            f"This plot needs a table with the columns {', '.join(columns)} and at least one row; found "
            f"{len(table)} rows of {', '.join(map(str, table.columns))}."
        )
    if not np.isfinite(table[numeric].to_numpy(float)).all():
        raise InvalidData(
            f"The columns {', '.join(numeric)} must hold finite numbers. Drop the rows that have none."
        )
