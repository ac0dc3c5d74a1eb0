"""Past sessions, found by the items that are in them, the latest first. Explained in chapter 05_rnn_lstm."""

import numpy as np

from musicrec.data.sessions import Sessions


class SessionIndex:
    """Which sessions hold an item, and which items a session holds.

    Sessions are numbered anew, from the oldest, 0, to the latest: by the time of their last play where they
    have times, else in the order in which they were given. Sessions of one play are left out: they show
    nothing that goes with anything.

    Parameters
    ----------
    sessions : Sessions
        At least one of two plays.
    n_items : int
        The number of items.

    Attributes
    ----------
    n : int
        The number of sessions kept.
    size : int64 array, shape (n,)
        How many different items each holds.
    age : float array, shape (n,)
        From 1 for the oldest to 0 for the latest: how long before the latest each ended, as a share of the
        whole time. Where there are no times, sessions count as evenly spaced.
    holding : int64 array, shape (n_items,)
        How many sessions hold each item.
    """

    def __init__(self, sessions: Sessions, n_items: int) -> None:
        last = sessions.starts + sessions.lengths - 1
        kept = np.flatnonzero(sessions.lengths > 1)
        if sessions.times is None:
            self.n = len(kept)
            self.age = np.arange(self.n)[::-1] / max(1, self.n - 1)
        else:
            kept = kept[np.argsort(sessions.times[last[kept]], kind="stable")]
            self.n = len(kept)
            before = sessions.times[last[kept[-1]]] - sessions.times[last[kept]]
            self.age = before / before[0] if before[0] else np.zeros(self.n)
        chosen = sessions.take(kept)
        session = np.repeat(np.arange(self.n), chosen.lengths)
        place = np.arange(len(session)) - chosen.starts[session]
        pair = session * n_items + chosen.items
        # the last play of each item in each session: the first one from behind
        distinct, from_behind = np.unique(pair[::-1], return_index=True)
        session, self._items = np.divmod(distinct, n_items)
        self._places = place[::-1][from_behind]
        self.size = np.bincount(session, minlength=self.n)
        self._first = np.cumsum(self.size) - self.size
        self.holding = np.bincount(self._items, minlength=n_items)
        self._ends = np.cumsum(self.holding)
        self._holders = session[np.argsort(self._items, kind="stable")]

    def overlapping(self, items: np.ndarray, weights: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
        """The `most` latest sessions that hold any of some items, and the weight of the items that they hold.

        A session among the latest of all is among the latest of each item it holds. So no more than `most` of
        each item need be looked at, however popular it is.

        Parameters
        ----------
        items : int array
            Distinct codes.
        weights : float array
            One an item.
        most : int
            How many sessions at most.

        Returns
        -------
        sessions : int64 array
            The latest first.
        weight : float64 array
            The sum of the weights of the items in each.
        """
        weight = np.zeros(self.n)
        found = []
        for end, holding, each in zip(self._ends[items], self.holding[items], weights, strict=True):
            holders = self._holders[end - min(holding, most) : end]
            weight[holders] += each
            found.append(holders)
        latest = np.unique(np.concatenate(found))[-most:][::-1]
        return latest, weight[latest]

    def contents(self, sessions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The distinct items of some sessions, laid end to end.

        Returns
        -------
        starts : int64 array, shape (len(sessions),)
            Where the items of each session start.
        items, places : int64 arrays
            Their codes, and where in its session each was played (the last time), from 0.
        """
        sizes = self.size[sessions]
        starts = np.cumsum(sizes) - sizes
        entries = np.repeat(self._first[sessions] - starts, sizes) + np.arange(sizes.sum())
        return starts, self._items[entries], self._places[entries]
