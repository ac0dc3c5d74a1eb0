"""Who is like whom: three similarities between the rows of two matrices, and the k most similar rows."""

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from musicrec.errors import InvalidArgument
from musicrec.parameters import check_choice, check_strength, check_whole

Similarity = Literal["cosine", "jaccard", "asymmetric"]

_PRODUCTS = 2**22  # multiplications a block of rows: they bound what it holds, about 200 MB


def check_neighbourhood(k: int, similarity: Similarity, shrinkage: float, alpha: float) -> None:
    """Raise InvalidArgument unless the settings that all neighbourhood models share are in range."""
    check_whole("k", k, least=1)
    check_choice("similarity", similarity, ("cosine", "jaccard", "asymmetric"))
    check_strength("shrinkage", shrinkage)
    check_strength("alpha", alpha)
    if alpha > 1:
        raise InvalidArgument(f"alpha is {alpha!r}; it must be from 0 to 1.")


class NearestRows:
    """Finds the k rows of a matrix that are most similar to given rows.

    With c the dot product of row i (the target) and row j, n their squared lengths (their numbers of
    listeners where the matrix holds ones) and s the shrinkage:

    - cosine: c / (√n_i √n_j + s), Sarwar et al. 2001, "Item-based collaborative filtering recommendation
      algorithms", WWW; the shrinkage as in the code of Ferrari Dacrema et al. 2021, "A troubling analysis of
      reproducibility and progress in recommender systems research", TOIS;
    - jaccard: c / (n_i + n_j − c + s), the share of those who listened to both among those who listened to
      either (for other numbers than ones this is the Tanimoto coefficient);
    - asymmetric: c / (n_i^alpha n_j^(1 − alpha) + s), Aiolli 2013, "Efficient top-N recommendation for very
      large scale binary rated datasets", RecSys. Half is the cosine; at alpha = 1 it is the share of the
      target's listeners who also listened to j.

    Shrinkage is like s listeners more in the denominator: two rows that agree in one or two listeners, which
    chance brings about, fall behind two that agree in many. It only makes a difference within the range of
    the denominators. A row of a similarity of 0 or less is no neighbour, so there may be fewer than k.

    The full matrix of similarities is never held: products are taken in blocks of rows.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    rows : CSR or array, shape (n_rows, n_columns)
        The rows among which to look.
    tie_rank : int array, shape (n_rows,)
        From `tie_ranks`: of rows of equal similarity the one of the lower rank comes first.
    k : int
        How many to keep for each target.
    similarity : {"cosine", "jaccard", "asymmetric"}
        Which of the three.
    shrinkage, alpha : float
        As above.
    """

    def __init__(
        self,
        rows: np.ndarray | sp.csr_matrix,
        tie_rank: np.ndarray,
        k: int,
        similarity: Similarity,
        shrinkage: float,
        alpha: float,
    ) -> None:
        columns = rows.astype(np.float64).T  # float64: what rounding adds stays below what float32 keeps
        self._columns: Any = columns if isinstance(columns, np.ndarray) else columns.tocsr()
        self._squares = _squared_lengths(rows)
        self._low = (len(tie_rank) - 1 - tie_rank).astype(np.uint64)
        self._row_of_low = np.argsort(self._low)
        self._k, self._similarity = k, similarity
        self._shrinkage, self._alpha = shrinkage, 0.5 if similarity == "cosine" else alpha

    def of(self, targets: np.ndarray | sp.csr_matrix, own: np.ndarray | None = None) -> sp.csr_matrix:
        """The nearest rows of each target.

        Parameters
        ----------
        targets : CSR or array, shape (n, n_columns)
            In the same form as `rows`.
        own : int array, shape (n,), optional
            The number of each target among the rows, where it is one of them: it is left out.

        Returns
        -------
        CSR, float64, shape (n, n_rows)
            Similarities, at most k a row and each above 0, stored from the most similar on (so the column
            indices are not sorted).
        """
        squares = _squared_lengths(targets)
        found = [np.empty(0, dtype=np.uint64)]
        for start, stop in self._blocks(targets):
            left_out = None if own is None else own[start:stop]
            found.extend(self._best_keys(targets[start:stop], squares[start:stop], left_out))
        keys = np.concatenate(found)
        ends = np.cumsum([len(part) for part in found])  # of no row first: where the first one starts
        rows = self._row_of_low[(keys & np.uint64(2**32 - 1)).astype(np.int64)]
        similar = (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)
        return sp.csr_matrix((similar.astype(np.float64), rows, ends), shape=(len(squares), len(self._low)))

    def _blocks(self, targets: np.ndarray | sp.csr_matrix) -> list[tuple[int, int]]:
        """First row and end of each block of targets: about _PRODUCTS in each, or one row that needs more."""
        if isinstance(targets, np.ndarray):
            work = np.full(len(targets), len(self._low))
        else:
            pattern = sp.csr_matrix((np.ones(targets.nnz), targets.indices, targets.indptr), targets.shape)
            work = pattern @ np.diff(self._columns.indptr)
        block = np.cumsum(work) // _PRODUCTS
        starts = np.flatnonzero(np.diff(block, prepend=-1))
        return list(pairwise([*starts.tolist(), len(block)]))

    def _best_keys(
        self, targets: np.ndarray | sp.csr_matrix, squares: np.ndarray, own: np.ndarray | None
    ) -> list[np.ndarray]:
        """For each target the keys of its nearest rows, best first.

        A key holds the similarity, a float32 above 0 and so ordered as its bits are, above what the tie rank
        makes of the row: all keys of a target differ, and sorting plain numbers decides.
        """
        dot = sp.csr_matrix(targets @ self._columns)
        target = np.repeat(np.arange(dot.shape[0]), np.diff(dot.indptr))
        similar = self._similar(dot.data, squares, target, dot.indices).astype(np.float32)
        kept = similar > 0
        if own is not None:
            kept &= dot.indices != own[target]
        keys = similar[kept].view(np.uint32).astype(np.uint64) << np.uint64(32) | self._low[dot.indices[kept]]
        ends = np.cumsum(np.bincount(target[kept], minlength=dot.shape[0]))
        return [_highest(part, self._k) for part in np.split(keys, ends[:-1])]

    def _similar(
        self, dot: np.ndarray, squares: np.ndarray, target: np.ndarray, other: np.ndarray
    ) -> np.ndarray:
        """Similarities from dot products of the targets numbered `target` with the rows numbered `other`."""
        if self._similarity == "jaccard":
            size = squares[target] + self._squares[other] - dot
        else:
            size = (squares**self._alpha)[target] * (self._squares ** (1 - self._alpha))[other]
        return dot / (size + self._shrinkage)


def _squared_lengths(rows: np.ndarray | sp.csr_matrix) -> np.ndarray:
    wide = rows.astype(np.float64)
    squared = wide**2 if isinstance(wide, np.ndarray) else wide.power(2)
    return np.asarray(squared.sum(axis=1)).ravel()


def _highest(keys: np.ndarray, k: int) -> np.ndarray:
    if len(keys) > k:
        keys = np.partition(keys, len(keys) - k)[-k:]
    return np.sort(keys)[::-1]
