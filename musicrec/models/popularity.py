"""The model that knows no listener: everybody gets what most people played."""

import numpy as np
import scipy.sparse as sp

from musicrec.data.interactions import Interactions
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs


class Popularity(Recommender):
    """Scores an item by the number of its listeners in train, the same for everybody.

    The baseline below which no model should fall, and a strong one where a few items have most of the plays.
    It counts listeners, not plays: one devoted fan makes nothing popular.
    Explained in chapter 02_collaborative_filtering.
    """

    can_score_cold_users = True

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self.listeners_ = train.binary.getnnz(axis=0).astype(np.float32)

    def _score(self, users: np.ndarray) -> np.ndarray:
        return np.tile(self.listeners_, (len(users), 1))

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return np.tile(self.listeners_, (matrix.shape[0], 1))
