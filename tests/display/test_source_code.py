"""The library's source, shown from its file."""

import re
from pathlib import Path

import pytest

from musicrec import data, display, metrics
from musicrec.errors import InvalidArgument
from musicrec.study import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "thing", [metrics.gini, data.Interactions.from_frame, data.Split, Run.pick, data.holdout]
)
def test_the_lines_named_are_the_lines_shown(thing):
    text = display.source(thing).bundle["text/markdown"]
    path, first, last = re.match(r"\*(.+), lines (\d+)–(\d+)\*\n\n```+python\n", text).groups()
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(first) - 1 : int(last)]
    shown = re.sub(r"\n```+$", "", text.split("python\n", 1)[1]).splitlines()
    assert [line.strip() for line in lines] == [line.strip() for line in shown]
    assert any(thing.__name__ in line for line in lines[:5])


def test_a_method_starts_at_the_margin():
    code = display.source(data.Interactions.from_frame).bundle["text/markdown"].split("python\n", 1)[1]
    assert code.startswith(("@classmethod", "def "))


def test_outside_a_notebook_one_line_is_enough():
    said = repr(display.source(metrics.gini))
    assert re.fullmatch(r"<source: musicrec/metrics/inequality\.py, lines \d+–\d+>", said)


@pytest.mark.parametrize("thing", [Path, len, "metrics.gini", 3, lambda: 0, metrics])
def test_only_the_librarys_own_source_is_shown(thing):
    with pytest.raises(InvalidArgument, match=r"musicrec|cannot be found"):
        display.source(thing)
