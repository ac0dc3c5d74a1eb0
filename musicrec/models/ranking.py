"""From scores to lists: the k best items of each row, with ties in an order that no model can learn."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
import scipy.sparse as sp

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.inputs import candidate_codes
from musicrec.parameters import check_whole

_CHUNK = 2**18  # scores ranked at a time: they (1 MB) stay near the processor
_STRETCH = 16  # scores of which one maximum is taken
_LOW = np.uint64(2**32 - 1)  # the half of a key that names the item
_SIGN = np.uint32(2**31)


def tie_ranks(labels: Iterable[Any], seed: int = 0) -> np.ndarray:
    """The place of each item among items of equal score: ranks by a seeded hash of its label.

    By code, ties would favour what stands first in the index, which is often what is popular or old, and a
    model that knows nothing would not score as chance. The hash (BLAKE2b of the label's text) is the same
    on every machine, and the order of two items does not depend on which others there are.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    labels : n_items labels
        In the order of the codes.
    seed : int
        Another seed, another order.

    Returns
    -------
    int64 array, shape (n_items,)
        A permutation of 0 to n_items - 1; the lowest rank is listed first.
    """
    check_whole("seed", seed, least=0)
    hashes = [
        blake2b(f"{seed} {label}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for label in labels
    ]
    ranks = np.empty(len(hashes), dtype=np.int64)
    ranks[sorted(range(len(hashes)), key=hashes.__getitem__)] = np.arange(len(hashes))
    return ranks


def top_k(
    scores: np.ndarray,
    k: int,
    tie_rank: np.ndarray,
    excluded: sp.csr_matrix | None = None,
    candidates: np.ndarray | None = None,
) -> np.ndarray:
    """The k best items of each row, exactly, also where equal scores straddle the cut.

    A row is cut into stretches. The k-th highest of their maxima is a score that k items reach, so what is
    below it is out, which is nearly everything. Of the rest, score and tie rank are packed into one 64-bit
    number, the score (made to compare as a whole number does) in the upper half: then a partition of plain
    numbers decides everything, and no two are equal.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    scores : array, shape (n, n_items)
        The higher the better; compared as float32. Minus infinity is legal: listed last, but listed.
    k : int
        The length of the lists.
    tie_rank : int array, shape (n_items,)
        From `tie_ranks`: among equal scores the lower rank comes first.
    excluded : CSR, shape (n, n_items), optional
        Items that a row must not list: the nonzero ones.
    candidates : int array, optional
        Codes of the only items that may be listed, in any order.

    Returns
    -------
    int64 array, shape (n, k)
        Item codes, best first; -1 where fewer than k are left.

    Raises
    ------
    InvalidData
        Where a score is NaN or plus infinity.
    InvalidArgument
        Where k is below 1, shapes do not agree, or `tie_rank` is no permutation.
    UnknownName
        Where a candidate is no code of an item.
    """
    check_whole("k", k, least=1)
    n, n_items = _checked(scores, tie_rank)
    if excluded is not None and excluded.shape != (n, n_items):
        raise InvalidArgument(
            f"excluded has shape {excluded.shape}, the scores {(n, n_items)}; both must have the same."
        )
    chosen = None if candidates is None else candidate_codes(candidates, n_items)
    if chosen is not None and len(chosen) == n_items:
        chosen = None
    barred = None if excluded is None else _nonzero(excluded if chosen is None else excluded[:, chosen])
    item_at = np.argsort(tie_rank)[::-1]  # low half of a key → item: the higher the half, the lower the rank
    low = (n_items - 1 - np.asarray(tie_rank)).astype(np.uint64)
    low = low if chosen is None else low[chosen]
    depth = min(k, len(low))
    lists = np.full((n, k), -1, dtype=np.int64)
    step = max(1, _CHUNK // max(1, len(low)))
    for start in range(0, n if depth else 0, step):
        rows = slice(start, min(start + step, n))
        part = np.asarray(scores[rows] if chosen is None else scores[rows][:, chosen], dtype=np.float32)
        out = None if barred is None else _places(barred, rows)
        keys = _keys_of_best(part, out, low, depth)
        keys.partition(keys.shape[1] - depth, axis=1)
        best = np.sort(keys[:, -depth:], axis=1)[:, ::-1]
        lists[rows, :depth] = np.where(best == 0, -1, item_at[(best & _LOW).astype(np.int64)])
    return lists


def _checked(scores: np.ndarray, tie_rank: np.ndarray) -> tuple[int, int]:
    if scores.ndim != 2 or np.shape(tie_rank) != scores.shape[1:]:
        raise InvalidArgument(
            f"scores has shape {scores.shape} and tie_rank {np.shape(tie_rank)}; expected (n, n_items) and "
            "(n_items,)."
        )
    if not np.array_equal(np.sort(tie_rank), np.arange(len(tie_rank))):
        raise InvalidArgument(
            "tie_rank must hold each rank from 0 to n_items - 1 once; make it with tie_ranks(labels)."
        )
    return scores.shape


def _nonzero(matrix: sp.csr_matrix) -> sp.csr_matrix:
    held = sp.csr_matrix(matrix)
    if not held.data.all():
        held = held.copy()
        held.eliminate_zeros()
    return held


def _places(matrix: sp.csr_matrix, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Row (counted from the first of the slice) and column of each entry in a slice of rows."""
    ends = matrix.indptr[rows.start : rows.stop + 1]
    return np.repeat(np.arange(len(ends) - 1), np.diff(ends)), matrix.indices[ends[0] : ends[-1]]


def _keys_of_best(
    scores: np.ndarray, out: tuple[np.ndarray, np.ndarray] | None, low: np.ndarray, depth: int
) -> np.ndarray:
    """Keys (score above, `low` of the item below), the `depth` highest of each row among them; 0 elsewhere.

    Only those of the few scores that can be among them, where this is quickly told; else those of all.
    """
    if out is not None:
        scores = scores.copy()
        scores[out] = -np.inf
    found = _contenders(scores, depth)
    if found is None:
        keys = _ordered(scores).astype(np.uint64) << np.uint64(32) | low
        if out is not None:
            keys[out] = 0  # below every score, minus infinity too
        return keys
    row, item = found
    count = np.bincount(row, minlength=len(scores))
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    keys = np.zeros((len(scores), count.max()), dtype=np.uint64)
    keys[row, place] = _ordered(scores[row, item]).astype(np.uint64) << np.uint64(32) | low[item]
    return keys


def _contenders(scores: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Row and column, by row, of all scores that may be among the `depth` best of their row.

    None where they are too many, because of ties, few items or rows with hardly a finite score, and where a
    score is no number. Stretch j holds the scores j, j + s, j + 2 s, ..., with s the number of stretches.
    """
    n, n_items = scores.shape
    s = n_items // _STRETCH
    if s <= depth:
        return None
    maxima = scores[:, : s * _STRETCH].reshape(n, _STRETCH, s).max(axis=1)  # NaN where one is among them
    rest = scores[:, s * _STRETCH :]
    for start in range(0, rest.shape[1], s):
        last = rest[:, start : start + s]
        np.maximum(maxima[:, : last.shape[1]], last, out=maxima[:, : last.shape[1]])
    bound = np.partition(maxima, s - depth, axis=1)[:, s - depth]
    if not (np.isfinite(bound).all() and (maxima < np.inf).all()):
        return None
    row, stretch = np.nonzero(maxima >= bound[:, None])
    if len(row) > 2 * depth * n:
        return None
    item = stretch[:, None] + s * np.arange(-(-n_items // s))
    inside = item < n_items
    held = np.where(inside, scores[row[:, None], np.where(inside, item, 0)], -np.inf)
    stretch_at, offset = np.nonzero(held >= bound[row, None])
    return row[stretch_at], item[stretch_at, offset]


def _ordered(scores: np.ndarray) -> np.ndarray:
    """Scores as uint32 that compare as the scores do (IEEE 754: flip a negative's bits, else the sign)."""
    plain = np.asarray(scores, dtype=np.float32) + np.float32(0)  # -0.0 becomes 0.0
    if not (plain < np.inf).all():
        raise InvalidData(
            f"{np.sum(~(plain < np.inf)):,} of these scores are NaN or plus infinity, so there is no order "
            "among them. The model has diverged or divided by 0: lower its learning rate or weight decay, or "
            "raise its l2."
        )
    bits = plain.view(np.uint32)
    return np.where(bits >= _SIGN, ~bits, bits | _SIGN)
