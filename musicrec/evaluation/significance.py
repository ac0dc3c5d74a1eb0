"""Whether a difference means something: paired comparison over users and seeds, and its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.evaluation.judged import Judged
from musicrec.evaluation.pairing import name_of, paired
from musicrec.evaluation.resampling import sign_flip_p, two_level_interval

Verdict = Literal["supported", "not supported", "inconclusive"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `compare` found: the treatment's metric less the baseline's, and what follows from it.

    `interval` is that of `difference`, at the confidence `level`; `p` is two-sided. `rows` and `seeds` say
    how many the comparison rests on, `unit` what a row is ("user", "piece" or "session"), `dropped` how often
    one was absent from one side of a seed.
    """

    metric: str
    treatment: str
    baseline: str
    mean_treatment: float
    mean_baseline: float
    difference: float
    interval: tuple[float, float]
    level: float
    p: float
    smallest: float
    verdict: Verdict
    unit: str
    rows: int
    seeds: int
    dropped: int

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Comparison({self.treatment} against {self.baseline}, {self.metric}: {self.difference:+.4f} "
            f"[{low:+.4f}, {high:+.4f}] at {self.level:.0%}, p {self.p:.4f}; more than {self.smallest:g}: "
            f"{self.verdict}; {self.rows:,} {self.unit}s, {self.seeds} seeds)"
        )


def compare(
    a: Judged | Sequence[Judged],
    b: Judged | Sequence[Judged],
    metric: str = "ndcg@10",
    smallest: float = 0.0,
    level: float = 0.95,
    resamples: int = 5000,
    seed: int = 0,
) -> Comparison:
    """Compare a treatment `a` with a baseline `b`, user by user (or piece by piece) and seed by seed.

    The differences of each user are averaged over the seeds in which both sides have her. The interval is a
    two-level bootstrap over seeds and users (`resampling.two_level_interval`), p comes from flipping the
    signs of the users' averages. The direction of the claim and `smallest`, the smallest difference worth
    naming, are to be declared before anybody looks.

    Parameters
    ----------
    a, b : Evaluation, NextEvaluation or ClipEvaluation, or a sequence of them
        One, or one a seed, both sides in the same order.
    metric : str
        A column of the `rows` of an evaluation.
    smallest : float
        The verdict is about a difference of more than this. Below 0 for the claim that nothing worth naming
        is lost.
    level : float
        Of the interval.
    resamples : int
        Drawings for the interval, and flips for p.
    seed : int
        Of these drawings; no other number of the study depends on it.

    Raises
    ------
    InvalidArgument
        Where the sides have another number of evaluations, or other seeds, parts, candidates or metrics; one
        is about users and the other about pieces;
        where one side mixes models; or a number is out of range.
    InvalidData
        Where a seed has no user (or piece) who is on both sides.

    Notes
    -----
    Users, or pieces, are taken as independent of each other. p does not know that seeds are few: the verdict
    rests on the interval. Explained in chapter 02_collaborative_filtering.
    """
    check_smallest(smallest)
    pairs = paired(a, b, metric)
    unit = pairs[0][0].unit
    joined = [pd.concat([x.rows[metric], y.rows[metric]], axis=1, join="inner") for x, y in pairs]
    shared = sum(map(len, joined))
    if not all(map(len, joined)):
        raise InvalidData(
            f"There is a seed in which no {unit} is on both sides, so there is nothing to pair. Evaluate "
            "both models on the same splits."
        )
    sides = [pd.concat([both.iloc[:, side] for both in joined], axis=1).to_numpy() for side in (0, 1)]
    differences = sides[0] - sides[1]
    own = np.nanmean(differences, axis=1)
    means = [float(np.nanmean(side, axis=1).mean()) for side in sides]
    interval = two_level_interval(differences, level, resamples, seed)
    return Comparison(
        metric=metric,
        treatment=name_of([x for x, _ in pairs]),
        baseline=name_of([y for _, y in pairs]),
        mean_treatment=means[0],
        mean_baseline=means[1],
        difference=float(own.mean()),
        interval=interval,
        level=level,
        p=sign_flip_p(own, resamples, seed),
        smallest=float(smallest),
        verdict=verdict_of(interval, smallest),
        unit=unit,
        rows=len(own),
        seeds=len(pairs),
        dropped=sum(len(x.rows) + len(y.rows) for x, y in pairs) - 2 * shared,
    )


def verdict_of(interval: tuple[float, float], smallest: float) -> Verdict:
    """What an interval says of the claim that a difference is more than `smallest`.

    "supported" where the lower bound is above it, "not supported" where the upper bound is below it, else
    "inconclusive". Explained in chapter 02_collaborative_filtering.

    Raises
    ------
    InvalidArgument
        Where the bounds are not two finite numbers in order, or `smallest` is no finite number.
    """
    check_smallest(smallest)
    bounds = tuple(interval)
    if len(bounds) != 2 or not np.isfinite(bounds).all() or bounds[0] > bounds[1]:
        raise InvalidArgument(f"An interval is two finite numbers (low, high); found {interval!r}.")
    if bounds[0] > smallest:
        return "supported"
    return "not supported" if bounds[1] < smallest else "inconclusive"


def check_smallest(smallest: float) -> None:
    """Raise InvalidArgument unless the smallest difference worth naming is a finite number."""
    if not isinstance(smallest, Real) or not np.isfinite(smallest):
        raise InvalidArgument(
            f"smallest is {smallest!r}; it must be a finite number, the smallest difference worth naming in "
            "units of the metric, such as 0.005."
        )


def holm(pvalues: npt.ArrayLike) -> np.ndarray:
    """p-values adjusted for being several, so that the chance of any false alarm stays below the level.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none may be below one before it, nor
    above 1 (Holm, 1979). Reject where the adjusted p is at most the level.

    Parameters
    ----------
    pvalues : array, shape (m,)
        One a comparison.

    Returns
    -------
    float64 array, shape (m,)
        In the order given.

    Raises
    ------
    InvalidData
        Where a p-value is not between 0 and 1.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    raw = np.asarray(pvalues, dtype=np.float64)
    if raw.ndim != 1 or not ((raw >= 0) & (raw <= 1)).all():
        raise InvalidData(f"p-values must be a flat array of numbers from 0 to 1; found {pvalues!r}.")
    order = np.argsort(raw)
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
