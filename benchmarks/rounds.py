"""Measuring two ways of doing one thing, so that their ratio can be believed.

A machine that does other things too slows both sides of a pair, but not at the same moment. So the two sides
take turns: each round times both, and the side that starts changes from round to round. The ratio is taken
within a round, and what is reported is the median over the rounds with the smallest and the largest. Before
any timing each side is called once: this fills caches, pays for what is compiled on first use, and gives
the values that must agree.
"""

import gc
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, TypeVar

import numpy as np

ROUNDS = 7
SHORTEST = 0.1  # seconds; a quicker call is repeated within a round until it takes this long


Measured = TypeVar("Measured")


class Disagreement(Exception):
    """The two sides of a pair compute different values, so that their times cannot be compared."""


@dataclass(frozen=True)
class Pair:
    """One piece of work done twice, by this library and by a peer.

    Parameters
    ----------
    what : str
        The work and its size, as a row of the table says it.
    peer : str
        Who else does it, and in which form.
    ours, theirs : callable
        Each does the work once and returns what it found. Only these two calls are timed.
    agree : callable
        Takes what `ours` and `theirs` returned; raises Disagreement where they differ.
    pieces : int
        How many pieces of work a call does, where the time of one is of interest: sessions, prefixes.
    """

    what: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    agree: Callable[[Any, Any], None]
    pieces: int = 1


@dataclass(frozen=True)
class Ratio:
    """What came out for a pair: seconds a piece or bytes in each round, both sides in the same order."""

    what: str
    peer: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    unit: Literal["seconds", "bytes"] = "seconds"

    @property
    def rounds(self) -> list[float]:
        """Ours divided by the peer's, one a round: below 1 where this library needs less."""
        return [mine / other for mine, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def median(self) -> float:
        """The middle one of `rounds`."""
        return median(self.rounds)


def measure(pair: Pair, rounds: int = ROUNDS, shortest: float = SHORTEST) -> Ratio:
    """Check that both sides of a pair find the same values, then time them in turns.

    Raises
    ------
    Disagreement
        Where `pair.agree` says so; nothing has been timed then.
    """
    try:
        pair.agree(pair.ours(), pair.theirs())
    except Disagreement as error:
        raise Disagreement(f"{pair.what}, this library and {pair.peer}: {error}") from error
    sides = [pair.ours, pair.theirs]
    repeats = [max(1, math.ceil(shortest / _seconds(side, 1))) for side in sides]
    mine, other = in_turns(
        lambda: _seconds(pair.ours, repeats[0]) / pair.pieces,
        lambda: _seconds(pair.theirs, repeats[1]) / pair.pieces,
        rounds,
    )
    return Ratio(pair.what, pair.peer, mine, other)


def in_turns(
    ours: Callable[[], Measured], theirs: Callable[[], Measured], rounds: int
) -> tuple[tuple[Measured, ...], tuple[Measured, ...]]:
    """What each side measured in each round; the side that starts changes from round to round."""
    sides = (ours, theirs)
    found: tuple[list[Measured], list[Measured]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            found[side].append(sides[side]())
    return tuple(found[0]), tuple(found[1])


def same_values(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], tolerance: float) -> None:
    """Raise Disagreement unless all arrays of `theirs` are in `ours`, within an absolute tolerance."""
    if not theirs:
        raise Disagreement("the peer returned nothing to compare.")
    for name, expected in theirs.items():
        if name not in ours or np.shape(ours[name]) != np.shape(expected):
            found = f"of shape {np.shape(ours[name])}" if name in ours else "missing"
            raise Disagreement(f"{name} has the shape {np.shape(expected)} there and is {found} here.")
        gap = np.abs(np.asarray(ours[name]) - expected)
        if not (gap <= tolerance).all():  # said so that NaN disagrees
            place = np.unravel_index(np.argmax(np.where(np.isnan(gap), np.inf, gap)), gap.shape)
            where = ", ".join(str(int(number)) for number in place)
            raise Disagreement(
                f"{name} differs by more than {tolerance:g} in {(~(gap <= tolerance)).sum():,} of "
                f"{gap.size:,} values; most in row {where}: {ours[name][place]} here, {expected[place]} "
                "there. Nothing was timed: find out which is right first."
            )


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    """Wall-clock seconds of one call, averaged over `repeats`, without pauses for garbage collection."""
    gc.disable()
    try:
        started = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - started) / repeats
    finally:
        gc.enable()
