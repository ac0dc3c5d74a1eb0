"""A world: pieces, listeners, and everything that happens between them over some months.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.listeners.behaviour import Behaviour
from musicrec.listeners.dials import Dials
from musicrec.listeners.exposure import Policy, Shelf
from musicrec.listeners.listener import Listener, Rows
from musicrec.listeners.taste import Taste


@dataclass(frozen=True)
class World:
    """All that decides a world but the pieces themselves.

    Parameters
    ----------
    dials
        What utility is made of.
    seed
        Another seed is another world: other listeners, other fame, other scenes.
    n_users
        How many listeners; the first n are the same in a larger world.
    weeks
        How long it is watched.
    policy, behaviour
        The constants of what is shown and of what is done.
    """

    dials: Dials = field(default_factory=Dials)
    seed: int = 2017
    n_users: int = 2000
    weeks: int = 26
    policy: Policy = field(default_factory=Policy)
    behaviour: Behaviour = field(default_factory=Behaviour)

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("n_users", 1), ("weeks", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InvalidArgument(
                    f"A world's {name} is a whole number of at least {least}, found {value!r}."
                )


@dataclass
class Log:
    """What happened, as columns of equal length; rows are in order of listener, then time.

    Times are seconds since the beginning, a Monday midnight. Codes count from 0.

    Parameters
    ----------
    users
        One entry a listener: joined (s), main_device.
    sessions
        user, start, daypart, device, mood.
    plays
        session, item, time, shelf (code into `exposure.SHELVES`), slate (-1 for a replay), completion,
        skipped.
    exposures
        slate, position, item, propensity, chosen. What a slate's listener, time and shelf were says its play.
    """

    users: dict[str, np.ndarray]
    sessions: dict[str, np.ndarray]
    plays: dict[str, np.ndarray]
    exposures: dict[str, np.ndarray]


def simulate(world: World, sound: pd.DataFrame, advance: Callable[[], object] = lambda: None) -> Log:
    """Let the listeners of a world listen.

    Parameters
    ----------
    world
        What decides everything.
    sound
        One row a piece, as `Taste` needs it, and ``length_s``, how long it lasts.
    advance
        Called after each listener, for a progress bar.

    Returns
    -------
    Log
        The same for the same arguments on every machine.

    Raises
    ------
    InvalidData
        The sound table lacks a column or holds numbers that are not finite.
    """
    if "length_s" not in sound.columns:
        raise InvalidData("The sound table lacks length_s. Make it with audio.sound.describe.")
    taste = Taste(sound, world.dials, world.seed)
    seconds = np.clip(sound["length_s"].to_numpy(dtype=np.float64), 20.0, 600.0)
    charts = Shelf(world.policy.charts(taste.fame))
    users = Rows("joined", "main_device")
    tables = {
        "sessions": Rows("user", "start", "daypart", "device", "mood"),
        "plays": Rows("session", "item", "time", "shelf", "slate", "completion", "skipped"),
        "exposures": Rows("slate", "position", "item", "propensity", "chosen"),
    }
    for user in range(world.n_users):
        Listener(world, user, taste, charts, seconds, users).live(tables)
        advance()
    return Log(users=users.joined(), **{name: rows.joined() for name, rows in tables.items()})
