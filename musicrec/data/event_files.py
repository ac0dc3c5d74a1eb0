"""Plays from any file with a column each of user, item and time."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, cast

import pandas as pd

from musicrec.data.columns import column
from musicrec.data.dataset import Dataset
from musicrec.data.event_stream import EventLog, lines_of
from musicrec.errors import DataUnavailable, InvalidArgument, InvalidData

_LATEST = 2**32  # seconds since 1970, the year 2106: a larger number counts something else


def read_events(
    path: Path | str,
    *,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    gap: Any = "30min",
    separator: str = ",",
    evidence: Literal["real", "simulated"] = "real",
) -> Dataset:
    """Read plays from a delimited file with a header, and cut them into sessions by pauses.

    The file is read line by line, so it may be larger than memory as long as its labels and three numbers an
    event are not. Rows may come in any order: sessions are in the order of time, and plays of the same moment
    in that of the rows.

    Parameters
    ----------
    path
        A UTF-8 text file, or one packed with gzip whose name ends in ".gz".
    user, item, time
        The columns of listener, item and time; others are ignored. Labels stay text as they are written, so
        that "007" and "7" differ. A time is a date and time of ISO 8601, or seconds since 1970 as a number.
        One with a time zone is brought to UTC; one without is taken as UTC, which, where it is really a local
        time, misplaces pauses in the nights when clocks change.
    gap
        A new session starts where a listener was silent for longer: what pandas.Timedelta takes.
    separator
        Between columns, one character.
    evidence
        "simulated" where a program did the listening.

    Returns
    -------
    Dataset
        Named after the file. `interactions` holds every play with its time and session, by user and time;
        `sessions` the same in order; `items` the label as title and no artist. A session of one play stays.

    Raises
    ------
    DataUnavailable
        The file is not there or cannot be read.
    CorruptData
        It is not UTF-8, or the packed file breaks off; the message names the line.
    InvalidData
        A column is missing, a line has too few or too many, a label is empty, a time is none, some times have
        a zone and others none, or there is no event. The message names the line.
    InvalidArgument
        The gap is no positive duration, or an argument is of another form.

    Notes
    -----
    Explained in chapter 05_rnn_lstm.
    """
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
        raise InvalidArgument(f"separator is {separator!r}; it must be one character, such as ',' or '\\t'.")
    source = Path(path)
    log = EventLog(source)
    with _opened(source) as stream:
        reader = csv.reader(lines_of(stream, source), delimiter=separator, strict=True)
        rows = _rows(reader, log)
        header = next(rows, None)
        if header is None:
            raise InvalidData(f"{source} is empty. It must have a header and a row for each play.")
        names = pd.DataFrame(columns=header)
        for role, name in (("user", user), ("item", item), ("time", time)):
            column(names, name, role)
        places = [header.index(name) for name in (user, item, time)]
        zoned: bool | None = None
        for row in rows:
            if len(row) != len(header):
                raise log.wrong(
                    reader.line_num, f"{len(row)} columns where the header has {len(header)}: {row[:6]}."
                )
            who, what, when = (row[place] for place in places)
            for name, label in ((user, who), (item, what)):
                if not label.strip():
                    raise log.wrong(reader.line_num, f"the column {name!r} is empty.")
            moment, has_zone = _moment(when, reader.line_num, log)
            if zoned is not None and has_zone != zoned:
                raise log.wrong(
                    reader.line_num,
                    f"the time {when!r} has {'a' if has_zone else 'no'} time zone, the lines before have "
                    f"{'none' if has_zone else 'one'}, so their order cannot be known.",
                )
            zoned = has_zone
            log.add(who, what, moment)
    interactions, sessions = log.listening(gap)
    titles = interactions.items
    return Dataset(
        name=source.name.partition(".")[0],
        title=f"Plays of {source.name}",
        evidence=evidence,
        interactions=interactions,
        items=pd.DataFrame({"title": titles, "artist": None}, index=titles),
        users=pd.DataFrame(index=interactions.users),
        sessions=sessions,
        provenance={"source": str(source), "gap": str(gap)},
    )


def _rows(reader: Any, log: EventLog) -> Iterator[list[str]]:
    """Rows that are not blank, and what the reader of CSV finds wrong with one."""
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        raise log.wrong(reader.line_num, f"this is no row of a delimited file ({error}).") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with ExitStack() as stack:
        try:
            if path.suffix == ".gz":
                stream = cast(IO[bytes], stack.enter_context(gzip.open(path)))
            else:
                stream = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise DataUnavailable(
                f"Cannot read {path.absolute()}: {error.strerror or error}. Give the path of a file that is "
                "there."
            ) from error
        yield stream


def _moment(text: str, line: int, log: EventLog) -> tuple[datetime, bool]:
    """A time, and whether its zone is known; seconds since 1970 are in UTC."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise log.wrong(
                line, f"{text!r} is no time: neither ISO 8601 (2024-05-01 20:15:00) nor seconds since 1970."
            ) from None
        return moment, moment.tzinfo is not None
    if not (math.isfinite(seconds) and 0 <= seconds < _LATEST):
        raise log.wrong(
            line, f"the time {text!r} is no number of seconds since 1970; are they milliseconds? Divide them."
        )
    return datetime.fromtimestamp(seconds, tz=UTC), True
