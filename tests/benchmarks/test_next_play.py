"""The benchmarks of the next play: both sides give the same lists, or learn the same, or the run stops."""

import sys

import numpy as np
import pytest

from benchmarks import goals, recbole_environment, recurrent, rounds, session_neighbours
from benchmarks.generated_sessions import Listening, sessions
from benchmarks.plain_session_knn import PlainSKNN, PlainSTAN, PlainVSKNN
from benchmarks.rounds import Disagreement, Pair, measure
from musicrec.data import Sessions, SessionSplit
from musicrec.models import SKNN, STAN, VSKNN

TINY = Listening(400, 60)
RECBOLE = recbole_environment.python()
needs_recbole = pytest.mark.skipif(
    RECBOLE is None,
    reason="RecBole has no environment here: python -m benchmarks.recbole_environment makes it",
)


def test_sessions_are_the_same_each_time_and_follow_the_planted_order():
    size = Listening(3000, 200)
    made = sessions(size)
    assert np.array_equal(made.items, sessions(size).items)
    assert made.lengths.min() == 2
    assert made.lengths.max() == 20
    assert 6 < made.lengths.mean() < 7.5
    counts = np.zeros((size.items, size.items))
    inside = np.setdiff1d(np.arange(len(made.items) - 1), made.starts[1:] - 1)
    np.add.at(counts, (made.items[inside], made.items[inside + 1]), 1)
    followed = np.sort(counts, axis=1)[:, -4:].sum() / counts.sum()
    assert 0.65 < followed < 0.85  # seven times in ten one of four followers, now and then by chance
    audience = np.sort(np.bincount(made.items, minlength=size.items))[::-1]
    assert audience[:20].mean() > 5 * audience[-100:].mean()


def test_session_neighbours_agree_with_dictionaries_and_loops():
    ratios = [measure(one, rounds=1, shortest=0) for one in session_neighbours.pairs(TINY, prefixes=20)]
    assert [ratio.what.split(",")[0] for ratio in ratios] == ["SKNN", "VSKNN", "STAN"]


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        (SKNN(k=10, sample=50), lambda past: PlainSKNN(past, 9, 50)),
        (SKNN(k=10, sample=50), lambda past: PlainSKNN(past, 10, 30)),
        (VSKNN(k=10, sample=50, weighting="quadratic"), lambda past: PlainVSKNN(past, 10, 50)),
        (VSKNN(k=10, sample=50, weighting_score="log"), lambda past: PlainVSKNN(past, 10, 50)),
        (STAN(k=10, sample=50, lambda1=1.0), lambda past: PlainSTAN(past, 10, 50, 2.0, 1.0, 2.0)),
        (STAN(k=10, sample=50, lambda2=0.1), lambda past: PlainSTAN(past, 10, 50, 2.0, 1.0, 2.0)),
        (STAN(k=10, sample=50, lambda3=1.0), lambda past: PlainSTAN(past, 10, 50, 2.0, 1.0, 2.0)),
    ],
)
def test_other_settings_do_not_agree(model, plain):
    heard = sessions(TINY)
    past, later = heard.take(np.arange(300)), heard.take(np.arange(300, 400))
    asked = session_neighbours.beginnings(later)
    with pytest.raises(Disagreement, match="scores differs"):
        measure(session_neighbours.pair(model, plain(past), past, asked, TINY), rounds=1, shortest=0)


def test_a_list_shorter_than_twenty_agrees_where_the_rest_scores_nothing():
    past = Sessions(np.array([0, 1, 2, 3, 2, 4]), np.array([0, 2, 4]))
    asked = Sessions(np.array([0, 2]), np.array([0, 1]))
    pair = session_neighbours.pair(SKNN(), PlainSKNN(past, 100, 1000), past, asked, Listening(3, 30))
    assert [sorted(one) for one in pair.theirs()] == [[0, 1], [2, 3, 4]]
    pair.agree(pair.ours(), pair.theirs())


def test_the_time_of_a_piece_is_that_of_the_call_by_their_number(monkeypatch):
    clock = [0.0]

    def lasting(seconds):
        clock[0] += seconds

    monkeypatch.setattr(rounds.time, "perf_counter", lambda: clock[0])
    work = Pair("a sum", "a peer", lambda: lasting(8.0), lambda: lasting(4.0), lambda *_: None, pieces=16)
    found = measure(work, rounds=2, shortest=0.1)
    assert found.ours == (0.5, 0.5)
    assert found.theirs == (0.25, 0.25)


class Scripted:
    """A peer whose recall and loss are written down."""

    def __init__(self, recall=0.0, loss=5.0):
        self.recall, self.loss = recall, loss

    def train(self, epochs):
        return {"loss": self.loss}

    def ask(self, command, k):
        assert (command, k) == ("recall", recurrent.CUT)
        return self.recall


def test_sides_that_learn_otherwise_do_not_agree():
    split = SessionSplit.by_time(sessions(TINY), test=1 / 11)
    ours = recurrent.trained(split, TINY, 1)
    loss = float(ours.history_.epochs["loss"].iloc[-1])
    one = recurrent.epoch(split, TINY, Scripted(), "a peer")
    one.agree(ours, {"loss": loss})
    for other in (0.8 * loss, 1.2 * loss, np.nan):
        with pytest.raises(Disagreement, match="the mean loss of the epoch"):
            one.agree(ours, {"loss": other})
    reached = recurrent.recall(ours, split)
    both = recurrent.to_the_goal(split, TINY, Scripted(reached / 2), "a peer", reached, (1, 1))
    with pytest.raises(Disagreement, match="a peer reaches a recall@20"):
        both.agree(ours, None)


def test_recbole_is_named_where_it_is_left_out(monkeypatch):
    monkeypatch.setattr(recbole_environment, "python", lambda: None)
    (said,) = recurrent.pairs(TINY)
    assert said.startswith("left out: RecBole has no environment here")


def test_a_peer_that_dies_says_why():
    split = SessionSplit.by_time(sessions(TINY), test=1 / 11)
    with pytest.raises(RuntimeError, match="No module named 'recbole'"):  # which this environment has not
        recurrent.worker(split, sys.executable).__enter__()


@needs_recbole
def test_recbole_learns_the_same_from_the_same_sessions(monkeypatch):
    monkeypatch.setattr(recurrent, "MOST", 3)
    monkeypatch.setattr(goals, "ENOUGH", 0.5)
    found = []
    for one in recurrent.pairs(TINY, RECBOLE):
        found.append(one if isinstance(one, str) else measure(one, rounds=1, shortest=0))
    epoch, said, goal = found
    assert "RecBole's best" in said
    assert [ratio.peer for ratio in (epoch, goal)] == ["RecBole 1.2.1 with NumPy 1.26.4"] * 2
