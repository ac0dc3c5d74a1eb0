"""Listening in order: sessions, each a run of items heard one after the other."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from musicrec.data.columns import counted, time_column
from musicrec.data.interactions import Interactions, check_interactions
from musicrec.errors import InvalidArgument, InvalidData


class Sessions:
    """Sessions laid end to end in one array of items, with the position at which each starts.

    They do not change: the arrays are read-only, and `context` is handed out as a copy. Chapter
    01_listening_data shows the sessions of the Songbook.

    Parameters
    ----------
    items : array of int, shape (n_events,)
        Item codes in the order heard, session after session.
    starts : array of int, shape (n_sessions,)
        Where each session starts in `items`. The first is 0; each session ends where the next starts, the
        last at the end, and none is empty.
    times : array, shape (n_events,), optional
        Times (numbers or datetime64), not going backwards within a session.
    users : array of int, shape (n_sessions,), optional
        The user code of each session.
    context : pandas.DataFrame, optional
        What is known of the circumstances, one row a session.

    Raises
    ------
    InvalidData
        Where lengths do not agree, starts do not rise, or a time goes backwards; the message names the row.
    """

    def __init__(
        self,
        items: np.ndarray,
        starts: np.ndarray,
        times: np.ndarray | None = None,
        users: np.ndarray | None = None,
        context: pd.DataFrame | None = None,
    ) -> None:
        self.items = _codes(items, "items")
        self.starts = _codes(starts, "starts")
        self._check_starts()
        self.times = None if times is None else _times(times)
        self.users = None if users is None else _codes(users, "users")
        if context is not None and not isinstance(context, pd.DataFrame):
            raise InvalidData(
                f"context must be a pandas DataFrame with one row a session, found {type(context).__name__}. "
                "Make one with pd.DataFrame(...), or leave it out."
            )
        self._context = None if context is None else context.reset_index(drop=True).copy()
        for name, part, expected in (
            ("times", self.times, len(self.items)),
            ("users", self.users, len(self)),
            ("context", self._context, len(self)),
        ):
            if part is not None and len(part) != expected:
                raise InvalidData(
                    f"{name} has {counted(len(part), 'row')}, expected {expected:,}: times has one an event, "
                    f"users and context have one a session (there are {counted(len(self.items), 'event')} in "
                    f"{counted(len(self), 'session')})."
                )
        if self.times is not None:
            self._check_times(self.times)

    @property
    def context(self) -> pd.DataFrame | None:
        """What is known of the circumstances, one row a session (a copy), or None."""
        return None if self._context is None else self._context.copy()

    def _check_starts(self) -> None:
        ends = np.append(self.starts[1:], len(self.items))
        if len(self.starts) == 0 and len(self.items) == 0:
            return
        if len(self.starts) == 0 or self.starts[0] != 0:
            raise InvalidData(
                f"The first session must start at 0, found starts {self.starts[:3].tolist()} for "
                f"{counted(len(self.items), 'event')}. Give the position of each session's first event."
            )
        if (ends <= self.starts).any():
            row = int((ends <= self.starts).argmax())
            raise InvalidData(
                f"Session {row} starts at {self.starts[row]:,} and ends before {ends[row]:,}, so it holds no "
                f"event. Starts must rise from 0 to below {len(self.items):,}; leave empty sessions "
                "and the end of the last one out."
            )

    def _check_times(self, times: np.ndarray) -> None:
        backwards = times[1:] < times[:-1]
        backwards[self.starts[1:] - 1] = False  # from one session to the next time may do what it likes
        if backwards.any():
            row = int(backwards.argmax()) + 1
            session = int(np.searchsorted(self.starts, row, side="right")) - 1
            raise InvalidData(
                f"Time goes backwards in row {row} (session {session}): {times[row]} comes after "
                f"{times[row - 1]}. Sort the events by time within each session."
            )

    @classmethod
    def from_interactions(cls, x: Interactions, gap: Any = None) -> "Sessions":
        """Sessions from events: by their session column, or by a time gap.

        Sessions come ordered by user, then by start (by session code where there are no times); events within
        a session by time, those of the same moment in the order of the rows.

        Parameters
        ----------
        x : Interactions
            With a session column, or with times and `gap`.
        gap : number, str or timedelta, optional
            A new session starts where a user was silent for longer: a number in the unit of numeric times, or
            what pandas.Timedelta takes ("30min") for datetimes. Without it the session column is used.

        Raises
        ------
        InvalidArgument
            Where `x` is no Interactions, neither is there, or the gap is not positive or does not fit the
            times.
        """
        check_interactions(x, "Sessions.from_interactions")
        events = x.events
        user, item = events["user"].to_numpy(), events["item"].to_numpy()
        times = events["time"].to_numpy() if "time" in events else None
        if gap is None and "session" not in events:
            raise InvalidArgument(
                "These interactions have no session column: pass session= to Interactions.from_frame, or a "
                "gap such as gap='30min'."
            )
        if gap is not None:
            if times is None:
                raise InvalidArgument("A gap needs times: pass time= to Interactions.from_frame.")
            order = np.lexsort((times, user))
            paused = np.diff(times[order]) > _gap(gap, times)
            opens = _changes(user[order])
            opens[1:] |= paused
        else:
            session = events["session"].to_numpy()
            order = _session_order(user, session, times)
            opens = _changes(user[order]) | _changes(session[order])
        starts = np.flatnonzero(opens)
        return cls(item[order], starts, None if times is None else times[order], user[order][starts])

    def session(self, i: int) -> np.ndarray:
        """Item codes of session `i`, in the order heard."""
        if isinstance(i, bool) or not isinstance(i, int | np.integer) or not 0 <= i < len(self):
            known = f"numbered by integers from 0 to {len(self) - 1:,}" if len(self) else "none at all"
            raise InvalidArgument(f"There is no session {i!r}; they are {known}. Choose one of those.")
        end = self.starts[i + 1] if i + 1 < len(self) else len(self.items)
        return self.items[self.starts[i] : end]

    def take(self, rows: np.ndarray, lengths: np.ndarray | None = None) -> "Sessions":
        """The sessions of these numbers, in this order, or only the beginning of each.

        Parameters
        ----------
        rows : array of int, shape (n,)
            Numbers of sessions; one may come several times.
        lengths : array of int, shape (n,), optional
            How many plays of each to take, from its first on: 1 to all of them. Without it all.

        Raises
        ------
        InvalidArgument
            Where a number is not that of a session, or a session is shorter than asked.
        """
        chosen = np.asarray(rows, dtype=np.int64)
        if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(self)):
            strange = int(chosen[(chosen < 0) | (chosen >= len(self))][0])
            raise InvalidArgument(
                f"There is no session {strange}; there are {len(self):,}, numbered from 0. Choose of those."
            )
        whole = self.lengths[chosen]
        wanted = whole if lengths is None else np.asarray(lengths, dtype=np.int64)
        if wanted.shape != whole.shape or ((wanted < 1) | (wanted > whole)).any():
            raise InvalidArgument(
                "lengths must hold one number for each of the rows, from 1 to the length of that session."
            )
        starts = np.cumsum(wanted) - wanted
        events = np.repeat(self.starts[chosen] - starts, wanted) + np.arange(wanted.sum())
        return Sessions(
            self.items[events],
            starts,
            None if self.times is None else self.times[events],
            None if self.users is None else self.users[chosen],
            None if self._context is None else self._context.iloc[chosen],
        )

    @property
    def lengths(self) -> np.ndarray:
        """Number of events in each session, shape (n_sessions,)."""
        return np.diff(self.starts, append=len(self.items))

    def check_codes(self, n_items: int, n_users: int) -> None:
        """Raise InvalidData where an item or user code is beyond the number of items or users."""
        for name, codes, size in (("item", self.items, n_items), ("user", self.users, n_users)):
            if codes is not None and len(codes) and codes.max() >= size:
                raise InvalidData(
                    f"The sessions hold the {name} code {codes.max():,}, but there are only "
                    f"{counted(size, name)}. Codes are positions in the index of {name}s."
                )

    def __len__(self) -> int:
        """Number of sessions."""
        return len(self.starts)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.session(i) for i in range(len(self)))

    def __repr__(self) -> str:
        known = [name for name in ("times", "users", "context") if getattr(self, name) is not None]
        mean = len(self.items) / max(len(self), 1)
        return (
            f"Sessions({len(self):,} sessions, {len(self.items):,} events, {mean:.2f} a session; "
            f"with {', '.join(known) or 'items alone'})"
        )


def _codes(values: np.ndarray, name: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:  # lists of several lengths
        raise InvalidData(
            f"{name} must be a flat array of integers ({error}). Lay the sessions end to end in items, and "
            "say in starts where each begins."
        ) from error
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise InvalidData(
            f"{name} must be a flat array of integers, found {array.dtype} of shape {array.shape}. Lay the "
            "sessions end to end in items, and say in starts where each begins."
        )
    if array.size and array.min() < 0:
        raise InvalidData(f"{name} holds {array.min()} in row {int(array.argmin())}; none may be negative.")
    codes = array.astype(np.int64)
    codes.flags.writeable = False
    return codes


def _times(values: np.ndarray) -> np.ndarray:
    try:
        column = pd.Series(values, name="times")
    except (TypeError, ValueError) as error:  # not flat
        raise InvalidData(f"times must be a flat array, one an event ({error}).") from error
    times = np.array(time_column(column))
    times.flags.writeable = False
    return times


def _changes(codes: np.ndarray) -> np.ndarray:
    """Where a code differs from the one before it; the first always does."""
    return np.diff(codes, prepend=-1) != 0


def _session_order(user: np.ndarray, session: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    """The order of events by user, start of their session, session, time."""
    if times is None:
        return np.lexsort((session, user))
    order = np.lexsort((times, session, user))
    opens = _changes(user[order]) | _changes(session[order])
    number = np.cumsum(opens) - 1
    begins = times[order][opens][number]
    return order[np.lexsort((number, begins, user[order]))]


def _gap(gap: Any, times: np.ndarray) -> Any:
    try:
        if times.dtype.kind == "M":
            longest: Any = np.timedelta64("NaT") if pd.isna(gap) else pd.Timedelta(gap).to_timedelta64()
        else:
            longest = float(gap)
        fits = not (times.dtype.kind == "M" and isinstance(gap, int | float))
    except (TypeError, ValueError):
        fits = False
    if not fits or not longest > longest * 0:
        unit = "a positive duration such as '30min'" if times.dtype.kind == "M" else "a positive number"
        raise InvalidArgument(f"gap is {gap!r}; these times are {times.dtype}, so it must be {unit}.")
    return longest
