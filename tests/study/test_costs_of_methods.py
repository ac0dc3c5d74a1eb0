"""Costs of methods: measured only when asked, in processes of their own, kept with their machine."""

import json
import os
import time

import numpy as np
import pandas as pd
import pytest

from musicrec import study
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData, UnknownName

CHAPTER = "02_collaborative_filtering"
MEGABYTE = 2**20


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The file in which `make costs` wants the measurements."""
    monkeypatch.setenv("MUSICREC_COSTS", str(tmp_path / "costs.jsonl"))
    return tmp_path / "costs.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_ordinary_run_measures_nothing(monkeypatch):
    monkeypatch.delenv("MUSICREC_COSTS", raising=False)
    study.measure_cost("fit", lambda: pytest.fail("it was run"), users=10)
    study.measure_cost("fit", lambda x: None, given=lambda: pytest.fail("it was made"), users=10)


def test_each_repeat_is_a_line_and_runs_elsewhere(asked):
    seen = []
    study.measure_cost("fit", lambda: seen.append(os.getpid()), repeats=2, model="EASE", users=np.int64(10))
    study.measure_cost("serve", lambda: None, repeats=1, users=20)
    assert seen == [], "what the function does is done to a copy"
    found = lines(asked)
    assert [(line["what"], line["repeat"], line["about"]) for line in found] == [
        ("fit", 0, {"model": "EASE", "users": 10}),
        ("fit", 1, {"model": "EASE", "users": 10}),
        ("serve", 0, {"users": 20}),
    ]
    assert {"seconds", "wall_seconds", "peak_bytes"} <= found[0].keys()


def small_arrays(megabytes):
    """Memory in pieces of 8 kB, which the process keeps for later when they are freed."""
    return [np.ones(1024) for _ in range(128 * megabytes)]


def test_memory_is_what_the_function_needed_at_once(asked):
    held = np.ones(100 * MEGABYTE // 8)  # input of the function: not counted
    freed = small_arrays(60)
    del freed  # what the parent has no more use for must not hide what the function needs

    def needs(megabytes):
        passing = np.ones(megabytes * MEGABYTE // 8)
        del passing
        return np.ones(megabytes * MEGABYTE // 8), small_arrays(megabytes // 2), held.sum()

    for megabytes in (40, 80):
        study.measure_cost("fit", lambda m=megabytes: needs(m), repeats=1, megabytes=megabytes)
    peaks = [line["peak_bytes"] / MEGABYTE for line in lines(asked)]
    assert peaks == pytest.approx([60, 120], abs=8)  # a few for pages of code


def test_the_input_is_made_once_and_not_measured(asked):
    made = []

    def given():
        made.append(np.ones(80 * MEGABYTE // 8))
        return made[-1]

    study.measure_cost("sum", lambda x: x.sum(), given=given, repeats=2, megabytes=80)
    assert len(made) == 1
    assert [line["peak_bytes"] / MEGABYTE < 8 for line in lines(asked)] == [True, True]


def test_seconds_of_the_processor_do_not_count_waiting(asked):
    study.measure_cost("wait", lambda: time.sleep(0.2), repeats=1, users=1)
    (line,) = lines(asked)
    assert line["wall_seconds"] >= 0.2 and line["seconds"] < 0.1


def test_what_the_function_prints_is_lost(asked, capfd):
    study.measure_cost("fit", lambda: print("epoch 1"), repeats=1, users=1)
    assert capfd.readouterr() == ("", "")


def test_a_function_that_fails_is_reported(asked):
    with pytest.raises(InvalidArgument, match=r"'fit'(.|\n)*ZeroDivisionError"):
        study.measure_cost("fit", lambda: 1 / 0, users=1)
    with pytest.raises(InvalidArgument, match=r"ended \(exit code 7\).*smaller sizes"):
        study.measure_cost("fit", lambda: os._exit(7), users=1)
    assert not asked.exists()


def test_a_system_without_fork_says_what_to_do(asked, monkeypatch):
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: ["spawn"])
    with pytest.raises(DataUnavailable, match="Linux or macOS"):
        study.measure_cost("fit", lambda: None, users=1)


@pytest.mark.parametrize(
    ("about", "error"),
    [
        ({}, InvalidArgument),
        ({"model": "EASE"}, InvalidArgument),
        ({"users": 0}, InvalidArgument),
        ({"users": 1.5}, InvalidArgument),
        ({"users": 1, "seconds": 3}, InvalidArgument),
        ({"users": 1, "repeats": 0}, InvalidArgument),
        ({"users": 1, "model": "x" * 121}, InvalidData),
    ],
)
def test_a_wrong_call_is_an_error_in_every_run(about, error):
    with pytest.raises(error):
        study.measure_cost("fit", lambda: None, **about)


def test_what_is_measured_is_a_function():
    with pytest.raises(InvalidArgument, match="takes a short text and a function; found 'fit' and int"):
        study.measure_cost("fit", 3, users=1)
    with pytest.raises(InvalidArgument, match="given=lambda"):
        study.measure_cost("fit", lambda x: None, given=3, users=1)
    with pytest.raises(InvalidArgument, match="short text"):
        study.measure_cost(" ", lambda: None, users=1)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where costs are kept."""
    monkeypatch.setattr("musicrec.study.kept_costs.checkout", lambda: tmp_path)
    path = tmp_path / "data" / "results" / "cost" / f"{CHAPTER}.json"
    path.parent.mkdir(parents=True)
    return path


def content():
    taken = {"seconds": 0.5, "wall_seconds": 0.6, "peak_bytes": 1000}
    measured = [
        {"what": "fit", "about": {"model": "EASE", "items": 10 * (n + 1)}, "repeat": 0, **taken}
        for n in range(3)
    ]
    measured.append({"what": "serve", "about": {"users": 7}, "repeat": 0, **taken})
    about = {"processor": "Ada 1", "cores": 2, "memory_bytes": 8_000_000_000, "date": "2026-02-03"}
    return {**about, "measured": measured}


def test_kept_costs_are_a_table_with_their_machine(kept):
    kept.write_text(json.dumps(content()), encoding="utf-8")
    found = study.costs(CHAPTER)
    columns = ["what", "model", "items", "users", "repeat", "seconds", "wall_seconds", "peak_bytes"]
    assert found.kept and list(found.table.columns) == columns
    assert found.table["items"].tolist()[:3] == [10, 20, 30] and np.isnan(found.table["items"].iloc[3])
    assert (found.machine, found.cores, found.date) == ("Ada 1", 2, "2026-02-03")
    assert found.mark == "measured 2026-02-03 on Ada 1, 2 cores, 8 GB, one thread"
    assert "4 measurements" in repr(found)


def test_before_anything_is_measured_the_page_can_be_built(kept):
    found = study.costs(CHAPTER)
    assert not found.kept and found.machine is None and "make costs" in found.mark
    assert isinstance(found.table, pd.DataFrame) and "seconds" in found.table.columns


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:50],
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text.replace('"measured": [', '"measured": [3, '),
        lambda text: text.replace("0.5", '"half"'),
        lambda text: text.replace("0.5", "null"),
        lambda text: text.replace("processor", "process"),
        lambda text: text[: text.index('"measured"')] + '"measured": []}',
    ],
)
def test_a_damaged_file_says_what_to_do(kept, damage):
    kept.write_text(damage(json.dumps(content())), encoding="utf-8")
    with pytest.raises(CorruptData, match=r"git checkout, or delete it and run make costs"):
        study.costs(CHAPTER)


def test_other_chapters_and_other_places(monkeypatch):
    with pytest.raises(UnknownName, match="not the name of a chapter"):
        study.costs("cf")
    monkeypatch.setattr("musicrec.study.kept_costs.checkout", lambda: None)
    with pytest.raises(DataUnavailable, match="Clone the repository"):
        study.costs(CHAPTER)
