"""What a listener does: how she chooses from a slate, how much of a piece she hears, how soon she comes back.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicrec.listeners import draws
from musicrec.listeners.sessions import DEVICES, Rhythm
from musicrec.listeners.taste import MOODS


@dataclass(frozen=True)
class Behaviour:
    """The constants of behaviour, the same for all listeners.

    They are fitted to measured listening (`calibration`), not to the result of any model.

    Parameters
    ----------
    decisiveness
        How sharply utility decides: a choice is multinomial logit in `decisiveness` times utility.
    position_cost
        What position p (from 0) costs: `position_cost` times log(1 + p).
    boredom
        What a piece that was already played in this session loses.
    completion, liking, whim
        The share of a piece that is heard is `completion` + `liking` * utility + `whim` * a standard normal
        number, cut to [0.02, 1].
    skip_below
        A play that ends before this share is a skip.
    return_pull, ordinary
        A listener comes back sooner by the factor exp(`return_pull` * d) after a session whose mean
        completion was higher by d than `ordinary`.
    sessions_per_week, rate_spread
        Median and log-normal spread over listeners of how often they come.
    session_plays, session_spread, listener_spread, longest_session
        Median plays of a session, its log-normal spread within and between listeners, and the most there can
        be.
    replay, replay_again
        The chance that the piece just heard is played once more at once, and that one so played is played
        again.
    """

    decisiveness: float = 1.5
    position_cost: float = 0.3
    boredom: float = 10.0
    completion: float = 0.3
    liking: float = 0.22
    whim: float = 0.25
    skip_below: float = 0.3
    return_pull: float = 1.0
    ordinary: float = 0.7
    sessions_per_week: float = 0.37
    rate_spread: float = 1.0
    session_plays: float = 6.3
    session_spread: float = 0.57
    listener_spread: float = 0.3
    longest_session: int = 30
    replay: float = 0.022
    replay_again: float = 0.55


@dataclass(frozen=True)
class Person:
    """What is lasting about how one listener listens (what she likes is in `taste`).

    Parameters
    ----------
    rate
        Sessions a week, on average.
    usual_plays
        Median plays of her sessions.
    repeats
        The chance that she turns to her library rather than to something that may be new.
    searches
        The chance, otherwise, that she searches rather than opens the charts.
    joins
        When she comes for the first time, as a share of the period.
    rhythm
        Her week.
    main_device
        Code into `sessions.DEVICES`.
    """

    rate: float
    usual_plays: float
    repeats: float
    searches: float
    joins: float
    rhythm: Rhythm
    main_device: int

    @classmethod
    def drawn(cls, behaviour: Behaviour, rng: np.random.Generator) -> Person:
        """Draw a person; eleven uniform numbers are used."""
        u = rng.random(7 + len(MOODS))
        main = int(u[0] * len(DEVICES))
        devices = np.ones(len(DEVICES))
        devices[main] = 3.0
        rhythm = Rhythm(shift=3 * (2 * u[1] - 1), devices=devices, moods=0.3 + u[7:])
        scale = draws.normal(u[2:4])
        return cls(
            rate=float(behaviour.sessions_per_week * np.exp(behaviour.rate_spread * scale[0])),
            usual_plays=float(behaviour.session_plays * np.exp(behaviour.listener_spread * scale[1])),
            repeats=float(0.3 + 0.5 * u[4]),
            searches=float(0.2 + 0.4 * u[6]),
            joins=float(0.8 * u[5]),
            rhythm=rhythm,
            main_device=main,
        )


def preference(utility: np.ndarray, items: np.ndarray, noise: np.ndarray, behaviour: Behaviour) -> np.ndarray:
    """What each position of slates is worth at the moment of choosing; the highest is chosen.

    Utility plus Gumbel noise, so that the choice is multinomial logit (McFadden's model).

    Parameters
    ----------
    utility : array of shape (n_items,)
        The listener's utility now, mood included.
    items : array of shape (n, size)
        Slates; -1 is an empty position, which is never chosen.
    noise : array of shape (n, size)
        Standard Gumbel numbers.
    """
    worth = behaviour.decisiveness * utility[items] + noise
    worth = worth - behaviour.position_cost * np.log1p(np.arange(items.shape[1]))
    return np.where(items < 0, -np.inf, worth)


def choice_probabilities(utility: np.ndarray, slate: np.ndarray, behaviour: Behaviour) -> np.ndarray:
    """Chance that each position of one slate is chosen, of shape (size,): what `preference` draws from."""
    worth = preference(utility, slate[None, :], np.zeros((1, len(slate))), behaviour)[0]
    weights = np.exp(worth - worth.max())
    return weights / weights.sum()


def heard_share(utility: np.ndarray, noise: np.ndarray, behaviour: Behaviour) -> np.ndarray:
    """The share of a piece that is heard, in [0.02, 1], rounded to 1e-6; `noise` is standard normal."""
    share = behaviour.completion + behaviour.liking * utility + behaviour.whim * noise
    return np.round(np.clip(share, 0.02, 1.0), 6)


def wait(person: Person, satisfaction: float, uniform: float, behaviour: Behaviour) -> float:
    """Weeks until a listener returns: exponential, shorter after a session whose mean completion was high."""
    pull = np.exp(-behaviour.return_pull * (satisfaction - behaviour.ordinary))
    return draws.exponential(uniform) * float(pull) / person.rate
