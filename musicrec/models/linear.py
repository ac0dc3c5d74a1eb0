"""EASE: one linear regression an item on all the others, all of them solved at once."""

import numpy as np
import scipy.sparse as sp

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.base import Recommender
from musicrec.models.gram import blocks, inverted_gram
from musicrec.models.inputs import SideInputs
from musicrec.models.weighting import Weight, check_weight, weigh
from musicrec.parameters import check_strength


class EASE(Recommender):
    """An item's score is a weighted sum of what the listener played, with weights learnt in closed form.

    The weights B minimise ‖X - X B‖² + l2 ‖B‖² with a diagonal of 0, so that no item explains itself. With
    P = (X'X + l2 I)⁻¹ the solution is B = I - P diag(1 / diag P), and the scores of a history h are h B
    (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW).

    P has a row an item. Where there are fewer users than items, the same scores come out of a matrix with a
    row a user, by the Woodbury identity: with K = X X' + l2 I,

        P = (I - X' K⁻¹ X) / l2,    h P = (h - (h X') K⁻¹ X) / l2,    X P = K⁻¹ X,

    and h B = h - h P / diag P, so that P itself is never made. The smaller form is taken: memory grows with
    the square of the smaller side, time with its cube. Only users and items with training pairs count; an
    item without a listener has no weights. Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    l2 : float
        The pull of all weights towards 0: higher for little data and for play counts. 0 is legal only where
        the smaller form is that of the items, and no item is a sum of others.
    weight : {"binary", "log", "raw"}
        How play counts are read.

    Raises
    ------
    InvalidArgument
        From the constructor: l2 is not finite or below 0, or the weight is unknown. From fit: the matrix to
        be inverted is singular, or larger than the machine's memory.
    """

    def __init__(self, l2: float = 100.0, weight: Weight = "binary") -> None:
        check_strength("l2", l2)
        check_weight(weight)
        self.l2 = l2
        self.weight = weight

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        items = np.flatnonzero(self.known_items_)
        self._solve(weigh(train.matrix, self.weight)[self.known_users_][:, items], items)

    def _solve(self, x: sp.csr_matrix, items: np.ndarray) -> None:
        """Learn the weights between `items` from x, which has a column for each; its first rows are users."""
        self._items = items
        self._row = np.cumsum(self.known_users_) - 1  # of an unknown user some row: its scores are not kept
        n_rows, n_items = x.shape
        self._x = x
        self._over_items = n_items <= n_rows
        if self._over_items:
            inverse = inverted_gram(x.T.tocsr(), self.l2)
            inverse /= -inverse.diagonal()
            np.fill_diagonal(inverse, 0)
            self._item_weights = inverse.astype(np.float32)
            return
        if self.l2 == 0:
            raise InvalidArgument(
                f"l2 is 0 and there are more items to weigh ({n_items:,}) than rows to learn from "
                f"({n_rows:,}): the weights then have no one solution. Raise l2."
            )
        self._inverse = inverted_gram(x, self.l2)
        self._diagonal = 1 - _quadratic_forms(x.T.tocsr(), self._inverse)
        self._x_divided = sp.csr_matrix(x @ sp.diags_array(1 / self._diagonal))

    def _score(self, users: np.ndarray) -> np.ndarray:
        rows = self._row[users]
        plays = self._x[rows]
        if self._over_items:
            return self._over_all_items(plays @ self._item_weights)
        return self._over_all_items(self._summed(-self.l2 * self._inverse[rows], plays))

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        plays = weigh(matrix, self.weight)[:, self._items]
        if self._over_items:
            return self._over_all_items(plays @ self._item_weights)
        shared = (plays @ self._x.T).toarray()
        own = plays @ sp.diags_array(1 - 1 / self._diagonal)
        return self._over_all_items(self._summed(shared @ self._inverse, own))

    def _summed(self, of_users: np.ndarray, own: sp.sparray) -> np.ndarray:
        """Scores in the form over users: `of_users` times X, divided by l2 diag P, plus a sparse part."""
        scores = of_users @ self._x_divided
        own = sp.coo_array(own)
        scores[own.row, own.col] += own.data
        return scores

    def _over_all_items(self, scores: np.ndarray) -> np.ndarray:
        """Scores of the items with listeners in their places among all items, the others 0."""
        placed = np.zeros((len(scores), self.n_items_), dtype=np.float32)
        placed[:, self._items] = scores
        return placed


def _quadratic_forms(rows: sp.csr_matrix, matrix: np.ndarray) -> np.ndarray:
    """The number r M r' for each row r, by blocks."""
    found = [rows[part].multiply(rows[part] @ matrix).sum(axis=1) for part in blocks(*rows.shape)]
    return np.asarray(np.concatenate(found)).ravel()
