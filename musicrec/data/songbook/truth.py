"""What the simulation knows and no model may see.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument, UnknownName
from musicrec.listeners.dials import PARTS, Dials
from musicrec.listeners.taste import MOODS, Taste
from musicrec.listeners.world import World


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """The truth of a simulated world: reachable through ``ds.truth``, for measuring models and never for
    making them.

    Explained in chapter 01_listening_data.

    Parameters
    ----------
    world
        Dials, seed and constants of the simulation.
    items
        One row a piece: title, artist, style, year and instruments without flaws.
    sound
        One row a piece: how it sounds, the variables that `heard` is a function of.
    scores
        One row a piece: what is written in its score.
    arrangement
        One row a piece: how it is played.
    pieces
        Names of the pieces in music21's corpus, by their labels in the dataset.
    propensities
        Of each row of ``ds.table("exposures")``, the chance that it was shown, searches included.
    """

    world: World
    items: pd.DataFrame
    sound: pd.DataFrame
    scores: pd.DataFrame
    arrangement: pd.DataFrame
    pieces: pd.Series
    propensities: pd.Series

    @property
    def dials(self) -> Dials:
        """Shares of the variance of utility."""
        return self.world.dials

    @cached_property
    def taste(self) -> Taste:
        """The function that gives each listener's utilities."""
        return Taste(self.sound, self.world.dials, self.world.seed)

    @cached_property
    def utilities(self) -> np.ndarray:
        """Lasting utility (mood apart) of each listener and piece, float64 of shape (n_users, n_items)."""
        return np.stack([self.taste.utility(user)[0] for user in range(self.world.n_users)])

    def utility(self, user: int, mood: str) -> np.ndarray:
        """Utility of each piece for one listener (by code) in one of the moods, of shape (n_items,).

        Raises
        ------
        InvalidArgument
            The code of the listener is not a whole number.
        UnknownName
            There is no such listener or mood.
        """
        if not isinstance(user, Integral) or isinstance(user, bool):
            raise InvalidArgument(f"A listener is named by her code, a whole number; found {user!r}.")
        if not 0 <= user < self.world.n_users:
            raise UnknownName(f"There is no listener {user}. Codes go from 0 to {self.world.n_users - 1}.")
        if not isinstance(mood, str) or mood not in MOODS:
            raise UnknownName(f"There is no mood {mood!r}. Moods are {', '.join(MOODS)}.")
        lasting, by_mood = self.taste.utility(int(user))
        return lasting + by_mood[list(MOODS).index(mood)]

    def part(self, name: str) -> np.ndarray:
        """One part of utility ("heard", "scene", "fame", "personal") of each listener and piece, (n_users,
        n_items).

        "mood" gives (n_users, 4, n_items): what each mood adds.
        """
        if name not in PARTS:
            raise UnknownName(f"Utility has no part {name!r}. Its parts are {', '.join(PARTS)}.")
        return np.stack([self.taste.parts(user)[name] for user in range(self.world.n_users)])

    @property
    def scenes(self) -> pd.DataFrame:
        """How much each piece belongs to each community, one column a community."""
        return pd.DataFrame(self.taste.scenes, index=self.items.index)

    @property
    def emotion(self) -> pd.DataFrame:
        """Valence and arousal of each piece as it is played, standardised, from its score and arrangement.

        A stated rule, not what people feel: fast, busy, loud and struck music counts as excited; major, high
        and detached music as pleasant (`musicrec.listeners.taste`).
        """
        return pd.DataFrame(
            {"valence": self.taste.valence, "arousal": self.taste.arousal}, index=self.items.index
        )

    @property
    def fame(self) -> pd.Series:
        """How well known each piece is, standardised."""
        return pd.Series(self.taste.fame, index=self.items.index, name="fame")

    def __repr__(self) -> str:
        return f"Truth(world of seed {self.world.seed}, {self.world.n_users:,} listeners, {self.dials})"
