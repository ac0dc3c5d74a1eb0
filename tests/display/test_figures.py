"""Figures as small pictures with a description."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from musicrec import display
from musicrec.errors import InvalidArgument, InvalidData

ALT = 'A line that rises & falls; "quoted" <at> the end.'


def line():
    fig, ax = plt.subplots(figsize=(5, 3))
    ax.plot([1, 2, 3], [1, 3, 2])
    ax.set(xlabel="x", ylabel="y")
    return fig


def picture(shown):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', shown.bundle["text/html"])[1])


def test_a_figure_is_a_small_palette_picture_with_a_description():
    shown = display.figure(line(), name="rise", alt=ALT)
    content = picture(shown)
    image = Image.open(io.BytesIO(content))
    assert (
        image.mode == "P" and len(content) < 40_000 and not image.info.keys() & {"Software", "Creation Time"}
    )
    assert (
        'alt="A line that rises &amp; falls; &quot;quoted&quot; &lt;at&gt; the end."'
        in shown.bundle["text/html"]
    )
    assert ALT in repr(shown)
    assert plt.get_fignums() == [], "an open figure would be shown twice"


def test_two_runs_give_the_same_bytes():
    assert picture(display.figure(line(), name="rise", alt=ALT)) == picture(
        display.figure(line(), name="rise", alt=ALT)
    )


def test_the_background_is_white_for_dark_pages():
    image = Image.open(io.BytesIO(picture(display.figure(line(), name="rise", alt=ALT)))).convert("RGB")
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_a_heavy_figure_is_refused():
    fig, ax = plt.subplots(figsize=(9, 6))
    ax.imshow(np.random.default_rng(0).random((400, 600)))
    with pytest.raises(InvalidData, match=r"at most 40,000.*[Dd]raw fewer points"):
        display.figure(fig, name="noise", alt=ALT)


@pytest.mark.parametrize("alt", ["", "  ", "A plot.", None])
def test_a_description_is_needed(alt):
    with pytest.raises(InvalidArgument, match="needs a description"):
        display.figure(line(), name="rise", alt=alt)


@pytest.mark.parametrize("name", ["Long tail", "a/b", "", '"><script>', None])
def test_names_have_one_form(name):
    with pytest.raises(InvalidArgument, match="cannot name"):
        display.figure(line(), name=name, alt=ALT)


def test_axes_are_not_a_figure():
    with pytest.raises(InvalidArgument, match=r"ax\.figure"):
        display.figure(line().axes[0], name="rise", alt=ALT)


def test_style_is_for_everybody():
    colours = display.palette()
    assert len(colours) == 10 and len(set(colours)) == 10
    assert plt.rcParams["figure.dpi"] == 120 and plt.rcParams["font.family"] == ["DejaVu Sans"]
