"""How fast a cost grows with size, and whether one grows faster than another.

Explained in chapter 02_collaborative_filtering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from musicrec.errors import InvalidData, UnknownName
from musicrec.evaluation.resampling import check_level
from musicrec.evaluation.significance import Verdict, check_smallest, verdict_of

FEWEST = 3  # sizes: two points always lie on a line, and say nothing of how well it fits


@dataclass(frozen=True)
class Growth:
    """A power law through measured costs, amount = factor * size**exponent.

    Attributes
    ----------
    exponent
        1 for a cost that grows in step with size, 2 for one that grows with its square.
    interval
        Lower and upper bound of the exponent.
    factor
        The amount at size 1.
    sizes, runs
        How many sizes were measured, and how often in all.
    """

    exponent: float
    interval: tuple[float, float]
    factor: float
    sizes: int
    runs: int

    def at(self, size: npt.ArrayLike) -> np.ndarray:
        """The amount that the law gives at some sizes; float64, of their shape."""
        return self.factor * np.asarray(size, dtype=np.float64) ** self.exponent


@dataclass(frozen=True, kw_only=True)
class GrowthComparison:
    """Whether one cost grows faster than another.

    Attributes
    ----------
    metric, treatment, baseline
        What was compared, by name.
    growth_treatment, growth_baseline
        The two laws.
    difference
        Exponent of the treatment minus exponent of the baseline.
    interval, level
        Lower and upper bound of the difference, and their confidence level.
    p
        Two-sided, of no difference.
    smallest
        The smallest difference worth naming.
    verdict
        By `musicrec.evaluation.verdict_of`.
    """

    metric: str
    treatment: str
    baseline: str
    growth_treatment: Growth
    growth_baseline: Growth
    difference: float
    interval: tuple[float, float]
    level: float
    p: float
    smallest: float
    verdict: Verdict

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"GrowthComparison({self.treatment} against {self.baseline}, {self.metric}: exponents "
            f"{self.growth_treatment.exponent:.2f} and {self.growth_baseline.exponent:.2f}, difference "
            f"{self.difference:+.2f} [{low:+.2f}, {high:+.2f}], p {self.p:.4f}; more than {self.smallest:g}: "
            f"{self.verdict})"
        )


def growth_of(sizes: npt.ArrayLike, amounts: npt.ArrayLike, *, level: float = 0.95) -> Growth:
    """The exponent with which a cost grows, by least squares on logarithms.

    The repeats of a size are averaged first (on the logarithmic scale), and the interval is Student's, with
    two degrees of freedom less than there are sizes. So its width comes from how far the sizes lie from a
    line. The scatter of repeats alone, as in a bootstrap over them, would miss what they share, such as a
    matrix that no longer fits the processor's cache, and the interval would be far too short: a test
    simulates it.

    Parameters
    ----------
    sizes : array of shape (n,)
        Positive, with three or more different values. A size that was measured again stands again.
    amounts : array of shape (n,)
        Seconds, bytes: positive.
    level
        Of the interval, between 0 and 1.

    Returns
    -------
    Growth

    Raises
    ------
    InvalidData
        Values that are not positive and finite, arrays of different lengths, fewer than three sizes.
    InvalidArgument
        A level that is not between 0 and 1.
    """
    logs = _log_means(sizes, amounts)
    check_level(level)
    exponent, half, _, intercept = _line(logs, level)
    return Growth(
        exponent=exponent,
        interval=(exponent - half, exponent + half),
        factor=float(np.exp(intercept)),
        sizes=len(logs),
        runs=int(np.size(sizes)),
    )


def compare_growth(
    table: pd.DataFrame,
    *,
    metric: str,
    x: str,
    y: str,
    by: str,
    treatment: str,
    baseline: str,
    smallest: float = 0.0,
    level: float = 0.95,
) -> GrowthComparison:
    """Compare the exponents of two costs that were measured at the same sizes.

    The exponent of the ratio of two power laws is the difference of their exponents, so the line is fitted to
    the ratios, size by size: what both share at a size cancels. Interval and p are those of that line.

    Parameters
    ----------
    table
        One row a measurement.
    metric
        What to call the comparison, "growth of serving seconds in users".
    x, y
        Columns of the sizes and of the amounts.
    by
        Column of the names of what is compared, "model".
    treatment, baseline
        Two of those names.
    smallest
        The smallest difference of exponents worth naming.
    level
        Of the interval.

    Returns
    -------
    GrowthComparison

    Raises
    ------
    UnknownName
        A column or a name that the table has not.
    InvalidData
        As `growth_of`, or the two were not measured at the same sizes.
    InvalidArgument
        A level that is not between 0 and 1, or a `smallest` that is no finite number.
    """
    check_smallest(smallest)
    for column in (x, y, by):
        if column not in table.columns:
            raise UnknownName(
                f"The table of costs has no column {column!r}. It has: {', '.join(map(str, table.columns))}."
            )
    rows = {}
    for name in (treatment, baseline):
        rows[name] = table[table[by] == name]
        if rows[name].empty:
            there = ", ".join(map(str, table[by].unique())) or "nothing"
            raise UnknownName(f"No cost of {name!r} was measured. The column {by!r} has: {there}.")
    ours, theirs = (_log_means(rows[name][x], rows[name][y]) for name in (treatment, baseline))
    if not ours.index.equals(theirs.index):
        raise InvalidData(
            f"{treatment} was measured at {len(ours)} sizes, {baseline} at {len(theirs)}, and they are not "
            "the same. Measure both at each size."
        )
    check_level(level)
    difference, half, p, _ = _line(ours - theirs, level)
    interval = (difference - half, difference + half)
    return GrowthComparison(
        metric=metric,
        treatment=treatment,
        baseline=baseline,
        growth_treatment=growth_of(rows[treatment][x], rows[treatment][y], level=level),
        growth_baseline=growth_of(rows[baseline][x], rows[baseline][y], level=level),
        difference=difference,
        interval=interval,
        level=level,
        p=p,
        smallest=float(smallest),
        verdict=verdict_of(interval, smallest),
    )


def _log_means(sizes: npt.ArrayLike, amounts: npt.ArrayLike) -> pd.Series:
    """Mean log amount of each size, indexed by log size, ascending."""
    at, took = (np.asarray(values, dtype=np.float64).ravel() for values in (sizes, amounts))
    if at.shape != took.shape:
        raise InvalidData(f"There are {at.size} sizes and {took.size} amounts; expected one amount a size.")
    if not all((np.isfinite(values) & (values > 0)).all() for values in (at, took)):
        raise InvalidData(
            "Sizes and amounts must be positive and finite, or they have no logarithm. A cost of 0 was too "
            "small to measure: measure larger sizes."
        )
    means = pd.Series(np.log(took)).groupby(np.log(at)).mean()
    if len(means) < FEWEST:
        raise InvalidData(
            f"Growth needs {FEWEST} sizes or more, found {len(means)}: two points always lie on a line."
        )
    return means


def _line(logs: pd.Series, level: float) -> tuple[float, float, float, float]:
    """Slope of a least-squares line, half the width of its interval, two-sided p of no slope, intercept."""
    if np.ptp(logs.to_numpy()) == 0:  # the same amount at every size; linregress has no interval for it
        return 0.0, 0.0, 1.0, float(logs.iloc[0])
    fit = stats.linregress(logs.index.to_numpy(), logs.to_numpy())
    half = stats.t.ppf((1 + level) / 2, len(logs) - 2) * fit.stderr
    return float(fit.slope), float(half), float(fit.pvalue), float(fit.intercept)
