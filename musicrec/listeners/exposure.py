"""What the platform shows: slates from three shelves, with the exact chance of each showing written down.

A listener opens one of three shelves. *Charts* mixes the well-known with a little of everything. *Search*
finds what she already has in mind. *Library* holds what she has played. The positions of a slate are drawn
one by one and independently from the shelf's distribution q; a piece that already stands in the slate is not
shown twice, its position stays empty. Hence the chance that piece i is shown at position p (from 0) is,
without approximation,

    q_i (1 - q_i)^p

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHELVES = (
    "charts",
    "search",
    "library",
    "replay",
)  # a replay needs no shelf: the piece just heard, once more
CHARTS, SEARCH, LIBRARY, REPLAY = range(4)


@dataclass(frozen=True)
class Policy:
    """The policy's constants, the same for all listeners.

    Parameters
    ----------
    size
        Positions of a slate.
    steepness
        How strongly the charts prefer the well-known: q is proportional to exp(steepness * fame).
    exploration
        The share of the charts that is drawn evenly from all pieces, so that every piece has a chance.
    recall
        How well a listener's search hits her taste: q is proportional to exp(recall * utility).
    habit
        How strongly a library puts forward what was played most: q is proportional to plays ** habit.
    """

    size: int = 8
    steepness: float = 0.9
    exploration: float = 0.1
    recall: float = 1.2
    habit: float = 1.5

    def charts(self, fame: np.ndarray) -> np.ndarray:
        """Distribution over the pieces on the charts, of shape (n_items,)."""
        return (1 - self.exploration) * _proportional(np.exp(self.steepness * fame)) + self.exploration / len(
            fame
        )

    def search(self, utility: np.ndarray) -> np.ndarray:
        """Distribution over the pieces that a listener finds by searching, of shape (n_items,)."""
        return _proportional(np.exp(self.recall * utility))

    def library(self, plays: np.ndarray) -> np.ndarray:
        """Weights of the pieces in a listener's library, (n_items,); a piece never played has none."""
        return plays**self.habit


def _proportional(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


class Shelf:
    """A distribution over pieces, from which slates are drawn.

    Parameters
    ----------
    weights : array of shape (n_items,)
        Non-negative, not all zero; q is proportional to them. A piece of weight zero is never shown.
    """

    def __init__(self, weights: np.ndarray) -> None:
        cumulated = np.cumsum(weights)
        self.q = weights / cumulated[-1]
        self._cumulated = cumulated / cumulated[-1]

    def slates(self, uniform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slates and the propensities of what they show.

        Parameters
        ----------
        uniform : array of shape (n, size)
            Uniform numbers in [0, 1), one a position.

        Returns
        -------
        items : int64 array of shape (n, size)
            The piece at each position, -1 where the position stays empty.
        propensities : float64 array of shape (n, size)
            The chance that this piece is shown at this position; 0 where the position is empty.
        """
        drawn = np.searchsorted(self._cumulated, uniform, side="right")
        same = drawn[:, :, None] == drawn[:, None, :]
        empty = np.tril(same, k=-1).any(axis=2)
        q = self.q[drawn]
        propensities = q * (1 - q) ** np.arange(drawn.shape[1])
        return np.where(empty, -1, drawn), np.where(empty, 0.0, propensities)
