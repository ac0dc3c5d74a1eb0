"""Mult-VAE: ours against RecBole's MultiVAE, each in a process of its own.

The plays are those of Last.fm-2k where its files are on this machine, else generated ones of the same size
(benchmarks.generated); a fifth of each user's items is held out. Both sides have as many numbers in a taste
and in the hidden layers as RecBole recommends. Both take their own seconds and bytes, inside; data are loaded
before. Ours still makes its batches of them in the time that is taken, RecBole has its own ready.

- an epoch, and the memory it takes: RecBole's recommended settings on both sides. Its batch of 2,048 holds
  all users of Last.fm-2k, so that an epoch is one step. The mean loss of both must agree to a tenth. Memory
  is that of new processes: the most that each has held, with all it has imported, and the most that training
  needed above what was held before it.
- the same NDCG@10: each trains for as many epochs as it needs, found out before, to reach 95 per cent of what
  RecBole reaches at its best. Both hand over their scores, and this library's `evaluate` measures both. Ours
  has the settings that it has if none are given. RecBole has its recommended ones once, and once our batch
  (`SMALLER`), of which it takes many more steps an epoch. Only training counts as time.

What is not the same. RecBole reads rows densely, ours as sums of the vectors of what was played. RecBole's
draws from a taste's distribution have a hundredth of its spread, ours all of it. RecBole's beta rises over
200,000 steps, ours over a share of the training. Its learning rate stays, ours falls to 0 along half a
cosine. And the weights start otherwise.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import recbole_environment
from benchmarks.generated import LASTFM_2K, plays
from benchmarks.goals import ENOUGH, check_losses, check_reached, epochs_to, set_goal
from benchmarks.rounds import ROUNDS, Ratio, in_turns
from benchmarks.worker_process import Worker
from musicrec import data
from musicrec.data import Interactions, Split
from musicrec.data.catalogue import entry
from musicrec.data.fetch import find
from musicrec.evaluation import evaluate
from musicrec.models import GivenScores

Settings = dict[str, Any]
SIZES: Settings = {"latent": 64, "hidden": 600, "dropout": 0.5, "seed": 0}
RECOMMENDED: Settings = {**SIZES, "beta": 0.2, "batch": 2048, "lr": 1e-3}  # RecBole's MultiVAE
SMALLER: Settings = {**RECOMMENDED, "batch": 100}
SAME: Settings = {**RECOMMENDED, "anneal": 1.0, "weight_decay": 0.0}  # as RECOMMENDED, for ours
OURS: Settings = {**SIZES, "beta": 0.5, "anneal": 0.5, "batch": 100, "lr": 1e-2, "weight_decay": 0.1}
CUT = 10
MOST, PATIENCE = 300, 10  # epochs, and those without a better NDCG: RecBole's own
MOST_OF_OURS = 30
EPOCHS = 2  # of which the time of one is taken
LOSS_TOLERANCE = 0.1
FEW = 3  # rounds where one takes minutes
GROUPS = 20  # of users with a taste in common, where plays are generated
OUR_MODULE, RECBOLES_MODULE = "our_multvae", "recbole_multivae"


def pairs(
    x: Interactions | None = None, python: Path | None = None, rounds: int = ROUNDS, few: int = FEW
) -> Iterator[Ratio | str]:
    """What was measured; lines of text say what it was measured on, and how the goals were set.

    Parameters
    ----------
    x : Interactions, optional
        What was played; without it, Last.fm-2k or generated plays.
    python : Path, optional
        The interpreter of RecBole's environment; without it, that which `make bench` has made.
    rounds, few : int
        Of an epoch; and of memory and of training to a goal.
    """
    python = python or recbole_environment.python()
    if python is None:
        yield recbole_environment.LEFT_OUT
        return
    if x is None:
        x, source = listening()
        yield f"MultVAE is measured on {source}"
    split = data.holdout(x, test=0.2, valid=0.0, by="user")
    bench = Bench(split, python)
    yield bench.epoch(rounds)
    yield from bench.memory(few)
    for settings, name in ((RECOMMENDED, "its recommended settings"), (SMALLER, "our batch")):
        yield from bench.to_the_goal(settings, name, few)


def listening() -> tuple[Interactions, str]:
    """What was played, and where it comes from. Nothing is downloaded for it."""
    if find(entry("lastfm-2k")) is None:
        return plays(LASTFM_2K, groups=GROUPS), "generated plays: Last.fm-2k is not on this machine"
    return data.load("lastfm-2k").interactions, "Last.fm-2k"


class Bench:
    """A split, and processes of both sides that learn from it.

    Parameters
    ----------
    split : Split
    python : Path
        The interpreter of RecBole's environment.
    """

    def __init__(self, split: Split, python: Path) -> None:
        self.split, self.python = split, python
        pairs_of_train = split.train.binary.tocoo()
        self.arrays = {
            "user": pairs_of_train.row.astype(np.int64),
            "item": pairs_of_train.col.astype(np.int64),
            "shape": np.array(split.train.binary.shape),
        }
        self.size = f"{split.train.n_users:,} x {split.train.n_items:,}"

    def ours(self, settings: Settings) -> Worker:
        return Worker(sys.executable, OUR_MODULE, self.arrays, settings)

    def theirs(self, settings: Settings) -> Worker:
        return Worker(self.python, RECBOLES_MODULE, self.arrays, settings)

    def ndcg(self, worker: Worker) -> float:
        """Of the held-out items, as this library measures it, whoever made the scores."""
        told = GivenScores(worker.scores()).fit(self.split.train)
        return float(evaluate(told, self.split, CUT).mean()[f"ndcg@{CUT}"])

    def epoch(self, rounds: int) -> Ratio:
        """Seconds an epoch, with RecBole's settings on both sides.

        Raises
        ------
        Disagreement
            Where their losses do.
        """
        with self.ours(SAME) as ours, self.theirs(RECOMMENDED) as theirs:
            check_losses(ours.train(EPOCHS)["loss"], theirs.train(EPOCHS)["loss"], LOSS_TOLERANCE)
            mine, other = in_turns(
                lambda: ours.train(EPOCHS)["seconds"] / EPOCHS,
                lambda: theirs.train(EPOCHS)["seconds"] / EPOCHS,
                rounds,
            )
            name = recbole_environment.named(theirs.versions)
            return Ratio(f"MultVAE, an epoch of training; {self.size}", name, mine, other)

    def memory(self, rounds: int) -> Iterator[Ratio | str]:
        """Bytes of new processes, with RecBole's settings on both sides."""

        def cost(worker: Worker) -> dict[str, Any]:
            with worker:
                return {**worker.train(EPOCHS), "by": worker.versions}

        mine, other = in_turns(lambda: cost(self.ours(SAME)), lambda: cost(self.theirs(RECOMMENDED)), rounds)
        if mine[0]["process"] is None:
            yield "left out: the memory of MultVAE, which only Linux tells for a call"
            return
        for key, what in (("process", "the process"), ("call", "training alone")):
            yield Ratio(
                f"MultVAE, peak memory of {what}; {self.size}",
                recbole_environment.named(other[0]["by"]),
                tuple(one[key] for one in mine),
                tuple(one[key] for one in other),
                unit="bytes",
            )

    def to_the_goal(self, settings: Settings, which: str, rounds: int) -> Iterator[Ratio | str]:
        """Seconds of training to the same NDCG@10.

        Parameters
        ----------
        settings : dict
            RecBole's.
        which : str
            What they are called.
        rounds : int

        Raises
        ------
        Disagreement
            Where ours does not get there; or in a round one of the sides did not.
        """
        with self.ours(OURS) as ours, self.theirs(settings) as theirs:

            def after(epochs: int) -> float:
                ours.train(epochs)
                return self.ndcg(ours)

            def seconds(worker: Worker, epochs: int) -> float:
                taken: float = worker.train(epochs)["seconds"]
                check_reached(goal, {worker.module: self.ndcg(worker)}, f"NDCG@{CUT}")
                return taken

            goal, others = set_goal(theirs, lambda: self.ndcg(theirs), MOST, PATIENCE)
            epochs = epochs_to(goal, after, MOST_OF_OURS, f"MultVAE: an NDCG@{CUT}")
            yield (
                f"MultVAE, RecBole with {which}: training to an NDCG@{CUT} of {goal:.3f}, that is "
                f"{ENOUGH:.0%} of RecBole's best: {epochs} epochs of ours, {others} of RecBole's"
            )
            mine, other = in_turns(lambda: seconds(ours, epochs), lambda: seconds(theirs, others), rounds)
            yield Ratio(
                f"MultVAE, training to the same NDCG@{CUT}; {self.size}",
                f"{recbole_environment.named(theirs.versions)}, {which}",
                mine,
                other,
            )
