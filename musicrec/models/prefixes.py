"""Sessions and prefixes as models of the next play are given them, checked. Chapter 05_rnn_lstm."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

Prefixes = Sessions | Sequence[Any]
"""What was heard so far in some sessions: `data.Sessions`, or a list with the item codes of each."""


def as_sessions(prefixes: Prefixes) -> Sessions:
    """Prefixes as `Sessions`, whatever they were given as.

    Parameters
    ----------
    prefixes : Sessions, or sequence of sequences of int
        One row a prefix, oldest play first.

    Raises
    ------
    InvalidArgument
        Where they are no list of lists, or one is empty or holds other than whole numbers of 0 or more; the
        message names its row.
    """
    if isinstance(prefixes, Sessions):
        return prefixes
    listed = isinstance(prefixes, Sequence | np.ndarray) and not isinstance(prefixes, str | bytes)
    if not listed or any(np.isscalar(row) for row in prefixes[:1]):
        raise InvalidArgument(
            "Prefixes must be data.Sessions or a list with the item codes of each, such as [[3, 1], [5]]; "
            f"found {prefixes!r:.60}. A single prefix goes into a list of its own."
        )
    rows = [_codes(row, number) for number, row in enumerate(prefixes)]
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
    items = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    return Sessions(items, np.concatenate([[0], ends[:-1]]) if rows else ends)


def check_sessions(sessions: object, who: str) -> None:
    """Raise unless these are `Sessions`, one of two plays among them; `who` names what needs them.

    Raises
    ------
    InvalidArgument
        Where they are of another type.
    InvalidData
        Where none has two plays.
    """
    if not isinstance(sessions, Sessions):
        raise InvalidArgument(
            f"{who} needs data.Sessions, found {type(sessions).__name__}. A dataset with an order has them "
            "as .sessions; Sessions.from_interactions(x, gap='30min') makes them of plays with times."
        )
    if not (sessions.lengths > 1).any():
        raise InvalidData(
            f"None of the {len(sessions):,} sessions given to {who} has two plays, so there is no next play. "
            "Check how they were cut, or give longer ones."
        )


def check_vocabulary(sessions: Sessions, n_items: int, what: str) -> None:
    """Raise UnknownName where an item code is not below `n_items`; `what` says what a session is here."""
    beyond = sessions.items >= n_items
    if beyond.any():
        place = int(beyond.argmax())
        row = int(np.searchsorted(sessions.starts, place, side="right")) - 1
        raise UnknownName(
            f"{what} {row} holds the item code {sessions.items[place]}, but the codes of this model go from "
            f"0 to {n_items - 1}. Codes are positions in the index of items: pass n_items=len(ds.items) "
            "to fit, and leave out items that are not in it."
        )


def _codes(row: Any, number: int) -> np.ndarray:
    try:
        codes = np.asarray(row)
    except ValueError:  # lists of several lengths
        codes = np.empty((0, 0))
    if codes.shape == (0,):
        raise InvalidArgument(
            f"Prefix {number} is empty, and a model of the next play needs at least one. Leave such rows "
            "out, or list what is popular."
        )
    if codes.ndim != 1 or codes.dtype.kind not in "iu" or codes.min() < 0:
        raise InvalidArgument(
            f"Prefix {number} must be a flat list of item codes, whole numbers of 0 or more, found "
            f"{row!r:.60}. Labels become codes by ds.interactions.item_codes(labels)."
        )
    return codes.astype(np.int64)
