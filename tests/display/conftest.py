"""Figures are drawn into memory, in the book's style."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from musicrec import display

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        display.use_style()
        yield
    plt.close("all")
