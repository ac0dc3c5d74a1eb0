"""The loader of #nowplaying: sessions of what people tweeted that they were listening to, as others cut them.

Source: Zangerle, Pichl, Gassler and Specht, "#nowplaying Music Dataset: Extracting Listening Behavior from
Twitter", WISMM 2014; the sessions and the cut are those of Wang et al., "Global Context Enhanced Graph Neural
Networks for Session-based Recommendation", SIGIR 2020; `nowplaying_pickles` makes the files of theirs. What
is known of how they were made stands in the data card data/cards/nowplaying.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset, Splits
from musicrec.data.fetch import fetch
from musicrec.data.interactions import Interactions
from musicrec.data.session_split import SessionSplit
from musicrec.data.sessions import Sessions
from musicrec.data.tables import file_text
from musicrec.data.verify import read_verified
from musicrec.errors import InvalidData

_NAME = "nowplaying"
TRAIN, TEST = "train_sessions.txt", "test_sessions.txt"


def load() -> Dataset:
    """Load #nowplaying from ``$MUSICREC_DATA``, the cache or the network.

    Returns
    -------
    Dataset
        As `read` makes it, from files that are those of the catalogue.

    Raises
    ------
    DataUnavailable
        The files are not here and cannot be downloaded.
    CorruptData, InvalidData
        The files are here but not what they must be.

    Notes
    -----
    Explained in chapter 05_rnn_lstm.
    """
    found = entry(_NAME)
    return read_verified(found, fetch(found), read)


def read(folder: Path) -> Dataset:
    """Read a folder of sessions, one a line, whatever its checksums.

    Parameters
    ----------
    folder
        Holds train_sessions.txt and test_sessions.txt: item numbers from 1 on, separated by spaces.

    Returns
    -------
    Dataset
        - sessions: those of train, then those of test, in the order of time. There are no times.
        - splits["published"]: the two files, as a `SessionSplit`.
        - items: tracks by number. Nobody says what they are: title is the number in words, artist missing.
        - users: one for each session, numbered from 1, since nobody says who listened; column part. Sessions
          themselves have no users.
        - interactions: every play, under the user and session of its number.

    Raises
    ------
    DataUnavailable
        A file is not there.
    InvalidData
        A line is empty or holds something else than numbers from 1 on. The message names file and line.
    """
    found = entry(_NAME)
    parts = {name: _sessions(Path(folder) / name) for name in (TRAIN, TEST)}
    plays = [np.concatenate(sessions) for sessions in parts.values()]
    numbers = pd.Index(np.unique(np.concatenate(plays)), name="item")
    train, test = (_laid_out(sessions, numbers) for sessions in parts.values())
    both = Sessions(
        np.concatenate([train.items, test.items]),
        np.concatenate([train.starts, len(train.items) + test.starts]),
    )
    users = pd.DataFrame(
        {"part": ["train"] * len(train) + ["test"] * len(test)},
        index=pd.RangeIndex(1, 1 + len(both), name="user"),
    )
    of_play = np.repeat(np.arange(len(both)), both.lengths)
    events = pd.DataFrame({"user": of_play, "item": both.items, "session": of_play})
    return Dataset(
        name=_NAME,
        title=found.title,
        evidence="real",
        interactions=Interactions(users.index, numbers, events),
        items=pd.DataFrame({"title": [f"track {number}" for number in numbers], "artist": None}, numbers),
        users=users,
        sessions=both,
        splits=Splits({"published": SessionSplit(train=train, test=test)}),
        provenance={
            "source": found.homepage,
            "licence": found.licence,
            "citation": found.citation.text if found.citation else "",
        },
    )


def _sessions(path: Path) -> list[np.ndarray]:
    sessions = []
    for line, text in enumerate(file_text(path, "ascii").splitlines(), start=1):
        words = text.split(" ")
        wrong = [word for word in words if not word.isdecimal() or int(word) < 1]
        if wrong:
            raise InvalidData(
                f"{path}, line {line}: found {wrong[0]!r} where a session is expected: item numbers from 1 "
                "on, separated by single spaces. Restore the file from where it came."
            )
        sessions.append(np.array(words, dtype=np.int64))
    if not sessions:
        raise InvalidData(f"{path} holds no session. Restore the file from where it came.")
    return sessions


def _laid_out(sessions: list[np.ndarray], numbers: pd.Index) -> Sessions:
    lengths = np.array([len(session) for session in sessions])
    codes = np.searchsorted(numbers.to_numpy(), np.concatenate(sessions))
    return Sessions(codes, np.cumsum(lengths) - lengths)
