"""The search for the settings of every model, with the same effort for each.

A model is fitted on the train part of a split and judged by NDCG@10 on its valid part; the test part is not
handed on. The split hides a tenth of each listener's items or, where a search is for cold items, a tenth of
the items from everybody; then only those are ranked, and the score is the mean over several such cuts. Each
model gets the same number of trials, the first of them its defaults; a network gets fewer, and its file says
how many and how long they took. An autoencoder is judged first by a quarter of its epochs, and only the best
third goes on to all of them (successive halving, see `search`). Models of the next play have a judge of their
own, `search_sessions`.

The journal of a search, from which it goes on after a kill, lies in the cache under a name made from the
model, its defaults and space, the dataset's fingerprint, the split and the seed. A change to a model's code
is not noticed: search --again after one. Explained in chapter 02_collaborative_filtering.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from musicrec import data, evaluation, models
from musicrec.cache import cache_dir
from musicrec.errors import DataUnavailable, InvalidArgument
from musicrec.parameters import check_whole
from musicrec.study.provenance import checkout
from musicrec.study.records import rounded
from musicrec.study.search import best_of, search
from musicrec.study.search_sessions import by_sessions
from musicrec.study.search_spaces import (
    FEWER_NEW_ITEMS,
    HALVED,
    NEW_ITEMS,
    applies,
    at_border,
    described,
    space_of,
    trials_of,
)
from musicrec.study.search_task import Judge, Task, with_share
from musicrec.study.settings import Tuning, made, parts_of, write

CUTOFF = 10
METRIC = f"ndcg@{CUTOFF}"
SHARES = {"test": 0.1, "valid": 0.1}  # of each user's items, as in the tables of real listeners; or of items
SHARES_OF_EPOCHS = (0.25, 1.0)  # of a model that is HALVED: a quarter tells which settings are worth the rest
_PACKAGES = ("musicrec", "numpy", "scipy", "implicit", "optuna", "torch")


def tune(
    model: str,
    dataset: str,
    *,
    features: str | None = None,
    cold: bool = False,
    trials: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    again: bool = False,
    told: Callable[[int, float | None], None] = lambda ended, best: None,
) -> Tuning | None:
    """Search for the settings of a model that are best on validation data, and keep them in a file.

    Parameters
    ----------
    model
        Name of a model, "EASE".
    dataset
        Name of a dataset, "lastfm-2k".
    features
        The kind of item features to give it, "descriptors"; the dataset's usual one if not named.
    cold
        Search for the settings that are best for items that nobody has played.
    trials
        How many settings to try, the defaults among them. Those of an earlier search for the same count.
        If not given, 40; 16 for a network, 12 for a model of the next play.
    seed
        Of the search, and of the split where it is drawn by lot.
    out
        Folder for the file, such as DATASET/MODEL.json; data/params of the checkout if not given.
    again
        Forget an earlier search for the same.
    told
        Called with the number of trials that have ended and the best score: at the start, and after each.

    Returns
    -------
    Tuning or None
        None where the model has nothing to tune; no file is written then.

    Raises
    ------
    UnknownName
        No such model, dataset or kind of features, no search space for the model, or no tuned settings for a
        model that it is made of.
    InvalidArgument
        `trials` is below 1, the model reads no features, knows no cold items or needs sessions that the
        dataset lacks, or it could be fitted in no trial.
    CorruptData
        The journal of an earlier search cannot be read.
    DataUnavailable
        The dataset cannot be had, a file cannot be written, or another process is at the same search.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    space, task = space_of(model), Task(model, dataset, features, cold)
    make: Any = models.sequence_by_name(model) if task.of_sessions else models.by_name(model)
    trials = trials_of(model) if trials is None else trials
    check_whole("trials", trials, least=1)
    if not space:
        return None
    path = _folder(out) / task.file
    ds = data.load(dataset)
    parts = parts_of(task)
    judge = by_sessions(task, ds) if task.of_sessions else _by_listeners(task, ds, parts, seed)
    params = make().params
    defaults = {name: params[name] for name, part in space.items() if applies(part, params)}
    facts = {
        "model": model,
        "dataset": dataset,
        "metric": judge.metric,
        "space": described(space),
        "split": judge.split,
        "seed": seed,
        "features": task.kind,
        "fingerprint": ds.provenance["fingerprint"],
        **({"parts": parts} if parts else {}),
    }
    journal = cache_dir() / "tuning" / f"{dataset}-{model}-{_digest([facts, defaults])}.journal"
    tried = search(
        judge.score, space, defaults,
        trials=trials, seed=seed, journal=journal, shares=judge.shares, again=again, told=told,
    )  # fmt: skip
    best = best_of(tried)
    if best is None or best.score is None:
        raise InvalidArgument(
            f"{model} could be fitted on {dataset} in none of {trials} trials. The first said: "
            f"{tried[0].problem}"
        )
    found = Tuning(
        **facts,
        params=best.settings,
        score=rounded(best.score),
        default_score=None if tried[0].score is None else rounded(tried[0].score),
        trials=len(tried),
        failed=sum(each.score is None for each in tried),
        stopped=sum(each.stopped for each in tried),
        seconds=round(sum(each.seconds for each in tried), 1),
        at_border=at_border(best.settings, space),
        date=tried[-1].ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )
    write(found, path)
    return found


def _by_listeners(task: Task, ds: data.Dataset, parts: dict[str, Any], seed: int) -> Judge:
    judged_on = cuts(ds.interactions, task.cold, seed, FEWER_NEW_ITEMS.get(task.model, NEW_ITEMS))
    given = [None if task.kind is None else ds.features(task.kind, hidden=cut) for cut in judged_on]
    candidates: Literal["cold", "all"] = "cold" if task.cold else "all"
    shares = SHARES_OF_EPOCHS if task.model in HALVED else (1.0,)

    def score(settings: dict[str, Any], share: float) -> float:
        if share < 1:
            settings = with_share(settings, share)
        found = []
        for cut, features_of_items in zip(judged_on, given, strict=True):
            assert cut.valid is not None  # each cut has one
            # A search cannot look at what it is not handed.
            seen = data.Split(train=cut.train, test=cut.valid)
            fitted = models.by_name(task.model)(**made(parts), **settings)
            fitted.fit(seen.train, item_features=features_of_items, item_audio=ds.audio)
            asked = evaluation.evaluate(fitted, seen, k=(CUTOFF,), candidates=candidates)
            found.append(float(asked.mean()[METRIC]))
        return sum(found) / len(found)

    kind = {"kind": "cold_items", "cuts": len(judged_on)} if task.cold else {"kind": "holdout", "by": "user"}
    in_part = {"shares": list(shares)} if len(shares) > 1 else {}
    return Judge(score, METRIC, {**kind, **SHARES, "seed": seed, **in_part}, shares)


def cuts(x: data.Interactions, cold: bool, seed: int, least: int = NEW_ITEMS) -> list[data.Split]:
    """The cuts that settings are judged on: the same test, so many valid parts that they hold `least` items.

    A hundred new items are too few. The settings that win there are those that put the one or two famous ones
    of them on top for everybody, by luck, and on other items they are worse than chance.
    """
    if not cold:
        return [data.holdout(x, **SHARES, seed=seed, by="user")]
    whole = data.cold_items(x, SHARES["test"], seed, valid=0)
    share = SHARES["valid"] / (1 - SHARES["test"])  # of the items that are left
    found = [data.cold_items(whole.train, share, seed, valid=0)]
    while sum(len(cut.cold_items) for cut in found) < least:
        found.append(data.cold_items(whole.train, share, seed + len(found), valid=0))
    return [data.Split(train=cut.train, valid=cut.test, test=whole.test) for cut in found]


def _folder(out: Path | None) -> Path:
    if out is not None:
        return out
    if (root := checkout()) is None:
        raise DataUnavailable(
            "Outside a checkout of the project there is no data/params to write to. Name a folder with --out."
        )
    return root / "data" / "params"


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
