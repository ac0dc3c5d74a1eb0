"""Random numbers that are the same on every machine and under every version of NumPy.

Everything is made from uniform numbers of PCG64, whose stream is fixed; NumPy may change how its generators
turn them into normal or exponential numbers. Each listener has a generator of her own, so that nothing that
one listener does moves the draws of another.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

PIECES, TASTE, BEHAVIOUR, CATALOGUE, ARRANGEMENT = range(5)  # what a stream is used for


def generator(seed: int, use: int, number: int = 0) -> np.random.Generator:
    """The generator of one listener (or piece) for one use, independent of all others.

    Parameters
    ----------
    seed
        The seed of the world, at least 0.
    use
        One of `PIECES`, `TASTE`, `BEHAVIOUR`, `CATALOGUE`, `ARRANGEMENT`.
    number
        The listener's number, or the piece's.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(use, number))))


def normal(uniform: np.ndarray) -> np.ndarray:
    """Standard normal numbers from uniform numbers in [0, 1), by the inverse of the distribution function."""
    return ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))


def gumbel(uniform: np.ndarray) -> np.ndarray:
    """Standard Gumbel numbers from uniform numbers in [0, 1)."""
    return -np.log(-np.log(np.clip(uniform, 1e-12, 1 - 1e-12)))


def exponential(uniform: float) -> float:
    """A waiting time of mean 1 from a uniform number in [0, 1)."""
    return float(-np.log1p(-uniform))


def centred(values: np.ndarray) -> np.ndarray:
    """Values along the last axis moved to mean 0 and scaled to variance 1; a constant row becomes zeros."""
    moved = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((moved * moved).mean(axis=-1, keepdims=True))
    return np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 1e-12)
