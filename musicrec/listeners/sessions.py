"""When people listen: a day with its rhythm, a week with its end, a device at hand, a mood.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
DAYPARTS = ("night", "morning", "day", "evening")
_STARTS = (0, 6, 10, 17, 22)  # night is before six and from ten in the evening on
DEVICES = ("phone", "computer", "speaker")

# How much is listened in each hour of a working day and of a free day, of the clock of an average listener.
_WORKING = (2, 1, 1, 1, 1, 2, 5, 8, 8, 7, 6, 6, 6, 6, 6, 7, 8, 10, 11, 11, 11, 10, 7, 4)
_FREE = (4, 3, 2, 1, 1, 1, 2, 3, 5, 7, 9, 10, 10, 9, 9, 9, 9, 9, 10, 11, 11, 10, 8, 6)

# The chance of each device and of each mood in each part of the day, before what is usual for the listener.
_DEVICE = {
    "night": (0.5, 0.2, 0.3),
    "morning": (0.6, 0.1, 0.3),
    "day": (0.35, 0.5, 0.15),
    "evening": (0.35, 0.2, 0.45),
}
_MOOD = {
    "night": (0.15, 0.40, 0.30, 0.15),
    "morning": (0.40, 0.20, 0.10, 0.30),
    "day": (0.30, 0.25, 0.15, 0.30),
    "evening": (0.35, 0.35, 0.15, 0.15),
}


def _table(table: Mapping[str, tuple[float, ...]]) -> np.ndarray:
    return np.stack([np.array(table[part]) for part in DAYPARTS])


class Rhythm:
    """The rhythm of one listener's week, from Monday midnight on.

    Parameters
    ----------
    shift
        Hours by which her day runs late (negative: early).
    devices
        How much more than others she uses each of `DEVICES`; positive, of shape (3,).
    moods
        How much more than others she is in each of `taste.MOODS`; positive, of shape (4,).
    """

    def __init__(self, shift: float, devices: np.ndarray, moods: np.ndarray) -> None:
        week = np.concatenate([np.tile(_WORKING, 5), np.tile(_FREE, 2)]).astype(np.float64)
        clock = np.arange(169.0)
        ordinary = np.concatenate([[0.0], np.cumsum(week / week.sum())])
        # the same week seen `shift` hours later, wrapped round
        whole, part = np.divmod(clock - shift, 168.0)
        late = np.interp(part, clock, ordinary) + whole
        self._seconds, self._amount = clock * HOUR, late - late[0]
        self._devices = _shares(_table(_DEVICE) * devices)
        self._moods = _shares(_table(_MOOD) * moods)

    def later(self, time: float, weeks: float) -> float:
        """The moment at which `weeks` average weeks' worth of listening time has passed since `time`.

        With exponential waiting times this makes sessions a Poisson process whose intensity follows the
        rhythm.

        Parameters
        ----------
        time
            Seconds since a Monday, midnight.
        weeks
            At least 0.
        """
        whole, part = divmod(time, WEEK)
        passed = whole + np.interp(part, self._seconds, self._amount) + weeks
        whole = np.floor(passed)
        return float(whole * WEEK + np.interp(passed - whole, self._amount, self._seconds))

    def situation(self, time: float, uniform: np.ndarray) -> Situation:
        """Part of the day, device and mood at a moment; `uniform` holds two numbers in [0, 1)."""
        part = daypart(time)
        device = int(np.searchsorted(self._devices[part], uniform[0], side="right"))
        mood = int(np.searchsorted(self._moods[part], uniform[1], side="right"))
        return Situation(part, device, mood)


def _shares(weights: np.ndarray) -> np.ndarray:
    """Rows of weights as cumulated shares; the last, 1 but for rounding, is set above every number."""
    shares = np.cumsum(weights, axis=1)
    shares /= shares[:, -1:]
    shares[:, -1] = 2.0
    return shares


@dataclass(frozen=True)
class Situation:
    """Where a session takes place: codes into `DAYPARTS`, `DEVICES` and the keys of `taste.MOODS`."""

    daypart: int
    device: int
    mood: int


def daypart(time: float) -> int:
    """Code into `DAYPARTS` of a moment in seconds since a midnight."""
    hour = (time % DAY) / HOUR
    return int(np.searchsorted(_STARTS, hour, side="right") - 1) % len(DAYPARTS)


def length(plays: float, longest: int) -> int:
    """A number of plays for a session: whole, between 1 and `longest`."""
    return int(min(max(round(plays), 1), longest))
