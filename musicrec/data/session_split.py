"""A cut of sessions by time: what a model learns from, and the later sessions that it is asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from musicrec.data.cutting import is_share, rounded
from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument, InvalidData

_PARTS = ("train", "valid", "test")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SessionSplit:
    """Parts of one set of sessions, each in the order of time.

    Whole sessions are cut, never one in two: what comes next is asked within a session. Explained in chapter
    05_rnn_lstm.

    Parameters
    ----------
    train : Sessions
        What a model learns from, the earliest first.
    valid : Sessions, optional
        What its settings are chosen by; `latest` makes it. None where none was asked for.
    test : Sessions
        What it is judged by, later than both.

    Raises
    ------
    InvalidData
        Where a part is absent or empty.
    """

    train: Sessions
    valid: Sessions | None = None
    test: Sessions

    def __post_init__(self) -> None:
        for name in _PARTS:
            part = getattr(self, name)
            if name == "valid" and part is None:
                continue
            if not isinstance(part, Sessions) or not len(part):
                found = "no session" if isinstance(part, Sessions) else f"a {type(part).__name__}"
                raise InvalidData(
                    f"{name} holds {found}; each part of a SessionSplit must be data.Sessions with at least "
                    "one session, and valid may be None. Cut sessions with SessionSplit.by_time."
                )

    @classmethod
    def by_time(cls, sessions: Sessions, test: float = 0.2) -> SessionSplit:
        """Cut off the latest sessions for the test.

        Parameters
        ----------
        sessions : Sessions
            Ordered by when each began where they have times; else they must be in the order of time.
        test : float
            The share of sessions that are the latest, rounded half up, at least one.

        Returns
        -------
        SessionSplit
            As in published cuts, a test play of an item that train lacks is left out, and then a test
            session of which fewer than two plays are left: nothing can be asked about it.

        Raises
        ------
        InvalidArgument
            Where `test` is no share between 0 and 1, or what is given are no sessions.
        InvalidData
            Where a part would be empty.
        """
        train, later = _cut(sessions, test, "test")
        return cls(train=train, test=later)

    def latest(self, valid: float = 0.25) -> SessionSplit:
        """The same split with the latest share of the training sessions as `valid`, cut as in `by_time`.

        The settings that do best there are then fitted on the whole of train: keep the split this is made
        of. Errors as in `by_time`; InvalidArgument where there is a `valid` already.
        """
        if self.valid is not None:
            raise InvalidArgument(
                "This split has a valid part already. Call latest on the split it was made of."
            )
        train, later = _cut(self.train, valid, "valid")
        return replace(self, train=train, valid=later)

    def summary(self) -> pd.DataFrame:
        """Sessions, plays, distinct items and prefixes (plays with one before them): one row a part."""
        parts = {name: getattr(self, name) for name in _PARTS if getattr(self, name) is not None}
        rows = {
            name: {
                "sessions": len(part),
                "plays": len(part.items),
                "items": len(np.unique(part.items)),
                "prefixes": len(part.items) - len(part),
            }
            for name, part in parts.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        sizes = self.summary()["sessions"]
        return f"SessionSplit({', '.join(f'{name} {size:,}' for name, size in sizes.items())} sessions)"

    def _repr_html_(self) -> str:
        return self.summary().to_html()


def _cut(sessions: Sessions, share: float, name: str) -> tuple[Sessions, Sessions]:
    """The earlier sessions, and what can be asked about the latest share of them."""
    if not isinstance(sessions, Sessions):
        raise InvalidArgument(f"Cutting by time needs data.Sessions, found {type(sessions).__name__}.")
    if not is_share(share):
        raise InvalidArgument(
            f"{name} is {share!r}; it must be a share of the sessions, a number between 0 and 1 such as 0.25."
        )
    n = len(sessions)
    order = np.arange(n)
    if sessions.times is not None:
        order = np.argsort(sessions.times[sessions.starts], kind="stable")
    first = n - max(1, int(rounded(share * n)))
    if first < 1:
        raise InvalidData(f"{name}={share!r} of {n:,} sessions leaves none in train. Take a smaller share.")
    train = sessions.take(order[:first])
    return train, _of_known_items(sessions.take(order[first:]), np.unique(train.items), name)


def _of_known_items(sessions: Sessions, known: np.ndarray, name: str) -> Sessions:
    """Sessions without the plays of other items; those of fewer than two plays are left out."""
    number = np.repeat(np.arange(len(sessions)), sessions.lengths)
    kept = np.isin(sessions.items, known)
    left = np.bincount(number[kept], minlength=len(sessions))
    asked = np.flatnonzero(left >= 2)
    kept &= left[number] >= 2
    if not len(asked):
        raise InvalidData(
            f"No session of {name} has two plays of items that train knows, so there is nothing to ask. "
            "Take a larger share, or look at how the sessions were made."
        )
    context = sessions.context
    return Sessions(
        sessions.items[kept],
        np.cumsum(left[asked]) - left[asked],
        None if sessions.times is None else sessions.times[kept],
        None if sessions.users is None else sessions.users[asked],
        None if context is None else context.iloc[asked],
    )
