"""The list of pieces, and the reading of many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from musicrec.audio import score
from musicrec.errors import CorruptData, InvalidArgument, UnknownName


def test_the_list_holds_enough_of_every_style():
    listed = score.catalogue()
    counts = listed["style"].value_counts()
    assert len(counts) >= 8 and counts.min() >= 45 and 900 <= len(listed) <= 1100
    assert not listed.duplicated(["style", "title"]).any()
    assert listed["year"].dropna().between(1500, 1930).all()


def test_titles_are_clean():
    titles = score.catalogue()["title"]
    assert titles.str.fullmatch(r"[\w\s'.,!?&()/:-]+").all()
    assert (titles == titles.str.normalize("NFC").str.strip()).all() and titles.str.len().between(2, 80).all()


def test_nothing_of_doubtful_rights_is_listed():
    folders = set(score.catalogue().index.str.split("/").str[0])
    assert folders.isdisjoint({"palestrina", "essenFolksong", "leadSheet", "demos", "schoenberg", "webern"})
    assert not score.catalogue().index.str.contains(r"monteverdi/madrigal\.5").any()


def test_scores_come_in_the_order_asked_for_and_as_listed(few):
    assert list(few) == [s.piece for s in few.values()]
    listed = score.catalogue()
    for piece, found in few.items():
        assert (found.style, found.title) == (listed.loc[piece, "style"], listed.loc[piece, "title"])
        assert found.tempo == listed.loc[piece, "tempo"]
        assert (np.diff(found.notes["onset"]) >= 0).all() and (found.notes["duration"] > 0).all()
        assert found.length == pytest.approx((found.notes["onset"] + found.notes["duration"]).max())


def test_processes_do_not_change_what_is_read(few):
    again = score.read_pieces(reversed(few), workers=2).complete()
    assert list(again) == list(reversed(few))
    for piece, found in few.items():
        assert (again[piece].notes == found.notes).all() and again[piece].lyrics == found.lyrics


def test_an_unknown_piece():
    with pytest.raises(UnknownName, match=r"1 of 2 names are not pieces .* 'bach/no.mxl'.*catalogue\(\)"):
        score.read_pieces(["bach/bwv104.6.mxl", "bach/no.mxl"])


def test_a_piece_named_twice_and_no_processes():
    with pytest.raises(InvalidArgument, match="twice"):
        score.read_pieces(["bach/bwv104.6.mxl"] * 2)
    with pytest.raises(InvalidArgument, match="workers=0"):
        score.read_pieces(["bach/bwv104.6.mxl"], workers=0)


def test_a_piece_that_cannot_be_read_is_left_out_and_reported(monkeypatch):
    good, bad = "oneills1850/0001-0050.abc#3", "oneills1850/0001-0050.abc#999"
    listed = score.catalogue()
    longer = pd.concat([listed, listed.loc[[good]].set_axis(pd.Index([bad], name="piece"))])
    monkeypatch.setattr(score, "_catalogue", lambda: longer)
    reading = score.read_pieces([bad, good])
    assert list(reading.scores) == [good] and list(reading.failed) == [bad]
    with pytest.raises(CorruptData, match=r"1 of 2 pieces cannot be read:\n.*0050.abc#999.*no tune X:999"):
        reading.complete()
