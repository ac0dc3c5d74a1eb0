"""How listening is spread: over items and over listeners."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from musicrec.errors import InvalidData
from musicrec.metrics import gini, lorenz

MOST_POINTS = 500  # of a curve: more cannot be seen


def lorenz_curve(
    counts: npt.ArrayLike, *, ax: Axes | None = None, label: str = "", unit: str = "pairs"
) -> Axes:
    """Lorenz curve of counts per item, with its Gini coefficient beside it and the line of equality.

    Parameters
    ----------
    counts : array of shape (n_items,)
        Plays or listeners of each item.
    ax
        Where to draw; the current Axes if not given. Call again with the same Axes to add a curve.
    label
        What these counts are, written at the curve.
    unit
        What is shared out: pairs of a listener and an item, or plays.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        As for `musicrec.metrics.lorenz`.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    curve, coefficient = lorenz(counts), gini(counts)
    ax = ax or plt.gca()
    if not ax.get_lines():
        ax.plot([0, 1], [0, 1], color="0.6", lw=1, ls="--")
        ax.text(
            0.42,
            0.46,
            "all equal",
            color="0.35",
            rotation=45,
            ha="center",
            va="center",
            rotation_mode="anchor",
        )
    place = _thinned(len(curve))
    x = np.linspace(0, 1, len(curve))
    (line,) = ax.plot(x[place], curve[place], lw=2)
    at = 0.72 - 0.14 * ((len(ax.get_lines()) - 2) % 4)  # a label of its own height for each curve
    words = f"{label + ', ' if label else ''}Gini {coefficient:.2f}"
    _label(ax, words, at, float(np.interp(at, x, curve)), line.get_color())
    ax.set(xlabel="share of items, least popular first", ylabel=f"share of all {unit}")
    ax.set(xlim=(0, 1), ylim=(0, 1.01))
    return ax


def rank_frequency(
    counts: npt.ArrayLike, *, ax: Axes | None = None, label: str = "", unit: str = "listeners"
) -> Axes:
    """The long tail: counts per item against the item's rank, both on logarithmic axes.

    Parameters
    ----------
    counts : array of shape (n_items,)
        Plays or listeners of each item. Items with none have no place on a logarithmic axis and are left out.
    ax
        Where to draw; the current Axes if not given.
    label
        Whose counts these are, written at the right end of the curve.
    unit
        What is counted.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        No item has a positive count.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    amounts = _amounts(counts)
    amounts = np.sort(amounts[amounts > 0])[::-1]
    if not len(amounts):
        raise InvalidData("The long tail needs an item with a positive count; found none.")
    place = np.arange(len(amounts))
    if len(place) > MOST_POINTS:  # as dense everywhere as the logarithmic axis shows them
        place = np.unique(np.geomspace(1, len(place), MOST_POINTS).round().astype(int)) - 1
    ax = ax or plt.gca()
    (line,) = ax.plot(place + 1, amounts[place], lw=2)
    if label:
        _label(ax, label, float(place[-1] + 1), float(amounts[-1]), line.get_color())
    ax.set(xscale="log", yscale="log", xlabel="rank of the item", ylabel=f"{unit} of the item")
    return ax


def _label(ax: Axes, words: str, x: float, y: float, colour: Any) -> None:
    """Write at a curve, on white so that the lines below do not cross the words."""
    ax.annotate(
        words,
        (x, y),
        xytext=(-4, 5),
        textcoords="offset points",
        color=colour,
        ha="right",
        va="bottom",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
    )


def _amounts(counts: npt.ArrayLike) -> np.ndarray:
    amounts = np.asarray(counts, dtype=np.float64).ravel()
    if not np.isfinite(amounts).all() or (amounts < 0).any():
        raise InvalidData("Counts must be finite and not negative. Drop the missing ones first.")
    return amounts


def _thinned(length: int) -> np.ndarray:
    """Positions of at most `MOST_POINTS` points of a curve: its ends, and more towards the right."""
    if length <= MOST_POINTS:
        return np.arange(length)
    return np.unique(((length - 1) * (1 - np.linspace(1, 0, MOST_POINTS) ** 2)).round().astype(int))
