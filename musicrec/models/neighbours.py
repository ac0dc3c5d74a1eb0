"""Neighbourhood models: what those like you played, and what is played by those who play what you play."""

import numpy as np
import scipy.sparse as sp

from musicrec.data.interactions import Interactions
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs, checked_codes
from musicrec.models.ranking import tie_ranks
from musicrec.models.similarity import NearestRows, Similarity, check_neighbourhood
from musicrec.models.weighting import Weight, check_weight, weigh
from musicrec.parameters import check_whole


class UserKNN(Recommender):
    """Recommends what the k most similar listeners played, each counted by her similarity.

    The score of an item is the sum, over the neighbours who played it, of similarity times weight: the rows
    of the neighbours are read by `weight` as the listener's own row is, as ratings were in the first of these
    models (Resnick et al. 1994, "GroupLens", CSCW). It is not divided by the sum of the similarities, so that
    an item of many neighbours stands above one of a single neighbour (as in the non-normalised neighbourhoods
    of Cremonesi et al. 2010, "Performance of recommender algorithms on top-N recommendation tasks", RecSys).

    Nothing is learnt in `fit`; neighbours are looked for when scores are asked for. A listener of train is
    not her own neighbour in `score`. `score_history` cannot know whom it is asked about: given a row of
    train it finds that listener among the neighbours, as her own best one, and her k-th neighbour falls out.
    It is meant for listeners who were not in train. Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    k : int
        The number of neighbours.
    similarity : {"cosine", "jaccard", "asymmetric"}
        How alike two listeners are: see `musicrec.models.similarity.NearestRows`.
    shrinkage : float
        0 or more; the higher, the less listeners with little in common count.
    alpha : float
        From 0 to 1, for "asymmetric" only: 1 divides by the size of the listener's own history, 0 by that of
        her neighbour.
    weight : {"binary", "log", "raw"}
        How play counts are read.
    """

    def __init__(
        self,
        k: int = 100,
        similarity: Similarity = "cosine",
        shrinkage: float = 10.0,
        alpha: float = 0.5,
        weight: Weight = "binary",
    ) -> None:
        check_neighbourhood(k, similarity, shrinkage, alpha)
        check_weight(weight)
        self.k, self.similarity, self.shrinkage, self.alpha, self.weight = (
            k,
            similarity,
            shrinkage,
            alpha,
            weight,
        )

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self._plays = weigh(train.matrix, self.weight).astype(np.float64)
        self._listeners = NearestRows(
            self._plays, tie_ranks(train.users.tolist()), self.k, self.similarity, self.shrinkage, self.alpha
        )

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._from(self._listeners.of(self._plays[users], own=users))

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return self._from(self._listeners.of(weigh(matrix, self.weight)))

    def _from(self, neighbours: sp.csr_matrix) -> np.ndarray:
        return (neighbours @ self._plays).astype(np.float32).toarray()

    def neighbours(self, user: int, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The listeners most similar to one of train.

        Parameters
        ----------
        user : int
            Code of the user.
        n : int
            How many at most; there are never more than k.

        Returns
        -------
        codes : int64 array, most similar first
        similarities : float32 array

        Raises
        ------
        InvalidArgument, UnknownName
            Where the model is not fitted, n is below 1, or there is no user of that code.
        """
        self._check_fitted()
        code = checked_codes([user], self.n_users_, "user")
        return _first(self._listeners.of(self._plays[code], own=code), n)


class ItemNeighbours(Recommender):
    """What models of item neighbourhoods share: keeping them, scoring by them, showing them.

    The score of an item is the sum of its similarities to what the listener played, over those of them that
    are among its k nearest: h S, with h her weighted plays and column i of S the neighbours of item i.
    """

    weight: Weight = "binary"

    def _keep(self, neighbours: sp.csr_matrix, train: Interactions) -> None:
        """Keep what is nearest to each item (its row of `neighbours`) and what was played."""
        self._nearest = neighbours
        self._by_played = neighbours.T.tocsr()
        self._matrix = train.matrix

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._score_history(self._matrix[users])

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return (weigh(matrix, self.weight) @ self._by_played).astype(np.float32).toarray()

    def neighbours(self, item: int, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The items most similar to one item.

        Parameters
        ----------
        item : int
            Code of the item.
        n : int
            How many at most; there are never more than k.

        Returns
        -------
        codes : int64 array, most similar first
        similarities : float32 array

        Raises
        ------
        InvalidArgument, UnknownName
            Where the model is not fitted, n is below 1, or there is no item of that code.
        """
        self._check_fitted()
        return _first(self._nearest[checked_codes([item], self.n_items_, "item")], n)


class ItemKNN(ItemNeighbours):
    """Recommends what is played by those who play what the listener plays.

    Two items are similar where the same people listen to both. For each item the k most similar others are
    kept (Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms", TOIS), and the score of an
    item is the sum of its similarities to what the listener played, over those among its k. Play counts are
    read by `weight` both in the similarities and in the listener's own row. A row of train gets the same
    scores from `score` and `score_history`. Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    k : int
        The number of neighbours kept for each item.
    similarity : {"cosine", "jaccard", "asymmetric"}
        How alike two items are: see `musicrec.models.similarity.NearestRows`.
    shrinkage : float
        0 or more; the higher, the less items with few listeners in common count.
    alpha : float
        From 0 to 1, for "asymmetric" only: 1 divides by the audience of the item that is scored, 0 by that of
        the item that was played.
    weight : {"binary", "log", "raw"}
        How play counts are read.
    """

    def __init__(
        self,
        k: int = 100,
        similarity: Similarity = "cosine",
        shrinkage: float = 10.0,
        alpha: float = 0.5,
        weight: Weight = "binary",
    ) -> None:
        check_neighbourhood(k, similarity, shrinkage, alpha)
        check_weight(weight)
        self.k, self.similarity, self.shrinkage, self.alpha, self.weight = (
            k,
            similarity,
            shrinkage,
            alpha,
            weight,
        )

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        audiences = weigh(train.matrix, self.weight).T.tocsr()
        nearest = NearestRows(
            audiences, self.tie_rank_, self.k, self.similarity, self.shrinkage, self.alpha
        ).of(audiences, own=np.arange(train.n_items))
        self._keep(nearest, train)


def _first(nearest: sp.csr_matrix, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and similarities of the first n neighbours in a matrix of one row, stored best first."""
    check_whole("n", n, least=1)
    return nearest.indices[:n].astype(np.int64), nearest.data[:n].astype(np.float32)
