"""The null model: lists drawn by lot, a new one for each listener."""

import numpy as np

from musicrec.data.interactions import Interactions
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_whole


class Random(Recommender):
    """Scores drawn at random, for each user her own; what a model must beat to know anything.

    The scores of a user depend on `seed` and her code alone, so that they are the same however users are
    asked for, and they rank cold items like all others. Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    seed : int
        Another seed, other lists.
    """

    can_score_cold_items = True
    can_score_history = False
    can_score_cold_users = True

    def __init__(self, seed: int = 0) -> None:
        check_whole("seed", seed, least=0)
        self.seed = seed

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        """Nothing is learnt."""

    def _score(self, users: np.ndarray) -> np.ndarray:
        drawn = [np.random.default_rng([self.seed, user]).random(self.n_items_) for user in users]
        return np.asarray(drawn, dtype=np.float32).reshape(len(users), self.n_items_)
