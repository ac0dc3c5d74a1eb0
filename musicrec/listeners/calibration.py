"""Does simulated listening look like measured listening? The same few statistics of both, side by side.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import gammaln

from musicrec.errors import InvalidData
from musicrec.metrics import gini

TOP_ITEMS = 1000  # about as many as the Songbook has: a longer tail makes every Gini coefficient larger
TOP_PER_LISTENER = 50  # Last.fm-2k holds no more of each listener
DRAWN = 40  # plays of a listener that are looked at for repeats


def targets() -> pd.DataFrame:
    """What was measured on real listeners, and how near the Songbook has to come to it.

    Returns
    -------
    DataFrame
        Indexed by statistic (the keys of `of_plays` and `of_sessions`), with the columns value, tolerance
        (absolute), dataset and about (what it is, in words).
    """
    read = tomllib.loads(Path(__file__).with_name("calibration.toml").read_text(encoding="utf-8"))
    return pd.DataFrame.from_dict(read, orient="index").rename_axis("statistic")


def of_plays(plays: sp.csr_matrix) -> dict[str, float]:
    """Statistics of play counts.

    Only the 50 most played items of each listener are looked at, and of these the 1,000 items with the most
    listeners, so that datasets of different reach can be compared.

    Parameters
    ----------
    plays : CSR matrix of shape (n_users, n_items)
        Plays of each listener and item.

    Returns
    -------
    dict
        ``items_gini_plays``, ``items_gini_listeners``: Gini coefficients over items of their plays and
        listeners.
        ``items_median_to_mean``: median number of listeners of an item, by the mean.
        ``density``: share of listener-item pairs with a play.
        ``listeners_gini``, ``listeners_median_to_mean``: the same of the plays of each listener.
        ``own_repeats``: of 40 plays drawn at random from all of a listener's, the expected share whose item
        is among them already (rarefaction, so that long and short histories can be compared); mean over
        listeners.
        ``own_same_twice``: the chance that two plays drawn from a listener's are of one item (Simpson's
        index); mean over the same listeners.

    Raises
    ------
    InvalidData
        No listener has 40 plays.
    """
    heads = _head_of_each(sp.csr_matrix(plays))
    listeners = np.bincount(heads.indices, minlength=heads.shape[1])
    top = np.sort(np.argsort(-listeners, kind="stable")[:TOP_ITEMS])
    top = top[listeners[top] > 0]
    totals = np.asarray(heads.sum(axis=1)).ravel()
    rows = [heads.data[a:b] for a, b in pairwise(heads.indptr) if heads.data[a:b].sum() >= DRAWN]
    if not rows:
        raise InvalidData(f"These statistics need a listener of at least {DRAWN} plays; found none.")
    cut = heads[:, top]
    counts = listeners[top]
    totals = totals[totals > 0]
    return {
        "items_gini_plays": gini(np.asarray(cut.sum(axis=0)).ravel()),
        "items_gini_listeners": gini(counts),
        "items_median_to_mean": float(np.median(counts) / counts.mean()),
        "density": float(cut.nnz / (cut.shape[0] * cut.shape[1])),
        "listeners_gini": gini(totals),
        "listeners_median_to_mean": float(np.median(totals) / totals.mean()),
        "own_repeats": float(np.mean([1 - _distinct(row, DRAWN) / DRAWN for row in rows])),
        "own_same_twice": float(
            np.mean([(row * (row - 1)).sum() / (row.sum() * (row.sum() - 1)) for row in rows])
        ),
    }


def of_sessions(sessions: Iterable[Sequence[int] | np.ndarray]) -> dict[str, float]:
    """Statistics of sessions of at least two plays.

    Parameters
    ----------
    sessions
        Item codes of each session, in the order of listening.

    Returns
    -------
    dict
        ``session_mean``, ``session_cv``: mean number of plays, and standard deviation by the mean.
        ``session_repeats``: the share of plays whose item came before in the same session.
        ``session_at_once``: the share of plays whose item is also the one just before.
        ``sessions_without_repeat``: the share of sessions in which no item comes twice.

    Raises
    ------
    InvalidData
        There is no session of two plays.
    """
    kept = [np.asarray(session) for session in sessions if len(session) >= 2]
    if not kept:
        raise InvalidData("These statistics need a session of at least two plays; found none.")
    lengths = np.array([len(session) for session in kept])
    distinct = np.array([len(np.unique(session)) for session in kept])
    at_once = sum(int((session[1:] == session[:-1]).sum()) for session in kept)
    return {
        "session_mean": float(lengths.mean()),
        "session_cv": float(lengths.std() / lengths.mean()),
        "session_repeats": float((lengths - distinct).sum() / lengths.sum()),
        "session_at_once": float(at_once / lengths.sum()),
        "sessions_without_repeat": float((lengths == distinct).mean()),
    }


def _distinct(plays: np.ndarray, drawn: int) -> float:
    """Expected number of distinct items among plays drawn without replacement."""
    total, others = plays.sum(), plays.sum() - plays
    missed = np.exp(_log_choose(others, drawn) - _log_choose(total, drawn))
    return float((1 - np.where(others < drawn, 0.0, missed)).sum())


def _log_choose(n: np.ndarray, k: int) -> np.ndarray:
    n = np.maximum(n, k)
    return gammaln(n + 1) - gammaln(n - k + 1) - gammaln(k + 1)


def _head_of_each(plays: sp.csr_matrix) -> sp.csr_matrix:
    """The most played items of each listener, ties in the order of items."""
    row = np.repeat(np.arange(plays.shape[0]), np.diff(plays.indptr))
    order = np.lexsort((plays.indices, -plays.data, row))
    rank = np.arange(len(row)) - plays.indptr[row]
    kept = order[rank < TOP_PER_LISTENER]
    return sp.csr_matrix(
        (plays.data[kept].astype(np.float64), (row[kept], plays.indices[kept])), shape=plays.shape
    )
