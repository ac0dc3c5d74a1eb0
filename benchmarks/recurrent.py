"""GRU4Rec: ours against RecBole's, which runs in an environment and a process of its own.

Sessions are generated (benchmarks.generated_sessions), ten parts to train on and one, the latest, held out.
Both sides have the same numbers in an item's vector and in the state, the softmax over all items as their
loss, no dropout, Adam, the same learning rate to start with, and as many plays to be named in a step of
training. RecBole has its data ready beforehand; ours prepares them in the time that is taken. Two pairs:

- an epoch: each side trains a new network for one. The mean loss of both must agree to a tenth.
- the same recall: each trains for as many epochs as it needs, found out before, to name so many of the
  held-out plays among its 20 best. How many is 95 per cent of what RecBole reaches at its best, and both must
  reach it in every round's settings. Measuring the recall is in no time.

What is not the same. RecBole makes a row of each prefix, padded to the longest session, so that a session of
n plays is read n - 1 times; ours reads it once and learns from each step. RecBole draws its batches from all
prefixes alike, ours are of sessions of like length. RecBole puts a linear layer behind the GRU, and has no
bias, in the GRU or of an item. Its learning rate stays, ours falls to 0 along half a cosine. And the weights
start otherwise.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import recbole_environment
from benchmarks.generated_sessions import SMALL, Listening, sessions
from benchmarks.goals import ENOUGH, check_losses, check_reached, epochs_to, set_goal
from benchmarks.rounds import Pair
from benchmarks.worker_process import Worker
from musicrec.data import SessionSplit
from musicrec.evaluation import evaluate_next
from musicrec.models import GRU4Rec

SETTINGS: dict[str, Any] = {"factors": 64, "batch": 512, "lr": 0.003, "seed": 0}
CUT = 20
MOST = 15  # epochs
PATIENCE = 2  # epochs of the peer without a better recall
LOSS_TOLERANCE = 0.1


def pairs(size: Listening = SMALL, python: Path | None = None) -> Iterator[Pair | str]:
    """What to measure; a line of text says that RecBole is left out, or how the goal was set.

    Parameters
    ----------
    size : Listening
    python : Path, optional
        The interpreter of RecBole's environment; without it, that which `make bench` has made.
    """
    python = python or recbole_environment.python()
    if python is None:
        yield recbole_environment.LEFT_OUT
        return
    split = SessionSplit.by_time(sessions(size), test=1 / 11)
    with worker(split, python) as peer:
        name = recbole_environment.named(peer.versions)
        yield epoch(split, size, peer, name)
        goal, theirs = set_goal(peer, lambda: peer.ask("recall", CUT), MOST, PATIENCE)

        def after(epochs: int) -> float:
            return recall(trained(split, size, epochs), split)

        ours = epochs_to(goal, after, MOST, f"GRU4Rec: a recall@{CUT}")
        yield (
            f"training to a recall@{CUT} of {goal:.3f}, that is {ENOUGH:.0%} of RecBole's best: "
            f"{ours} epochs of ours, {theirs} of RecBole's"
        )
        yield to_the_goal(split, size, peer, name, goal, (ours, theirs))


def worker(split: SessionSplit, python: Path | str) -> Worker:
    """RecBole's process; no item may be in `split.test` alone."""
    arrays = {
        "items": split.train.items,
        "starts": split.train.starts,
        "held_items": split.test.items,
        "held_starts": split.test.starts,
    }
    return Worker(python, "recbole_gru4rec", arrays, SETTINGS)


def epoch(split: SessionSplit, size: Listening, peer: Worker, name: str) -> Pair:
    def agree(mine: GRU4Rec, told: dict[str, Any]) -> None:
        check_losses(float(mine.history_.epochs["loss"].iloc[-1]), told["loss"], LOSS_TOLERANCE)

    return Pair(
        what=f"GRU4Rec, a session in an epoch of training; {size}",
        peer=name,
        ours=lambda: trained(split, size, 1),
        theirs=lambda: peer.train(1),
        agree=agree,
        pieces=len(split.train),
    )


def to_the_goal(
    split: SessionSplit, size: Listening, peer: Worker, name: str, goal: float, epochs: tuple[int, int]
) -> Pair:
    def agree(mine: GRU4Rec, _: Any) -> None:
        found = {"ours": recall(mine, split), name: peer.ask("recall", CUT)}
        check_reached(goal, found, f"recall@{CUT}")

    return Pair(
        what=f"GRU4Rec, training to the same recall@{CUT}; {size}",
        peer=name,
        ours=lambda: trained(split, size, epochs[0]),
        theirs=lambda: peer.train(epochs[1]),
        agree=agree,
    )


def trained(split: SessionSplit, size: Listening, epochs: int) -> GRU4Rec:
    model = GRU4Rec(**SETTINGS, loss="softmax", dropout=0.0, epochs=epochs)
    return model.fit(split.train, n_items=size.items)


def recall(model: GRU4Rec, split: SessionSplit) -> float:
    """Over all held-out plays that follow one, as RecBole's worker does."""
    return float((evaluate_next(model, split.test, CUT).per_prefix["rank"] <= CUT).mean())
