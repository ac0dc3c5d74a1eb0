"""Session neighbours: what was played in past sessions that are like the one that is going on."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from musicrec.data.sessions import Sessions
from musicrec.models.session_neighbourhood import Neighbours, SessionNeighbours
from musicrec.parameters import check_choice, check_strength

Weighting = Literal["same", "div", "linear", "quadratic", "log"]
_PLAY_WEIGHTS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {  # of plays behind it, and of all
    "same": lambda behind, length: np.ones(len(behind)),
    "div": lambda behind, length: (length - behind) / length,
    "linear": lambda behind, length: np.maximum(0, 1 - 0.1 * behind),
    "quadratic": lambda behind, length: ((length - behind) / length) ** 2,
    "log": lambda behind, length: 1 / np.log10(behind + 1.7),
}
_STEP_WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # of steps back from the end, 1 for the last
    "same": np.ones_like,
    "div": lambda step: 1 / step,
    "linear": lambda step: np.maximum(0, 1 - 0.1 * step),
    "quadratic": lambda step: 1 / step**2,
    "log": lambda step: 1 / np.log10(step + 1.7),
}


class SKNN(SessionNeighbours):
    """Scores what was played in similar sessions, by how similar they are; the order is not read.

    With s and n as sets of items::

        sim(s, n) = |s ∩ n| / √(|s| |n|),    score(i | s) = Σ_n sim(s, n) [i in n],

    summed over the k neighbours (Ludewig and Jannach 2018, "Evaluation of session-based recommendation
    algorithms", User Modeling and User-Adapted Interaction). How neighbours are found, and which plays of a
    long prefix are read, says `SessionNeighbours`. Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    k : int
        The number of neighbours.
    sample : int
        How many past sessions are looked at: the latest that share an item with the prefix.
    """

    def __init__(self, k: int = 100, sample: int = 1000) -> None:
        super().__init__(k, sample)

    def _item_weights(self, behind: np.ndarray, length: int) -> np.ndarray:
        return np.ones(len(behind))

    def _similarity(self, shared: np.ndarray, size: int, sessions: np.ndarray) -> np.ndarray:
        return shared / np.sqrt(size * self._index.size[sessions])

    def _factors(self, found: Neighbours) -> np.ndarray:
        return np.ones(len(found.item))


class VSKNN(SessionNeighbours):
    """As `SKNN`, but what was heard lately counts more, both in finding neighbours and in their votes.

    Let item j of s be played last at position p_j of L, and let t_n be how many steps from the end of s the
    latest play is that is also in n (1 for the last play itself). Then::

        sim(s, n) = Σ_{j in s ∩ n} f(p_j, L) / |s|,
        score(i | s) = Σ_n sim(s, n) g(t_n) (1 + idf ln(N / N_i)) [i in n],

    over the k neighbours, with N past sessions, N_i of them holding i. `weighting` names f and
    `weighting_score` g:

    - same: f = g = 1;
    - div: f = p / L, g = 1 / t;
    - linear: f = 1 - 0.1 (L - p), g = 1 - 0.1 t, neither below 0;
    - quadratic: f = (p / L)², g = 1 / t²;
    - log: f = 1 / log10(L - p + 1.7), g = 1 / log10(t + 1.7).

    The similarity is the "V-SKNN" of Ludewig and Jannach 2018 ("Evaluation of session-based recommendation
    algorithms", User Modeling and User-Adapted Interaction), whose "S-SKNN" weighs the votes. Both, and the
    weight for rare items, stand in the code that its authors keep (session-rec), from which the names of the
    weights are. How neighbours are found, and which plays of a long prefix are read, says
    `SessionNeighbours`. Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    k : int
        The number of neighbours.
    sample : int
        How many past sessions are looked at: the latest that share an item with the prefix.
    weighting, weighting_score : {"same", "div", "linear", "quadratic", "log"}
        How much less an earlier play counts, in the similarity and in the votes.
    idf : float
        0 or more; the higher, the more rare items are favoured.
    """

    def __init__(
        self,
        k: int = 100,
        sample: int = 1000,
        weighting: Weighting = "div",
        weighting_score: Weighting = "div",
        idf: float = 0.0,
    ) -> None:
        super().__init__(k, sample)
        check_choice("weighting", weighting, get_args(Weighting))
        check_choice("weighting_score", weighting_score, get_args(Weighting))
        check_strength("idf", idf)
        self.weighting, self.weighting_score, self.idf = weighting, weighting_score, idf

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        super()._fit(sessions, valid)
        rarity = np.log(self._index.n / np.maximum(1, self._index.holding))
        self._item_factors = 1 + self.idf * rarity

    def _item_weights(self, behind: np.ndarray, length: int) -> np.ndarray:
        return _PLAY_WEIGHTS[self.weighting](behind, length)

    def _similarity(self, shared: np.ndarray, size: int, sessions: np.ndarray) -> np.ndarray:
        return shared / size

    def _factors(self, found: Neighbours) -> np.ndarray:
        step = 1 + np.minimum.reduceat(found.behind, found.starts)
        return _STEP_WEIGHTS[self.weighting_score](step)[found.owner] * self._item_factors[found.item]


class STAN(SessionNeighbours):
    """As `SKNN`, with three decays: early plays, old neighbours and distant items in them count less.

    Let item j of s be played last at position p_j of L, and item i of n at position q_i. Let q* be the last
    position in n of an item that is also in s, and a_n the age of n: 0 for the latest past session, 1 for the
    oldest. Then::

        sim(s, n) = Σ_{j in s ∩ n} exp(-(L - p_j) / lambda1) / √(|s| |n|) · exp(-a_n / lambda2),
        score(i | s) = Σ_n sim(s, n) exp(-|q_i - q*| / lambda3) [i in n],

    over the k neighbours (Garg et al. 2019, "Sequence and time aware neighborhood for session-based
    recommendations: STAN", SIGIR; q* as the public code session-rec has it). In the paper the age is the time
    between n and s. Counted from the latest past session it differs by the same for all n, so that a factor
    common to all scores falls away, and prefixes need no times. As a share of the time that training spans
    (of the number of sessions, where they have no times), a lambda2 means the same on data of days and of
    years. How neighbours are found, and which plays of a long prefix are read, says `SessionNeighbours`.
    Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    k : int
        The number of neighbours.
    sample : int
        How many past sessions are looked at: the latest that share an item with the prefix.
    lambda1 : float
        Above 0, in plays; the higher, the more the early plays of the session count.
    lambda2 : float
        Above 0, as a share of the time of training; the higher, the more old sessions count.
    lambda3 : float
        Above 0, in plays; the higher, the more items count that a neighbour played far from the shared one.
    """

    def __init__(
        self,
        k: int = 500,
        sample: int = 2500,
        lambda1: float = 2.0,
        lambda2: float = 1.0,
        lambda3: float = 2.0,
    ) -> None:
        super().__init__(k, sample)
        for name, value in (("lambda1", lambda1), ("lambda2", lambda2), ("lambda3", lambda3)):
            check_strength(name, value, positive=True)
        self.lambda1, self.lambda2, self.lambda3 = lambda1, lambda2, lambda3

    def _item_weights(self, behind: np.ndarray, length: int) -> np.ndarray:
        return np.exp(-behind / self.lambda1)

    def _similarity(self, shared: np.ndarray, size: int, sessions: np.ndarray) -> np.ndarray:
        alike = shared / np.sqrt(size * self._index.size[sessions])
        return alike * np.exp(-self._index.age[sessions] / self.lambda2)

    def _factors(self, found: Neighbours) -> np.ndarray:
        shared = np.where(np.isfinite(found.behind), found.place, -1)
        last = np.maximum.reduceat(shared, found.starts)
        return np.exp(-np.abs(found.place - last[found.owner]) / self.lambda3)
