"""The look of every figure: colours that colour-blind readers can tell apart, the same fonts everywhere."""

from __future__ import annotations

import seaborn as sns

DPI = 120  # dots per inch of a figure on the page


def palette() -> list[tuple[float, float, float]]:
    """The ten colours of figures, as RGB between 0 and 1, in the order in which they are used.

    They are seaborn's "colorblind" palette. Where a figure has more than a few series, tell them apart by
    marker or direct label too, never by colour alone.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    return [(float(r), float(g), float(b)) for r, g, b in sns.color_palette("colorblind")]


def use_style() -> None:
    """Set the style of all figures that are drawn from here on.

    White background (figures stay readable on a dark page), seaborn's "colorblind" palette, 120 dots per
    inch, and the fonts that come with matplotlib, so that a figure looks the same on every machine.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        palette="colorblind",
        font="DejaVu Sans",
        font_scale=0.8,
        rc={
            "figure.dpi": DPI,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.wspace": 0.06,  # an axis label keeps clear of the panel beside it
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": True,
            "grid.color": "0.9",
            "legend.frameon": False,
        },
    )
