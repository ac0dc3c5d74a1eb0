"""Recommending by what items are, not by who plays them: nearest neighbours and profiles of features."""

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from musicrec.data.interactions import Interactions
from musicrec.models.base import Recommender
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.inputs import SideInputs
from musicrec.models.neighbours import ItemNeighbours
from musicrec.models.similarity import NearestRows, Similarity, check_neighbourhood
from musicrec.models.weighting import Weight, check_weight, weigh
from musicrec.parameters import check_strength


class ContentKNN(ItemNeighbours):
    """Recommends what resembles what the listener played, by the features of the items.

    The score of an item is the sum of its similarities to what the listener played, over those among its k
    nearest; only items that somebody in train listened to can be its neighbours, since a place among the k
    would be lost on any other. So an item that nobody has played yet is scored like the rest, from its
    features: that is what content is good for. An item whose features are missing gets 0, and is nobody's
    neighbour. Whether an item was played is all that is read of the plays.
    Explained in chapters 02_collaborative_filtering and 03_content_based.

    Parameters
    ----------
    k : int
        The number of neighbours kept for each item.
    similarity : {"cosine", "jaccard", "asymmetric"}
        How alike the features of two items are: see `musicrec.models.similarity.NearestRows`.
    shrinkage : float
        0 or more; the higher, the less items with little in their features count. It adds to products of
        lengths, so what is much depends on the scale of the features.
    alpha : float
        From 0 to 1, for "asymmetric" only: 1 divides by the length of the item that is scored, 0 by that of
        the item that was played.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.
    """

    can_score_cold_items = True

    def __init__(
        self,
        k: int = 100,
        similarity: Similarity = "cosine",
        shrinkage: float = 0.0,
        alpha: float = 0.5,
        weighting: Weighting = "tfidf",
    ) -> None:
        check_neighbourhood(k, similarity, shrinkage, alpha)
        check_weighting(weighting)
        self.k, self.similarity, self.shrinkage, self.alpha = k, similarity, shrinkage, alpha
        self.weighting = weighting

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        features = given_features(side, "ContentKNN", self.known_items_)
        rows = weigh_features(features, self.weighting)
        heard = sp.diags(self.known_items_.astype(np.float64)) @ rows  # rows of the others become zero
        nearest = NearestRows(heard, self.tie_rank_, self.k, self.similarity, self.shrinkage, self.alpha)
        self._keep(nearest.of(rows, own=np.arange(train.n_items)), train)


class Rocchio(Recommender):
    """Recommends what lies near the listener's profile: what she played on average, less what the rest is.

    With the features x of each item brought to length 1, the profile of a listener is

        p = mean of x over what she played − gamma · mean of x over the rest,

    and an item's score is the cosine of its features and the profile (Rocchio 1971, "Relevance feedback in
    information retrieval", in Salton (ed.), The SMART Retrieval System). Rocchio's formula begins with a
    query, which a listener does not write, and its factor beta before the first mean is 1 here, since a
    cosine sees only the ratio of gamma to it. The rest is what somebody played and she did not.

    An item that nobody has played is scored like the others. An item whose features are missing is in no mean
    and gets 0: neither near nor far. Explained in chapter 03_content_based.

    Parameters
    ----------
    gamma : float
        0 or more: how much the rest counts against an item. Above 0 the profile is what sets the listener
        apart from the others, rather than what all music has in common.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.
    weight : {"binary", "log", "raw"}
        How play counts are read: how much each item counts in the mean of what she played.
    """

    can_score_cold_items = True

    def __init__(self, gamma: float = 0.5, weighting: Weighting = "tfidf", weight: Weight = "binary") -> None:
        check_strength("gamma", gamma)
        check_weighting(weighting)
        check_weight(weight)
        self.gamma, self.weighting, self.weight = gamma, weighting, weight

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        rows = weigh_features(given_features(side, "Rocchio"), self.weighting)
        self._rows = sp.csr_matrix(normalize(rows.astype(np.float64)))  # rows of length 1; zeros stay
        self._described = (np.diff(self._rows.indptr) > 0).astype(np.float64)
        self._heard = self._described * self.known_items_
        self._of_all = self._heard @ self._rows
        self._matrix = train.matrix

    def profiles(self, matrix: sp.csr_matrix) -> np.ndarray:
        """The profile p of each history: float64, shape (n, n_features), one column a feature.

        Where a history holds nothing with features the profile is 0. Parameter and errors as `score_history`.
        """
        return self._profiles(self._history(matrix))

    def _profiles(self, matrix: sp.csr_matrix) -> np.ndarray:
        plays, played = weigh(matrix, self.weight), weigh(matrix, "binary")
        total = (plays @ self._described)[:, None]
        left = (self._heard.sum() - played @ self._heard)[:, None]
        liked = (plays @ self._rows).toarray() / np.where(total > 0, total, 1)
        rest = (self._of_all - (played.multiply(self._heard) @ self._rows).toarray()) / np.maximum(left, 1)
        return np.where(total > 0, liked - self.gamma * rest, 0)

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._score_history(self._matrix[users])

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        profiles = self._profiles(matrix)
        length = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles @ self._rows.T / np.where(length > 0, length, 1)
