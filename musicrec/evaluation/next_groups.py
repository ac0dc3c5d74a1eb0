"""Kinds of next plays: after how many others, a repeat or new to the session, well known or not."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument, InvalidData

_LENGTHS = (1, 2, 3, 5, 10, 20)  # the last length of each group but the open one at the end
REPEAT, NEW = "repeat", "new"
POPULARITY = ("head", "middle", "tail", "unheard")


def checked_groupings(by: Sequence[str], popularity: np.ndarray | None, n_items: int) -> tuple[str, ...]:
    """The names of groupings; InvalidArgument where one is unknown, comes twice or lacks what it needs."""
    names = (by,) if isinstance(by, str) else tuple(by)
    unknown = [name for name in names if name not in GROUPINGS]
    if unknown or len(set(names)) < len(names):
        raise InvalidArgument(
            f"by is {by!r}; it takes names of groupings, each once: {', '.join(map(repr, GROUPINGS))}."
        )
    if ("popularity" in names) != (popularity is not None):
        raise InvalidArgument(
            "by='popularity' and popularity= go together: the one asks for groups, the other says how often "
            "each item was played in training, as in np.bincount(train.items, minlength=n_items)."
        )
    if popularity is not None:
        plays = np.asarray(popularity)
        if plays.shape != (n_items,) or plays.dtype.kind not in "iuf" or not (plays >= 0).all():
            raise InvalidData(
                f"popularity must hold the plays of each of the {n_items:,} items in training, numbers of 0 "
                f"or more; found {plays.dtype} of shape {plays.shape}."
            )
    return names


def _by_length(prefixes: pd.DataFrame, sessions: Sessions, popularity: Any) -> pd.Series:
    """Groups of prefixes of about the same length: "1", "2", "3", "4 to 5" and so on."""
    starts = [1, *(end + 1 for end in _LENGTHS)]
    names = [str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, _LENGTHS, strict=False)]
    names.append(f"{starts[-1]} and more")
    return _groups(np.searchsorted(_LENGTHS, prefixes["plays"]), names)


def _by_repeat(prefixes: pd.DataFrame, sessions: Sessions, popularity: Any) -> pd.Series:
    """Whether the next play is of an item that the prefix holds."""
    number = np.repeat(np.arange(len(sessions)), sessions.lengths)
    before = pd.DataFrame({"session": number, "item": sessions.items}).duplicated().to_numpy()
    position = sessions.starts[prefixes["session"]] + prefixes["plays"].to_numpy()
    return _groups(np.where(before[position], 0, 1), [REPEAT, NEW])


def _by_popularity(prefixes: pd.DataFrame, sessions: Sessions, popularity: Any) -> pd.Series:
    """Thirds of the plays in training, from the most played items on, and items that were not played there.

    An item belongs to the third in which the middle of its plays lies, items of equal plays to the same.
    """
    plays = np.asarray(popularity, dtype=np.float64)
    amounts, of_item = np.unique(-plays, return_inverse=True)  # the most played first
    together = np.bincount(of_item, plays)
    middle = (np.cumsum(together) - together / 2) / max(plays.sum(), 1)
    third = np.minimum((3 * middle).astype(np.int64), 2)
    third[amounts == 0] = 3
    return _groups(third[of_item[prefixes["target"]]], POPULARITY)


def _groups(codes: np.ndarray, names: Sequence[str]) -> pd.Series:
    categories = pd.Index(names)
    return pd.Series(pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), categories=categories))


GROUPINGS: dict[str, Callable[[pd.DataFrame, Sessions, Any], pd.Series]] = {
    "length": _by_length,
    "repeat": _by_repeat,
    "popularity": _by_popularity,
}
"""What prefixes are grouped by: functions of the table of prefixes, the sessions and the plays of items."""
