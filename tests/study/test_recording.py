"""Recording numbers."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicrec import study
from musicrec.errors import DataUnavailable, InvalidArgument, InvalidData
from musicrec.study.records import read


def written(folder):
    return json.loads((folder / "01_listening_data.json").read_text(encoding="utf-8"))


def test_a_number_is_written_with_where_it_comes_from(begun, results_folder, toy):
    study.record("listening.pairs", np.int64(3), unit="pairs", dataset=toy)
    study.record(
        "listening.gini", np.float32(0.25), interval=np.array([0.2, 0.3]), tolerance=0.01, dataset=toy
    )
    content = written(results_folder)
    assert content["records"]["listening.pairs"] == {
        "value": 3, "interval": None, "unit": "pairs", "tolerance": 0.0, "evidence": "real", "dataset": "toy",
    }  # fmt: skip
    assert content["records"]["listening.gini"]["interval"] == [0.2, 0.3]
    provenance = content["provenance"]
    assert provenance["datasets"] == {"toy": {"evidence": "real", "fingerprint": "sha256:0123"}}
    assert provenance["seed"] == 3 and provenance["device"] == "cpu"
    assert provenance["versions"]["numpy"] == np.__version__
    assert {"commit", "dirty", "date"} <= provenance.keys()
    assert (content["chapter"], content["edition"], content["profile"]) == (
        "01_listening_data",
        "songbook",
        "book",
    )


def test_options_make_another_dataset(begun, results_folder, toy):
    other = replace(toy, provenance={"fingerprint": "sha256:4567", "options": "world=1"})
    study.record("a.b", 1, dataset=toy)
    study.record("a.c", 2, dataset=other)
    content = written(results_folder)
    assert content["provenance"]["datasets"] == {
        "toy": {"evidence": "real", "fingerprint": "sha256:0123"},
        "toy world=1": {"evidence": "real", "fingerprint": "sha256:4567"},
    }
    assert [content["records"][id]["dataset"] for id in ("a.b", "a.c")] == ["toy", "toy world=1"]


def test_without_a_dataset_the_evidence_is_the_editions(begun, results_folder):
    study.record("a.b", 1)
    study.begin("02_x", edition="real")
    study.record("a.b", 1)
    assert read(results_folder / "01_listening_data.json").records["a.b"].evidence == "simulated"
    assert read(results_folder / "02_x.json").records["a.b"].evidence == "real"


def test_the_text_gets_plain_numbers(begun, glued):
    returned = study.record("a.b", np.float64(0.123456789), interval=(np.float64(0.1), 0.2))
    assert glued == {"a.b": 0.123457, "a.b.low": 0.1, "a.b.high": 0.2}
    assert {type(value) for value in glued.values()} == {float} and type(returned) is float
    assert returned == 0.123456789
    study.record("a.count", np.int32(17632))
    assert type(glued["a.count"]) is int


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)))
def test_what_is_read_back_is_what_was_recorded(results_folder, value):
    study.begin("01_listening_data")
    study.record("a.b", value)
    found = read(results_folder / "01_listening_data.json").records["a.b"].value
    assert type(found) is type(value)
    assert math.isclose(found, value, rel_tol=5e-6)


def test_machines_that_sum_in_another_order_write_the_same_file(results_folder):
    for noise in (0.0, 1e-13):
        study.begin("01_listening_data")
        study.record("a.b", 0.3 + noise)
        records = written(results_folder)["records"]
        assert records["a.b"]["value"] == 0.3


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float64("nan"), -math.inf])
def test_what_is_not_finite_is_refused(begun, value):
    with pytest.raises(InvalidData, match=r"value is -?(nan|inf)"):
        study.record("a.b", value)


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [1]}),
        pd.Series([1.0]),
        np.array([1.0]),
        np.array(1.0),
        "0.5",
        [1],
        None,
        True,
        np.True_,
        1j,
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_one_plain_number_is_recorded(begun, results_folder, value):
    with pytest.raises(InvalidData, match=r"one plain number.*aggregate"):
        study.record("a.b", value)
    assert not (results_folder / "01_listening_data.json").exists()


@pytest.mark.parametrize("id", ["gini", "A.b", "a b.c", "a..b", ".a", "a.", "a.b:c", 3, "a.b.low", "a.high"])
def test_ids_have_one_form(begun, id):
    with pytest.raises(InvalidArgument, match="not the name of a record"):
        study.record(id, 1)


@pytest.mark.parametrize("id", ["real.a", "songbook.a", "published.a"])
def test_ids_of_other_sources_are_taken(begun, id):
    with pytest.raises(InvalidArgument, match="is taken"):
        study.record(id, 1)


def test_cut_offs_and_hyphens_may_stand_in_an_id(begun):
    assert study.record("cf.item-knn.ndcg@10", 0.5) == 0.5


def test_one_value_an_id(begun):
    study.record("a.b", 1)
    study.record("a.b", 1)  # the same cell, run again
    with pytest.raises(InvalidArgument, match="has been recorded"):
        study.record("a.b", 2)
    with pytest.raises(InvalidArgument, match="has been recorded"):
        study.record_names("a.b", ["x"])
    with pytest.raises(InvalidArgument, match="has been recorded"):
        study.absent("a.b", why="no times")


@pytest.mark.parametrize("interval", [(1,), (1, 2, 3), 5, "ab", (0.2, math.nan)])
def test_an_interval_is_two_finite_numbers(begun, interval):
    with pytest.raises(InvalidData, match="interval"):
        study.record("a.b", 1.0, interval=interval)


def test_an_interval_is_in_order(begun):
    with pytest.raises(InvalidData, match="above its upper bound"):
        study.record("a.b", 1.0, interval=(2, 1))


@pytest.mark.parametrize("tolerance", [-0.1, math.nan, "0.1"])
def test_a_tolerance_is_not_negative(begun, tolerance):
    with pytest.raises(InvalidData, match="tolerance"):
        study.record("a.b", 1.0, tolerance=tolerance)


def test_nothing_is_recorded_before_a_run_begins():
    with pytest.raises(InvalidArgument, match="no run has begun"):
        study.record("a.b", 1)


def test_a_folder_that_cannot_be_written(begun, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MUSICREC_RESULTS", str(tmp_path / "file"))
    with pytest.raises(DataUnavailable, match="MUSICREC_RESULTS"):
        study.record("a.b", 1)


def test_names_are_glued_as_a_phrase(begun, results_folder, glued):
    study.record_names("tail.most_heard", pd.Series(["Lady Gaga", "O'Neill", "Björk"]))
    study.record_names("tail.one", ["Björk"])
    assert glued == {"tail.most_heard": "Lady Gaga, O'Neill and Björk", "tail.one": "Björk"}
    assert written(results_folder)["names"]["tail.most_heard"] == ["Lady Gaga", "O'Neill", "Björk"]


@pytest.mark.parametrize("names", [[], [f"n{i}" for i in range(11)], "Lady Gaga", ["x" * 121], [3]])
def test_at_most_ten_short_names(begun, names):
    with pytest.raises(InvalidData, match="expected"):
        study.record_names("a.b", names)


def test_what_an_edition_lacks_is_said(begun, results_folder, glued):
    study.absent("time.repeats", "time.sessions", why="this dataset has no times")
    assert set(glued) == {
        f"time.{name}{end}" for name in ("repeats", "sessions") for end in ("", ".low", ".high")
    }
    assert all(math.isnan(value) and type(value) is float for value in glued.values())
    assert written(results_folder)["absent"]["time.repeats"] == "this dataset has no times"


def test_nothing_is_printed_in_a_plain_program(begun, capsys):
    study.record("a.b", 1, interval=(0, 2))
    study.record_names("a.names", ["x"])
    study.recorded("01_listening_data")
    study.published("hetrec.listeners")
    assert capsys.readouterr() == ("", "")
