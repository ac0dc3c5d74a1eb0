"""When people listen."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from musicrec.errors import InvalidData

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hour_by_weekday(times: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Heat map of when people listen: the share of plays in each hour of the week.

    Parameters
    ----------
    times : Series of timestamps, or of seconds since 1970
        When each play began.
    ax
        Where to draw; the current Axes if not given.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidData
        No time, or values that are no times.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    numeric = pd.api.types.is_numeric_dtype(times)
    try:
        when = pd.Series(pd.to_datetime(times, unit="s" if numeric else None)).dropna()
    except (ValueError, TypeError) as error:
        raise InvalidData(
            f"The heat map needs timestamps, or seconds since 1970; found others ({error})."
        ) from error
    if when.empty:
        raise InvalidData("The heat map needs the time of at least one play; found none.")
    counts = np.zeros((7, 24))
    np.add.at(counts, (when.dt.day_of_week.to_numpy(), when.dt.hour.to_numpy()), 1)
    ax = ax or plt.gca()
    shares = 100 * counts / counts.sum()
    bar = {"pad": 0.02, "fraction": 0.05}
    sns.heatmap(shares, cmap="cividis", ax=ax, yticklabels=list(DAYS), cbar_kws=bar)
    ax.figure.axes[-1].set_ylabel("% of all plays", labelpad=8)  # of the colour bar, just added
    ax.set(xlabel="hour of the day", ylabel="")
    hours = range(0, 25, 3)  # where an hour begins, that is, the edge of its cell
    ax.set_xticks(list(hours), [str(hour) for hour in hours], rotation=0)
    ax.tick_params(axis="x", bottom=True)
    ax.tick_params(axis="y", rotation=0)
    return ax
