"""The plots of the chapters."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb

from musicrec import data, display
from musicrec.display import plots
from musicrec.errors import InvalidData
from musicrec.listeners.calibration import targets as targets_of_the_songbook

COUNTS = np.arange(1, 51) ** 3


@pytest.fixture
def ax():
    return plt.subplots()[1]


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_lorenz_curve_says_its_gini(ax):
    assert plots.lorenz_curve([1, 1, 1, 1], ax=ax, label="equal") is ax
    plots.lorenz_curve([0, 0, 0, 8], ax=ax)
    assert words(ax) == ["all equal", "equal, Gini 0.00", "Gini 0.75"]
    equal, most = ax.get_lines()[1:]
    assert np.allclose(equal.get_xdata(), equal.get_ydata())
    assert most.get_ydata()[:-1].max() == 0 and most.get_ydata()[-1] == 1
    assert ax.get_xlabel() and ax.get_ylabel() == "share of all pairs"
    assert plots.lorenz_curve([1], ax=plt.subplots()[1], unit="plays").get_ylabel() == "share of all plays"


def test_the_label_of_a_lorenz_curve_keeps_clear_of_the_panel_beside_it():
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    plots.rank_frequency(COUNTS, ax=left)
    plots.lorenz_curve(COUNTS, ax=right)
    fig.canvas.draw()
    assert right.yaxis.label.get_window_extent().x0 - left.get_tightbbox().x1 > 20


@given(n=st.integers(1, 5000))
def test_a_long_lorenz_curve_is_thinned_and_keeps_its_ends(n):
    ax = plots.lorenz_curve(np.arange(1, n + 1), ax=plt.figure().subplots())
    x = ax.get_lines()[1].get_xdata()
    assert x[0] == 0 and x[-1] == 1 and len(x) <= 501 and (np.diff(x) > 0).all()
    plt.close(ax.figure)


def test_the_long_tail_falls(ax):
    plots.rank_frequency([5, 0, 100, 1], ax=ax, label="toy", unit="plays")
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == [1, 2, 3] and line.get_ydata().tolist() == [100, 5, 1]
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert words(ax) == ["toy"] and ax.get_ylabel() == "plays of the item"


@pytest.mark.parametrize("plot", [plots.lorenz_curve, plots.rank_frequency])
@pytest.mark.parametrize("counts", [[], [0, 0], [1, np.nan], [1, -1]])
def test_counts_that_are_none(ax, plot, counts):
    with pytest.raises(InvalidData):
        plot(counts, ax=ax)


def test_hours_of_the_week(ax):
    monday = pd.Timestamp("2024-01-01 20:15")
    times = pd.Series([monday, monday, monday + pd.Timedelta("1D"), pd.NaT])
    plots.hour_by_weekday(times, ax=ax)
    (mesh,) = [part for part in ax.collections if isinstance(part, QuadMesh)]
    shares = np.asarray(mesh.get_array()).reshape(7, 24)
    assert (
        np.isclose(shares[0, 20], 200 / 3)
        and np.isclose(shares[1, 20], 100 / 3)
        and np.isclose(shares.sum(), 100)
    )
    assert ax.get_xticks().tolist() == list(range(0, 25, 3)), "a tick where its hour begins"
    assert [label.get_text() for label in ax.get_xticklabels()][:2] == ["0", "3"]
    seconds = plots.hour_by_weekday(pd.Series([0, 3600]), ax=plt.subplots()[1])  # 1970 began on a Thursday
    assert np.asarray(seconds.collections[0].get_array()).reshape(7, 24)[3, :2].tolist() == [50, 50]


@pytest.mark.parametrize("times", [pd.Series(["noon"]), pd.Series([], dtype="datetime64[ns]")])
def test_times_that_are_none(ax, times):
    with pytest.raises(InvalidData, match="heat map needs"):
        plots.hour_by_weekday(times, ax=ax)


def compared():
    rows = [
        ("popularity", "clean", 0.1, 0.08, 0.12),
        ("cosine", "clean", 0.3, 0.2, 0.4),
        ("cosine", "leak", 0.5, 0.5, 0.5),
    ]
    return pd.DataFrame(rows, columns=["model", "protocol", "recall", "low", "high"])


def test_intervals_keep_the_order_of_the_table(ax):
    plots.intervals(compared(), value="recall", by="protocol", group="model", ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["clean", "leak"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["popularity", "cosine"]
    drawn = [container.lines[0] for container in ax.containers]
    assert [line.get_xdata().tolist() for line in drawn] == [[0.1], [0.3, 0.5]]
    assert len({line.get_marker() for line in drawn}) == 2, "colour alone does not tell series apart"
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1, "the legend covers no data"


def test_intervals_begin_at_nought_unless_something_is_negative(ax):
    plots.intervals(compared(), value="recall", by="protocol", group="model", ax=ax)
    assert ax.get_xlim()[0] == 0 and ax.get_xlim()[1] > 0.5
    below = compared().assign(low=[-0.1, 0.2, 0.5])
    assert plots.intervals(below, value="recall", by="model", ax=plt.subplots()[1]).get_xlim()[0] < -0.1


def test_intervals_need_their_columns(ax):
    with pytest.raises(InvalidData, match="low, high"):
        plots.intervals(compared().drop(columns="low"), value="recall", by="protocol", ax=ax)
    with pytest.raises(InvalidData, match="finite"):
        plots.intervals(compared().assign(low=np.nan), value="recall", by="protocol", ax=ax)


def targets(**changes):
    columns = {"simulated": [0.80, 60.0], "target": [0.83, 50.0], "tolerance": [0.05, 5.0]}
    return pd.DataFrame(columns | changes, index=["Gini", "items"])


def test_calibration_counts_tolerances_and_marks_what_is_outside(ax):
    plots.calibration(targets(), ax=ax)
    inside, outside = [line for line in ax.get_lines() if line.get_marker() in ("o", "X")]
    assert np.allclose(inside.get_xdata(), [-0.6]) and np.allclose(outside.get_xdata(), [2.0])
    assert words(ax) == ["simulated (measured)", "0.80 (0.83)", "60 (50)"]


def test_calibration_wraps_long_names_and_thirteen_rows_make_a_small_picture():
    found = targets_of_the_songbook().rename(columns={"value": "target"}).set_index("about")
    ax = plt.subplots(figsize=(7.5, 6))[1]
    plots.calibration(found.assign(simulated=found["target"] * 1.01), ax=ax)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [" ".join(name.split("\n")) for name in names] == list(found.index)
    assert max(len(line) for name in names for line in name.split("\n")) <= 34
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))
    display.figure(ax.figure, name="calibration", alt="Thirteen statistics against their targets.")


def test_calibration_needs_tolerances(ax):
    with pytest.raises(InvalidData, match="must be positive"):
        plots.calibration(targets(tolerance=[0.0, 1.0]), ax=ax)
    with pytest.raises(InvalidData, match="simulated, target, tolerance"):
        plots.calibration(targets().drop(columns="target"), ax=ax)


def test_splits_are_drawn_cell_by_cell():
    plays = pd.DataFrame([(u, i) for u in range(4) for i in range(6)], columns=["user", "item"])
    x = data.Interactions.from_frame(plays, user="user", item="item")
    cuts = {
        "holdout": data.holdout(x, test=0.3, valid=0.2, seed=0),
        "cold": data.cold_users(x, share=0.3, reveal=2, seed=0),
    }
    fig = plots.splits(cuts)
    left, right = fig.axes
    assert [left.get_title(), right.get_title()] == ["holdout", "cold"]
    assert words(left).count("?") == cuts["holdout"].test.binary.nnz
    assert words(left).count("v") == cuts["holdout"].valid.binary.nnz
    assert words(right).count("h") == cuts["cold"].history.binary.nnz
    display.figure(fig, name="splits", alt="Two grids of listeners by items.")


def test_five_splits_stand_in_two_rows_and_their_signs_are_legible():
    plays = pd.DataFrame(
        [(u, i, 10 * i + u) for u in range(6) for i in range(10)], columns=["user", "item", "t"]
    )
    x = data.Interactions.from_frame(plays, user="user", item="item", time="t")
    cuts = {str(n): data.cold_users(x, share=0.3, reveal=2, seed=n) for n in range(4)}
    fig = plots.splits(cuts | {"by time": data.by_time(x, test=0.3, valid=0.2)})
    fig.canvas.draw()
    tops = [round(ax.get_position().y0, 2) for ax in fig.axes]
    assert len(fig.axes) == 5 and len(set(tops[:3])) == len(set(tops[3:])) == 1 and tops[0] > tops[3]
    assert fig.get_figwidth() == 7
    for ax in fig.axes:
        (mesh,) = ax.collections
        fills = mesh.get_facecolors().reshape(6, 10, 4)
        for text in ax.texts:
            assert text.get_size() >= 8
            fill = fills[int(text.get_position()[1]), int(text.get_position()[0])]
            assert contrast(fill[:3], to_rgb(text.get_color())) >= 4.5, text.get_text()


def contrast(one, other):
    """As WCAG defines it, for colours as RGB between 0 and 1."""
    linear = [
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in map(np.asarray, (one, other))
    ]
    low, high = sorted(float(c @ [0.2126, 0.7152, 0.0722]) for c in linear)
    return (high + 0.05) / (low + 0.05)


def test_only_toys_are_drawn_cell_by_cell():
    with pytest.raises(InvalidData, match="no split"):
        plots.splits({})
    plays = pd.DataFrame({"user": range(50), "item": range(50)})
    x = data.Interactions.from_frame(plays, user="user", item="item")
    with pytest.raises(InvalidData, match="toy"):
        plots.splits({"holdout": data.Split(train=x, valid=None, test=x)})
