"""Kept records beside this run's numbers."""

import math

import pytest

from musicrec import study
from musicrec.errors import CorruptData, DataUnavailable, UnknownName
from musicrec.study import results
from musicrec.study.records import read, write


@pytest.fixture
def kept(checkout, results_folder, toy):
    """A real run, kept."""
    study.begin("01_listening_data", edition="real")
    study.record("a.gini", 0.9, interval=(0.8, 0.95), dataset=toy)
    study.record("a.n", 17632, unit="artists", dataset=toy)
    study.record_names("a.top", ["X", "Y"])
    path = checkout / "data" / "results" / "real" / "01_listening_data.json"
    results.keep(results_folder, path.parent)
    return path


def test_kept_numbers_are_glued_and_shown_beside_this_runs(kept, glued):
    study.begin("01_listening_data", edition="songbook")
    study.record("a.gini", 0.4)
    study.record_names("a.top", ["P"])
    found = study.recorded("01_listening_data")
    assert dict(found) == read(kept).records and found.kept
    real = {name: value for name, value in glued.items() if name.startswith("real.")}
    assert (real.pop("real.a.n"), real.pop("real.a.top")) == (17632, "X and Y")
    assert real == {"real.a.gini": 0.9, "real.a.gini.low": 0.8, "real.a.gini.high": 0.95}
    table = found.table({"a.n": "artists", "a.gini": "Gini"})
    assert list(table.index) == ["artists", "Gini"]
    assert table["this run"].tolist() == [None, 0.4] and table["recorded"].tolist() == [17632, 0.9]
    assert (
        table["95% interval"].tolist() == [None, "0.80\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.95"]
        and table.index.name == "what"
    )
    assert table.loc["artists", "unit"] == "artists"


def test_the_mark_says_when_from_which_commit_and_on_whom(kept):
    content = read(kept)
    content.provenance |= {"date": "2026-01-02T03:04:05Z", "commit": "abcdef0123456789", "dirty": True}
    write(content, kept)
    mark = study.recorded("01_listening_data").mark
    assert mark == ("toy (real listeners), recorded 2026-01-02 at commit abcdef0, from a changed work tree")
    content.provenance |= {"dirty": False, "datasets": {"lastfm-2k": {"evidence": "real"}}}
    write(content, kept)
    mark = study.recorded("01_listening_data").mark
    assert mark == "Last.fm-2k (real listeners), recorded 2026-01-02 at commit abcdef0"
    content.provenance["datasets"] = {"gtzan": {"evidence": "real"}}
    write(content, kept)
    assert study.recorded("01_listening_data").mark.startswith("GTZAN (real recordings), recorded")
    content.provenance |= {"commit": None, "datasets": {}}
    write(content, kept)
    assert study.recorded("01_listening_data").mark == "recorded 2026-01-02"


def test_before_anything_is_kept_the_page_can_be_built(checkout, glued):
    study.begin("01_listening_data", edition="songbook")
    study.record("a.gini", 0.4, interval=(0.3, 0.5))
    study.absent("a.times", why="no times")
    study.record_names("a.top", ["P"])
    found = study.recorded("01_listening_data")
    assert len(found) == 0 and "make study EDITION=real" in found.mark and found.mark in repr(found)
    assert math.isnan(glued["real.a.gini"]) and math.isnan(glued["real.a.gini.low"])
    assert math.isnan(glued["real.a.times"]) and glued["real.a.top"] == "not recorded"
    assert found.table()["recorded"].tolist() == [None]
    with pytest.raises(UnknownName, match="no recorded run yet"):
        found["a.gini"]


def test_a_number_that_is_new_since_is_glued_as_missing(kept, glued):
    study.begin("01_listening_data", edition="songbook")
    study.record("a.new", 0.4)
    study.record("a.n", 3, interval=(2, 4))
    study.recorded("01_listening_data")
    assert math.isnan(glued["real.a.new"])
    assert glued["real.a.n"] == 17632 and math.isnan(glued["real.a.n.low"])


def test_the_real_edition_shows_what_was_kept_or_else_itself(kept, glued):
    study.begin("01_listening_data", edition="real")
    study.record("a.gini", 0.91)
    assert study.recorded("01_listening_data")["a.gini"].value == 0.9
    kept.unlink()
    glued.clear()
    own = study.recorded("01_listening_data")
    assert own["a.gini"].value == 0.91 and glued["real.a.gini"] == 0.91
    assert "this run" in own.mark and list(own.table().columns) == ["recorded"]


def test_a_label_for_a_number_that_nobody_recorded(kept):
    with pytest.raises(UnknownName, match="neither recorded nor a number of this run"):
        study.recorded("01_listening_data").table({"a.gin": "Gini"})


def test_other_editions_and_chapters(checkout):
    with pytest.raises(UnknownName, match=r"no edition 'reel'"):
        study.recorded("01_listening_data", edition="reel")
    with pytest.raises(UnknownName, match="not the name of a chapter"):
        study.recorded("listening")


def test_a_damaged_record_is_not_passed_over(kept):
    kept.write_text(kept.read_text(encoding="utf-8")[:100], encoding="utf-8")
    with pytest.raises(CorruptData, match="git checkout"):
        study.recorded("01_listening_data")


def test_away_from_the_checkout(monkeypatch):
    monkeypatch.setattr("musicrec.study.kept.checkout", lambda: None)
    with pytest.raises(DataUnavailable, match="Clone the repository"):
        study.recorded("01_listening_data")
