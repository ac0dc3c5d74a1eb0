"""Listening sessions to measure on, made here: some items are popular, and each has its followers."""

from dataclasses import dataclass

import numpy as np

from benchmarks.generated import SHIFT
from musicrec.data import Sessions

_SHORTEST, _LONGEST = 2, 20
_MEAN = 7  # plays a session, but for the few that are cut off at the longest
_FOLLOWED = (0.35, 0.2, 0.1, 0.05)  # how often each of an item's four followers comes next; else any item


@dataclass(frozen=True)
class Listening:
    """So many sessions over so many items."""

    sessions: int
    items: int

    def __str__(self) -> str:
        return f"{self.sessions:,} sessions, {self.items:,} items"


NOWPLAYING = Listening(128_000, 60_000)  # about the training sessions of #nowplaying, and its tracks
SMALL = Listening(2_200, 1_000)  # with more, RecBole alone takes minutes for one round


def sessions(size: Listening, seed: int = 0) -> Sessions:
    """Sessions of 2 to 20 plays, in the order of time; the same seed gives the same ones.

    Items are drawn in proportion to 1 / (20 + rank). Each has four followers, drawn in the same way: seven
    times in ten one of them is the next play.
    """
    rng = np.random.default_rng(seed)
    popularity = np.cumsum(1 / (SHIFT + rng.permutation(size.items)))

    def drawn(*shape: int) -> np.ndarray:
        return np.searchsorted(popularity, rng.random(shape) * popularity[-1], side="right")

    followers = drawn(size.items, len(_FOLLOWED))
    bounds = np.cumsum(_FOLLOWED)
    plays = np.empty((size.sessions, _LONGEST), dtype=np.int64)
    plays[:, 0] = drawn(size.sessions)
    for step in range(1, _LONGEST):
        which = np.searchsorted(bounds, rng.random(size.sessions), side="right")
        anywhere = drawn(size.sessions)
        followed = followers[plays[:, step - 1], np.minimum(which, len(_FOLLOWED) - 1)]
        plays[:, step] = np.where(which < len(_FOLLOWED), followed, anywhere)
    further = rng.geometric(1 / (_MEAN - _SHORTEST + 1), size.sessions) - 1
    lengths = np.minimum(_SHORTEST + further, _LONGEST)
    kept = np.arange(_LONGEST) < lengths[:, None]
    return Sessions(plays[kept], np.cumsum(lengths) - lengths)
