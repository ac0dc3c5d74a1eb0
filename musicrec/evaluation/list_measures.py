"""Six measures of lists beside accuracy: how varied, how new, how fair to the catalogue, how true to taste.

Lists are integer arrays of shape (n, depth), -1 at empty places, as `Recommender.recommend` makes them. What
returns one value a list gives NaN where nothing can be said of it. Explained in chapter 08_metrics.
"""

import numpy as np
import scipy.sparse as sp

from musicrec.metrics import gini

_ALPHA = 0.01  # Steck's smoothing: a category that the list lacks costs much, but not infinitely much


def coverage(lists: np.ndarray, candidates: np.ndarray) -> float:
    """Share of the candidates that are in at least one list.

    Catalogue coverage of Ge, Delgado-Battenfeld and Jannach, "Beyond accuracy: evaluating recommender systems
    by coverage and serendipity", RecSys 2010.
    """
    return len(np.unique(lists[lists >= 0])) / len(candidates)


def novelty(lists: np.ndarray, listeners: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of the items of each list, in bits: -log2 of the share of users who played one.

    An item without a listener counts as if it had one, so that the most that can be had is log2(n_users).
    Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS 107 (2010).
    """
    return _list_means(lists, -np.log2(np.maximum(listeners, 1) / n_users))


def exposure_gini(lists: np.ndarray, candidates: np.ndarray) -> float:
    """Gini coefficient of how often each candidate is listed, those never listed included.

    0 where all are listed equally often, towards 1 where a few take all places; Fleder and Hosanagar measure
    sales so in "Blockbuster culture's next rise or fall", Management Science 55 (2009).
    """
    shown = np.bincount(lists[lists >= 0], minlength=candidates.max() + 1)
    return gini(shown[candidates])


def popularity(lists: np.ndarray, listeners: np.ndarray) -> np.ndarray:
    """Mean number of listeners in train of the items of each list.

    Average recommendation popularity of Yin et al., "Challenging the long tail recommendation", PVLDB 5
    (2012).
    """
    return _list_means(lists, listeners.astype(np.float64))


def diversity(lists: np.ndarray, features: sp.csr_matrix) -> np.ndarray:
    """One less the mean cosine of all pairs of items of each list, by their features.

    Items without features (a row of zeros) are left out; a list with fewer than two others has none. The sum
    of all pairs is had from the sum s of the m unit vectors: (s·s - m) / (m (m - 1)). Average dissimilarity
    of Smyth and McClave, "Similarity vs. diversity", ICCBR 2001.
    """
    squares = _row_squares(features)
    known = squares > 0
    scale = np.divide(1, np.sqrt(squares), out=np.zeros_like(squares), where=known)
    unit = sp.csr_matrix(features.multiply(scale[:, None]))
    pairs = _row_squares(_membership(lists, len(squares)) @ unit)
    m = (known[lists] & (lists >= 0)).sum(axis=1).astype(np.float64)
    m[m < 2] = np.nan
    return 1 - (pairs - m) / (m * (m - 1))


def calibration(lists: np.ndarray, history: sp.csr_matrix, categories: np.ndarray) -> np.ndarray:
    """How far the categories of each list are from those of the listener's history: 0 where they agree.

    Kullback-Leibler divergence, in nats, of the list's distribution q from the history's p, where q is
    smoothed to 0.99 q + 0.01 p; each item counts once. Items of no known category (-1) are left out. Steck,
    "Calibrated recommendations", RecSys 2018.

    Parameters
    ----------
    lists : int array, shape (n, depth)
        One list a listener.
    history : CSR, shape (n, n_items)
        What the same listeners played, as ones.
    categories : int array, shape (n_items,)
        The code of each item's category, -1 where it is unknown.
    """
    known = np.flatnonzero(categories >= 0)
    shape = (len(categories), categories.max() + 1)
    member = sp.csr_matrix((np.ones(len(known)), (known, categories[known])), shape=shape)
    p, q = (_shares(rows @ member) for rows in (history, _membership(lists, len(categories))))
    smoothed = (1 - _ALPHA) * q + _ALPHA * p
    ratio = np.divide(p, smoothed, out=np.ones_like(p), where=p > 0)
    return (p * np.log(ratio)).sum(axis=1)


def has_features(features: sp.csr_matrix) -> np.ndarray:
    """Which rows are not zero throughout, bool, shape (n_items,)."""
    return _row_squares(features) > 0


def _row_squares(matrix: sp.csr_matrix) -> np.ndarray:
    """The sum of squares of each row, shape (n,)."""
    return np.asarray(matrix.power(2).sum(axis=1)).ravel()


def _membership(lists: np.ndarray, n_items: int) -> sp.csr_matrix:
    """CSR (n, n_items) with a one for each listed item."""
    row, place = np.nonzero(lists >= 0)
    return sp.csr_matrix((np.ones(len(row)), (row, lists[row, place])), shape=(len(lists), n_items))


def _list_means(lists: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of a value an item over each list, NaN for an empty one."""
    filled = (lists >= 0).sum(axis=1).astype(np.float64)
    filled[filled == 0] = np.nan
    return _membership(lists, len(values)) @ values / filled


def _shares(counts: sp.csr_matrix) -> np.ndarray:
    """Each row divided by its sum; NaN where that is 0."""
    dense = counts.toarray()
    total = dense.sum(axis=1, keepdims=True)
    return np.divide(dense, total, out=np.full_like(dense, np.nan), where=total > 0)
