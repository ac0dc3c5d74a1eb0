"""What a catalogue knows of the Songbook's pieces: a tenth of the entries wrong or missing, as in real
catalogues.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.features import Features
from musicrec.listeners import draws

if TYPE_CHECKING:
    from musicrec.data.dataset import Dataset

FLAWED = ("artist", "style", "year", "instruments")  # titles are right
FLAWS = 0.1  # of the entries of each flawed column: half of these are missing, half are another piece's
_SEED = 0  # pieces and catalogue are the same in all worlds


def true_items(pieces: pd.DataFrame, arrangement: pd.DataFrame) -> pd.DataFrame:
    """The catalogue as it would be without flaws.

    Parameters
    ----------
    pieces
        Rows of `musicrec.audio.score.catalogue`.
    arrangement
        Rows of `musicrec.audio.arrangement.draw` for the same pieces.

    Returns
    -------
    DataFrame
        Indexed by piece: title, artist (a composer or, where nobody is named, a collection), style, year
        (Int64), instruments (names, "; " between).
    """
    return pd.DataFrame(
        {
            "title": pieces["title"],
            "artist": pieces["composer"],
            "style": pieces["style"],
            "year": pieces["year"].astype("Int64"),
            "instruments": arrangement.loc[pieces.index, "instruments"],
        },
        index=pd.Index(pieces.index, name="item"),
    )


def with_flaws(truth: pd.DataFrame) -> pd.DataFrame:
    """The catalogue that models get: in each column of `FLAWED` a tenth of the entries is wrong or missing.

    A missing entry is NaN. A wrong one looks like any other: it is another piece's, and differs from the true
    one. Where all pieces agree in a column nothing can be wrong in it, and the entry is missing instead.
    """
    known = truth.copy()
    for number, column in enumerate(FLAWED):
        rng = draws.generator(_SEED, draws.CATALOGUE, number)
        values = truth[column]
        entries = values.tolist()
        order = np.argsort(rng.random(len(truth)), kind="stable")
        candidates = [row for row in order if pd.notna(entries[row])]
        for turn, row in enumerate(candidates[: round(FLAWS * len(truth))]):
            others = np.flatnonzero((values.notna() & (values != values.iloc[row])).to_numpy(dtype=bool))
            chance = rng.random()
            wrong = turn % 2 == 1 and len(others) > 0
            entries[row] = values.iloc[others[int(chance * len(others))]] if wrong else None
        known[column] = pd.Series(entries, index=truth.index, dtype=values.dtype)
    return known


def style_features(ds: Dataset) -> Features:
    """One column a style, as the catalogue has it; a piece whose style is not known is missing."""
    return _features(ds, "style", _columns(ds.items["style"], "style"))


def catalogue_features(ds: Dataset) -> Features:
    """One column a style, artist, decade and instrument, as the catalogue has them.

    A piece of which none of these is known is missing; an entry that is missing leaves its columns at zero.
    """
    items = ds.items
    decade = (items["year"] // 10 * 10).astype("string")
    blocks = [
        _columns(items["style"], "style"),
        _columns(items["artist"], "artist"),
        _columns(decade, "decade"),
        _columns(items["instruments"], "instrument"),
    ]
    return _features(ds, "catalogue", pd.concat(blocks, axis=1))


def _columns(values: pd.Series, prefix: str) -> pd.DataFrame:
    found = values.dropna().astype(str).str.get_dummies(sep="; ").reindex(values.index, fill_value=0)
    return found.add_prefix(f"{prefix}: ")


def _features(ds: Dataset, kind: str, columns: pd.DataFrame) -> Features:
    matrix = columns.to_numpy(dtype=np.float32)
    missing = np.asarray(matrix.sum(axis=1) == 0)
    return Features(kind, ds.interactions.items, list(columns.columns), sp.csr_matrix(matrix), missing)
