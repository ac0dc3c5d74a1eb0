"""How a search judges settings of a model of the next play: on the latest quarter of the training sessions.

A model is fitted on the earlier three quarters and asked for every next play of the latest; the sessions of
the test are not handed on. What counts is NDCG@20. Verdicts are on recall@20, for which all twenty places are
alike, and on MRR@20, for which the second is worth half of the first; NDCG@20 lies between, so that a search
by it favours neither.

Effort comes in shares (successive halving, see `search`). What is trained in no epochs is asked about a ninth
of the sessions, then a third, then all: it is asking that takes the time. A network is trained for a third of
its epochs, then for all, each time from the start and with a learning rate that falls to 0 at their end. A
ninth of them would be too little to judge by: after one epoch the settings with the longest steps lead, and
some of them end below the others. So that asking neighbours stays affordable, no more than about 20,000 next
plays are looked at, of sessions taken evenly. Settings that a search found are those to fit on all training
sessions. Chapter 05_rnn_lstm.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from musicrec import data, evaluation, models
from musicrec.errors import InvalidArgument
from musicrec.study.search_spaces import space_of
from musicrec.study.search_task import Judge, Task, with_share

CUTOFF = 20
METRIC = f"ndcg@{CUTOFF}"
VALID = 0.25  # of the training sessions
SHARES_OF_ASKING = (1 / 9, 1 / 3, 1.0)
SHARES_OF_EPOCHS = (1 / 3, 1.0)
ASKED = 20_000  # next plays, at most


def by_sessions(task: Task, ds: data.Dataset) -> Judge:
    """A judge of settings for a model of the next play.

    Raises
    ------
    InvalidArgument
        Where the dataset has no sessions.
    """
    split = training_split(ds)
    valid = split.valid
    assert valid is not None  # the split was made with one
    make, trained = models.sequence_by_name(task.model), "epochs" in space_of(task.model)
    shares = SHARES_OF_EPOCHS if trained else SHARES_OF_ASKING
    asked = {share: _evenly(valid, 1.0 if trained else share) for share in shares}

    def score(settings: dict[str, Any], share: float) -> float:
        if trained:
            settings = with_share(settings, share)
        fitted = make(**settings).fit(split.train, n_items=len(ds.items))
        found = evaluation.evaluate_next(fitted, asked[share], k=(CUTOFF,), by=())
        return float(found.mean()[METRIC])

    facts = {"kind": "latest_sessions", "valid": VALID, "asked": ASKED, "shares": list(shares)}
    return Judge(score, METRIC, facts, shares)


def training_split(ds: data.Dataset) -> data.SessionSplit:
    """The sessions of a dataset as published, or else cut by time, with a part to choose settings by.

    Raises
    ------
    InvalidArgument
        Where the dataset has no sessions.
    """
    published = [cut for cut in ds.splits.values() if isinstance(cut, data.SessionSplit)]
    if published:
        return published[0].latest(VALID)
    if ds.sessions is None:
        raise InvalidArgument(
            f"{ds.name} has no sessions, so a model of the next play cannot learn from it. Take a dataset "
            "that has some, such as songbook or nowplaying."
        )
    return data.SessionSplit.by_time(ds.sessions).latest(VALID)


def _evenly(sessions: data.Sessions, share: float) -> data.Sessions:
    """A share of the sessions, at equal distances, with no more than about `ASKED` next plays in all."""
    next_plays = int((sessions.lengths - 1).sum())
    kept = math.ceil(len(sessions) * share * min(1.0, ASKED / next_plays))
    return sessions.take(np.arange(kept) * len(sessions) // kept)
