"""The benchmark of Mult-VAE: both sides learn the same from the same plays, or the run stops."""

import inspect

import numpy as np
import pytest

from benchmarks import goals, recbole_environment, variational
from benchmarks.generated import Size, plays
from benchmarks.rounds import Disagreement, Ratio
from benchmarks.variational import OURS, SIZES, Bench
from musicrec import data
from musicrec.models import MultVAE

TINY = Size(120, 90, 12)
RECBOLE = recbole_environment.python()
needs_recbole = pytest.mark.skipif(
    RECBOLE is None,
    reason="RecBole has no environment here: python -m benchmarks.recbole_environment makes it",
)


class Scripted:
    """A worker of which is written down what it answers."""

    module = "scripted"
    versions = {"recbole": "0", "numpy": "1"}  # noqa: RUF012

    def __init__(self, told=None, loss=5.0, held=100, seconds=1.0):
        self.told, self.loss, self.held, self.seconds = told, loss, held, seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def train(self, epochs):
        whole = None if self.held is None else 2 * self.held
        return {"seconds": self.seconds * epochs, "process": whole, "call": self.held, "loss": self.loss}

    further = train

    def scores(self):
        return self.told


@pytest.fixture
def split():
    return data.holdout(plays(TINY, groups=4), test=0.2, valid=0.0, by="user")


def bench(split, ours, theirs):
    made = Bench(split, None)
    made.ours = lambda settings: ours
    made.theirs = lambda settings: theirs
    return made


def test_ours_has_its_own_settings_where_it_trains_to_the_goal():
    given = {name: one.default for name, one in inspect.signature(MultVAE).parameters.items()}
    assert {name: OURS[name] for name in OURS.keys() - SIZES.keys()} == {
        name: given[name] for name in OURS.keys() - SIZES.keys()
    }


def test_generated_users_prefer_their_own_group():
    user, item = plays(TINY, groups=4).binary.nonzero()
    assert (user % 4 == item % 4).mean() > 0.5
    user, item = plays(TINY).binary.nonzero()
    assert (user % 4 == item % 4).mean() < 0.35


def test_who_made_the_scores_is_all_the_same_to_the_measure(split):
    perfect = split.test.binary.toarray()
    chance = np.random.default_rng(0).random(perfect.shape, dtype=np.float32)
    made = bench(split, None, None)
    assert made.ndcg(Scripted(perfect)) == pytest.approx(1)
    assert made.ndcg(Scripted(chance)) < 0.2


def test_an_epoch_and_memory_come_as_the_sides_tell_them(split):
    made = bench(split, Scripted(seconds=1.0, held=50), Scripted(seconds=4.0, held=200))
    epoch = made.epoch(rounds=3)
    assert epoch.rounds == [0.25] * 3
    assert epoch.ours == (1.0,) * 3
    process, training = made.memory(rounds=2)
    assert (process.unit, process.ours, process.theirs) == ("bytes", (100, 100), (400, 400))
    assert (training.unit, training.ours, training.theirs) == ("bytes", (50, 50), (200, 200))
    (said,) = bench(split, Scripted(held=None), Scripted(held=None)).memory(rounds=1)
    assert said.startswith("left out: the memory of MultVAE")


@pytest.mark.parametrize("loss", [4.0, 6.0, np.nan])
def test_sides_that_learn_otherwise_do_not_agree(split, loss):
    with pytest.raises(Disagreement, match="the mean loss of the epoch"):
        bench(split, Scripted(loss=5.0), Scripted(loss=loss)).epoch(rounds=1)


def test_only_training_to_the_same_ndcg_counts(split, monkeypatch):
    monkeypatch.setattr(variational, "MOST_OF_OURS", 2)
    perfect = split.test.binary.toarray()
    good = bench(split, Scripted(perfect, seconds=1.0), Scripted(perfect, seconds=2.0))
    said, ratio = good.to_the_goal({}, "its settings", rounds=2)
    assert "NDCG@10 of 0.950, that is 95% of RecBole's best: 1 epochs of ours, 1 of RecBole's" in said
    assert ratio.rounds == [0.5, 0.5]
    null = bench(split, Scripted(np.zeros_like(perfect)), Scripted(perfect))
    with pytest.raises(Disagreement, match=r"NDCG@10 of 0\.950 is not reached in 2 epochs"):
        list(null.to_the_goal({}, "its settings", rounds=1))


def test_recbole_is_named_where_it_is_left_out(monkeypatch):
    monkeypatch.setattr(recbole_environment, "python", lambda: None)
    (said,) = variational.pairs()
    assert said.startswith("left out: RecBole has no environment here")


def test_generated_plays_are_said_to_be_where_lastfm_is_not_here(monkeypatch):
    monkeypatch.setattr(variational, "find", lambda _: None)
    monkeypatch.setattr(variational, "LASTFM_2K", TINY)
    x, said = variational.listening()
    assert said.startswith("generated plays: Last.fm-2k is not on this machine")
    assert x.binary.shape == (TINY.users, TINY.items)


@needs_recbole
def test_recbole_trains_the_same_network_in_one_go_and_epoch_by_epoch(split):
    with Bench(split, RECBOLE).theirs(variational.SMALLER) as theirs:
        theirs.train(1)
        theirs.scores()
        theirs.further(1)
        in_parts = theirs.scores()
        theirs.train(2)
        assert np.array_equal(theirs.scores(), in_parts)


@pytest.mark.slow
@needs_recbole
def test_recbole_learns_the_same_from_the_same_plays(monkeypatch):
    monkeypatch.setattr(variational, "MOST", 3)
    monkeypatch.setattr(goals, "ENOUGH", 0.5)
    found = list(variational.pairs(plays(TINY, groups=4), RECBOLE, rounds=1, few=1))
    ratios = [one for one in found if isinstance(one, Ratio)]
    said = [one for one in found if isinstance(one, str)]
    assert [one.unit for one in ratios] == ["seconds", "bytes", "bytes", "seconds", "seconds"]
    assert all(one.peer.startswith("RecBole 1.2.1 with NumPy 1.26.4") for one in ratios)
    assert ratios[1].ours[0] > ratios[2].ours[0] > 0
    assert ["its recommended settings" in said[0], "our batch" in said[1]] == [True, True]
