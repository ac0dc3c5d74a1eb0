"""The loader of SiTunes: thirty people rated music in a laboratory and in their days, with what was around.

Source: Grigorev, Li, Ma, He, Zhang, Liu, Yan and Zhang, "SiTunes: A Situational Music Recommendation Dataset
with Physiological and Psychological Signals", CHIIR 2024, and the readme in its repository. The traps stand
in the data card data/cards/situnes.md. One is met here: a row of the table of tracks has the number -1 and
no descriptors, and nobody rated it. It is left out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.features import Features
from musicrec.data.fetch import fetch
from musicrec.data.interactions import Interactions
from musicrec.data.situnes_signals import ACTIVITIES, SIGNALS, STEPS, read_surroundings, read_wrist
from musicrec.data.situnes_tables import DESCRIPTORS, NAMED, RATINGS, SCHEMAS, TRACKS
from musicrec.data.tables import read_table, refuse_unknown
from musicrec.data.verify import read_verified
from musicrec.errors import InvalidData

_NAME = "situnes"
_RENAMED = {
    "user_id": "user",
    "item_id": "item",
    "duration": "seconds",
    "rec_type": "recommender",
    "emo_pre_valence": "valence_before",
    "emo_pre_arousal": "arousal_before",
    "emo_post_valence": "valence_after",
    "emo_post_arousal": "arousal_after",
    "emo_valence": "valence_after",
    "emo_arousal": "arousal_after",
}
_FIRST = [
    *["user", "item", "stage", "time", "rating", "preference", "seconds", "recommender"],
    *["valence_before", "arousal_before", "valence_after", "arousal_after"],
]
_LEFT_OUT = ["No.", "inter_id", "timestamp"]  # they number the rows, or are told by the time


def load() -> Dataset:
    """Load SiTunes from ``$MUSICREC_DATA``, the cache or the network.

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
    """Read a folder in the layout of SiTunes, whatever its checksums.

    Parameters
    ----------
    folder
        Holds Stage1, Stage2, Stage3 and music_metadata, as the repository's folder SiTunes does.

    Returns
    -------
    Dataset
        - table "ratings": one row a rating, stage by stage. user, item, stage (1 to 3), time (UTC), rating (1
          to 5), preference (0 to 100, stage 3), seconds of listening, recommender; valence and arousal of the
          person, from -1 to 1, _before listening (not in stage 1) and _after; and, in stages 2 and 3,
          part_of_day, weather, pressure, temperature, humidity, longitude, latitude (both moved), speed.
        - table "wrist": thirty rows a rating of stages 2 and 3, in the order of time. rating (the row of
          "ratings"), step, heart_rate (relative to the person), intensity, steps, activity.
        - interactions: who rated which track, with the time; event r is row r of "ratings". There is no
          weight, since a rating of 1 is no small liking.
        - items: tracks by number, also those that nobody rated: title, artist, style. Some are not named.
        - features "descriptors": what a platform's table says of each track, and measures of its sound.
        - users: people by number. Nothing else is told of them.

    Raises
    ------
    DataUnavailable
        A file is not there.
    CorruptData
        A file is not in its encoding, or was cut off.
    InvalidData
        A table breaks its schema, or a rating is of a track or a record that does not exist. The message
        names file and line.
    """
    found = entry(_NAME)
    paths = {file.name: Path(folder) / file.name for file in found.files}
    tables = {
        file.name: read_table(
            paths[file.name], SCHEMAS[file.name], encoding=file.encoding, separator=file.separator
        )
        for file in found.files
    }
    items, descriptors = _tracks(paths, tables)
    for name in RATINGS.values():
        refuse_unknown(paths[name], tables[name]["item_id"], items.index, TRACKS)
    second, before_second = _field_study(paths[RATINGS[2]], tables[RATINGS[2]])
    third, before_third = _field_study(paths[RATINGS[3]], tables[RATINGS[3]])
    stages = {1: tables[RATINGS[1]], 2: second, 3: third}
    ratings = pd.concat(
        [table.rename(columns=_RENAMED).assign(stage=stage) for stage, table in stages.items()],
        ignore_index=True,
    )
    ratings["time"] = pd.to_datetime(ratings["timestamp"], unit="s")
    ratings = ratings[[*_FIRST, *ratings.columns.difference([*_FIRST, *_LEFT_OUT], sort=False)]]
    users = pd.DataFrame(index=pd.Index(np.unique(ratings["user"]), name="user"))
    return Dataset(
        name=_NAME,
        title=found.title,
        evidence="real",
        interactions=Interactions.from_frame(ratings, time="time", users=users.index, items=items.index),
        items=items,
        users=users,
        feature_makers={"descriptors": lambda ds: descriptors},
        tables={
            "ratings": ratings,
            "wrist": _wrist(np.concatenate([before_second, before_third]), first=len(stages[1])),
        },
        provenance={
            "source": found.homepage,
            "licence": found.licence,
            "citation": found.citation.text if found.citation else "",
            "left out": {"rows of no track": len(tables[TRACKS]) - len(items)},
        },
    )


def _tracks(paths: dict[str, Path], tables: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, Features]:
    """The tracks in the order of their numbers, and their descriptors."""
    known = tables[TRACKS][tables[TRACKS]["item_id"] >= 0]
    gaps = known[DESCRIPTORS].isna().any(axis=1)
    if gaps.any():
        raise InvalidData(
            f"{paths[TRACKS]}, line {gaps.idxmax()}: a descriptor of this track is empty. Restore the file "
            "from where it came."
        )
    named = tables[NAMED][tables[NAMED]["i_id_c"] >= 0]
    refuse_unknown(paths[NAMED], named["i_id_c"], known["item_id"], TRACKS)
    known = known.set_index(known["item_id"].rename("item")).sort_index()
    names = named.set_index("i_id_c").reindex(known.index)
    items = pd.DataFrame(
        {
            "title": names["music"].fillna("track " + known["item_id"].astype(str)),
            "artist": names["singer"].astype(object).where(names["singer"].notna(), None),
            "style": known["general_genre"],
        }
    )
    return items, Features("descriptors", known.index, DESCRIPTORS, known[DESCRIPTORS].to_numpy())


def _field_study(path: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Ratings of a field study with what was around, and the signals before each."""
    around = read_surroundings(path.with_name("env.json"))
    signals = read_wrist(path.with_name("wrist.npy"))
    numbers = table["inter_id"]
    for file, records in (("env.json", around.index), ("wrist.npy", range(1, 1 + len(signals)))):
        refuse_unknown(path, numbers, records, file)
        if len(records) != len(table):
            raise InvalidData(
                f"{path} has {len(table):,} ratings and {file} beside it {len(records):,} records: one of "
                "them was cut off or altered. Restore both from where they came."
            )
    return table.join(around, on="inter_id"), signals[numbers.to_numpy() - 1]


def _wrist(signals: np.ndarray, first: int) -> pd.DataFrame:
    """Signals as a table, one row a moment; `first` is the row of the first rating that has them."""
    table = pd.DataFrame(signals.reshape(-1, len(SIGNALS)), columns=list(SIGNALS))
    table.insert(0, "rating", np.repeat(np.arange(first, first + len(signals)), STEPS))
    table.insert(1, "step", np.tile(np.arange(STEPS), len(signals)))
    return table.assign(activity=np.array(ACTIVITIES)[table["activity"].astype(int)])
