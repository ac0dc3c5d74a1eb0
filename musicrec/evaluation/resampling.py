"""What chance alone would do: bootstrap intervals and sign flips, on plain arrays."""

from collections.abc import Iterator
from numbers import Real
from typing import cast

import numpy as np
from scipy import stats

from musicrec.data.cutting import generator
from musicrec.errors import InvalidArgument
from musicrec.parameters import check_whole

_BLOCK = 2**22  # draws held at a time: 32 MB


def bootstrap_interval(
    values: np.ndarray, level: float, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap interval of the mean of each column, the rows being resampled.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Parameters
    ----------
    values : float array, shape (n, m)
        One row a user, one column a measure.
    level : float
        The share of intervals that should hold the true mean, between 0 and 1.
    resamples : int
        How often the users are drawn anew.
    seed : int
        Of the drawing.

    Returns
    -------
    two float arrays, shape (m,)
        The lower and the upper bounds.

    Raises
    ------
    InvalidArgument
        Where level, resamples or seed is out of range.
    """
    check_level(level)
    return _percentiles(_resampled_means(values, resamples, generator(seed)), level)


def two_level_interval(
    differences: np.ndarray, level: float, resamples: int, seed: int
) -> tuple[float, float]:
    """Bootstrap interval of the mean over users of their mean over seeds: both are resampled.

    The users are drawn anew from their means. To each such mean comes the shift of a drawing of seeds, which
    has three corrections, since seeds are few:

    - S - 1 of the S seeds are drawn, with replacement: S of them would understate the variance between seeds
      by the factor (S - 1) / S (Rao and Wu, 1988);
    - seeds differ also because users do so from seed to seed, which the first drawing holds already: the
      shifts are shrunk to the variance that remains (the variance components of a two-way layout);
    - the variance that remains is itself an estimate from S numbers: the shifts are stretched by the ratio of
      the t quantile at S - 1 degrees of freedom to the normal one.

    With one seed there is nothing to know about others, and only the users are drawn.

    Parameters
    ----------
    differences : float array, shape (n_users, n_seeds)
        NaN where a user is absent from a seed; no row is NaN throughout.
    level, resamples, seed
        As for `bootstrap_interval`.

    Returns
    -------
    tuple of two floats
        The lower and the upper bound.

    Notes
    -----
    The tests simulate studies with the noise of Last.fm-2k and hold the coverage of 95% intervals between
    90% and 99%, whether seeds differ much or not at all. Explained in chapter 02_collaborative_filtering.
    """
    low, high = two_level_intervals(differences[:, :, None], level, resamples, seed)
    return float(low[0]), float(high[0])


def two_level_intervals(
    values: np.ndarray, level: float, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """As `two_level_interval`, for m measures at once: shape (n_users, n_seeds, m) to two arrays (m,)."""
    check_level(level)
    draws = generator(seed)
    own = np.nanmean(values, axis=1)
    means = _resampled_means(own, resamples, draws)
    n_seeds = values.shape[1]
    if n_seeds > 1:
        shifts = np.stack([_seed_effects(values[..., m], own[:, m]) for m in range(own.shape[1])], axis=1)
        times = draws.multinomial(n_seeds - 1, np.full(n_seeds, 1 / n_seeds), size=resamples)
        tail = (1 + level) / 2
        stretch = stats.t.ppf(tail, n_seeds - 1) / stats.norm.ppf(tail)
        means = means + stretch * (times @ shifts / (n_seeds - 1))
    return _percentiles(means, level)


def sign_flip_p(differences: np.ndarray, resamples: int, seed: int) -> float:
    """Two-sided p-value of the mean of paired differences, by flipping their signs.

    If neither side were better, each difference would be as likely with the other sign. The p-value is the
    share of random flips whose mean is at least as far from 0 as the one found, which is counted among them,
    so that it is never 0 (Phipson and Smyth, 2010).

    Parameters
    ----------
    differences : float array, shape (n,)
        One a user.
    resamples : int
        How many flips are drawn.
    seed : int
        Of the drawing.

    Returns
    -------
    float
        Between 1 / (1 + resamples) and 1.
    """
    check_whole("resamples", resamples, least=1)
    draws = generator(seed)
    n = len(differences)
    found = abs(differences.sum()) * (1 - 1e-12)  # flips that sum to the same but for rounding count too
    reached = 0
    for size in _blocks(resamples, n):
        bits = np.frombuffer(draws.bytes(size * -(-n // 8)), dtype=np.uint8).reshape(size, -1)
        flipped = np.unpackbits(bits, axis=1, count=n).astype(np.float64)
        reached += int((np.abs(2 * (flipped @ differences) - differences.sum()) >= found).sum())
    return (1 + reached) / (1 + resamples)


def check_level(level: float) -> None:
    """Raise InvalidArgument unless a confidence level is a number between 0 and 1."""
    if not isinstance(level, Real) or not 0 < level < 1:
        raise InvalidArgument(f"level is {level!r}; it must be a number between 0 and 1, such as 0.95.")


def _seed_effects(differences: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far each seed lies from the mean, shrunk to what users' own noise does not explain; shape (S,)."""
    present = ~np.isnan(differences)
    users, seeds = differences.shape
    within = differences - own[:, None]
    effects = np.nanmean(within, axis=0)
    freedom = present.sum() - users - seeds + 1
    if freedom < 1:  # each user in one seed only: the drawing of users holds all the variance there is
        return np.zeros(seeds)
    noise = np.nansum((within - effects) ** 2) / freedom * np.mean(1 / present.sum(axis=0))
    between = effects.var(ddof=1)
    kept = max(0.0, 1 - noise / between) if between > 0 else 0.0
    return cast(np.ndarray, (effects - effects.mean()) * np.sqrt(kept))


def _resampled_means(values: np.ndarray, resamples: int, draws: np.random.Generator) -> np.ndarray:
    """Means (resamples, m) of rows drawn with replacement: how often each was drawn, times the values."""
    check_whole("resamples", resamples, least=1)
    n = len(values)
    means = []
    for size in _blocks(resamples, n):
        drawn = draws.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        means.append(times.astype(np.float64) @ values / n)
    return np.concatenate(means)


def _blocks(resamples: int, n: int) -> Iterator[int]:
    step = max(1, _BLOCK // n)
    for start in range(0, resamples, step):
        yield min(step, resamples - start)


def _percentiles(means: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
