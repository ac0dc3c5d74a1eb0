"""The loader of Last.fm-2k: what real people played, tagged and befriended on Last.fm up to 2011.

Source: the dataset of the HetRec 2011 workshop (Cantador, Brusilovsky and Kuflik, 2011). Its traps stand in
the data card data/cards/lastfm-2k.md; two of them are met here. A few tags carry a year in which there was no
Last.fm: their date becomes missing. Some tagged artists are not in the list of artists: their tags stay in
the table "tags" and are left out of the features. Both are counted in the dataset's provenance.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import scipy.sparse as sp

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.features import Features
from musicrec.data.fetch import fetch
from musicrec.data.interactions import Interactions
from musicrec.data.tables import read_table, refuse_unknown
from musicrec.data.verify import read_verified

_NAME = "lastfm-2k"
_FIRST_YEAR, _LAST_YEAR = 2002, 2011  # Last.fm began in 2002; the dataset was released in 2011

_COUNT = pa.Column("int64", pa.Check.ge(1))
_WORD = pa.Column(str, pa.Check.str_length(min_value=1))
_SCHEMAS = {
    "artists.dat": pa.DataFrameSchema(
        {
            "id": pa.Column("int64", pa.Check.ge(1), unique=True),
            "name": _WORD,
            "url": _WORD,
            "pictureURL": pa.Column(str),
        },
        coerce=True,
    ),
    "tags.dat": pa.DataFrameSchema(
        {
            "tagID": pa.Column("int64", pa.Check.ge(1), unique=True),
            "tagValue": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        },
        coerce=True,
    ),
    "user_artists.dat": pa.DataFrameSchema(
        {"userID": _COUNT, "artistID": _COUNT, "weight": _COUNT}, unique=["userID", "artistID"], coerce=True
    ),
    "user_friends.dat": pa.DataFrameSchema(
        {"userID": _COUNT, "friendID": _COUNT}, unique=["userID", "friendID"], coerce=True
    ),
    "user_taggedartists.dat": pa.DataFrameSchema(
        {
            "userID": _COUNT,
            "artistID": _COUNT,
            "tagID": _COUNT,
            "day": pa.Column("int64", pa.Check.in_range(1, 31)),
            "month": pa.Column("int64", pa.Check.in_range(1, 12)),
            "year": _COUNT,
        },
        unique=["userID", "artistID", "tagID"],
        coerce=True,
    ),
}


def load() -> Dataset:
    """Load Last.fm-2k from ``$MUSICREC_DATA``, the cache or the network.

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
    Explained in chapter 01_listening_data.
    """
    found = entry(_NAME)
    return read_verified(found, fetch(found), read)


def read(folder: Path) -> Dataset:
    """Read a folder in the layout of Last.fm-2k, whatever its checksums.

    Parameters
    ----------
    folder
        Holds artists.dat, tags.dat, user_artists.dat, user_friends.dat and user_taggedartists.dat.

    Returns
    -------
    Dataset
        - interactions: one event a listener and artist, weighted by plays. There are no times.
        - items: artists by their number, columns title and artist (both the artist's name) and url.
        - users: listeners by their number. Nothing else is known of them.
        - table "friends": user, friend; each friendship in both directions.
        - table "tags": user, item, tag (the word), date (NaT where impossible). The date is that of the
          month, except in May 2011. An item may be one that nobody in the dataset played.
        - features "tags": for each artist and tag, how many listeners gave it. An artist without a tag is
          missing.

    Raises
    ------
    DataUnavailable
        A file is not there.
    CorruptData
        A file is not in its encoding.
    InvalidData
        A table breaks its schema or refers to a listener, artist or tag that does not exist. The message
        names file, line and column.
    """
    found = entry(_NAME)
    paths = {each.name: Path(folder) / each.name for each in found.files}
    tables = {
        each.name: read_table(paths[each.name], _SCHEMAS[each.name], encoding=each.encoding)
        for each in found.files
    }
    artists, words, plays = tables["artists.dat"], tables["tags.dat"], tables["user_artists.dat"]
    friends, tagged = tables["user_friends.dat"], tables["user_taggedartists.dat"]
    listeners = plays["userID"].unique()
    refuse_unknown(paths["user_artists.dat"], plays["artistID"], artists["id"], "artists.dat")
    refuse_unknown(paths["user_taggedartists.dat"], tagged["tagID"], words["tagID"], "tags.dat")
    refuse_unknown(paths["user_taggedartists.dat"], tagged["userID"], listeners, "user_artists.dat")
    for column in friends:
        refuse_unknown(paths["user_friends.dat"], friends[column], listeners, "user_artists.dat")

    items = pd.DataFrame(
        {
            "title": artists["name"].to_numpy(),
            "artist": artists["name"].to_numpy(),
            "url": artists["url"].to_numpy(),
        },
        index=pd.Index(artists["id"], name="item"),
    ).sort_index()
    users = pd.DataFrame(index=pd.Index(np.sort(listeners), name="user"))
    interactions = Interactions.from_frame(
        plays, user="userID", item="artistID", weight="weight", users=users.index, items=items.index
    )
    tags = _tags(tagged, words)
    strange = tags.loc[~tags["item"].isin(items.index), "item"]
    return Dataset(
        name=_NAME,
        title=found.title,
        evidence="real",
        interactions=interactions,
        items=items,
        users=users,
        feature_makers={"tags": tag_features},
        said_by_listeners=frozenset({"tags"}),
        tables={
            "friends": friends.rename(columns={"userID": "user", "friendID": "friend"}).reset_index(
                drop=True
            ),
            "tags": tags,
        },
        provenance={
            "source": found.homepage,
            "licence": found.licence,
            "citation": found.citation.text if found.citation else "",
            "left out": {
                "dates of tags in an impossible year": int(tags["date"].isna().sum()),
                "tags of artists that are not in artists.dat": len(strange),
                "artists that are tagged but not in artists.dat": strange.nunique(),
            },
        },
    )


def _tags(tagged: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """Tag assignments with the word for the tag and one date for day, month and year."""
    dates = pd.to_datetime(tagged[["year", "month", "day"]], errors="coerce")
    possible = tagged["year"].between(_FIRST_YEAR, _LAST_YEAR)
    word = words.set_index("tagID")["tagValue"]
    return pd.DataFrame(
        {
            "user": tagged["userID"],
            "item": tagged["artistID"],
            "tag": tagged["tagID"].map(word),
            "date": dates.where(possible),
        }
    ).reset_index(drop=True)


def tag_features(ds: Dataset, *hidden: Interactions) -> Features:
    """For each artist and tag, how many listeners gave it; an artist without a tag is missing.

    The people who tagged are the people who played: of the pairs of listener and artist with a tag, three in
    ten are also plays. A listener's tag tells that she knows the artist, which is what a test asks for where
    her play is hidden. So the tags of hidden pairs are taken away; what others said of the artist stays.

    Parameters
    ----------
    ds
        Last.fm-2k as `read` makes it: what is used is its table "tags".
    hidden
        Parts of a split that no model may know of, such as ``split.valid, split.test``. Their pairs are
        looked up by label. Without any, every tag counts.

    Returns
    -------
    Features
        Kind "tags", one row an artist and one column a tag that is left, in alphabetical order.

    Notes
    -----
    ``ds.features("tags", hidden=split)`` is the same for a whole split. Explained in chapters
    02_collaborative_filtering and 03_content_based.
    """
    tags = ds.tables["tags"]
    tags = tags[tags["item"].isin(ds.items.index)]
    for part in hidden:
        asked = part.events[["user", "item"]]
        pairs = pd.MultiIndex.from_arrays([part.users[asked["user"]], part.items[asked["item"]]])
        tags = tags[~pd.MultiIndex.from_frame(tags[["user", "item"]]).isin(pairs)]
    code, names = pd.factorize(tags["tag"], sort=True)
    row = ds.items.index.get_indexer(pd.Index(tags["item"]))
    counts = sp.coo_matrix((np.ones(len(tags)), (row, code)), shape=(len(ds.items), len(names))).tocsr()
    return Features("tags", ds.items.index, list(names), counts, missing=np.diff(counts.indptr) == 0)
