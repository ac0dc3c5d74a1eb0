"""Models that know no order, asked for the next play all the same. Explained in chapter 05_rnn_lstm."""

import copy

import numpy as np
import pandas as pd

from musicrec.data.interactions import Interactions
from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models.base import Recommender
from musicrec.models.sequential import SequenceModel


class StaticNext(SequenceModel):
    """Makes a recommender that reads sets into a model of the next play, to see what order adds.

    Each session becomes a listener, and the recommender is fitted on the plays of these listeners. A prefix
    is then the history of a new listener, scored by `score_history`: all of its plays, in no order. What a
    model that reads order gains over it on the same sessions is what order is worth to it.

    Sessions of one play are listeners of one item. Held-out sessions (`valid`) are not used.
    Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    recommender : Recommender
        One that can score a history and needs no features: Popularity, ItemKNN, EASE, ALS, ... It is copied,
        so that the one given stays as it is.

    Attributes
    ----------
    recommender_ : Recommender
        The copy that was fitted.

    Raises
    ------
    InvalidArgument
        Where it is no recommender, or one that cannot score a history.
    """

    def __init__(self, recommender: Recommender) -> None:
        if not isinstance(recommender, Recommender):
            raise InvalidArgument(
                f"StaticNext needs a Recommender, found {recommender!r:.60}. Give it one "
                "such as models.EASE(); a model of the next play needs no StaticNext."
            )
        if not recommender.can_score_history:
            raise InvalidArgument(
                f"{type(recommender).__name__} cannot score what a new listener played, and every session is "
                "one. Take a recommender with can_score_history: Popularity, ItemKNN, EASE or ALS."
            )
        self.recommender = recommender

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        listener = np.repeat(np.arange(len(sessions)), sessions.lengths)
        plays = pd.DataFrame({"user": listener, "item": sessions.items})
        listeners, items = pd.RangeIndex(len(sessions)), pd.RangeIndex(self.n_items_)
        self.recommender_ = copy.deepcopy(self.recommender).fit(Interactions(listeners, items, plays))

    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        return self.recommender_.score_history(self.played(prefixes))
