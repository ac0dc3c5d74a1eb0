"""What methods cost as the data grow."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from musicrec.display.plots.comparisons import MARKERS, require
from musicrec.display.style import palette
from musicrec.display.tables import MINUS
from musicrec.evaluation import Growth, growth_of

DASHES = ("-", "--", "-.", ":")


def growth(costs: pd.DataFrame, *, x: str, y: str, by: str, ax: Axes | None = None) -> Axes:
    """Costs against size on logarithmic axes: a point a repeat, a line and an exponent a method.

    A cost that grows as a power of size is a straight line here, and its slope is the exponent. Methods are
    told apart by marker and dash as well as by colour; in the legend the one that grows fastest stands first.

    Parameters
    ----------
    costs
        One row a measurement, as `study.costs` has them.
    x
        Column of the sizes.
    y
        Column of the costs.
    by
        Column of the methods. Where it is categorical, each category keeps its look in every plot, those that
        a plot lacks included.
    ax
        Where to draw; the current Axes if not given.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        A column is missing, there is no row, a number is not positive, or a method was measured at fewer than
        three sizes.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    require(costs, [x, y, by], [x, y])
    laws = {name: growth_of(rows[x], rows[y]) for name, rows in costs.groupby(by, sort=False, observed=True)}
    ax = ax or plt.gca()
    shown = []
    known = list(costs[by].cat.categories if isinstance(costs[by].dtype, pd.CategoricalDtype) else laws)
    for name, law in laws.items():
        rows, k = costs[costs[by] == name], known.index(name)
        look: dict[str, Any] = {"color": palette()[k % 10], "marker": MARKERS[k % len(MARKERS)], "ms": 4}
        ax.plot(rows[x], rows[y], ls="none", **look)
        ends = np.array([rows[x].min(), rows[x].max()], dtype=float)
        ax.plot(ends, law.at(ends), DASHES[k % len(DASHES)], color=look["color"])
        shown.append(Line2D([], [], ls=DASHES[k % len(DASHES)], label=_said(str(name), law), **look))
    ax.set(xscale="log", yscale="log", xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    measured = np.unique(costs[x])  # few: each is a tick
    ax.set_xticks(measured, [f"{size:,.0f}" for size in measured])
    ax.minorticks_off()
    fastest_first = np.argsort([-law.exponent for law in laws.values()], kind="stable")
    ax.legend(
        handles=[shown[k] for k in fastest_first],
        title="exponent (95% interval)",
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
    )
    return ax


def _said(name: str, law: Growth) -> str:
    numbers = "{:.2f} ({:.2f} to {:.2f})".format(law.exponent, *law.interval)
    return f"{name}: {numbers.replace('-', MINUS)}"
