"""Fitting a model: ours against implicit called directly, and against a few lines of NumPy.

Plays are generated (benchmarks.generated), at the size of Last.fm-2k or of a part of it. Everything runs on
one thread, with the same settings on both sides:

- EASE against the inverse of the Gram matrix of the items (numpy.linalg.inv, float32). Both go on to score
  all users, since ours leaves to the scoring what a plain version does in the fit. At the full size the plain
  version would invert a matrix of 17,632 x 17,632, for minutes; so both get the smaller one.
- ItemKNN with cosines against implicit's CosineRecommender, which counts an item among its own neighbours: it
  keeps one more. Only the fit is timed. Ours also breaks ties by a hash.
- ALS and BPR against implicit called directly, which ours call: what the wrapper costs.
- ALS against NumPy's exact solution, row by row. implicit's three steps of conjugate gradients do not solve
  exactly, so what must agree is how well both end up: the loss, to a hundredth.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import CosineRecommender

from benchmarks.generated import LASTFM_2K, LASTFM_2K_FILTERED, Size, plays
from benchmarks.rounds import Disagreement, Pair, same_values
from musicrec.data import Interactions
from musicrec.models import ALS, BPR, EASE, ItemKNN

FACTORS = 64
ROUNDS_OF_ALS = 15
EPOCHS_OF_BPR = 20
CONFIDENCE = 10.0  # of a play, above that of its absence
PENALTY = 10.0


def pairs(full: Size = LASTFM_2K, filtered: Size = LASTFM_2K_FILTERED) -> Iterator[Pair]:
    """What to measure."""
    small = plays(filtered)
    yield ease(small, filtered)
    yield als_against_numpy(small, filtered)
    large = plays(full)
    yield item_knn(large, full)
    yield als(large, full)
    yield bpr(large, full)


def ease(train: Interactions, size: Size, l2: float = 100.0) -> Pair:
    matrix = train.binary

    def plain() -> np.ndarray:
        gram = (matrix.T @ matrix).toarray()
        np.fill_diagonal(gram, gram.diagonal() + l2)
        inverse = np.linalg.inv(gram)
        weights = inverse / -inverse.diagonal()
        np.fill_diagonal(weights, 0)
        return matrix @ weights

    def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
        played = np.diff(matrix.tocsc().indptr) > 0  # ours puts all other items last
        same_values({"scores": ours[:, played]}, {"scores": theirs[:, played]}, 1e-4)

    everybody = np.arange(size.users)
    return Pair(
        what=f"EASE, fit and score all, {size}",
        peer="NumPy, inverse of the Gram",
        ours=lambda: EASE(l2=l2).fit(train).score(everybody),
        theirs=plain,
        agree=agree,
    )


def item_knn(train: Interactions, size: Size, k: int = 100) -> Pair:
    matrix = train.binary

    def direct() -> sp.csr_matrix:
        model = CosineRecommender(K=k + 1, num_threads=1)
        model.fit(matrix, show_progress=False)
        return model.similarity

    def agree(ours: ItemKNN, theirs: sp.csr_matrix) -> None:
        found = np.zeros((2, size.items, k))
        for item in range(size.items):
            _, similar = ours.neighbours(item, k)
            row = slice(*theirs.indptr[item : item + 2])
            others = np.sort(theirs.data[row][theirs.indices[row] != item])[::-1][:k]
            found[0, item, : len(similar)], found[1, item, : len(others)] = similar, others
        same_values({"similarities of neighbours": found[0]}, {"similarities of neighbours": found[1]}, 1e-6)

    return Pair(
        what=f"ItemKNN, fit, {size}",
        peer="implicit's CosineRecommender",
        ours=lambda: ItemKNN(k=k, shrinkage=0.0).fit(train),
        theirs=direct,
        agree=agree,
    )


def als(train: Interactions, size: Size) -> Pair:
    matrix = train.binary

    def direct() -> Any:
        model = AlternatingLeastSquares(
            factors=FACTORS,
            regularization=PENALTY,
            alpha=1 + CONFIDENCE,  # in implicit the confidence itself
            iterations=ROUNDS_OF_ALS,
            num_threads=1,
            random_state=0,
            use_gpu=False,
        )
        model.fit(matrix, show_progress=False)
        return model

    return Pair(
        what=f"ALS, fit, {size}",
        peer="implicit, directly",
        ours=lambda: _our_als().fit(train),
        theirs=direct,
        agree=_same_factors,
    )


def bpr(train: Interactions, size: Size) -> Pair:
    matrix = train.binary

    def direct() -> Any:
        model = BayesianPersonalizedRanking(
            factors=FACTORS,
            learning_rate=0.01,
            regularization=0.01,
            iterations=EPOCHS_OF_BPR,
            num_threads=1,
            random_state=0,
            use_gpu=False,
        )
        model.fit(matrix, show_progress=False)
        return model

    return Pair(
        what=f"BPR, fit, {size}",
        peer="implicit, directly",
        ours=lambda: BPR(factors=FACTORS, lr=0.01, l2=0.01, epochs=EPOCHS_OF_BPR, seed=0).fit(train),
        theirs=direct,
        agree=_same_factors,
    )


def als_against_numpy(train: Interactions, size: Size) -> Pair:
    matrix = train.binary

    def plain() -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        user_factors = np.zeros((size.users, FACTORS), dtype=np.float32)
        item_factors = (0.01 * rng.random((size.items, FACTORS))).astype(np.float32)
        by_item = matrix.T.tocsr()
        for _ in range(ROUNDS_OF_ALS):
            _solve_rows(matrix, user_factors, item_factors)
            _solve_rows(by_item, item_factors, user_factors)
        return user_factors, item_factors

    def agree(ours: ALS, theirs: tuple[np.ndarray, np.ndarray]) -> None:
        mine, other = _loss(matrix, ours.user_factors_, ours.item_factors_), _loss(matrix, *theirs)
        if not abs(mine - other) <= 0.01 * other:
            raise Disagreement(f"the loss is {mine:,.1f} here and {other:,.1f} there.")

    return Pair(
        what=f"ALS, fit, {size}",
        peer="NumPy, row by row",
        ours=lambda: _our_als().fit(train),
        theirs=plain,
        agree=agree,
    )


def _our_als() -> ALS:
    return ALS(factors=FACTORS, l2=PENALTY, alpha=CONFIDENCE, iterations=ROUNDS_OF_ALS, seed=0)


def _same_factors(ours: ALS | BPR, theirs: Any) -> None:
    mine = {"user factors": ours.user_factors_, "item factors": ours.item_factors_}
    same_values(mine, {"user factors": theirs.user_factors, "item factors": theirs.item_factors}, 1e-6)


def _solve_rows(matrix: sp.csr_matrix, factors: np.ndarray, others: np.ndarray) -> None:
    """Set each row of `factors` to the least squares solution, given those of what it met."""
    shared = others.T @ others + PENALTY * np.eye(FACTORS, dtype=np.float32)
    for row in range(matrix.shape[0]):
        met = others[matrix.indices[slice(*matrix.indptr[row : row + 2])]]
        right = (1 + CONFIDENCE) * met.sum(axis=0)
        factors[row] = np.linalg.solve(shared + CONFIDENCE * met.T @ met, right)


def _loss(matrix: sp.csr_matrix, user_factors: np.ndarray, item_factors: np.ndarray) -> float:
    """The weighted squared error over all pairs, and the penalty."""
    predicted = user_factors @ item_factors.T
    met = matrix.toarray()
    error = (1 + CONFIDENCE * met) * (met - predicted) ** 2
    penalty = PENALTY * ((user_factors**2).sum() + (item_factors**2).sum())
    return float(error.sum(dtype=np.float64) + penalty)
