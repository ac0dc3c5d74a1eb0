"""Splits of a dataset, as grids of listeners by items."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from musicrec.data import Split
from musicrec.display.style import palette
from musicrec.errors import InvalidData

PARTS = ("not played", "training", "validation (v)", "test (?)", "revealed history (h)")
SIGNS = ("", "", "v", "?", "h")  # in the cells: colour alone would not do
A_ROW = 3  # of grids: more would be too small to read at the width of a page
MOST_CELLS = 2_000  # of a grid whose cells are to be seen one by one


def splits(cuts: Mapping[str, Split]) -> Figure:
    """Draw splits of a small dataset, three in a row: who played what, and which part it went to.

    Where a pair is in two parts (a repeat, in a split by time), the test part is drawn.

    Parameters
    ----------
    cuts
        Splits of the same interactions, by name.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidData
        No split, or one of more than 2,000 cells.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    if not cuts:
        raise InvalidData("There is no split to draw: the mapping is empty.")
    colours = [(1.0, 1.0, 1.0), palette()[0], palette()[1], palette()[3], palette()[9]]
    n_columns, n_rows = min(A_ROW, len(cuts)), -(-len(cuts) // A_ROW)
    fig, grid = plt.subplots(
        n_rows, n_columns, figsize=(7 * n_columns / A_ROW, 0.6 + 1.75 * n_rows), squeeze=False
    )
    for spare in grid.flat[len(cuts) :]:
        spare.remove()
    for ax, (name, split) in zip(grid.flat, cuts.items(), strict=False):
        parts = _parts(name, split)
        ax.pcolormesh(
            parts,
            cmap=ListedColormap(colours),
            norm=BoundaryNorm(np.arange(6) - 0.5, 5),
            edgecolors="0.8",
            lw=0.5,
        )
        for user, item in np.argwhere(parts > 1):
            sign = SIGNS[parts[user, item]]
            ax.text(item + 0.5, user + 0.5, sign, color="black", ha="center", va="center_baseline", size=8.5)
        ax.set(title=name, xlabel="items", xticks=[], yticks=[], aspect="equal", ylim=(parts.shape[0], 0))
    for ax in grid[:, 0]:
        ax.set_ylabel("listeners")
    drawn = [Patch(facecolor=c, edgecolor="0.6", label=p) for c, p in zip(colours, PARTS, strict=True)]
    fig.legend(handles=drawn, loc="outside lower center", ncols=A_ROW)
    return fig


def _parts(name: str, split: Split) -> np.ndarray:
    """Part of each cell, as its place in `PARTS`: int array of shape (n_users, n_items)."""
    shape = split.train.binary.shape
    if shape[0] * shape[1] > MOST_CELLS:
        plt.close()
        raise InvalidData(
            f"The split {name!r} has {shape[0]:,} x {shape[1]:,} cells; a grid shows at most {MOST_CELLS:,}. "
            "Draw a toy of a few listeners and items instead."
        )
    parts = np.zeros(shape, dtype=int)
    for code, part in ((1, split.train), (2, split.valid), (4, split.history), (3, split.test)):
        if part is not None:
            parts[part.binary.nonzero()] = code
    return parts
