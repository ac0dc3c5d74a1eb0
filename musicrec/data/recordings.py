"""A dataset of recordings that nobody is known to have heard: items and their sound, and no listeners."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from musicrec.audio.recording_index import measured
from musicrec.audio.recordings import open_folder
from musicrec.data.dataset import Dataset
from musicrec.data.entries import Entry
from musicrec.data.interactions import Interactions


def without_listeners(
    found: Entry, folder: Path, items: pd.DataFrame, paths: pd.Series, *, at_least: float = 0.0
) -> Dataset:
    """A dataset of items with their recordings.

    Parameters
    ----------
    found
        Its entry in the catalogue.
    folder
        What the paths are relative to.
    items
        One row a recording, indexed by label; at least title and artist.
    paths
        Where each item's recording is; the same index.
    at_least
        Seconds; shorter recordings are left out.

    Returns
    -------
    Dataset
        Interactions are over no users and all items. Each header is read; ``audio.left_out`` says which
        recordings are missing, unreadable or too short, and later which cannot be decoded.
    """
    index = measured(folder, pd.DataFrame({"path": paths}), at_least=at_least)
    audio = open_folder(folder, index)
    nobody = pd.Index([], name="user", dtype="str")
    events = pd.DataFrame({"user": [], "item": []}, dtype="int64")
    return Dataset(
        name=found.name,
        title=found.title,
        evidence=found.evidence,
        interactions=Interactions(nobody, items.index, events),
        items=items,
        users=pd.DataFrame(index=nobody),
        audio=audio,
        provenance={
            "source": found.homepage,
            "licence": found.licence,
            "citation": found.citation.text if found.citation else "",
            "left out": {"recordings that are missing, unreadable or too short": len(audio.left_out)},
        },
    )
