"""Whole sessions, padded to one length, as the steps of training and of scoring. Chapter 05_rnn_lstm."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from musicrec.data.sessions import Sessions


class Pieces(NamedTuple):
    """Runs of plays within sessions, by where each starts in `items` and how many plays it has.

    Parameters
    ----------
    items : int64 array, shape (n_events,)
        The item codes of all sessions, end to end.
    first, length, session : int64 arrays, shape (n_pieces,)
        Position of the first play, number of plays, and the session that each piece is from.
    """

    items: np.ndarray
    first: np.ndarray
    length: np.ndarray
    session: np.ndarray

    def padded(self, chosen: np.ndarray) -> Tensor:
        """The chosen pieces as rows of one length, int64, filled up with -1 on the right."""
        steps = np.arange(self.length[chosen].max())
        place = self.first[chosen, None] + steps
        inside = steps < self.length[chosen, None]
        return torch.from_numpy(np.where(inside, self.items[np.where(inside, place, 0)], -1))


def training_pieces(sessions: Sessions, max_length: int) -> Pieces:
    """Cut sessions into pieces of at most `max_length` steps, a step being from one play to the next.

    A piece of s steps has s + 1 plays. The last play of a piece is the first of the next, so that each step
    of a long session is learnt from once, though a network starts each piece knowing nothing of those before.
    A session of one play has no step, and gives no piece.
    """
    steps = sessions.lengths - 1
    count = -(-steps // max_length)
    session = np.repeat(np.arange(len(sessions)), count)
    number = np.arange(len(session)) - np.repeat(np.cumsum(count) - count, count)
    left = steps[session] - number * max_length
    first = sessions.starts[session] + number * max_length
    return Pieces(sessions.items, first, np.minimum(left, max_length) + 1, session)


def last_plays(prefixes: Sessions, max_length: int) -> Pieces:
    """One piece a prefix: its last `max_length` plays, or all where there are fewer."""
    length = np.minimum(prefixes.lengths, max_length)
    first = prefixes.starts + prefixes.lengths - length
    return Pieces(prefixes.items, first, length, np.arange(len(prefixes)))


def by_length(length: np.ndarray, plays: int, order: np.ndarray) -> Iterator[np.ndarray]:
    """Rows sorted by length, those of equal length as in `order`, in batches of about `plays` plays each.

    Sorting leaves little to pad. Batches of so many plays, and not of so many rows, are alike in what they
    cost and in what they teach.
    """
    rows = order[np.argsort(length[order], kind="stable")]
    before = np.cumsum(length[rows]) - length[rows]
    if len(rows):
        yield from np.split(rows, np.flatnonzero(np.diff(before // plays)) + 1)


def step_batches(
    pieces: Pieces, plays: int, generator: torch.Generator
) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    """The batches of an epoch: whole pieces of like length, in an order drawn anew.

    Hidasi et al. ("Session-based Recommendations with Recurrent Neural Networks", ICLR 2016) train in another
    way, on *session-parallel* steps: b sessions lie side by side, a step takes the next play of each, and
    where a session ends, the next one takes its lane and the hidden state of the lane is set to 0. Nothing is
    padded, but each step is a small one: b rows, and no more. Here all plays of many sessions make one step.
    Both go over the same pairs of a play and its next, with the same hidden state before each. Over whole
    sessions they give the same loss and the same gradients, which a test shows; only their code of 2016
    follows a gradient back by one play and no further, so that it need not keep the steps before.

    Padding stands on the right. A network that reads from left to right gives the same for what stands before
    it, whatever the padding is, so no mask is needed but that of the targets.

    Yields
    ------
    session : int64 array, shape (n,)
        The session of each row.
    items : int64, shape (n, steps)
        What was played; 0 where there is padding.
    targets : int64, shape (n, steps)
        What was played next; -1 where there is padding.
    """
    order = torch.randperm(len(pieces.first), generator=generator).numpy()
    batches = list(by_length(pieces.length, plays, order))
    for drawn in torch.randperm(len(batches), generator=generator).tolist():
        rows = pieces.padded(batches[drawn])
        yield pieces.session[batches[drawn]], rows[:, :-1].clamp(min=0), rows[:, 1:]
