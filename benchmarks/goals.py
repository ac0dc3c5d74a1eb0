"""How long both sides of a comparison are trained: until they are as good as each other."""

from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.rounds import Disagreement

ENOUGH = 0.95  # of the peer's best


class Peer(Protocol):
    """A network that goes on to be trained where it stopped (`benchmarks.worker_process.Worker`)."""

    def train(self, epochs: int) -> Any:
        """A new one."""

    def further(self, epochs: int) -> Any:
        """The same, for so many epochs more."""


def set_goal(peer: Peer, quality: Callable[[], float], most: int, patience: int) -> tuple[float, int]:
    """The quality to reach, a share of the peer's best, and how many epochs the peer needs for it.

    Parameters
    ----------
    peer
        Is trained for `most` epochs, or until `patience` of them in a row were no better.
    quality : callable
        Measures the peer as it is; more is better.
    """
    peer.train(1)
    found = [quality()]
    while len(found) < most and len(found) - found.index(max(found)) <= patience:
        peer.further(1)
        found.append(quality())
    goal = ENOUGH * max(found)
    return goal, 1 + next(number for number, one in enumerate(found) if one >= goal)


def epochs_to(goal: float, quality: Callable[[int], float], most: int, what: str) -> int:
    """How many epochs our network needs; each number is tried from the start, since the rate falls over all.

    Parameters
    ----------
    goal : float
    quality : callable
        Trains a new network for so many epochs, and measures it.
    most : int
    what : str
        The model and the measure, for the message.

    Raises
    ------
    Disagreement
        Where it does not get there.
    """
    for epochs in range(1, most + 1):
        if quality(epochs) >= goal:
            return epochs
    raise Disagreement(f"{what} of {goal:.3f} is not reached in {most} epochs.")


def check_reached(goal: float, found: dict[str, float], what: str) -> None:
    """Raise Disagreement unless each side's quality is that of the goal."""
    for whose, quality in found.items():
        if not quality >= goal:  # said so that NaN disagrees
            raise Disagreement(f"{whose} reaches a {what} of {quality:.3f}, below {goal:.3f}.")


def check_losses(mine: float, other: float, tolerance: float) -> None:
    """Raise Disagreement unless two mean losses of an epoch differ by this share of the peer's at most."""
    if not abs(mine - other) <= tolerance * other:  # said so that NaN disagrees
        raise Disagreement(f"the mean loss of the epoch is {mine:.3f} here and {other:.3f} there.")
