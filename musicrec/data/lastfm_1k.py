"""The loader of Last.fm-1K: every play of nearly a thousand people on Last.fm, with its second.

Source: Celma, "Music Recommendation and Discovery in the Long Tail", Springer 2010, and the readme of the
dataset. Nineteen million lines are read from inside the archive, one at a time; what is kept is said in
`musicrec.data.event_stream`.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.event_stream import EventLog, lines_of
from musicrec.data.fetch import fetch
from musicrec.data.verify import read_verified
from musicrec.errors import CorruptData, DataUnavailable

_NAME = "lastfm-1k"
_PLAYS = "userid-timestamp-artid-artname-traid-traname.tsv"
_COLUMNS = 6  # user, time, MusicBrainz id of the artist, artist, MusicBrainz id of the track, track
_GAP = "30min"


def load() -> Dataset:
    """Load Last.fm-1K from ``$MUSICREC_DATA``, the cache or the network.

    Returns
    -------
    Dataset
        As `read` makes it, from the archive of the catalogue.

    Raises
    ------
    DataUnavailable
        The archive is not here and cannot be downloaded.
    CorruptData, InvalidData
        It is here but not what it must be.

    Notes
    -----
    Explained in chapter 05_rnn_lstm.
    """
    found = entry(_NAME)
    return read_verified(found, fetch(found), read)


def read(folder: Path) -> Dataset:
    """Read the archive of Last.fm-1K, which need not be unpacked, whatever its checksum.

    Parameters
    ----------
    folder
        Holds lastfm-dataset-1K.tar.gz.

    Returns
    -------
    Dataset
        - interactions: one event a play, with time (UTC) and session, by listener and time.
        - sessions: the same plays; a listener silent for more than 30 minutes begins a new one.
        - items: tracks, one for each pair of artist and title as they are written; the label is both with a
          tab between. MusicBrainz ids are left out, since many plays have none.
        - users: listeners by their label. The table of who they are is left out.

        A play whose artist or title is empty is left out, and counted in the provenance.

    Raises
    ------
    DataUnavailable
        The archive is not there.
    CorruptData
        It is cut short or damaged (the message names the line reached), lacks the table, or is not UTF-8.
    InvalidData
        A line has another number of columns, no listener, or a time that is not one in UTC such as
        2009-05-04T23:08:57Z.
    """
    found = entry(_NAME)
    path = Path(folder) / found.parts[0]
    log = EventLog(path)
    nameless = 0
    with _plays(path) as stream:
        for line, text in enumerate(lines_of(stream, path), start=1):
            cells = text.rstrip("\n").removesuffix("\r").split("\t")
            if len(cells) != _COLUMNS:
                raise log.wrong(line, f"{len(cells)} columns where {_COLUMNS} are expected ({text[:60]!r}).")
            user, time, _, artist, _, title = cells
            moment = _moment(time)
            if not user or moment is None:
                expected = "a listener and a time in UTC such as 2009-05-04T23:08:57Z are expected"
                raise log.wrong(line, f"found listener {user!r} and time {time!r} where {expected}.")
            if artist and title:
                log.add(user, f"{artist}\t{title}", moment)
            else:
                nameless += 1
    interactions, sessions = log.listening(_GAP, newest_first=True)
    names = interactions.items.str.split("\t", expand=True)
    return Dataset(
        name=_NAME,
        title=found.title,
        evidence="real",
        interactions=interactions,
        items=pd.DataFrame(
            {"title": names.get_level_values(1), "artist": names.get_level_values(0)},
            index=interactions.items,
        ),
        users=pd.DataFrame(index=interactions.users),
        sessions=sessions,
        provenance={
            "source": found.homepage,
            "licence": found.licence,
            "citation": found.citation.text if found.citation else "",
            "gap": _GAP,
            "left out": {"plays without an artist or a title": nameless},
        },
    )


def _moment(text: str) -> datetime | None:
    """The time, or None where it is none or does not say that it is in UTC."""
    try:
        return datetime.fromisoformat(text) if text.endswith("Z") else None
    except ValueError:
        return None


@contextmanager
def _plays(path: Path) -> Iterator[IO[bytes]]:
    """The table of plays inside the archive, as a stream."""
    again = "Get the archive again."
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(tarfile.open(path, "r:gz"))
            # one at a time: a list of all members would need the whole archive first
            wanted = (each for each in archive if each.isfile() and Path(each.name).name == _PLAYS)
            member = next(wanted, None)
            stream = None if member is None else archive.extractfile(member)
        except FileNotFoundError as error:
            raise DataUnavailable(f"There is no file {path}. {again}") from error
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise CorruptData(
                f"{path} is no tar.gz, or breaks off before {_PLAYS} ({error}). {again}"
            ) from error
        if stream is None:
            raise CorruptData(f"{path} does not hold {_PLAYS}. {again}")
        yield stack.enter_context(stream)
