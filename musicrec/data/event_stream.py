"""Events read from a stream line by line: each label is kept once, each event as three numbers.

A log of plays is mostly repeated text. What is held in memory is the list of distinct labels, and of each
event two codes and a time; the text itself never is. A mistake is named by file and line (from 1).
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from musicrec.data.interactions import Interactions
from musicrec.data.sessions import Sessions
from musicrec.errors import CorruptData, InvalidData

_MICROSECONDS = 1_000_000
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError)


def lines_of(stream: IO[bytes], path: Path) -> Iterator[str]:
    r"""Lines of a UTF-8 stream, one at a time, each with its line end.

    Only ``\n`` ends a line: titles hold other characters that some readers take for line ends.

    Raises
    ------
    CorruptData
        The compressed stream breaks off or is damaged, or a line is not UTF-8; the message names file and
        line.
    """
    number = 1
    lines = iter(stream)
    while True:
        try:
            line = next(lines, None)
        except _DAMAGE as error:
            raise CorruptData(
                f"{path}, line {number}: the file breaks off or is damaged ({error}); {number - 1:,} lines "
                "before it could be read. Get the file again."
            ) from error
        if line is None:
            return
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CorruptData(
                f"{path}, line {number}: byte {line[error.start]:#04x} is not UTF-8. The file is damaged or "
                "was saved in another encoding; save it as UTF-8."
            ) from error
        number += 1


class EventLog:
    """Events collected one by one.

    Parameters
    ----------
    path
        The file they are read from, for messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.users: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self._user, self._item, self._time = array("q"), array("q"), array("q")

    def add(self, user: str, item: str, moment: datetime) -> None:
        """Note an event; a moment without a time zone is taken as UTC."""
        self._user.append(self.users.setdefault(user, len(self.users)))
        self._item.append(self.items.setdefault(item, len(self.items)))
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._time.append(round(known.timestamp() * _MICROSECONDS))

    def wrong(self, line: int, what: str) -> InvalidData:
        """The error that says what is wrong with a line."""
        return InvalidData(f"{self._path}, line {line}: {what} Put that line right or leave it out.")

    def __len__(self) -> int:
        return len(self._user)

    def listening(self, gap: Any, *, newest_first: bool = False) -> tuple[Interactions, Sessions]:
        """The events as interactions and sessions.

        Parameters
        ----------
        gap
            A new session starts where a user was silent for longer, as in `Sessions.from_interactions`.
        newest_first
            Whether the file goes backwards in time: of plays in the same second the last stands first.

        Returns
        -------
        Interactions, Sessions
            Users and items in the order of their labels; events by user, then time, with their session.

        Raises
        ------
        InvalidData
            There is no event.
        InvalidArgument
            The gap is no positive duration.
        """
        if not len(self):
            raise InvalidData(f"{self._path} holds no event. Check that it is the right file.")
        users, user_code = _sorted(self.users)
        items, item_code = _sorted(self.items)
        step = -1 if newest_first else 1
        user, item, time = (
            np.frombuffer(each, dtype=np.int64)[::step] for each in (self._user, self._item, self._time)
        )
        raw = {"user": user_code[user], "item": item_code[item], "time": time.astype("datetime64[us]")}
        sessions = Sessions.from_interactions(Interactions(users, items, pd.DataFrame(raw)), gap)
        assert sessions.users is not None  # they come from events, each with its user
        number = np.repeat(np.arange(len(sessions)), sessions.lengths)
        ordered = {
            "user": sessions.users[number],
            "item": sessions.items,
            "time": sessions.times,
            "session": number,
        }
        return Interactions(users, items, pd.DataFrame(ordered)), sessions


def _sorted(labels: dict[str, int]) -> tuple[pd.Index, np.ndarray]:
    """Labels in their own order, and for each of the old codes the new one."""
    ordered = sorted(labels)
    code = np.empty(len(ordered), dtype=np.int64)
    code[[labels[label] for label in ordered]] = np.arange(len(ordered))
    return pd.Index(ordered, dtype="str"), code
