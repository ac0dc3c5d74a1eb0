"""Who listened to what: events as codes, and the sparse matrices that models read."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.columns import (
    code_column,
    codes_of,
    column,
    label_column,
    label_index,
    sorted_labels,
    time_column,
    weight_column,
)
from musicrec.errors import InvalidArgument, InvalidData

_COLUMNS = ("user", "item", "weight", "time", "session")


class Pairs(NamedTuple):
    """The distinct (user, item) pairs of some events, in the order of their codes.

    `of_event` gives for each event the number of its pair, -1 where all weights of that user and item are 0;
    `user` and `item` give the codes of each pair.
    """

    of_event: np.ndarray
    user: np.ndarray
    item: np.ndarray


class Interactions:
    """Events of listening over a fixed set of users and items.

    Each row of `events` is one event; the same user and item may come in several rows (several plays), and
    `matrix` holds the sum of their weights. An event of weight 0 is no interaction: it stays a row of
    `events`, and is in no pair and no part of a cut. Rows keep the order in which they were given, sorted in
    time or not. The object does not change: `matrix` and `binary` are handed out as copies, and the columns
    of `events` are read-only. Explained in chapter 01_listening_data.

    Parameters
    ----------
    users, items : pandas.Index
        Labels; the position of a label is its code. A user or item without events is legal, and so are
        recordings that nobody heard: no users at all, and no events.
    events : pandas.DataFrame
        Columns `user` and `item` (integer codes) and, where known, `weight` (finite, 0 or more; 1 where
        absent), `time` (numbers or datetimes) and `session` (integer codes).

    Raises
    ------
    InvalidData
        Where a column is missing or strange, a code is outside its index, or an index repeats a label.
    InvalidArgument
        Where `events` is no DataFrame, or `users` or `items` are no labels.
    """

    def __init__(self, users: pd.Index, items: pd.Index, events: pd.DataFrame) -> None:
        self.users = label_index(users, "user", may_be_empty=True)
        self.items = label_index(items, "item")
        if not isinstance(events, pd.DataFrame):
            raise InvalidArgument(
                f"Interactions needs its events as a DataFrame of codes, found {type(events).__name__}. "
                "A table of labels goes through Interactions.from_frame."
            )
        strange = [name for name in events.columns if name not in _COLUMNS]
        if strange:
            raise InvalidData(
                f"The events hold the columns {strange}; known are {list(_COLUMNS)}. Drop the others."
            )
        checked = {
            "user": code_column(column(events, "user", "user"), len(self.users)),
            "item": code_column(column(events, "item", "item"), len(self.items)),
        }
        if "weight" in events:
            checked["weight"] = weight_column(events["weight"])
        if "time" in events:
            checked["time"] = time_column(events["time"])
        if "session" in events:
            checked["session"] = code_column(events["session"], None)
        for values in checked.values():
            values.flags.writeable = False
        self._events = pd.DataFrame(checked, copy=False)

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        user: str = "user",
        item: str = "item",
        weight: str | None = None,
        time: str | None = None,
        session: str | None = None,
        users: Iterable[Any] | None = None,
        items: Iterable[Any] | None = None,
    ) -> "Interactions":
        """Interactions from a table with one event a row.

        Parameters
        ----------
        df : pandas.DataFrame
            The table; it is not changed.
        user, item : str
            The columns that hold the labels of user and item.
        weight, time, session : str, optional
            The columns that hold the weight (play count, say), the time, and the label of the session. A
            session belongs to one user: the same label under two users means two sessions.
        users, items : labels, optional
            Indexes to align with, which may hold labels that have no event. Without them the labels found
            become the indexes, sorted, so that codes do not depend on the order of the rows.

        Raises
        ------
        InvalidData
            A column that is not there, missing or mixed labels, bad weights or times, weights that are all
            0, a repeated label in `users` or `items`, or an empty table without both indexes.
        InvalidArgument
            Something that is no DataFrame, no name of a column or no labels.
        UnknownName
            A label in the table that is not in `users` or `items`.
        """
        if not isinstance(df, pd.DataFrame):
            raise InvalidArgument(
                f"Interactions.from_frame needs a pandas DataFrame, found {type(df).__name__}. Make one with "
                "pd.DataFrame(...)."
            )
        labelled = ("user", "item")
        named = {"user": user, "item": item, "weight": weight, "time": time, "session": session}
        raw = {
            role: column(df, name, role)
            for role, name in named.items()
            if name is not None or role in labelled
        }
        if not len(df) and (users is None or items is None):
            raise InvalidData(
                "The table has no rows, so there is no telling who the users and items are. "
                "Check how it was read, or pass users= and items= to make empty interactions over them."
            )
        labels = {role: label_column(raw[role], role) for role in labelled}
        if users is None:
            over_users = sorted_labels(labels["user"])
        else:
            over_users = label_index(users, "user", may_be_empty=True)
        over_items = sorted_labels(labels["item"]) if items is None else label_index(items, "item")
        events: dict[str, Any] = {
            "user": codes_of(labels["user"], over_users, "user"),
            "item": codes_of(labels["item"], over_items, "item"),
        }
        for role, check in (("weight", weight_column), ("time", time_column)):
            if role in raw:  # checked here under the caller's name for the column
                events[role] = check(raw[role])
        if weight is not None and len(df) and not events["weight"].any():
            raise InvalidData(
                f"The weights in {weight!r} are all 0, so nobody played anything. Check which column holds "
                "the play counts, or leave out weight= to count each row once."
            )
        if session is not None:
            within, found = pd.factorize(label_column(raw["session"], "session"), sort=True)
            events["session"] = pd.factorize(events["user"] * max(len(found), 1) + within, sort=True)[0]
        return cls(over_users, over_items, pd.DataFrame(events))

    @property
    def events(self) -> pd.DataFrame:
        """Every event, one a row, as codes: columns user, item and, where given, weight, time, session."""
        return self._events.copy(deep=False)

    @property
    def matrix(self) -> sp.csr_matrix:
        """Summed weights, float32 CSR of shape (n_users, n_items), column indices sorted, no explicit zeros.

        Without weights each event counts 1. A pair whose weights sum to 0 is not in the matrix. Sums are
        taken in float64 and are exact in float32 for whole numbers up to 2**24. Each access returns a copy,
        so take it once before a loop.
        """
        return self._matrix.copy()

    @property
    def binary(self) -> sp.csr_matrix:
        """The pattern of `matrix` with ones, float32 CSR of shape (n_users, n_items); a copy, as there."""
        ones = self._matrix.copy()
        ones.data[:] = 1.0
        return ones

    @cached_property
    def _matrix(self) -> sp.csr_matrix:
        pairs = self.pairs()
        in_pair = pairs.of_event >= 0
        weights = self._events["weight"].to_numpy()[in_pair] if "weight" in self._events else None
        total = np.bincount(pairs.of_event[in_pair], weights, minlength=len(pairs.user)).astype(np.float32)
        row_ends = np.cumsum(np.bincount(pairs.user, minlength=self.n_users))
        shape = (self.n_users, self.n_items)
        matrix = sp.csr_matrix((total, pairs.item, np.concatenate([[0], row_ends])), shape=shape)
        matrix.has_canonical_format = True  # pairs are distinct and in order
        return matrix

    def pairs(self) -> Pairs:
        """The distinct (user, item) pairs of the events, ordered by user code, then item code.

        They are the pairs in `matrix`: those whose weights are all 0 are left out.
        """
        key = self._events["user"].to_numpy() * self.n_items + self._events["item"].to_numpy()
        if "weight" in self._events:
            played = np.isin(key, key[self._events["weight"].to_numpy() > 0])
            of_event = np.full(len(key), -1)
            of_event[played], distinct = pd.factorize(key[played], sort=True)
        else:
            of_event, distinct = pd.factorize(key, sort=True)
        return Pairs(of_event, distinct // self.n_items, distinct % self.n_items)

    def user_codes(self, labels: Iterable[Any]) -> np.ndarray:
        """Codes (int64) of user labels; UnknownName lists the first that are not in `users`."""
        return codes_of(labels, self.users, "user")

    def item_codes(self, labels: Iterable[Any]) -> np.ndarray:
        """Codes (int64) of item labels; UnknownName lists the first that are not in `items`."""
        return codes_of(labels, self.items, "item")

    def where(self, mask: Iterable[bool]) -> "Interactions":
        """The events where `mask` (booleans, one an event) is true, over the same users and items."""
        try:
            chosen = np.asarray(mask)
        except ValueError:  # rows of several lengths
            chosen = np.empty((0, 0))
        if chosen.dtype != bool or chosen.shape != (len(self),):
            raise InvalidArgument(
                f"Interactions.where needs one boolean for each of the {len(self):,} events, found "
                f"{chosen.dtype} of shape {chosen.shape}. Make it from .events, for example "
                "x.events['weight'] > 1."
            )
        return Interactions(self.users, self.items, self._events[chosen].reset_index(drop=True))

    def __len__(self) -> int:
        """Number of events."""
        return len(self._events)

    @property
    def n_users(self) -> int:
        """Number of users in the index, with events or without."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items in the index, with events or without."""
        return len(self.items)

    @property
    def n_pairs(self) -> int:
        """Number of (user, item) pairs in `matrix`."""
        return int(self._matrix.nnz)

    @property
    def density(self) -> float:
        """Share of all user-item pairs that are in `matrix`, between 0 and 1; 0 where there are no users."""
        return self.n_pairs / max(self.n_users * self.n_items, 1)

    def __repr__(self) -> str:
        return (
            f"Interactions({len(self):,} events, {self.n_pairs:,} pairs of {self.n_users:,} users and "
            f"{self.n_items:,} items, density {self.density:.3%}; columns {', '.join(self._events.columns)})"
        )

    def _repr_html_(self) -> str:
        cells = {
            "events": f"{len(self):,}",
            "pairs": f"{self.n_pairs:,}",
            "users": f"{self.n_users:,}",
            "items": f"{self.n_items:,}",
            "density": f"{self.density:.3%}",
            "columns": ", ".join(self._events.columns),
        }
        return pd.DataFrame(cells, index=["Interactions"]).to_html()


def check_interactions(x: object, who: str) -> None:
    """Raise InvalidArgument unless `x` is Interactions; `who` names the function that needs them."""
    if not isinstance(x, Interactions):
        raise InvalidArgument(
            f"{who} needs data.Interactions, found {type(x).__name__}. A DataFrame becomes one with "
            "Interactions.from_frame(df); a dataset holds one as .interactions."
        )
