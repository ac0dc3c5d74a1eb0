"""The five ways of cutting interactions into train, valid and test, and of asking with less known.

A cut decides what a measured number means: whether a model fills gaps in a known taste (`holdout`), foretells
what comes next (`leave_last_out`, `by_time`), or meets what it has never seen (`cold_items`, `cold_users`).

All of them give the same split for the same arguments, and none depends on the order of the rows (given that
the indexes of users and items are the same): the drawing goes over pairs in the order of their codes, and
events of the same moment are ordered by a fixed hash. Valid is drawn as test is. Events of
weight 0 are no interactions and go into no part. Explained in chapter 01_listening_data.
"""

from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from musicrec.data import cutting
from musicrec.data.columns import counted
from musicrec.data.cutting import HISTORY, TEST, TRAIN, VALID
from musicrec.data.interactions import Interactions
from musicrec.data.split import Split
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.parameters import check_whole


def holdout(
    x: Interactions,
    test: float = 0.2,
    valid: float = 0.1,
    seed: int = 0,
    by: Literal["user", "all"] = "user",
) -> Split:
    """A random share of (user, item) pairs for testing; all events of a pair go together.

    Parameters
    ----------
    x : Interactions
        The interactions to cut.
    test, valid : float
        Shares of each user's distinct items, rounded half up, with at least one left in train (test goes
        before valid where there are too few). `valid=0` makes no valid part.
    seed : int
        Of the drawing.
    by : {"user", "all"}
        "all" draws the shares over all pairs at once instead, so that a user may have no test item, or none
        in train.

    Raises
    ------
    InvalidArgument
        Where a share is out of range, the shares leave nothing for train, or `by` is unknown.
    InvalidData
        Where there are no events of a weight above 0.
    """
    x = cutting.played(x, "holdout")
    test, valid = cutting.shares(test, valid)
    if by not in ("user", "all"):
        raise InvalidArgument(f"by is {by!r}; it must be 'user' or 'all'.")
    pairs = x.pairs()
    group = pairs.user if by == "user" else np.zeros_like(pairs.user)
    rank, size = cutting.ranks(group, cutting.generator(seed).random(len(group)))
    n_test = np.minimum(cutting.rounded(test * size), size - 1)
    n_valid = np.minimum(cutting.rounded(valid * size), size - 1 - n_test)
    part = np.where(rank < n_test, TEST, np.where(rank < n_test + n_valid, VALID, TRAIN))
    return cutting.assured(cutting.cut(x, part[pairs.of_event], valid > 0), "shared pairs")


def leave_last_out(x: Interactions, n: int = 1, valid: int | None = None) -> Split:
    """The last events of each user for testing, those just before them for validation.

    Events of the same user and moment are put in an order that a fixed hash of the event decides. An item
    that the user has played before may come again in test; evaluation masks it there and counts how many it
    masked.

    Parameters
    ----------
    x : Interactions
        With times.
    n : int
        How many events a user for test; fewer where a user has no more, since one is always left in train.
    valid : int, optional
        How many a user for valid: as many as `n` where it is not given, 0 for no valid part.

    Raises
    ------
    InvalidArgument
        Where there are no times, or a number is out of range.
    InvalidData
        Where there are no events of a weight above 0.
    """
    x = cutting.played(x, "leave_last_out")
    before = n if valid is None else valid
    check_whole("n", n, least=1)
    check_whole("valid", before, least=0)
    times = cutting.times_of(x, "leave_last_out")
    user = x.events["user"].to_numpy()
    backwards = -pd.factorize(times, sort=True)[0]
    same_moment = pd.util.hash_pandas_object(x.events, index=False).to_numpy()
    rank, size = cutting.ranks(user, backwards, same_moment)
    n_test = np.minimum(n, size - 1)
    n_valid = np.minimum(before, size - 1 - n_test)
    part = np.where(rank < n_test, TEST, np.where(rank < n_test + n_valid, VALID, TRAIN))
    return cutting.assured(cutting.cut(x, part, before > 0), "before own train")


def by_time(x: Interactions, test: Any = 0.2, valid: Any = 0.1) -> Split:
    """Everything from one moment on for testing: train ends before valid begins, and valid before test.

    Events of the same moment stay together, so that a share is met as closely as the times allow. Users and
    items that first appear after the cut are cold. An item that the user has played before may come again in
    test; evaluation masks it there and counts how many it masked.

    Parameters
    ----------
    x : Interactions
        With times.
    test : float or time
        A number between 0 and 1 that is no integer is a share of all events; anything else is the first
        moment of test, a number or what pandas.Timestamp takes.
    valid : float or time
        The same for the part before test; 0 for no valid part.

    Raises
    ------
    InvalidArgument
        Where there are no times, a cut is not a time, or it leaves a part without events.
    InvalidData
        Where there are no events of a weight above 0, or too few different times to cut at.
    """
    x = cutting.played(x, "by_time")
    times = cutting.times_of(x, "by_time")
    rank, moments = pd.factorize(times, sort=True)
    at_each = np.bincount(rank, minlength=len(moments))
    from_on = np.cumsum(at_each[::-1])[::-1]  # events at each moment or later
    wants_valid = not (isinstance(valid, Real) and valid == 0)
    if len(moments) < 2 + wants_valid:
        raise InvalidData(
            f"The events have {counted(len(moments), 'different time')}, too few to cut into "
            f"{2 + wants_valid} parts. Check how time was read"
            + (", or pass valid=0." if wants_valid else ".")
        )
    if cutting.is_share(test) and wants_valid and cutting.is_share(valid):
        cutting.shares(test, valid)
    test_from = cutting.first_moment(
        "test", test, moments, from_on, first=1 + wants_valid, last=len(moments), beyond=0
    )
    part = np.where(rank >= test_from, TEST, TRAIN)
    if wants_valid:
        beyond = int(from_on[test_from])
        valid_from = cutting.first_moment(
            "valid", valid, moments, from_on, first=1, last=test_from, beyond=beyond
        )
        part[(rank >= valid_from) & (rank < test_from)] = VALID
    return cutting.assured(cutting.cut(x, part, wants_valid), "before any train")


def cold_items(x: Interactions, share: float = 0.1, seed: int = 0, valid: float = 0.05) -> Split:
    """All events of a random share of the items for testing, so that no model has seen them played.

    Users who played none but cold items are then absent from train as well.

    Parameters
    ----------
    x : Interactions
        The interactions to cut.
    share, valid : float
        Shares of the items that have events, rounded half up, at least one item each; valid items are cold
        too, and others than those of test. `valid=0` makes no valid part.
    seed : int
        Of the drawing.

    Raises
    ------
    InvalidArgument
        Where a share is out of range, or there are too few items.
    InvalidData
        Where there are no events of a weight above 0.
    """
    x = cutting.played(x, "cold_items")
    item = x.events["item"].to_numpy()
    part = cutting.draw(
        np.unique(item), share, valid, cutting.generator(seed), x.n_items, "items with events"
    )
    return cutting.assured(cutting.cut(x, part[item], valid > 0), "shared pairs", all_cold="item")


def cold_users(
    x: Interactions, share: float = 0.1, reveal: int = 5, seed: int = 0, valid: float = 0.05
) -> Split:
    """A random share of the users kept out of train; some of their items are revealed, the others are test.

    Parameters
    ----------
    x : Interactions
        The interactions to cut.
    share, valid : float
        Shares of the users with more than `reveal` distinct items, rounded half up, at least one user each;
        valid users are cold too, and others than those of test. `valid=0` makes no valid part.
    reveal : int
        How many distinct items a user `history` holds (all events of each), drawn at random.
    seed : int
        Of the drawing.

    Raises
    ------
    InvalidArgument
        Where a share is out of range, `reveal` is below 1, or too few users have more than `reveal` items.
    InvalidData
        Where there are no events of a weight above 0.
    """
    x = cutting.played(x, "cold_users")
    check_whole("reveal", reveal, least=1)  # with 0, history would be empty
    pairs = x.pairs()
    rng = cutting.generator(seed)
    enough = np.flatnonzero(np.bincount(pairs.user, minlength=x.n_users) > reveal)
    who = f"users with more than {reveal} distinct items"
    part = cutting.draw(enough, share, valid, rng, x.n_users, who)[pairs.user]
    rank, _ = cutting.ranks(pairs.user, rng.random(len(pairs.user)))
    part[(part != TRAIN) & (rank < reveal)] = HISTORY
    split = cutting.cut(x, part[pairs.of_event], valid > 0, history=True)
    return cutting.assured(split, "shared pairs", all_cold="user")


def reveal(split: Split, n: int, part: Literal["test", "valid"] = "test", seed: int = 0) -> Split:
    """The same question asked of new users with less known of them: n items of each one's history.

    What is known with n is known with n + 1, too, and what is asked for does not depend on n. So the numbers
    for one model at several n can be compared.

    Parameters
    ----------
    split : Split
        Of `cold_users`, or another with a history.
    n : int
        How many distinct items of each user of the part stay in `history` (all events of each), drawn at
        random; all, where there are fewer.
    part : {"test", "valid"}
        What is asked for.
    seed : int
        Of the drawing.

    Returns
    -------
    Split
        Its `test` is the part, of users with a history. Its `valid` holds what was revealed of them and is
        not known now: evaluation neither shows it to a model nor asks for it. None where all is known.

    Raises
    ------
    InvalidArgument
        Where n is below 1, the part is unknown or absent, or none of its users has a history.
    """
    check_whole("n", n, least=1)
    if part not in ("test", "valid"):
        raise InvalidArgument(f"part is {part!r}; it must be 'test' or 'valid'.")
    asked = split.test if part == "test" else split.valid
    if asked is None or split.history is None:
        lacks = "history" if split.history is None else "valid part"
        raise InvalidArgument(f"This split has no {lacks}; cut it with cold_users, and valid= above 0.")
    new = np.intersect1d(asked.events["user"], split.history.events["user"])
    if not len(new):
        raise InvalidArgument(f"No user of {part} has a history; cut the split with cold_users.")
    known = split.history.where(np.isin(split.history.events["user"], new))
    pairs = known.pairs()
    rank, _ = cutting.ranks(pairs.user, cutting.generator(seed).random(len(pairs.user)))
    stays = (rank < n)[pairs.of_event]
    return Split(
        train=split.train,
        valid=None if stays.all() else known.where(~stays),
        test=asked.where(np.isin(asked.events["user"], new)),
        history=known.where(stays),
    )
