"""What was found of a model's guesses at next plays, prefix by prefix and listener by listener."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument
from musicrec.evaluation.judged import Judged
from musicrec.evaluation.next_groups import GROUPINGS
from musicrec.evaluation.question import Part


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NextEvaluation(Judged):
    """What `evaluate_next` found: the rank of each next play, and what the figures rest on.

    The mean is over prefixes, as in published work: a session of twelve plays counts eleven times as much as
    one of two. Yet the prefixes of one session hang together, and so do the sessions of one listener, so that
    chance is about listeners: they are what is drawn anew, or sessions where nobody says whose they are. Rows
    that are listeners, each weighted by the number of prefixes, give both. With n prefixes of a listener, n'
    of the average one, m the mean of hers and M that of all prefixes, her row is M + (n / n') (m - M). The
    mean of the rows is M, and their spread gives the error of M, which is a ratio of two sums (Cochran,
    Sampling Techniques, 1977, chapter 6). A row may lie outside 0 to 1.

    Attributes
    ----------
    model, seed
        The model with its settings, and the number given to `evaluate_next`.
    per_prefix : pandas.DataFrame
        One row a prefix, in the order of the sessions: session (its number), plays (the length of the
        prefix), target (the code of what came next), rank, rank_unplayed, user where sessions have users,
        and a column each for the groupings asked for. The rank is among all items, from 1, below every other
        item of the same score. The other is among those that the prefix does not hold; n_items + 1 where the
        target is a repeat.
    cutoffs : tuple of int
        The cut-offs of the measures.
    n_items : int
        How many items were ranked.
    left_out : int
        Sessions of one play, of which nothing can be asked.
    per_unit : pandas.DataFrame
        The rows, as said above, by code of the user or number of the session; a column a measure ("mrr@20").
    """

    per_prefix: pd.DataFrame
    cutoffs: tuple[int, ...]
    n_items: int
    left_out: int
    part: Part = "test"
    per_unit: pd.DataFrame = field(init=False)

    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        measured = self.measures()
        grouped = measured.groupby(self.per_prefix[self.unit], sort=True)
        prefixes = grouped.size().to_numpy()[:, None]
        overall = measured.mean()
        rows = overall + (grouped.sum() - prefixes * overall.to_numpy()) / prefixes.mean()
        object.__setattr__(self, "per_unit", rows)

    @property
    def unit(self) -> str:
        return "user" if "user" in self.per_prefix else "session"

    @property
    def rows(self) -> pd.DataFrame:
        return self.per_unit

    @property
    def question(self) -> str:
        return f"{len(self.per_prefix):,} next plays among {self.n_items:,} items"

    def asked_as(self, other: Judged) -> bool:
        asked = ["session", "plays", "target"]
        return (
            isinstance(other, NextEvaluation)
            and self.n_items == other.n_items
            and self.per_prefix[asked]
            .reset_index(drop=True)
            .equals(other.per_prefix[asked].reset_index(drop=True))
        )

    def measures(self) -> pd.DataFrame:
        """The measures of each prefix, one row each: recall, mrr and ndcg at each cut-off."""
        return _measured(self.per_prefix["rank"], self.cutoffs)

    def by(self, name: str) -> pd.DataFrame:
        """The measures of each group: one row a group that has prefixes.

        Parameters
        ----------
        name : str
            A grouping that `evaluate_next` was asked for, such as "repeat".

        Returns
        -------
        pandas.DataFrame
            Column prefixes (how many), then each measure, averaged over them.
        """
        groups = self._grouping(name)
        found = self.measures().groupby(groups, observed=True).mean()
        found.insert(0, "prefixes", groups.value_counts().loc[found.index])
        return found

    def only(self, name: str, group: str) -> "NextEvaluation":
        """The evaluation of one group alone, so that `compare` can judge it: ``e.only("repeat", "new")``."""
        groups = self._grouping(name)
        chosen = self.per_prefix[groups == group]
        if not len(chosen):
            there = ", ".join(map(repr, groups.drop_duplicates().sort_values()))
            raise InvalidArgument(f"No prefix is in the group {group!r} of {name!r}; there are {there}.")
        return replace(self, per_prefix=chosen)

    def nothing_twice(self) -> "NextEvaluation":
        """The same answers, had each list left out what the prefix holds.

        A next play that is a repeat is then missed, by construction: that is the price of the rule, and it is
        counted.
        """
        ranks = self.per_prefix["rank_unplayed"]
        return replace(self, per_prefix=self.per_prefix.assign(rank=ranks))

    def _grouping(self, name: str) -> pd.Series:
        known = [each for each in GROUPINGS if each in self.per_prefix]
        if name not in known:
            raise InvalidArgument(
                f"This evaluation has no groups by {name!r}, but by {known}. Name them in evaluate_next(by=)."
            )
        return self.per_prefix[name]

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        measures = ", ".join(f"{name} {value:.4f}" for name, value in self.mean().items())
        return (
            f"NextEvaluation({self.model}: {len(self.per_prefix):,} prefixes of {len(self.rows):,} "
            f"{self.unit}s, {self.left_out:,} left out, {self.n_items:,} items: {measures}{seed})"
        )


def _measured(rank: pd.Series, ks: tuple[int, ...]) -> pd.DataFrame:
    found: dict[str, pd.Series] = {}
    for k in ks:
        hit = (rank <= k).astype(np.float64)
        found |= {f"recall@{k}": hit, f"mrr@{k}": hit / rank, f"ndcg@{k}": hit / np.log2(1 + rank)}
    return pd.DataFrame(found)
