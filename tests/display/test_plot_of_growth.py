"""The plot of costs as the data grow."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from musicrec import display
from musicrec.display import plots
from musicrec.errors import InvalidData


@pytest.fixture
def ax():
    return plt.subplots()[1]


def costs(exponents):
    sizes = np.repeat([100, 200, 400, 800], 3)
    scatter = np.tile([0.98, 1.0, 1.02], 4)
    return pd.concat(
        pd.DataFrame({"model": model, "n_items": sizes, "seconds": 1e-5 * sizes**exponent * scatter})
        for model, exponent in exponents.items()
    )


def test_each_repeat_is_a_point_and_each_method_a_line_with_its_exponent(ax):
    assert (
        plots.growth(costs({"ALS": 1.0, "Item-KNN": 2.0}), x="n_items", y="seconds", by="model", ax=ax) is ax
    )
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("n items", "seconds")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["100", "200", "400", "800"]
    points, law = ax.get_lines()[2:]
    assert len(points.get_xdata()) == 12 and points.get_linestyle() == "None"
    assert law.get_xdata().tolist() == [100, 800]
    assert np.log(np.divide(*law.get_ydata()[::-1])) / np.log(8) == pytest.approx(2.0)
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["Item-KNN: 2.00 (2.00 to 2.00)", "ALS: 1.00 (1.00 to 1.00)"], "the fastest stands first"


def test_methods_are_told_apart_without_colour(ax):
    names = ["UserKNN", "ItemKNN", "PureSVD", "ALS", "BPR", "EASE", "ContentKNN"]
    plots.growth(
        costs({name: k / 3 for k, name in enumerate(names)}), x="n_items", y="seconds", by="model", ax=ax
    )
    handles = ax.get_legend().get_lines()
    assert len({(line.get_marker(), line.get_linestyle()) for line in handles}) == len(names)


def test_a_negative_exponent_has_a_true_minus(ax):
    plots.growth(costs({"cache-hit": -1.0}), x="n_items", y="seconds", by="model", ax=ax)
    (text,) = ax.get_legend().get_texts()
    assert text.get_text().startswith("cache-hit: \N{MINUS SIGN}1.00")


def test_the_legend_covers_no_data_and_the_picture_is_small(ax):
    plots.growth(costs({"ALS": 1.0, "ItemKNN": 2.0}), x="n_items", y="seconds", by="model", ax=ax)
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1
    display.figure(ax.figure, name="growth", alt="Seconds against items, two lines on logarithmic axes.")


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (costs({"ALS": 1.0}).drop(columns="seconds"), "n_items, seconds"),
        (costs({"ALS": 1.0}).iloc[:0], "at least one row"),
        (costs({"ALS": 1.0}).assign(seconds=0.0), "must be positive"),
        (costs({"ALS": 1.0}).query("n_items < 400"), "found 2"),
    ],
)
def test_costs_that_show_no_growth(ax, table, match):
    with pytest.raises(InvalidData, match=match):
        plots.growth(table, x="n_items", y="seconds", by="model", ax=ax)


def test_a_category_keeps_its_look_where_others_are_missing(ax):
    table = costs({"ALS": 1.0, "EASE": 1.5, "Item-KNN": 2.0}).astype({"model": "category"})
    plots.growth(table, x="n_items", y="seconds", by="model", ax=ax)
    other = plt.subplots()[1]
    plots.growth(table[table["model"] != "ALS"], x="n_items", y="seconds", by="model", ax=other)
    looks = [{line.get_color() for line in axes.get_lines()[-2:]} for axes in (ax, other)]
    assert looks[0] == looks[1]
