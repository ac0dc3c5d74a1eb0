"""What the models of session neighbours share. Explained in chapter 05_rnn_lstm."""

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from musicrec.data.sessions import Sessions
from musicrec.models.sequential import SequenceModel
from musicrec.models.session_index import SessionIndex
from musicrec.parameters import check_whole


class Neighbours(NamedTuple):
    """The neighbours of a prefix and what they hold, entry by entry: one an item in a neighbour."""

    starts: np.ndarray  # where the entries of each neighbour start
    owner: np.ndarray  # the number of the neighbour of each entry
    item: np.ndarray
    place: np.ndarray  # in its session, from 0
    behind: np.ndarray  # plays of the prefix after its last one of the item; infinite where it has none


class SessionNeighbours(SequenceModel):
    """Finds the neighbours of a prefix among past sessions, and adds up what they played.

    The session that is going on, s, is compared with past sessions n. Of all that share an item with it, the
    `sample` latest are looked at, and the k most similar of these are its neighbours (of equally similar ones
    the latest). An item's score is the sum, over the neighbours that hold it, of their similarity to s times
    what the model makes of the item's and the neighbour's order. A prefix that shares no item with any past
    session gets equal scores. What is in the prefix may be scored again.

    The latest are those that ended last, where sessions have times; else those that stand last. Sessions of
    one play are nobody's neighbours. Of a prefix the last `max_length` plays are read.
    """

    max_length: ClassVar[int] = 100

    def __init__(self, k: int, sample: int) -> None:
        check_whole("k", k, least=1)
        check_whole("sample", sample, least=1)
        self.k, self.sample = k, sample

    @abstractmethod
    def _item_weights(self, behind: np.ndarray, length: int) -> np.ndarray:
        """The weight of each item of s, by the number of plays behind its last one."""

    @abstractmethod
    def _similarity(self, shared: np.ndarray, size: int, sessions: np.ndarray) -> np.ndarray:
        """From the weight of the shared items, the number of distinct items of s, and past sessions."""

    @abstractmethod
    def _factors(self, found: Neighbours) -> np.ndarray:
        """What the similarity is multiplied by, for each entry."""

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        self._index = SessionIndex(sessions, self.n_items_)

    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        scores = np.empty((len(prefixes), self.n_items_), dtype=np.float32)
        for row, plays in enumerate(prefixes):
            scores[row] = self._scores(plays[-self.max_length :])
        return scores

    def _scores(self, plays: np.ndarray) -> np.ndarray:
        items, behind = np.unique(plays[::-1], return_index=True)
        weights = self._item_weights(behind, len(plays))
        sessions, shared = self._index.overlapping(items, weights, self.sample)
        if not len(sessions):
            return np.zeros(self.n_items_)
        similarity = self._similarity(shared, len(items), sessions)
        if len(sessions) > self.k:
            nearest = np.argsort(-similarity, kind="stable")[: self.k]
            sessions, similarity = sessions[nearest], similarity[nearest]
        starts, item, place = self._index.contents(sessions)
        owner = np.repeat(np.arange(len(sessions)), np.diff(starts, append=len(item)))
        last_behind = np.full(self.n_items_, np.inf)
        last_behind[items] = behind
        found = Neighbours(starts, owner, item, place, last_behind[item])
        return np.bincount(item, similarity[owner] * self._factors(found), minlength=self.n_items_)
