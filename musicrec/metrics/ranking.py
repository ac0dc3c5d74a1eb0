"""How good ranked lists are: seven measures, each with one stated convention."""

from collections.abc import Iterable
from numbers import Integral

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from musicrec.errors import InvalidArgument, InvalidData


def ranking_metrics(
    lists: npt.ArrayLike, relevant: sp.csr_matrix, k: int | Iterable[int] = (10,)
) -> dict[str, np.ndarray]:
    """Measure each list against the items that are relevant to its user.

    With R relevant items and h of them among the first k places, hits at ranks r = 1, 2, ...:

    - precision: h / k, also where the list is shorter than k;
    - recall: h / R;
    - f1: the harmonic mean of the two, 2 h / (k + R);
    - mrr: 1 / rank of the first hit, 0 where there is none up to k;
    - ndcg: the sum of 1 / log2(1 + r) over hits, divided by that of an ideal list, which has hits at all of
      the first min(k, R) places (Järvelin and Kekäläinen, 2002, with gains of 0 and 1);
    - hit: 1 where h > 0, else 0;
    - map: the precision at the rank of each hit, summed and divided by R (what trec_eval calls map_cut).

    Other libraries differ in each of these but hit: they divide precision by the length of a short list, or
    recall and map by min(k, R).

    Parameters
    ----------
    lists : int array, shape (n, depth)
        Item codes, best first. -1 stands for an empty place and comes after all items of its row. Where k is
        above the depth, the list counts as ending there.
    relevant : scipy sparse matrix, shape (n, n_items)
        What is relevant to the user of each row: the nonzero items.
    k : int or ints
        The cut-offs, 1 or more, each once.

    Returns
    -------
    dict of str to float64 array, shape (n,)
        By "precision@10" and so on: all measures of the first cut-off, then of the next. NaN for a row with
        no relevant item: nothing can be said of it, so leave it out of an average and count it.

    Raises
    ------
    InvalidArgument
        Where a cut-off is no whole number of 1 or more, or comes twice.
    InvalidData
        Where the lists are no table of integer codes, a code is outside the catalogue, a row lists an item
        twice or goes on after -1, or `relevant` is not sparse or has another number of rows.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering; how far others' conventions move the figures, in chapter
    08_metrics.
    """
    ks = cutoffs(k)
    held = _checked_relevant(relevant)
    codes = checked_lists(lists, held.shape[1])
    if len(codes) != held.shape[0]:
        raise InvalidData(
            f"There are {len(codes):,} lists and {held.shape[0]:,} rows of relevant items; give one row a "
            "list, in the same order."
        )
    hits = _hits(codes, held)
    n_relevant = np.diff(held.indptr)
    size = np.maximum(n_relevant, 1)
    rank = np.arange(1, hits.shape[1] + 1)
    found = np.cumsum(hits, axis=1)
    gain = np.cumsum(hits / np.log2(1 + rank), axis=1)
    precision_at_hits = np.cumsum(hits * found / rank, axis=1)
    first = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)
    ideal = np.cumsum(1 / np.log2(1 + np.arange(1, min(max(ks), held.shape[1]) + 1)))
    measured: dict[str, np.ndarray] = {}
    for cut in ks:
        last = min(cut, hits.shape[1]) - 1
        measured |= {
            f"precision@{cut}": found[:, last] / cut,
            f"recall@{cut}": found[:, last] / size,
            f"f1@{cut}": 2 * found[:, last] / (cut + size),
            f"mrr@{cut}": (first <= cut) / first,
            f"ndcg@{cut}": gain[:, last] / ideal[np.minimum(cut, size) - 1],
            f"hit@{cut}": (first <= cut).astype(np.float64),
            f"map@{cut}": precision_at_hits[:, last] / size,
        }
    return {name: np.where(n_relevant > 0, values, np.nan) for name, values in measured.items()}


def cutoffs(k: int | Iterable[int]) -> tuple[int, ...]:
    """The cut-offs as a tuple; InvalidArgument unless they are whole numbers of 1 or more, each once."""
    given = tuple(k) if isinstance(k, Iterable) and not isinstance(k, str) else (k,)
    whole = [n for n in given if isinstance(n, Integral) and not isinstance(n, bool) and n >= 1]
    if not given or len(whole) < len(given) or len(set(whole)) < len(whole):
        raise InvalidArgument(
            f"k is {k!r}; it must be one or more whole numbers, 1 or above and each once, such as (10, 20)."
        )
    return tuple(int(n) for n in whole)


def _checked_relevant(relevant: sp.csr_matrix) -> sp.csr_matrix:
    if not sp.issparse(relevant) or relevant.ndim != 2 or not relevant.shape[1]:
        found = getattr(relevant, "shape", "")
        raise InvalidData(
            f"relevant must be a scipy sparse matrix, one row a list and one column an item; found "
            f"{type(relevant).__name__} {found}. Wrap an array in scipy.sparse.csr_matrix."
        )
    held = sp.csr_matrix(relevant, copy=True)
    held.sum_duplicates()
    held.eliminate_zeros()
    return held


def checked_lists(lists: npt.ArrayLike, n_items: int) -> np.ndarray:
    """Lists as an array (n, depth) of codes; InvalidData where they are none, as in `ranking_metrics`."""
    try:
        codes = np.asarray(lists)
    except ValueError:  # rows of several lengths
        codes = np.empty(0)
    if codes.ndim != 2 or codes.dtype.kind not in "iu" or not codes.shape[1]:
        raise InvalidData(
            f"The lists must be a table of integer item codes, one row a user; found {codes.dtype} of shape "
            f"{codes.shape}. Fill short rows with -1 at their end."
        )
    if codes.size and (codes.min() < -1 or codes.max() >= n_items):
        strange = codes[(codes < -1) | (codes >= n_items)][0]
        raise InvalidData(
            f"A list holds the item code {strange}; codes go from 0 to {n_items - 1:,}, and -1 is an empty "
            "place. Lists must be over the catalogue that they are measured by."
        )
    if ((codes[:, :-1] < 0) & (codes[:, 1:] >= 0)).any():
        raise InvalidData("A list goes on after an empty place (-1); move the empty places to its end.")
    ordered = np.sort(codes, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        row, place = np.argwhere(twice)[0]
        raise InvalidData(
            f"List {row} holds item {ordered[row, place]} more than once, so that one hit would count twice. "
            "Drop the repeats."
        )
    return codes


def _hits(codes: np.ndarray, held: sp.csr_matrix) -> np.ndarray:
    """Whether each listed item is relevant, bool, shape of `codes`; SciPy looks each up by bisection."""
    if not codes.size:
        return np.zeros(codes.shape, dtype=bool)
    rows = np.repeat(np.arange(len(codes)), codes.shape[1])
    values = np.asarray(held[rows, np.maximum(codes, 0).ravel()]).reshape(codes.shape)
    return (values != 0) & (codes >= 0)
