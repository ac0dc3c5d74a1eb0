"""Factor models: a few numbers for each listener and each item, whose product is the score."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.recommender_base import ModelFitError
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs
from musicrec.models.weighting import Weight, check_weight, weigh
from musicrec.parameters import check_strength, check_whole


class FactorModel(Recommender):
    """What factor models share: the two matrices, and scores as their product.

    Attributes
    ----------
    user_factors_ : float32 array, shape (n_users, n_factors), read-only
    item_factors_ : float32 array, shape (n_items, n_factors), read-only
    """

    user_factors_: np.ndarray
    item_factors_: np.ndarray

    def _keep(self, user_factors: np.ndarray, item_factors: np.ndarray) -> None:
        self.user_factors_, self.item_factors_ = user_factors.view(), item_factors.view()
        self.user_factors_.flags.writeable = self.item_factors_.flags.writeable = False

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self.user_factors_[users] @ self.item_factors_.T


class PureSVD(FactorModel):
    """The best approximation of the interactions by a matrix of low rank, absent plays counted as zeros.

    With V the right singular vectors of the `factors` largest singular values, the scores of a listener are
    h V V' for her weighted plays h (Cremonesi et al. 2010, "Performance of recommender algorithms on top-N
    recommendation tasks", RecSys): item factors V, user factors h V. So `score` and
    `score_history` agree. Computed by ARPACK (scipy's svds) to machine precision.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    factors : int
        The number of factors; below the number of users and of items, and at most the rank of the matrix.
    weight : {"binary", "log", "raw"}
        How play counts are read.
    seed : int
        Where the computation starts. Another seed changes the factors by rounding only, unless the last
        singular value is not the only one of its size.
    """

    def __init__(self, factors: int = 32, weight: Weight = "binary", seed: int = 0) -> None:
        check_whole("factors", factors, least=1)
        check_weight(weight)
        check_whole("seed", seed, least=0)
        self.factors, self.weight, self.seed = factors, weight, seed

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        plays = weigh(train.matrix, self.weight)
        smaller = min(plays.shape)
        if self.factors >= smaller:
            raise InvalidArgument(
                f"factors is {self.factors}, but train has {train.n_users:,} users and {train.n_items:,} "
                f"items: PureSVD needs fewer factors than both, here {smaller - 1} at most."
            )
        start = np.random.default_rng(self.seed).standard_normal(smaller)
        _, sizes, rows = svds(
            plays.astype(np.float64), k=self.factors, v0=start, return_singular_vectors="vh"
        )
        zero = sizes.max() * max(plays.shape) * np.finfo(np.float64).eps  # as numpy's matrix_rank draws it
        if sizes.min() <= zero:
            raise InvalidArgument(
                f"factors is {self.factors}, but the matrix of train has rank {np.sum(sizes > zero)}: more "
                "factors than that are arbitrary. Use at most as many."
            )
        vectors = rows[np.argsort(sizes)[::-1]].T  # columns, largest singular value first
        largest = np.abs(vectors).argmax(axis=0)
        vectors *= np.sign(vectors[largest, np.arange(self.factors)])  # which of v and −v is no accident
        item_factors = np.ascontiguousarray(vectors, dtype=np.float32)
        self._keep(plays @ item_factors, item_factors)

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return (weigh(matrix, self.weight) @ self.item_factors_) @ self.item_factors_.T


class ALS(FactorModel):
    """Matrix factorisation for implicit feedback by alternating least squares.

    Every pair of listener and item counts in the squared error, the target 1 where something was played and
    0 where not, with the confidence 1 + alpha · weight (Hu, Koren and Volinsky 2008, "Collaborative filtering
    for implicit feedback datasets", ICDM), where weight is 0 for what was not played.
    Listeners and items are solved for in turn. Computed by implicit, on one thread, with three steps of
    conjugate gradients in each solve (Takács, Pilászy and Tikk 2011, "Applications of the conjugate gradient
    method for implicit feedback collaborative filtering", RecSys). Its own parameter of the name alpha is
    the confidence itself, which for binary weights is 1 more than this one.

    `score_history` solves the least squares of a listener exactly for the items as they stand at the end;
    `score` uses the factors of the last round, so the two differ a little for a row of train.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    factors : int
        The number of factors.
    l2 : float
        Above 0: the penalty on the squares of all factors.
    alpha : float
        0 or more: how much more a play counts than its absence.
    iterations : int
        Rounds; each solves for all listeners, then for all items.
    seed : int
        For the factors at the start. The same seed gives the same factors, on one machine to the last bit.
    weight : {"binary", "log", "raw"}
        How play counts are read.
    """

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        iterations: int = 15,
        seed: int = 0,
        weight: Weight = "binary",
    ) -> None:
        check_whole("factors", factors, least=1)
        check_strength("l2", l2, positive=True)
        check_strength("alpha", alpha)
        check_whole("iterations", iterations, least=1)
        check_whole("seed", seed, least=0)
        check_weight(weight)
        self.factors, self.l2, self.alpha, self.iterations = factors, l2, alpha, iterations
        self.seed, self.weight = seed, weight

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        with threadpool_limits(1, "blas"):  # its loop calls BLAS for one row at a time
            self._solver = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.l2,
                alpha=1.0,
                iterations=self.iterations,
                num_threads=1,
                random_state=self.seed,
                use_gpu=False,
            )
            _run(self._solver, self._confidence(train.matrix), "Lower alpha, or raise l2.")
        self._keep(self._solver.user_factors, self._solver.item_factors)

    def _confidence(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        confidence = weigh(matrix, self.weight)
        confidence.data *= self.alpha
        confidence.data += 1
        return confidence

    def fold_in(self, matrix: sp.csr_matrix) -> np.ndarray:
        """The factors of listeners who were not in train, from what they played: float32, (n, n_factors).

        Parameter and errors as `score_history`.
        """
        history = self._history(matrix)
        listeners = np.arange(history.shape[0])
        try:
            with threadpool_limits(1, "blas"):
                return self._solver.recalculate_user(listeners, self._confidence(history))
        except ValueError as error:  # of LAPACK: no positive pivot
            raise InvalidArgument(
                f"The least squares of a listener have no single solution, since l2 is only {self.l2:g} and "
                f"there are {self.factors} factors. Raise l2, or take fewer factors."
            ) from error

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return self.fold_in(matrix) @ self.item_factors_.T


class BPR(FactorModel):
    """Matrix factorisation that learns the order of items: what was played above what was not.

    Stochastic gradient ascent on ln σ(score of a played item − score of one not played), with a penalty on
    the squares of the factors (Rendle et al. 2009, "BPR: Bayesian personalized ranking from implicit
    feedback", UAI). Computed by implicit, which differs from the paper in two ways: the item not played is
    drawn in proportion to how often it is played and not uniformly, and a draw that hits something played is
    left out. Play counts are not read.

    The last column of the factors is the bias of the items, against a column of ones for the listeners.
    There is no `score_history`: a new listener's factors would have to be trained.
    Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    factors : int
        The number of factors, the bias not among them.
    lr : float
        Above 0: the step size.
    l2 : float
        0 or more: the penalty on the squares of factors and biases.
    epochs : int
        Passes; each draws as many pairs as train has.
    seed : int
        For the factors at the start and for the draws. It runs on one thread, since with several the same
        seed would give other factors at each run.
    """

    can_score_history = False

    def __init__(
        self, factors: int = 64, lr: float = 0.01, l2: float = 0.01, epochs: int = 100, seed: int = 0
    ) -> None:
        check_whole("factors", factors, least=1)
        check_strength("lr", lr, positive=True)
        check_strength("l2", l2)
        check_whole("epochs", epochs, least=1)
        check_whole("seed", seed, least=0)
        self.factors, self.lr, self.l2, self.epochs, self.seed = factors, lr, l2, epochs, seed

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        trainer = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.lr,
            regularization=self.l2,
            iterations=self.epochs,
            num_threads=1,
            random_state=self.seed,
            use_gpu=False,
        )
        _run(trainer, train.binary, "Lower lr.")
        self._keep(trainer.user_factors, trainer.item_factors)


def _run(trainer: Any, plays: sp.csr_matrix, advice: str) -> None:
    """Fit one of implicit's models; where its numbers run away, say so in our words."""
    try:
        trainer.fit(plays, show_progress=False)
    except ModelFitError as error:
        raise InvalidArgument(
            f"The factors grew without bound until they were no numbers any more ({error}). {advice}"
        ) from error
