"""What all models of the next play share: fitted on sessions, asked what comes after what was heard."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models.model import Model
from musicrec.models.prefixes import Prefixes, as_sessions, check_sessions, check_vocabulary
from musicrec.models.ranking import tie_ranks, top_k
from musicrec.parameters import check_whole

_BLOCK = 2**23  # scores held at a time by recommend_next: 32 MB of float32


class SequenceModel(Model, ABC):
    """A model that scores every item as the next play of a session.

    A *prefix* is what was heard in a session so far, oldest play first. A model is fitted on sessions and
    asked about prefixes, of listeners whom it may never have met. A family of models fills in `_fit` and
    `_score_next`; this class checks what goes in, and treats alike what no model can know: an item that was
    never played in training gets the lowest score of its row.

    A session of one play has no next play. It is legal in `fit`, and each model says what it makes of it; but
    where no session has two, there is nothing to learn. A prefix may be of any length; a model that reads
    only its last plays says how many. Settings are keyword arguments of the constructor, kept under their own
    names. Explained in chapter 05_rnn_lstm.
    """

    reads_context: bool = False
    """Whether the circumstances of a session (`Sessions.context`) are read."""

    @abstractmethod
    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        """Learn from checked sessions; `n_items_` and `known_items_` are set."""

    @abstractmethod
    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        """Scores (len(prefixes), n_items) of checked prefixes, at least one, in an array of its own."""

    def fit(self, sessions: Sessions, *, n_items: int | None = None, valid: Sessions | None = None) -> Self:
        """Learn from `sessions`; a second fit starts anew.

        Parameters
        ----------
        sessions : Sessions
            What was heard, in order. Models that read context find it here, as `sessions.context`.
        n_items : int, optional
            The number of items there are: `len(ds.items)`. Without it, the largest code of the sessions + 1.
        valid : Sessions, optional
            Held-out sessions by which training may stop early. A model that is not trained in steps ignores
            them.

        Raises
        ------
        InvalidArgument
            Where an input is of another type, or n_items is no whole number of 1 or more.
        InvalidData
            Where none of the sessions has two plays.
        UnknownName
            Where an item code is not below n_items; the message names the session.
        """
        name = type(self).__name__
        check_sessions(sessions, f"{name}.fit")
        if n_items is not None:
            check_whole("n_items", n_items, least=1)
        size = int(sessions.items.max()) + 1 if n_items is None else int(n_items)
        check_vocabulary(sessions, size, "Session")
        if valid is not None:
            check_sessions(valid, f"{name}.fit(valid=)")
            check_vocabulary(valid, size, "Session (of valid)")
        self._fitted = False
        self.n_items_ = size
        self.known_items_ = np.bincount(sessions.items, minlength=size) > 0
        self.tie_rank_ = tie_ranks(range(size))
        self._fit(sessions, valid)
        self._fitted = True
        return self

    def score_next(self, prefixes: Prefixes, context: pd.DataFrame | None = None) -> np.ndarray:
        """Scores of all items as the next play: float32, shape (len(prefixes), n_items), higher is better.

        Parameters
        ----------
        prefixes : Sessions, or sequence of sequences of int
            What was heard so far, oldest first, at least one play each.
        context : pandas.DataFrame, optional
            The circumstances, one row a prefix, for models that read them. Without it, `prefixes.context`.

        Raises
        ------
        InvalidArgument
            Where the model is not fitted, a prefix is empty or holds no whole numbers (the message names its
            row), or a context is given to a model that reads none.
        UnknownName
            Where an item code is not below n_items; the message names the row and the code.
        """
        checked = self._prefixes(prefixes)
        return self._scored(checked, self._context(checked, context))

    def recommend_next(
        self,
        prefixes: Prefixes,
        k: int = 20,
        *,
        context: pd.DataFrame | None = None,
        exclude_played: bool = False,
    ) -> np.ndarray:
        """The k best items to come next: int64 codes, shape (len(prefixes), k), -1 where fewer are left.

        Prefixes are scored in blocks, so that memory does not grow with their number. Items of equal score
        stand in the order of `tie_ranks` of their codes.

        Parameters
        ----------
        prefixes, context
            As in `score_next`.
        k : int
            The length of the lists.
        exclude_played : bool
            Whether to leave out what is in the prefix. People do play things again, so it may come unless
            told otherwise.

        Raises
        ------
        InvalidArgument, UnknownName
            As `score_next`; or k is below 1.
        InvalidData
            Where the model's scores are NaN or plus infinity.
        """
        checked = self._prefixes(prefixes)
        known = self._context(checked, context)
        check_whole("k", k, least=1)
        lists = np.empty((len(checked), k), dtype=np.int64)
        step = max(1, _BLOCK // self.n_items_)
        for start in range(0, len(checked), step):
            rows = np.arange(start, min(start + step, len(checked)))
            some = checked.take(rows)
            scores = self._scored(some, None if known is None else known.iloc[rows])
            excluded = self.played(some) if exclude_played else None
            lists[rows] = top_k(scores, k, self.tie_rank_, excluded)
        return lists

    def played(self, prefixes: Sessions) -> sp.csr_matrix:
        """How often each item is in each prefix: CSR float32 of shape (len(prefixes), n_items)."""
        ends = np.append(prefixes.starts, len(prefixes.items))
        matrix = sp.csr_matrix(
            (np.ones(len(prefixes.items), dtype=np.float32), prefixes.items, ends),
            shape=(len(prefixes), self.n_items_),
        )
        matrix.sum_duplicates()
        return matrix

    def _scored(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        if not len(prefixes):
            return np.empty((0, self.n_items_), dtype=np.float32)
        scores = np.asarray(self._score_next(prefixes, context), dtype=np.float32)
        if not self.known_items_.all():
            scores[:, ~self.known_items_] = scores.min(axis=1, keepdims=True)
        return scores

    def _prefixes(self, prefixes: Prefixes) -> Sessions:
        self._check_fitted()
        checked = as_sessions(prefixes)
        check_vocabulary(checked, self.n_items_, "Prefix")
        return checked

    def _context(self, prefixes: Sessions, context: pd.DataFrame | None) -> pd.DataFrame | None:
        if not self.reads_context:
            if context is not None:
                raise InvalidArgument(
                    f"This {type(self).__name__} reads no context, but was given one. Leave context= out, or "
                    "take a model that reads it."
                )
            return None
        found = prefixes.context if context is None else context
        if not isinstance(found, pd.DataFrame) or len(found) != len(prefixes):
            shown = f"{len(found):,} rows" if isinstance(found, pd.DataFrame) else type(found).__name__
            raise InvalidArgument(
                f"This {type(self).__name__} reads the context of prefixes, a DataFrame of one row each "
                f"({len(prefixes):,} here); found {shown}. Pass context=, or prefixes that are Sessions with "
                "one."
            )
        return found
