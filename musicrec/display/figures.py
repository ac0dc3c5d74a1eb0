"""Figures as small pictures with a description in words."""

from __future__ import annotations

import base64
import html
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from musicrec.display.names import check_name
from musicrec.display.shown import Shown
from musicrec.display.style import DPI
from musicrec.errors import InvalidArgument, InvalidData

LARGEST = 40_000  # bytes: notebooks with their figures are committed
COLOURS = 96  # in the palette of a picture; lines, text and a colour scale need no more
SHORTEST_DESCRIPTION = 20  # characters: less describes nothing


def figure(fig: Figure, *, name: str, alt: str) -> Shown:
    """Show a figure as a small PNG, with a description for readers who cannot see it. Closes the figure.

    Two runs on one machine give the same bytes.

    Parameters
    ----------
    fig
        A matplotlib figure.
    name
        Lower-case words joined by hyphens or underscores, an anchor of the page.
    alt
        What the figure shows, in a sentence or two: its kind, its axes, and what there is to see.

    Returns
    -------
    Shown
        Visible in a notebook and on the page; its ``bundle["text/html"]`` holds the picture.

    Raises
    ------
    InvalidArgument
        No matplotlib figure, a name of another form, or no description.
    InvalidData
        The picture is larger than 40 kB.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    check_name(name)
    if not isinstance(fig, Figure):
        raise InvalidArgument(
            f"figure {name!r}: expected a matplotlib Figure, found {type(fig).__name__}. For Axes, pass "
            "ax.figure."
        )
    if not isinstance(alt, str) or len(alt.strip()) < SHORTEST_DESCRIPTION:
        raise InvalidArgument(
            f"figure {name!r} needs a description in words (alt), for readers who cannot see it; found "
            f"{alt!r}. Say what kind of figure it is, what its axes are and what there is to see."
        )
    picture = to_png(fig)
    plt.close(fig)
    if len(picture) > LARGEST:
        raise InvalidData(
            f"figure {name!r} is {len(picture):,} bytes; at most {LARGEST:,} are committed for a figure. "
            "Draw fewer points (a sample, bins or a line), or make it smaller (figsize)."
        )
    width = round(_width(picture) * 96 / DPI)  # pixels of the page, of which an inch has 96
    source = base64.b64encode(picture).decode("ascii")
    tag = (
        f'<img id="figure-{name}" class="musicrec-figure" width="{width}" '
        f'style="max-width: 100%; height: auto" alt="{html.escape(alt.strip())}" '
        f'src="data:image/png;base64,{source}">'
    )
    return Shown({"text/html": tag, "text/plain": f"<figure {name}: {alt.strip()}>"})


def to_png(fig: Figure) -> bytes:
    """The figure as PNG with a palette of at most 96 colours and no metadata."""
    drawn = io.BytesIO()
    fig.savefig(drawn, format="png", dpi=DPI, facecolor="white", bbox_inches="tight", pad_inches=0.08)
    small = (
        Image.open(drawn)
        .convert("RGB")
        .quantize(
            colors=COLOURS,
            method=Image.Quantize.MAXCOVERAGE,  # keeps the colour of a single marker
            dither=Image.Dither.NONE,
        )
    )
    packed = io.BytesIO()
    small.save(packed, format="PNG", optimize=True)
    return packed.getvalue()


def _width(picture: bytes) -> int:
    return Image.open(io.BytesIO(picture)).width
