"""Comparing and keeping results."""

import json
from dataclasses import replace

import pytest

from musicrec import study
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument
from musicrec.study import results
from musicrec.study.records import Record, Results, read, write

ABOUT = {"commit": "0" * 40, "dirty": False, "date": "2026-01-02T03:04:05Z", "versions": {}, "datasets": {}}


def made(profile="book", edition="real", **values):
    records = {f"a.{name}": Record(value, "", 0.01, "real") for name, value in values.items()}
    return Results("01_x", edition, profile, records, provenance=dict(ABOUT))


@pytest.fixture
def folders(tmp_path):
    source, target = tmp_path / "new", tmp_path / "kept" / "real"
    source.mkdir()
    return source, target


def test_within_the_tolerance_nothing_moved():
    assert results.compare(made(gini=0.31), made(gini=0.30)) == []


def test_beyond_the_tolerance_it_moved():
    (moved,) = results.compare(made(gini=0.3102), made(gini=0.30))
    assert (moved.id, moved.old, moved.new, moved.tolerance) == ("a.gini", 0.30, 0.3102, 0.01)
    assert str(moved) == "a.gini: 0.3102 instead of 0.3 (tolerance 0.01)"


def test_the_kept_tolerance_counts():
    new = made(gini=0.4)
    new.records["a.gini"] = replace(new.records["a.gini"], tolerance=1.0)
    assert len(results.compare(new, made(gini=0.3))) == 1


def test_missing_and_new_numbers_are_reported():
    moved = results.compare(made(new=1), made(old=2))
    assert [(m.id, m.old, m.new) for m in moved] == [("a.new", None, 1), ("a.old", 2, None)]
    assert "nothing was kept" in str(moved[0]) and "missing" in str(moved[1])


def test_a_number_of_another_unit_or_evidence_moved():
    new = made(n=1)
    new.records["a.n"] = replace(new.records["a.n"], unit="plays")
    assert [m.id for m in results.compare(new, made(n=1))] == ["a.n"]
    new.records["a.n"] = replace(new.records["a.n"], unit="", evidence="simulated")
    assert [m.id for m in results.compare(new, made(n=1))] == ["a.n"]


def test_other_names_moved():
    new, kept = made(), made()
    new.names["a.top"], kept.names["a.top"] = ("x", "y"), ("y", "x")
    assert [m.id for m in results.compare(new, kept)] == ["a.top"]


@pytest.mark.parametrize("other", [made(profile="quick"), made(edition="songbook")])
def test_only_like_is_compared_with_like(other):
    with pytest.raises(InvalidArgument, match=r"same (profile|edition)"):
        results.compare(other, made())


def test_a_null_model_would_be_noticed():
    assert results.compare(made(gini=0.0), made(gini=0.3))


def test_results_are_kept_once_and_rewritten_when_a_number_changed(folders):
    source, target = folders
    write(made(gini=0.3), source / "01_x.json")
    assert results.keep(source, target) == [target / "01_x.json"]
    before = (target / "01_x.json").read_bytes()

    later = made(gini=0.3)
    later.provenance |= {"commit": "1" * 40, "date": "2027-01-01T00:00:00Z"}
    write(later, source / "01_x.json")
    assert results.keep(source, target) == []
    assert (target / "01_x.json").read_bytes() == before

    for change in ({"value": 0.4}, {"interval": (0.1, 0.5)}, {"unit": "plays"}, {"tolerance": 0.02}):
        changed = made(gini=0.3)
        changed.records["a.gini"] = replace(changed.records["a.gini"], **change)
        write(changed, source / "01_x.json")
        assert results.keep(source, target) == [target / "01_x.json"]
        assert read(target / "01_x.json").says_the_same(changed)


@pytest.mark.parametrize("wrong", [{"profile": "quick"}, {"edition": "songbook"}])
def test_neither_quick_runs_nor_another_edition_are_kept(folders, wrong):
    source, target = folders
    write(made(**wrong), source / "01_x.json")
    with pytest.raises(InvalidArgument, match="keeps the book or full profile"):
        results.keep(source, target)
    assert not target.exists()


def test_nothing_to_keep(folders):
    with pytest.raises(DataUnavailable, match="Run the chapters first"):
        results.keep(*folders)


def test_one_corrupt_file_and_nothing_is_kept(folders):
    source, target = folders
    write(made(gini=0.3), source / "01_x.json")
    (source / "02_y.json").write_text('{"chapter": "02_y", "edi')
    with pytest.raises(CorruptData, match=r"02_y\.json"):
        results.keep(source, target)
    assert not target.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "",
        lambda text: "{}",
        lambda text: text.replace("0.3", '"0.3"'),
        lambda text: text.replace("0.3", "NaN"),
        lambda text: text.replace("0.3", "true"),
        lambda text: text.replace('"real"', '"rumour"'),
        lambda text: text.replace('"value"', '"worth"'),
        lambda text: text.replace('"commit"', '"committee"'),
    ],
)
def test_a_damaged_file_says_what_to_do(tmp_path, damage):
    path = tmp_path / "01_x.json"
    write(made(gini=0.3), path)
    assert read(path).records["a.gini"].value == 0.3
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CorruptData, match=r"delete it and run the chapter again.*git checkout"):
        read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataUnavailable, match="Run the chapter first"):
        read(tmp_path / "01_x.json")


def test_the_file_is_sorted_and_ends_with_a_line(tmp_path):
    write(made(b=1, a=2), tmp_path / "x.json")
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.endswith("}\n") and list(json.loads(text)["records"]) == ["a.a", "a.b"]
    assert not list(tmp_path.glob(".*")), "a temporary file is left"


def test_results_go_to_build_where_no_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("MUSICREC_RESULTS")
    monkeypatch.setattr("musicrec.study.records.checkout", lambda: tmp_path)
    study.begin("01_x", edition="real")
    study.record("a.b", 1)
    assert read(tmp_path / "build" / "results" / "real" / "01_x.json").records["a.b"].value == 1
