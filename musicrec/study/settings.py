"""The settings that searches found: one file a search, which ships with the library.

The files stand in data/params/DATASET/MODEL.json; what was searched with other features than the dataset's
usual ones, or for items that nobody has played, in MODEL.FEATURES.json, MODEL.cold.json or
MODEL.FEATURES.cold.json. This module is the only one that writes and reads them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from musicrec import models
from musicrec.cache import atomic_write
from musicrec.errors import CorruptData, DataUnavailable, UnknownName
from musicrec.shipped import shipped
from musicrec.study.search_spaces import PARTS, READ_FEATURES, space_of
from musicrec.study.search_task import Task


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
    trials, failed, stopped
        Settings tried, the defaults among them; how many of these the model refused; and how many were given
        up after a share of the effort.
    seconds
        What the trials took together, fitting and evaluating.
    at_border
        Parameters that ended at the border of their range: "low" or "high".
    space
        The ranges.
    split, seed, features
        The cut, the seed of cut and search, and the kind of item features at hand, if any.
    parts
        Of a model made of others: by parameter, the "model" and "params" of each, which were not searched.
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
    parts: dict[str, Any] = field(default_factory=dict)
    stopped: int = 0


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


def tuned(model: str, dataset: str, *, features: str | None = None, cold: bool = False) -> dict[str, Any]:
    """The settings that a search found best for a model on a dataset, for the model's constructor.

    As in ``models.EASE(**study.tuned("EASE", "lastfm-2k"))``; empty where a model has nothing to tune. For a
    model made of others these are among the settings, at their own tuned settings. Parameters and errors as
    in `tuning_of`. Explained in chapter 02_collaborative_filtering.
    """
    if not space_of(model):
        return {}
    found = tuning_of(model, dataset, features=features, cold=cold)
    return {**made(found.parts), **found.params}


def tuning_of(model: str, dataset: str, *, features: str | None = None, cold: bool = False) -> Tuning:
    """All that is kept of the search for a model's settings on a dataset.

    Parameters
    ----------
    model, dataset
        "EASE", "lastfm-2k".
    features
        The kind of item features the model was given, "descriptors"; the dataset's usual one if not named.
    cold
        Of the search for items that nobody has played, instead of the one for all items.

    Raises
    ------
    UnknownName
        No search has been done for these. The message shows which have been, and the command for another.
    CorruptData
        The file is truncated, is not JSON, or does not hold what `tune` writes.
    InvalidArgument
        Features are named for a model that reads none.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    task, folder = Task(model, dataset, features, cold), shipped("params")
    kept = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.json"))
    if task.file not in kept:
        listed = ", ".join(file.removesuffix(".json") for file in kept)
        raise UnknownName(
            f"{task.file.removesuffix('.json')}: {model} has not been tuned so. Run `{task.command}`. Tuned "
            f"are: {listed or 'none'}."
        )
    path = folder / task.file
    try:
        found = Tuning(**json.loads(path.read_text(encoding="utf-8")))
        about = (found.model, found.dataset, found.features, found.split["kind"] == "cold_items")
        if about != (model, dataset, task.kind, cold):
            raise ValueError(f"it is about {found.model} on {found.dataset}, {found.features}, {found.split}")
        if unknown := found.params.keys() - space_of(model).keys():
            raise ValueError(f"params holds {', '.join(sorted(unknown))}")
        if found.parts.keys() != PARTS.get(model, {}).keys():
            raise ValueError(f"parts holds {', '.join(found.parts) or 'nothing'}")
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise CorruptData(
            f"{path} does not hold the result of a search ({type(error).__name__}: {error}). Restore it with "
            f"git checkout, or run `{task.command}`."
        ) from error
    return found


def parts_of(task: Task) -> dict[str, Any]:
    """The models within the model of a task, by parameter, at their own tuned settings; as `Tuning.parts`.

    Errors as in `tuning_of`.
    """
    found = {}
    for name, part in PARTS.get(task.model, {}).items():
        features = task.features if part in READ_FEATURES else None
        found[name] = {"model": part, "params": tuned(part, task.dataset, features=features)}
    return found


def made(parts: dict[str, Any]) -> dict[str, models.Recommender]:
    """The models that `Tuning.parts` describes, for the constructor of the model made of them."""
    return {name: models.by_name(part["model"])(**part["params"]) for name, part in parts.items()}
