"""The frame of `make bench`: turns, agreement before timing, peers that are absent, the record it keeps."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from benchmarks import evaluation, fits, report, rounds
from benchmarks.generated import Size, plays
from benchmarks.metric_peers import IrMeasures, MetricPeer, PytrecEval
from benchmarks.rounds import Disagreement, Pair, Ratio, measure, same_values

TINY = Size(40, 400, 6)
pytestmark = pytest.mark.filterwarnings("ignore::implicit.utils.ParameterWarning")  # of a call of its own


def pair(ours, theirs):
    def agree(mine, other):
        same_values({"value": np.array([mine])}, {"value": np.array([other])}, 1e-9)

    return Pair("a sum", "a peer", ours, theirs, agree)


def run(suites, keep=None):
    said = io.StringIO()
    status = report.run(suites, Console(file=said, width=120), keep, rounds=1, shortest=0)
    return status, said.getvalue()


def test_both_sides_take_turns_and_the_one_that_starts_changes():
    calls = []
    measure(pair(lambda: calls.append("o") or 1, lambda: calls.append("t") or 1), rounds=3, shortest=0)
    assert "".join(calls) == "ot" + "ot" + "ot" + "to" + "ot"  # agreement, length of a call, three rounds


def test_a_quick_call_is_repeated_and_a_slow_one_is_not(monkeypatch):
    clock = [0.0]
    calls = {0.25: 0, 8.0: 0}

    def lasting(seconds):
        clock[0] += seconds
        calls[seconds] += 1
        return 1

    monkeypatch.setattr(rounds.time, "perf_counter", lambda: clock[0])
    found = measure(pair(lambda: lasting(0.25), lambda: lasting(8.0)), rounds=2, shortest=2.0)
    assert calls == {0.25: 1 + 1 + 2 * 8, 8.0: 1 + 1 + 2}  # agreement, length of a call, two rounds
    assert found.ours == (0.25, 0.25)
    assert found.theirs == (8.0, 8.0)
    assert found.median == 1 / 32


def test_the_ratio_is_taken_within_each_round():
    slowed_in_one_round = Ratio("a sum", "a peer", ours=(1.0, 10.0, 3.0), theirs=(2.0, 20.0, 3.0))
    assert slowed_in_one_round.rounds == [0.5, 0.5, 1.0]
    assert slowed_in_one_round.median == 0.5


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ({"ndcg@10": np.array([0.5, 0.25 + 1e-6])}, r"ndcg@10 differs by more than 1e-09 in 1 of 2 .* row 1"),
        ({"ndcg@10": np.array([np.nan, 0.25])}, r"in 1 of 2 values; most in row 0: nan here, 0.5 there"),
        ({"ndcg@10": np.array([0.5])}, r"has the shape \(2,\) there and is of shape \(1,\) here"),
        ({"map@10": np.array([0.5, 0.25])}, "is missing here"),
    ],
)
def test_values_that_differ_are_told_apart(ours, message):
    theirs = {"ndcg@10": np.array([0.5, 0.25])}
    same_values({"ndcg@10": theirs["ndcg@10"] + 1e-10}, theirs, 1e-9)
    with pytest.raises(Disagreement, match=message):
        same_values(ours, theirs, 1e-9)


def test_a_peer_that_returns_nothing_does_not_agree():
    with pytest.raises(Disagreement, match="nothing to compare"):
        same_values({"ndcg@10": np.ones(2)}, {}, 1e-9)


def test_sides_that_disagree_stop_the_run_and_nothing_is_kept(tmp_path):
    calls = []
    wrong = pair(lambda: calls.append("ours") or 1.0, lambda: calls.append("theirs") or 2.0)
    status, said = run({"Sums": lambda: [wrong, pair(lambda: 1, lambda: 1)]}, tmp_path / "kept.json")
    assert status == 1
    assert "Stopped: a sum, this library and a peer: value differs" in said
    assert calls == ["ours", "theirs"]  # called to compare, and never timed
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_kept_only_where_asked(tmp_path):
    suites = {"Sums": lambda: ["a note", pair(lambda: 1, lambda: 1)]}
    status, said = run(suites)
    assert status == 0
    assert "a note" in said
    assert list(tmp_path.iterdir()) == []
    kept = tmp_path / "cost" / "benchmarks.json"
    run(suites, kept)
    content = json.loads(kept.read_text(encoding="utf-8"))
    assert content["processor"]
    assert content["versions"].keys() >= {"musicrec", "numpy", "implicit"}
    assert content["notes"] == ["a note"]
    (row,) = content["ratios"]
    assert row["lowest"] <= row["ratio"] <= row["highest"]
    assert {"what": row["what"], "peer": row["peer"]} == {"what": "a sum", "peer": "a peer"}


class Absent(MetricPeer):
    module, name = "a_module_that_nobody_has", "an absent peer"


def test_metrics_agree_with_peers_and_an_absent_one_is_named(monkeypatch):
    monkeypatch.setattr(evaluation, "PEERS", (Absent, IrMeasures, PytrecEval))
    found = list(evaluation.pairs(TINY))
    assert "left out: an absent peer is not installed" in found[0]
    ratios = [measure(one, rounds=1, shortest=0) for one in found[1:]]
    assert [ratio.peer for ratio in ratios] == ["ir_measures", "pytrec_eval"] * 3
    assert len({ratio.what for ratio in ratios}) == 3


@pytest.mark.parametrize("peer", [IrMeasures, PytrecEval])
@pytest.mark.parametrize("measured", ["recall@20", "ndcg@10", "map@20", "mrr@20"])
def test_a_metric_that_is_off_by_a_little_stops_the_benchmark(monkeypatch, peer, measured):
    def off(*arguments):
        found = right(*arguments)
        found[measured][3] += 1e-6
        return found

    right = evaluation.ranking_metrics
    monkeypatch.setattr(evaluation, "PEERS", (peer,))
    monkeypatch.setattr(evaluation, "ranking_metrics", off)
    with pytest.raises(Disagreement, match=f"metrics of ready lists, 40 x 400.*{measured} differs"):
        measure(next(iter(evaluation.pairs(TINY))))


def test_fits_agree_with_their_peers_at_a_small_size():
    ratios = [measure(one, rounds=1, shortest=0) for one in fits.pairs(Size(60, 90, 8), Size(50, 40, 8))]
    assert [ratio.what.split(",")[0] for ratio in ratios] == ["EASE", "ALS", "ItemKNN", "ALS", "BPR"]


@pytest.mark.parametrize("fit", [fits.ease, fits.als_against_numpy, fits.item_knn, fits.als, fits.bpr])
def test_a_model_fitted_to_other_plays_does_not_agree(fit):
    size = Size(60, 90, 8)
    one, other = fit(plays(size, seed=0), size), fit(plays(size, seed=1), size)
    with pytest.raises(Disagreement):
        one.agree(one.ours(), other.theirs())


def test_generated_plays_are_zipf_like_and_the_same_each_time():
    size = Size(200, 1000, 20)
    made = plays(size)
    assert made.n_pairs == len(made) == 200 * 20
    audience = np.sort(np.bincount(made.events["item"], minlength=1000))[::-1]
    assert audience[:100].sum() > 4 * audience[500:].sum() / 5
    assert made.events.equals(plays(size).events)
