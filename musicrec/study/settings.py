"""The settings that searches found: one file a model and dataset, which ships with the library.

The files stand in data/params/DATASET/MODEL.json. This module is the only one that writes and reads them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from musicrec.cache import atomic_write
from musicrec.errors import CorruptData, DataUnavailable, UnknownName
from musicrec.shipped import shipped
from musicrec.study.search_spaces import space_of


@dataclass(frozen=True)
class Tuning:
    """What a search found, and what is needed to judge it or to do it again.

    Attributes
    ----------
    model, dataset
        Their names.
    params
        The best settings: parameters of the model's constructor.
    score, default_score
        `metric` on the valid part, of these settings and of the defaults (None where those cannot be fitted).
    metric
        What was searched for.
    trials, failed
        Settings tried, the defaults among them; and how many of these the model refused.
    seconds
        What the trials took together, fitting and evaluating.
    at_border
        Parameters that ended at the border of their range: "low" or "high".
    space
        The ranges.
    split, seed, features
        The cut, the seed of cut and search, and the kind of item features at hand, if any.
    fingerprint, date, versions
        Of the dataset; of the end of the last trial; of the packages.
    """

    model: str
    dataset: str
    params: dict[str, Any]
    score: float
    default_score: float | None
    metric: str
    trials: int
    failed: int
    seconds: float
    at_border: dict[str, str]
    space: dict[str, Any]
    split: dict[str, Any]
    seed: int
    features: str | None
    fingerprint: str
    date: str
    versions: dict[str, str]


def write(found: Tuning, path: Path) -> None:
    """Write what a search found as JSON, whole or not at all; DataUnavailable where that cannot be done."""
    text = json.dumps(asdict(found), indent=1, sort_keys=True, allow_nan=False)
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataUnavailable(
            f"What was found cannot be written to {path} ({error.__cause__ or error}). Name another folder "
            "with --out; the trials are kept."
        ) from error


def tuned(model: str, dataset: str) -> dict[str, Any]:
    """The settings that a search found best for a model on a dataset, for the model's constructor.

    As in ``models.EASE(**study.tuned("EASE", "lastfm-2k"))``; empty where a model has nothing to tune. Errors
    as in `tuning_of`. Explained in chapter 02_collaborative_filtering.
    """
    return tuning_of(model, dataset).params if space_of(model) else {}


def tuning_of(model: str, dataset: str) -> Tuning:
    """All that is kept of the search for a model's settings on a dataset.

    Parameters
    ----------
    model, dataset
        "EASE", "lastfm-2k".

    Raises
    ------
    UnknownName
        No search has been done for these. The message shows which have been, and the command for another.
    CorruptData
        The file is truncated, is not JSON, or does not hold what `tune` writes.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    folder = shipped("params")
    kept = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.json"))
    if f"{dataset}/{model}" not in kept:
        raise UnknownName(
            f"{model} has not been tuned on {dataset!r}. Run `musicrec tune {model} --dataset {dataset}`. "
            f"Tuned are: {', '.join(kept) or 'none'}."
        )
    path = folder / dataset / f"{model}.json"
    try:
        found = Tuning(**json.loads(path.read_text(encoding="utf-8")))
        if (found.model, found.dataset) != (model, dataset):
            raise ValueError(f"it is about {found.model} on {found.dataset}")
        if unknown := found.params.keys() - space_of(model).keys():
            raise ValueError(f"params holds {', '.join(sorted(unknown))}")
    except (ValueError, TypeError, AttributeError) as error:
        raise CorruptData(
            f"{path} does not hold the result of a search ({type(error).__name__}: {error}). Restore it with "
            f"git checkout, or run `musicrec tune {model} --dataset {dataset}`."
        ) from error
    return found
