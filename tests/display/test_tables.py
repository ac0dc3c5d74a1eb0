"""Tables of results."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec import display
from musicrec.errors import InvalidArgument, InvalidData, UnknownName


class Cells(HTMLParser):
    """What a browser would show: cells, caption, and the tags that occur."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.tags, self.inside = [], set(), None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag in ("td", "caption"):
            self.cells.append("")
            self.inside = tag

    def handle_data(self, text):
        if self.inside:
            self.cells[-1] += text

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None


def shown(df, **more):
    return display.table(df, name="sizes", caption="Sizes", **more).bundle["text/html"]


def cells(df, **more):
    return Cells(shown(df, **more)).cells[1:]


def downloaded(page):
    found = re.search(r'download="sizes.csv" href="data:text/csv;charset=utf-8;base64,([^"]*)"', page)
    return base64.b64decode(found[1]).decode("utf-8")


def test_numbers_are_read_easily():
    df = pd.DataFrame({"what": ["a", "b", "c"], "n": [17632, 5, 1], "share": [0.83123, 0.00278123, 0.0]})
    assert cells(df) == ["a", "17,632", "0.8312", "b", "5", "0.0028", "c", "1", "0.0000"]


def test_numbers_of_a_column_have_the_same_decimals_and_a_true_minus():
    df = pd.DataFrame({"difference": [0.0014, 0.000196, -0.003]})
    assert cells(df) == ["0.00140", "0.00020", "\u22120.00300"]
    assert "-0.003" in downloaded(shown(df)), "programs read a hyphen"
    assert cells(df, formats={"difference": "+.1%"})[-1] == "\u22120.3%"
    assert cells(pd.DataFrame({"mean": [1.5, 2.0, -0.0]})) == ["1.5", "2.0", "0.0"]


def test_a_number_too_small_for_its_column_is_not_shown_as_nothing():
    assert cells(pd.DataFrame({"p": [0.25, 3.2e-7, -3.2e-7]})) == ["0.2500", "3e\u221207", "\u22123e\u221207"]


def test_a_column_of_counts_and_shares():
    assert cells(pd.DataFrame({"value": [1892.0, 92834.0, 0.00278]})) == ["1,892", "92,834", "0.00278"]
    assert cells(pd.DataFrame({"value": [0.5041, 0.0, 164.0]})) == ["0.504", "0", "164"]
    mixed = pd.DataFrame({"value": pd.Series([2000, 0.0284951, 29.0031, 0.404, None], dtype=object)})
    assert cells(mixed) == ["2,000", "0.028", "29.003", "0.404", "–"]
    assert cells(pd.DataFrame({"value": pd.Series([1, 0.25], dtype=object)})) == ["1", "0.25"]


def test_a_format_of_its_own():
    df = pd.DataFrame({"what": ["a"], "share": [0.83123]})
    assert cells(df, formats={"share": ".1%"}) == ["a", "83.1%"]
    with pytest.raises(UnknownName, match=r"no column 'shares'.*what, share"):
        shown(df, formats={"shares": ".1%"})
    with pytest.raises(InvalidArgument, match="is no format"):
        shown(df, formats={"share": "percent"})


def test_a_column_of_numbers_and_gaps_stands_on_the_right():
    page = shown(pd.DataFrame({"a": [None, None], "b": [1.5, None], "c": ["x", None]}))
    assert [side for side in re.findall(r'<th scope="col" style="text-align: (\w+)"', page)] == [
        "right",
        "right",
        "left",
    ]


def test_what_is_missing_is_a_dash():
    df = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", None], "t": [pd.Timestamp("2026-01-02"), pd.NaT]})
    assert cells(df)[3:] == ["–", "–", "–"]


def test_numbers_stand_on_the_right_and_texts_on_the_left():
    page = shown(pd.DataFrame({"what": ["a"], "n": [1]}))
    assert (
        '<th scope="col" style="text-align: left">what</th><th scope="col" style="text-align: right">n</th>'
        in page
    )


@given(text=st.text())
def test_texts_are_never_markup(text):
    df = pd.DataFrame({text: [text]})
    page = display.table(df, name="sizes", caption=text + "c", mark=text).bundle["text/html"]
    assert Cells(page).tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "a"}
    assert not re.search(r"<(?!/?(?:div|table|caption|thead|tbody|tr|th|td|p|a)\b)", page)


def test_the_csv_holds_the_table():
    df = pd.DataFrame({"what": ["a,b", '"q"'], "n": [17632, 5], "share": [1 / 3, 0.5]})
    back = pd.read_csv(io.StringIO(downloaded(shown(df))))
    assert back["what"].tolist() == ["a,b", '"q"'] and back["n"].tolist() == [17632, 5]
    assert np.allclose(back["share"], df["share"], rtol=1e-5)


def test_machines_that_sum_in_another_order_show_the_same_bytes():
    assert shown(pd.DataFrame({"share": [0.3]})) == shown(pd.DataFrame({"share": [0.1 + 0.2]}))


def test_a_mark_says_what_the_numbers_are():
    assert '<p class="musicrec-mark">recorded 2026-01-02</p>' in shown(
        pd.DataFrame({"a": [1]}), mark="recorded 2026-01-02"
    )


def test_an_empty_table_has_its_head():
    assert Cells(shown(pd.DataFrame({"a": []}))).cells == ["Sizes"]


def test_bad_tables():
    with pytest.raises(InvalidArgument, match="expected a DataFrame"):
        shown(pd.Series([1]))
    with pytest.raises(InvalidData, match="different names"):
        shown(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(InvalidData, match="different names"):
        shown(pd.DataFrame())
    with pytest.raises(InvalidArgument, match="caption"):
        display.table(pd.DataFrame({"a": [1]}), name="sizes", caption=" ")
    with pytest.raises(InvalidArgument, match="cannot name"):
        display.table(pd.DataFrame({"a": [1]}), name="../sizes", caption="Sizes")
