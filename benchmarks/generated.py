"""Data to measure on, made here: of the size of real listening data, and owned by nobody."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data import Interactions

SHIFT = 20  # of the ranks in Zipf's law: the most popular item then reaches a third of the users, not all

OWN = 10  # times as likely is an item of a user's own group


@dataclass(frozen=True)
class Size:
    """So many users, items, and different items a user plays."""

    users: int
    items: int
    each: int

    def __str__(self) -> str:
        return f"{self.users:,} x {self.items:,}"


LASTFM_2K = Size(1892, 17632, 49)  # users and artists of Last.fm-2k, and its pairs a user
LASTFM_2K_FILTERED = Size(1881, 2828, 38)  # where only artists of five listeners or more are kept


def plays(size: Size, seed: int = 0, groups: int = 1) -> Interactions:
    """Plays by Zipf's law: items drawn in proportion to 1 / (20 + rank), none twice by one user.

    With more `groups`, users and items are dealt out among them in turn, and a user's draws of items of her
    own group are ten times as likely, so that there is more to learn than what is popular.
    """
    rng = np.random.default_rng(seed)
    weight = np.log(1 / (SHIFT + rng.permutation(size.items)))
    drawn = np.empty((size.users, size.each), dtype=np.int64)
    group = np.arange(size.items) % groups
    for user, row in enumerate(drawn):  # the largest of log weight plus Gumbel noise are such a draw
        liked = weight + np.log(OWN) * (group == user % groups)
        row[:] = np.argpartition(-liked - rng.gumbel(size=size.items), size.each)[: size.each]
    return interactions(size, np.repeat(np.arange(size.users), size.each), drawn.ravel())


def interactions(size: Size, user: np.ndarray, item: np.ndarray) -> Interactions:
    """Interactions from codes, with the codes as labels."""
    events = pd.DataFrame({"user": user, "item": item})
    return Interactions(pd.RangeIndex(size.users), pd.RangeIndex(size.items), events)


def scores(size: Size, relevant: sp.csr_matrix, seed: int = 0) -> np.ndarray:
    """Random scores, float32, in which two relevant items of five stand above all that is not relevant.

    No two scores of a row are equal, so that there is one right list.
    """
    rng = np.random.default_rng(seed)
    drawn = np.tile(np.arange(size.items, dtype=np.float32), (size.users, 1))
    rng.permuted(drawn, axis=1, out=drawn)
    row = np.repeat(np.arange(size.users), np.diff(relevant.indptr))
    lifted = rng.random(len(row)) < 0.4
    drawn[row[lifted], relevant.indices[lifted]] += size.items
    return drawn


def pattern(size: Size, least: int, most: int, seed: int = 0) -> sp.csr_matrix:
    """Ones at random places, float32, `least` to `most` of them a row (both possible), columns in order."""
    rng = np.random.default_rng(seed)
    count = rng.integers(least, most, endpoint=True, size=size.users)
    column = [np.sort(rng.choice(size.items, n, replace=False)) for n in count]
    ends = np.concatenate([[0], np.cumsum(count)])
    ones = np.ones(ends[-1], dtype=np.float32)
    return sp.csr_matrix((ones, np.concatenate(column), ends), shape=(size.users, size.items))
