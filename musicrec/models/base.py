"""What all recommenders share: how they are fitted, asked for scores and lists; what bad input gets."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import numpy as np
import scipy.sparse as sp

from musicrec.data.features import Features
from musicrec.data.interactions import Interactions, check_interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.inputs import (
    SideInputs,
    candidate_codes,
    check_same_labels,
    checked_codes,
    checked_exclusion,
    checked_history,
)
from musicrec.models.model import Model
from musicrec.models.ranking import tie_ranks, top_k
from musicrec.parameters import check_whole

if TYPE_CHECKING:
    from musicrec.audio import AudioLibrary

_BLOCK = 2**24  # scores held at a time by recommend: 64 MB of float32


class Recommender(Model, ABC):
    """A model that scores every item for a listener.

    A family of models fills in `_fit`, `_score` and, where it can, `_score_history`; this class checks what
    goes in and treats alike what no model can know:

    - a listener of whom nothing is known gets equal scores, so that the list is drawn by the hash of the
      items, which is chance: one list for all of them (unless the
      model `can_score_cold_users`);
    - an item that nobody in train listened to gets the lowest score of its row (unless the model
      `can_score_cold_items`).

    Settings are keyword arguments of the constructor, kept under their own names.
    Explained in chapter 02_collaborative_filtering.
    """

    can_score_cold_items: bool = False
    """Whether items without a listener in train get scores of their own, from their features."""
    can_score_history: bool = True
    """Whether listeners who were not in train can be scored from what they played."""
    can_score_cold_users: bool = False
    """Whether scores mean something for a listener of whom nothing is known: they ask nothing of her."""

    @abstractmethod
    def _fit(self, train: Interactions, side: SideInputs) -> None:
        """Learn from checked interactions with at least one pair."""

    @abstractmethod
    def _score(self, users: np.ndarray) -> np.ndarray:
        """Scores (len(users), n_items) of checked codes, in a new array that the caller may change."""

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        """Scores (n, n_items) from a checked CSR of raw weights, in a new array; refused if not filled in."""
        raise self._without_history()

    def fit(
        self,
        train: Interactions,
        *,
        valid: Interactions | None = None,
        item_features: Features | None = None,
        item_audio: "AudioLibrary | None" = None,
        user_features: Features | None = None,
        source: Interactions | None = None,
    ) -> Self:
        """Learn from `train`; a second fit starts anew.

        A model ignores the side input it has no use for, so that one loop can fit them all.

        Parameters
        ----------
        train : Interactions
            What was listened to.
        valid : Interactions, optional
            Held-out listening by which training may stop early; over the same users and items.
        item_features : Features, optional
            What is known of the items, rows in the order of `train.items`.
        item_audio : AudioLibrary, optional
            The sound of the items, by their labels; it may lack some.
        user_features : Features, optional
            What is known of the users, rows in the order of `train.users`.
        source : Interactions, optional
            Listening in another domain, for models that carry taste over.

        Raises
        ------
        InvalidData
            Where train holds no pair, or another input is not over the same users or items.
        InvalidArgument
            Where an input is of another type, or one that the model needs is absent.
        """
        check_interactions(train, f"{type(self).__name__}.fit")
        matrix = train.matrix
        if not matrix.nnz:
            raise InvalidData(
                "train holds no event of a weight above 0, so there is nothing to learn from. Check how it "
                "was read or cut."
            )
        side = SideInputs(valid, item_features, item_audio, user_features, source)
        side.check(train, type(self).__name__)
        self._fitted = False
        self.users_, self.items_ = train.users, train.items
        self.n_users_, self.n_items_ = train.n_users, train.n_items
        self.known_users_ = np.diff(matrix.indptr) > 0
        self.known_items_ = np.bincount(matrix.indices, minlength=train.n_items) > 0
        self.tie_rank_ = tie_ranks(train.items.tolist())
        self._fit(train, side)
        self._fitted = True
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """Scores of all items for users of train: float32, shape (len(users), n_items), higher is better.

        Parameters
        ----------
        users : int array
            Codes of users.

        Raises
        ------
        InvalidArgument
            Where the model is not fitted or `users` is no flat array of whole numbers.
        UnknownName
            Where a code is outside the index of users.
        """
        return self._scored(self._user_codes(users))

    def score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        """Scores for listeners who were not in train, from what they played: float32, shape (n, n_items).

        Parameters
        ----------
        matrix : CSR, shape (n, n_items)
            One row a listener: plays as in `Interactions.matrix`, to which the model applies its own reading
            (`weight`). A row without plays gets equal scores.

        Raises
        ------
        InvalidArgument
            Where the model is not fitted, or cannot score from a history.
        InvalidData
            Where the matrix is not sparse, not of n_items columns, or holds a weight negative or not finite.
        """
        return self._scored_history(self._history(matrix))

    def recommend(
        self,
        users: np.ndarray,
        k: int = 10,
        exclude: Interactions | sp.csr_matrix | None = None,
        candidates: np.ndarray | None = None,
    ) -> np.ndarray:
        """The k best items of each user: int64 codes, shape (len(users), k), -1 where fewer are left.

        Users are scored in blocks, so that memory does not grow with their number. Items of equal score
        stand in the order of `tie_ranks`.

        Parameters
        ----------
        users : int array
            Codes of users.
        k : int
            The length of the lists.
        exclude : Interactions or CSR of shape (n_users, n_items), optional
            What not to list, of a CSR the nonzero pairs; usually what the model was fitted on.
        candidates : int array, optional
            Codes of the only items that may be listed.

        Raises
        ------
        InvalidArgument, UnknownName
            As `score`; or k is below 1, or `exclude` has another shape.
        InvalidData
            Where `exclude` has its users or items in another order, or the model's scores are NaN or plus
            infinity.
        """
        codes = self._user_codes(users)
        excluded = checked_exclusion(exclude, (self.n_users_, self.n_items_), "a user")
        if isinstance(exclude, Interactions):
            check_same_labels(exclude.users, self.users_, "exclude", "users")
            check_same_labels(exclude.items, self.items_, "exclude", "items")
        return self._lists(
            len(codes),
            k,
            candidates,
            lambda rows: self._scored(codes[rows]),
            lambda rows: None if excluded is None else excluded[codes[rows]],
        )

    def recommend_history(
        self,
        matrix: sp.csr_matrix,
        k: int = 10,
        exclude: sp.csr_matrix | None = None,
        candidates: np.ndarray | None = None,
    ) -> np.ndarray:
        """As `recommend`, for listeners who were not in train; `exclude` has the shape of `matrix`."""
        history = self._history(matrix)
        excluded = checked_exclusion(exclude, history.shape, "a row of the history")
        return self._lists(
            history.shape[0],
            k,
            candidates,
            lambda rows: self._scored_history(history[rows]),
            lambda rows: None if excluded is None else excluded[rows],
        )

    def _lists(
        self,
        n: int,
        k: int,
        candidates: np.ndarray | None,
        scores: Callable[[slice], np.ndarray],
        excluded: Callable[[slice], sp.csr_matrix | None],
    ) -> np.ndarray:
        check_whole("k", k, least=1)
        chosen = None if candidates is None else candidate_codes(candidates, self.n_items_)
        lists = np.empty((n, k), dtype=np.int64)
        step = max(1, _BLOCK // self.n_items_)
        for start in range(0, n, step):
            rows = slice(start, start + step)
            lists[rows] = top_k(scores(rows), k, self.tie_rank_, excluded(rows), chosen)
        return lists

    def _scored(self, codes: np.ndarray) -> np.ndarray:
        return self._settled(self._score(codes), self.known_users_[codes])

    def _scored_history(self, history: sp.csr_matrix) -> np.ndarray:
        return self._settled(self._score_history(history), np.diff(history.indptr) > 0)

    def _settled(self, scores: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Scores as float32, with what the model cannot know made equal (users) or lowest (items)."""
        scores = np.asarray(scores, dtype=np.float32)
        if not self.can_score_cold_users:
            scores[~known] = 0
        if not self.can_score_cold_items and not self.known_items_.all():
            scores[:, ~self.known_items_] = scores.min(axis=1, keepdims=True)
        return scores

    def _user_codes(self, users: np.ndarray) -> np.ndarray:
        self._check_fitted()
        return checked_codes(users, self.n_users_, "user")

    def _history(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        self._check_fitted()
        if not self.can_score_history:
            raise self._without_history()
        return checked_history(matrix, self.n_items_)

    def _without_history(self) -> InvalidArgument:
        return InvalidArgument(
            f"{type(self).__name__} learns a row for each listener in train and cannot score others from "
            "what they played. Fit it with them in train, or take a model that can: EASE, ItemKNN or ALS."
        )
