"""Early hybrids: scores of plays and of content mixed or switched, or content made part of the data."""

from abc import abstractmethod

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.base import Recommender
from musicrec.models.content import ContentKNN
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.inputs import SideInputs
from musicrec.models.linear import EASE
from musicrec.models.weighting import Weight, weigh
from musicrec.parameters import check_strength, check_whole


class TwoModels(Recommender):
    """What hybrids of two models share: the parts, fitted side by side, and their scores on one scale.

    Attributes
    ----------
    collaborative_, content_ : Recommender
        The parts, fitted.
    """

    def __init__(self, collaborative: Recommender | None, content: Recommender | None) -> None:
        self.collaborative = EASE() if collaborative is None else collaborative
        self.content = ContentKNN() if content is None else content
        for name, part in (("collaborative", self.collaborative), ("content", self.content)):
            if not isinstance(part, Recommender):
                raise InvalidArgument(
                    f"{name} is {part!r}; it must be a model, such as models.EASE(). Pass the model, not its "
                    "name or class."
                )
        self.can_score_history = self.collaborative.can_score_history and self.content.can_score_history

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self.collaborative_, self.content_ = (
            type(part)(**part.params).fit(train, **vars(side)) for part in (self.collaborative, self.content)
        )
        self._plays_of_user = np.diff(train.matrix.indptr)
        self._listeners_of_item = np.bincount(train.matrix.indices, minlength=train.n_items)

    def _score(self, users: np.ndarray) -> np.ndarray:
        collaborative, content = self.collaborative_.score(users), self.content_.score(users)
        return self._on_one_scale(collaborative, content, self._plays_of_user[users])

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        collaborative, content = (
            self.collaborative_.score_history(matrix),
            self.content_.score_history(matrix),
        )
        return self._on_one_scale(collaborative, content, np.diff(matrix.indptr))

    def _on_one_scale(self, collaborative: np.ndarray, content: np.ndarray, plays: np.ndarray) -> np.ndarray:
        return self._joined(
            _standardised(collaborative, self.collaborative_), _standardised(content, self.content_), plays
        )

    @abstractmethod
    def _joined(self, collaborative: np.ndarray, content: np.ndarray, plays: np.ndarray) -> np.ndarray:
        """Scores from those of both models, standardised, and the number of items each listener played."""


class WeightedHybrid(TwoModels):
    """Two models side by side, their scores mixed: (1 − weight) · collaborative + weight · content.

    The "weighted" hybrid in the words of Burke 2002, "Hybrid recommender systems: survey and experiments",
    UMUAI; an early one is Claypool et al. 1999, "Combining content-based and collaborative filters in an
    online newspaper", ACM SIGIR workshop on recommender systems. (Another early way is to fill the gaps of
    the data by content before collaborative filtering: Melville, Mooney and Nagarajan 2002, "Content-boosted
    collaborative filtering for improved recommendations", AAAI.)

    The scores of the two models have different scales, and those of one model have different scales for a
    listener of few plays and one of many, so that no one weight could fit all. Each model's scores are
    therefore standardised for each listener first, over the items that this model can score: mean 0,
    standard deviation 1. To an item that only one of the models can score, a track that nobody has played
    yet, the other one gives 0, its mean: not knowing is no reason for and none against.

    Explained in chapter 03_content_based.

    Parameters
    ----------
    collaborative, content : Recommender, optional
        The two models; `EASE()` and `ContentKNN()` if not given. They are not fitted themselves: the hybrid
        fits new models with their settings, which it keeps as `collaborative_` and `content_`.
    weight : float
        From 0, the collaborative model alone, to 1, the content model alone.
    """

    def __init__(
        self,
        collaborative: Recommender | None = None,
        content: Recommender | None = None,
        weight: float = 0.5,
    ) -> None:
        super().__init__(collaborative, content)
        check_strength("weight", weight)
        if weight > 1:
            raise InvalidArgument(f"weight is {weight!r}; it must be from 0 to 1.")
        self.weight = weight
        parts = (self.collaborative, self.content)
        self.can_score_cold_items = any(part.can_score_cold_items for part in parts)
        self.can_score_cold_users = any(part.can_score_cold_users for part in parts)

    def _joined(self, collaborative: np.ndarray, content: np.ndarray, plays: np.ndarray) -> np.ndarray:
        return (1 - self.weight) * collaborative + self.weight * content


class SwitchingHybrid(TwoModels):
    """The one model where plays are enough, the other where they are not.

    The "switching" hybrid in the words of Burke 2002 (see `WeightedHybrid`). A listener who played fewer than
    `least` items is recommended by content alone. For the others, items with at least `least` listeners are
    scored by the collaborative model and the rest by content; the scores of both are standardised for each
    listener first, as in `WeightedHybrid`, so that items of either kind can stand side by side in one list.

    Explained in chapter 07_hybrids.

    Parameters
    ----------
    collaborative, content : Recommender, optional
        As in `WeightedHybrid`.
    least : int
        1 or more: how many plays are enough, of an item and of a listener. With 1 content scores only what
        nobody has played.
    """

    def __init__(
        self,
        collaborative: Recommender | None = None,
        content: Recommender | None = None,
        least: int = 5,
    ) -> None:
        super().__init__(collaborative, content)
        check_whole("least", least, least=1)
        self.least = least
        self.can_score_cold_items = self.content.can_score_cold_items
        self.can_score_cold_users = self.content.can_score_cold_users

    def _joined(self, collaborative: np.ndarray, content: np.ndarray, plays: np.ndarray) -> np.ndarray:
        enough = (plays >= self.least)[:, None] & (self._listeners_of_item >= self.least)
        return np.where(enough, collaborative, content)


def _standardised(scores: np.ndarray, model: Recommender) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1 over the items that the model can score; 0 elsewhere."""
    can = np.ones(scores.shape[1], dtype=bool) if model.can_score_cold_items else model.known_items_
    able = scores[:, can].astype(np.float64)
    from_mean = able - able.mean(axis=1, keepdims=True)
    spread = from_mean.std(axis=1, keepdims=True)
    all_equal = spread <= np.abs(able).max(axis=1, keepdims=True) * 1e-6  # but for the rounding of float32
    standardised = np.zeros(scores.shape)
    standardised[:, can] = np.where(all_equal, 0, from_mean / np.where(all_equal, 1, spread))
    return standardised


class CollectiveEASE(EASE):
    """EASE that learns from features as from listeners: each is one more row, of the items that have it.

    With T the features (one row a feature, one column an item), the weights B minimise

        ‖X − X B‖² + ‖alpha T − alpha T B‖² + l2 ‖B‖²    with a diagonal of 0,

    which is EASE on the rows of X and alpha T together (the collective model of Jeunen, Van Balen and
    Goethals 2020, "Closed-form models for collaborative filtering with side-information", RecSys; alpha as in
    their code). A listener's scores are h B as ever. So features fill in where plays are few, and an item
    that nobody has played is tied to those of its kind.

    The features of an item are brought to length 1, so that alpha says how many listeners an item's
    description is worth, be it long or short: in X'X + alpha² T'T an item played by n stands with n + alpha².
    A feature of a single item ties it to no other and is left out; an item with neither plays nor features
    scores 0. Memory and time are those of `EASE`, a feature counting as a listener.
    Explained in chapter 03_content_based.

    Parameters
    ----------
    l2 : float
        The pull of all weights towards 0: see `EASE`.
    alpha : float
        0 or more: how much features count; 0 is EASE.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.
    weight : {"binary", "log", "raw"}
        How play counts are read.
    """

    can_score_cold_items = True

    def __init__(
        self,
        l2: float = 100.0,
        alpha: float = 3.0,
        weighting: Weighting = "tfidf",
        weight: Weight = "binary",
    ) -> None:
        super().__init__(l2, weight)
        check_strength("alpha", alpha)
        check_weighting(weighting)
        self.alpha, self.weighting = alpha, weighting

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        features = weigh_features(given_features(side, "CollectiveEASE"), self.weighting)
        rows = sp.csr_matrix(normalize(features.astype(np.float32))).T.tocsr()
        rows = self.alpha * rows[np.diff(rows.indptr) > 1]
        tied = np.bincount(rows.indices[rows.data != 0], minlength=train.n_items) > 0
        items = np.flatnonzero(self.known_items_ | tied)
        plays = weigh(train.matrix, self.weight)[self.known_users_]
        self._solve(sp.csr_matrix(sp.vstack([plays, rows])[:, items]), items)
