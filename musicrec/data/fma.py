"""The loader of FMA small: 8,000 clips from the Free Music Archive, a thousand each of eight styles.

Source: Defferrard, Benzi, Vandergheynst and Bresson, "FMA: A Dataset for Music Analysis", ISMIR 2017. What
its makers know to be wrong with it stands in the data card data/cards/fma-small.md.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.fetch import fetch
from musicrec.data.recordings import without_listeners
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

_NAME = "fma-small"
_AT_LEAST = 29.0  # seconds; the clips last 30
_SPLITS = ("training", "validation", "test")
# Where each of our columns stands in tracks.csv, whose header has three lines: subject, column, "track_id".
_COLUMNS = {
    "subset": ("set", "subset"),
    "title": ("track", "title"),
    "artist": ("artist", "name"),
    "album": ("album", "title"),
    "style": ("track", "genre_top"),
    "split": ("set", "split"),
    "licence": ("track", "license"),
}


def load() -> Dataset:
    """Load FMA small from ``$MUSICREC_DATA``, the cache or the network.

    Returns
    -------
    Dataset
        As `read` makes it.

    Raises
    ------
    DataUnavailable
        The files are not here and cannot be downloaded.
    CorruptData, InvalidData
        The files are here but not what they must be.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    return read(fetch(entry(_NAME)))


def read(folder: Path) -> Dataset:
    """Read a folder in the layout of FMA small.

    Parameters
    ----------
    folder
        Holds fma_metadata/tracks.csv and fma_small/000/000002.mp3 and so on.

    Returns
    -------
    Dataset
        - items: the tracks of the subset "small" by their number, with title, artist, album, style (FMA's
          top genre), split ("training", "validation" or "test", so cut that an artist is in one of them only)
          and licence, which the artist chose.
        - audio: the clips. One that is missing, unreadable or shorter than 29 s is left out, with the reason
          in ``audio.left_out``.
        - interactions: none. FMA counts plays of a track and does not say whose they are.

    Raises
    ------
    DataUnavailable
        tracks.csv is not there.
    CorruptData
        It is not UTF-8 text.
    InvalidData
        It lacks a column, or a track of the subset has no number of its own, no style or no split.
    """
    found = entry(_NAME)
    assert found.recordings is not None and found.recordings.labels is not None
    tracks = _tracks(Path(folder) / found.recordings.labels)
    paths = pd.Series([f"{code // 1000:03d}/{code:06d}.mp3" for code in tracks.index], tracks.index)
    place = Path(folder) / found.recordings.folder
    return without_listeners(found, place, tracks, paths, at_least=_AT_LEAST)


def _tracks(path: Path) -> pd.DataFrame:
    """The tracks of the subset "small", by number."""
    advice = "Unpack fma_metadata.zip again."
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            head = list(zip(next(lines, []), next(lines, []), strict=False))
            absent = [" ".join(name) for name in _COLUMNS.values() if name not in head]
            if absent:
                raise InvalidData(f"{path} lacks the columns {absent} in the two lines of its head. {advice}")
        table = pd.read_csv(
            path,
            header=None,
            skiprows=3,
            usecols=[0, *(head.index(name) for name in _COLUMNS.values())],
            dtype=str,
            keep_default_na=False,
        )
    except OSError as error:
        raise DataUnavailable(f"Cannot read {path}: {error.strerror or error}. {advice}") from error
    except UnicodeError as error:
        raise CorruptData(f"{path} is not UTF-8 text ({error}). {advice}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise InvalidData(f"{path} is not the table that it must be ({error}). {advice}") from error
    table = table.rename(columns={0: "item"} | {head.index(name): own for own, name in _COLUMNS.items()})
    small = table[table["subset"] == "small"].drop(columns="subset")
    number = small["item"].str.fullmatch("[0-9]{1,6}") & ~small["item"].duplicated()
    wrong = small[~(number & (small["style"] != "") & small["split"].isin(_SPLITS))]
    if len(wrong) or not len(small):
        what = f"track {wrong['item'].iloc[0]!r} of" if len(wrong) else "no track in"
        raise InvalidData(
            f"{path}: {what} the subset small; each must have a number of its own, a style and one of the "
            f"splits {', '.join(_SPLITS)}. {advice}"
        )
    small = small.set_index(small["item"].astype("int64"))[[own for own in _COLUMNS if own != "subset"]]
    return small.where(small != "").sort_index()
