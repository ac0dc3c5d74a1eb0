"""A model that learns nothing: scores from elsewhere, asked as any model's."""

import numpy as np

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidData
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs


class GivenScores(Recommender):
    """Ranks by scores that were made elsewhere, so that what they are worth can be measured as a model is.

    Scores may be those of another library. Or they may be the truth of a simulation, what no recommender can
    know: then the model is an oracle, and says how good anybody could be. All that is given counts, be a user
    or an item in train or not. Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    scores : array, shape (n_users, n_items)
        Higher is better.

    Raises
    ------
    InvalidData
        Where the scores are no table of finite numbers; from fit: where it is not of train's users and items.
    """

    can_score_cold_items = True
    can_score_history = False
    can_score_cold_users = True

    def __init__(self, scores: np.ndarray) -> None:
        kind = np.asarray(scores).dtype.kind
        if np.ndim(scores) != 2 or kind not in "fiu" or not np.isfinite(scores).all():
            raise InvalidData(
                "scores must be an array of finite numbers, with a row for each user and a column for each "
                "item."
            )
        self.scores = scores

    def __repr__(self) -> str:
        return f"{type(self).__name__}({' x '.join(f'{n:,}' for n in self.scores.shape)})"

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        if self.scores.shape != (self.n_users_, self.n_items_):
            raise InvalidData(
                f"{self!r} was fitted to {self.n_users_:,} users and {self.n_items_:,} items. Give scores "
                "over the same users and items, in the same order."
            )

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self.scores[users]
