"""One listener's way through the months: session after session, play after play.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from musicrec.listeners import draws
from musicrec.listeners.behaviour import Person, heard_share, preference, wait
from musicrec.listeners.exposure import CHARTS, LIBRARY, REPLAY, SEARCH, Shelf
from musicrec.listeners.sessions import WEEK, length
from musicrec.listeners.taste import Taste

if TYPE_CHECKING:
    from musicrec.listeners.world import World

_PAUSE = 1800.0  # a new session begins half an hour after the last one at the earliest
_CHANGE = 4.0  # seconds between two plays


class Rows:
    """Blocks of columns that are put together at the end."""

    def __init__(self, *names: str) -> None:
        self._blocks: dict[str, list[np.ndarray]] = {name: [] for name in names}
        self.count = 0

    def add(self, **columns: npt.ArrayLike) -> None:
        for name, block in self._blocks.items():
            block.append(np.atleast_1d(columns[name]))
        self.count += len(np.atleast_1d(columns[next(iter(self._blocks))]))

    def joined(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate(blocks) for name, blocks in self._blocks.items()}


class Listener:
    """A listener with her taste, her habits and what she has played so far; `live` writes her days down."""

    def __init__(
        self, world: World, user: int, taste: Taste, charts: Shelf, seconds: np.ndarray, users: Rows
    ) -> None:
        self.world, self.user, self.charts, self.seconds = world, user, charts, seconds
        self.rng = draws.generator(world.seed, draws.BEHAVIOUR, user)
        self.person = Person.drawn(world.behaviour, self.rng)
        self.lasting, self.by_mood = taste.utility(user)
        self.search = Shelf(world.policy.search(self.lasting))
        self.played = np.zeros(taste.n_items)
        self.first = self.person.rhythm.later(0.0, self.person.joins * world.weeks)
        users.add(joined=np.floor(self.first), main_device=self.person.main_device)

    def live(self, tables: dict[str, Rows]) -> None:
        """Add her sessions, plays and slates to the tables of those names ("exposures" for slates)."""
        start, end = self.first, self.world.weeks * WEEK
        while start < end:
            time, satisfaction = self._session(start, tables)
            weeks = wait(self.person, satisfaction, self.rng.random(), self.world.behaviour)
            start = self.person.rhythm.later(time + _PAUSE, weeks)

    def _session(self, start: float, tables: dict[str, Rows]) -> tuple[float, float]:
        """One session; returns when it ends and its mean completion.

        The uniform numbers of a play are, by column: which shelf (two), played again, whim of listening,
        what its slate shows, noise of choosing.
        """
        rules, size = self.world.behaviour, self.world.policy.size
        situation = self.person.rhythm.situation(start, self.rng.random(2))
        spread = np.exp(rules.session_spread * draws.normal(self.rng.random(1)))
        n = length(self.person.usual_plays * float(spread[0]), rules.longest_session)
        uniform = self.rng.random((n, 4 + 2 * size))
        utility = self.lasting + self.by_mood[situation.mood]
        shelf, items, propensity = self._shown(uniform[:, :2], uniform[:, 4 : 4 + size])
        worth = preference(utility, items, draws.gumbel(uniform[:, 4 + size :]), rules)
        chosen, position, completion = self._choose(
            utility, items, worth, uniform[:, 2], draws.normal(uniform[:, 3])
        )
        again = position < 0
        times = start + np.concatenate([[0.0], np.cumsum(self.seconds[chosen] * completion + _CHANGE)])
        skipped = completion < rules.skip_below
        np.add.at(self.played, chosen[~skipped], 1.0)

        first_slate = tables["plays"].count  # slates are numbered as plays are, so a replay leaves a gap
        slates = first_slate + np.arange(n)
        row, column = np.nonzero((items >= 0) & ~again[:, None])
        tables["exposures"].add(
            slate=slates[row],
            position=column,
            item=items[row, column],
            propensity=np.round(propensity[row, column], 9),
            chosen=column == position[row],
        )
        tables["plays"].add(
            session=np.full(n, tables["sessions"].count),
            item=chosen,
            time=np.floor(times[:-1]),
            shelf=np.where(again, REPLAY, shelf),
            slate=np.where(again, -1, slates),
            completion=completion,
            skipped=skipped,
        )
        tables["sessions"].add(
            user=self.user,
            start=np.floor(start),
            daypart=situation.daypart,
            device=situation.device,
            mood=situation.mood,
        )
        return float(times[-1]), float(completion.mean())

    def _shown(self, turn: np.ndarray, uniform: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The shelf opened for each play, and its slate; the library is as it was when the session began."""
        person, known = self.person, np.count_nonzero(self.played) >= self.world.policy.size
        shelf = np.where(turn[:, 1] < person.searches, SEARCH, CHARTS)
        shelf = np.where((turn[:, 0] < person.repeats) & known, LIBRARY, shelf)
        items, propensity = np.empty(uniform.shape, dtype=np.int64), np.empty(uniform.shape)
        sources = {CHARTS: self.charts, SEARCH: self.search}
        if known:
            sources[LIBRARY] = Shelf(self.world.policy.library(self.played))
        for kind, source in sources.items():
            rows = shelf == kind
            items[rows], propensity[rows] = source.slates(uniform[rows])
        return shelf, items, propensity

    def _choose(
        self, utility: np.ndarray, items: np.ndarray, worth: np.ndarray, turn: np.ndarray, whim: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Piece, position (-1: played again) and completion of each play in turn; the just heard bores."""
        rules = self.world.behaviour
        position, shares = worth.argmax(axis=1), heard_share(utility[items], whim[:, None], rules)
        chosen, completion = np.empty(len(items), dtype=np.int64), np.empty(len(items))
        heard: set[int] = set()
        for k in range(len(items)):
            again = k > 0 and completion[k - 1] >= rules.skip_below
            if again and turn[k] < (rules.replay_again if position[k - 1] < 0 else rules.replay):
                chosen[k], position[k] = chosen[k - 1], -1
                completion[k] = heard_share(utility[chosen[k]], whim[k], rules)
                continue
            if int(items[k, position[k]]) in heard:
                known = np.array([int(item) in heard for item in items[k]])
                position[k] = (worth[k] - rules.boredom * known).argmax()
            chosen[k], completion[k] = items[k, position[k]], shares[k, position[k]]
            heard.add(int(chosen[k]))
        return chosen, position, completion
