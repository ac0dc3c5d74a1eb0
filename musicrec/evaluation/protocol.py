"""The protocol: which users are asked about which items, what is masked, and what is left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.split import Split
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.evaluation.judged import Judged
from musicrec.evaluation.question import Part, among, candidate_items, part_of, seen_pairs
from musicrec.metrics import ranking_metrics
from musicrec.metrics.ranking import cutoffs
from musicrec.models.base import Recommender
from musicrec.parameters import check_whole


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evaluation(Judged):
    """What `evaluate` found: measures of each user's list, and what the figures rest on.

    Attributes
    ----------
    model : str
        The model with its settings.
    per_user : pandas.DataFrame
        One row an evaluated user, by label; one column a measure and cut-off ("ndcg@10"), float64.
    lists : int64 array, shape (n_evaluated, max k)
        The codes recommended, best first; -1 where fewer were left.
    users : int64 array, shape (n_evaluated,)
        The codes of the users, ascending: the rows of `per_user` and `lists`.
    candidates : int64 array
        The codes of the items that could be listed, ascending.
    part : {"test", "valid"}
        What was asked about.
    left_out : int
        Users of the index without a relevant item left, of whom nothing can be said.
    masked : int
        Pairs of the part that were seen before, so that they were neither listed nor relevant.
    by_construction : bool
        Whether the model can score none of the candidates, so that its lists are drawn by chance.
    seed : int or None
        The number given to `evaluate`, by which `compare` pairs.
    """

    per_user: pd.DataFrame
    lists: np.ndarray
    users: np.ndarray
    candidates: np.ndarray
    left_out: int
    masked: int
    by_construction: bool

    unit: ClassVar[str] = "user"
    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @property
    def rows(self) -> pd.DataFrame:
        return self.per_user

    @property
    def question(self) -> str:
        return f"{self.part} among {len(self.candidates):,} items"

    def asked_as(self, other: Judged) -> bool:
        return (
            isinstance(other, Evaluation)
            and self.part == other.part
            and np.array_equal(self.candidates, other.candidates)
        )

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        chance = ", by construction" if self.by_construction else ""
        return (
            f"Evaluation({self.model} on {self.part}: {len(self.users):,} users, {self.left_out:,} left out, "
            f"{len(self.candidates):,} candidates, {self.masked:,} pairs masked{seed}{chance})"
        )


def evaluate(
    model: Recommender,
    split: Split,
    k: int | Iterable[int] = (10, 20),
    part: Part = "test",
    candidates: Literal["all", "cold"] | np.ndarray = "all",
    seed: int | None = None,
) -> Evaluation:
    """Ask a fitted model for the list of each user, and measure it against what she went on to play.

    All candidates are ranked, none is sampled. Nobody is recommended what she has played in train (nor, in
    test, in valid) or in `split.history`; pairs of the part that are masked so are not relevant, and counted.
    Users found in `split.history` are scored by `score_history` from there, all others by `score`. The model
    is never refitted: after a fit on `split.refit().train`, evaluate on `split.refit()`.

    Parameters
    ----------
    model : Recommender
        Fitted, over the users and items of the split.
    split : Split
        Its parts say what is known, masked and asked.
    k : int or ints
        Cut-offs of the measures; the lists have the length of the largest.
    part : {"test", "valid"}
        What to ask about.
    candidates : {"all", "cold"} or int array
        The items that may be listed: all, those of the part without a pair in train, or these codes, each
        once. Relevant items that are no candidates are left out of the measures.
    seed : int, optional
        A number to know this evaluation by, usually that of the split; nothing is drawn by it.

    Raises
    ------
    InvalidArgument
        Where the model is none, not fitted, or fitted over other users or items; it knows a "cold" item; it
        cannot score from a history and the split has one; the split has no such part, or no cold items; or
        k is not as `ranking_metrics` asks.
    UnknownName
        Where a candidate is no code of an item.
    InvalidData
        Where no user has a relevant item left.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    ks = cutoffs(k)
    if seed is not None:
        check_whole("seed", seed, least=0)
    _check(model, split)
    asked = part_of(split, part)
    items = candidate_items(candidates, split, asked, model)
    seen = seen_pairs(split, part)
    overlap = asked.binary.multiply(seen)
    relevant = among(asked.binary - overlap, items)
    users = np.flatnonzero(np.diff(relevant.indptr))
    if not len(users):
        raise InvalidData(
            f"No user has a relevant item left: of {asked.n_pairs:,} pairs of {part}, {overlap.nnz:,} were "
            f"seen before, and no other is among the {len(items):,} candidates. Check how the split was made."
        )
    lists = _lists(model, split, users, max(ks), seen, items)
    measured = ranking_metrics(lists, relevant[users], ks)
    return Evaluation(
        model=repr(model),
        per_user=pd.DataFrame(measured, index=split.train.users[users]),
        lists=lists,
        users=users,
        candidates=items,
        part=part,
        left_out=split.train.n_users - len(users),
        masked=int(overlap.nnz),
        by_construction=not (model.can_score_cold_items or model.known_items_[items].any()),
        seed=seed,
    )


def _check(model: Recommender, split: Split) -> None:
    if not isinstance(model, Recommender) or not isinstance(split, Split):
        raise InvalidArgument(
            f"evaluate takes a fitted model and a data.Split, found {type(model).__name__} and "
            f"{type(split).__name__}. Cut interactions with data.holdout, for example."
        )
    if not hasattr(model, "items_"):
        raise InvalidArgument(
            f"This {type(model).__name__} has not been fitted: call .fit(split.train) first."
        )
    for kind, fitted, ours in (
        ("users", model.users_, split.train.users),
        ("items", model.items_, split.train.items),
    ):
        if not fitted.equals(ours):
            raise InvalidArgument(
                f"The model was fitted over {len(fitted):,} {kind}, the split is over {len(ours):,} or has "
                "others, or in another order. Fit it on this split's train."
            )


def _lists(
    model: Recommender, split: Split, users: np.ndarray, k: int, seen: sp.csr_matrix, items: np.ndarray
) -> np.ndarray:
    """Lists of the users: of those in `split.history` from there, of the others by their codes."""
    only = None if len(items) == split.train.n_items else items  # spares a copy of all scores
    if split.history is None:
        return model.recommend(users, k, exclude=seen, candidates=only)
    history = split.history.matrix
    revealed = np.diff(history.indptr)[users] > 0
    strangers = users[revealed]
    lists = np.empty((len(users), k), dtype=np.int64)
    lists[~revealed] = model.recommend(users[~revealed], k, exclude=seen, candidates=only)
    lists[revealed] = model.recommend_history(history[strangers], k, seen[strangers], only)
    return lists
