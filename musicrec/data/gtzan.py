"""The loader of GTZAN: a thousand half-minute recordings of ten styles, the field's oldest yardstick.

Source: Tzanetakis and Cook, "Musical Genre Classification of Audio Signals", 2002. Its faults, which are
many, stand in the data card data/cards/gtzan.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.fetch import fetch
from musicrec.data.recordings import without_listeners

_NAME = "gtzan"
STYLES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
_EACH = 100  # recordings of a style
_AT_LEAST = 29.0  # seconds; the recordings last 30


def load() -> Dataset:
    """Load GTZAN from ``$MUSICREC_DATA``, the cache or the network.

    Returns
    -------
    Dataset
        As `read` makes it.

    Raises
    ------
    DataUnavailable
        The recordings are not here and cannot be downloaded.
    CorruptData
        What was downloaded is not what the catalogue describes.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    return read(fetch(entry(_NAME)))


def read(folder: Path) -> Dataset:
    """Read a folder in the layout of GTZAN.

    Parameters
    ----------
    folder
        Holds genres/blues/blues.00000.wav and so on. Older copies have .au files: either will do.

    Returns
    -------
    Dataset
        - items: the thousand names, "blues.00000" and so on, with title (the name), artist (never known) and
          style.
        - audio: the recordings. One that is missing, unreadable or shorter than 29 s is left out, with the
          reason in ``audio.left_out``.
        - interactions: none; there are no listeners.
    """
    found = entry(_NAME)
    assert found.recordings is not None
    place = Path(folder) / found.recordings.folder
    styles = [style for style in STYLES for _ in range(_EACH)]
    names = pd.Index([f"{style}.{number:05d}" for style in STYLES for number in range(_EACH)], name="item")
    items = pd.DataFrame({"title": names, "artist": None, "style": styles}, index=names)
    paths = pd.Series([f"{style}/{name}" for style, name in zip(styles, names, strict=True)], names)
    old = [(place / f"{path}.au").is_file() and not (place / f"{path}.wav").is_file() for path in paths]
    return without_listeners(found, place, items, paths + np.where(old, ".au", ".wav"), at_least=_AT_LEAST)
