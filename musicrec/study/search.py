"""The search for good settings: Optuna's TPE, stopped at any moment and gone on with as if it had not been.

Every trial is written to a journal as it ends. The sampler is seeded anew for each trial, by the number of
those that have ended, so that a search that was killed proposes afterwards what it would have proposed.

Where a trial is dear, it can be judged first by a share of the effort, and goes on to a larger share only if
it is among the best third there so far, rounded up: successive halving, one trial after the other. So a few
settings get all of the effort and most a small part of it. The first trial always goes to the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from musicrec.errors import InvalidData, MusicrecError
from musicrec.study.journal import opened
from musicrec.study.search_spaces import Space, fixed, propose

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
_SETTINGS, _PROBLEM = "settings", "problem"
_FEWER = 3  # of so many trials that reach a share of the effort, one goes on to the next
_BY_CHANCE, _BY_CHANCE_OF_FEW = 10, 4  # first trials that are drawn evenly; the latter where shares are used


@dataclass(frozen=True)
class Trial:
    """One trial that has ended.

    Attributes
    ----------
    settings
        What was tried.
    score
        What it came to; None where the model could not be made or fitted with these settings.
    stopped
        Whether it was given up after a share of the effort; `score` is what it came to there, which is not
        to be compared with that of others.
    problem
        What the model said then, else None.
    seconds
        What fitting and evaluating took.
    ended
        When it ended.
    """

    settings: dict[str, Any]
    score: float | None
    stopped: bool
    problem: str | None
    seconds: float
    ended: datetime


def search(
    objective: Callable[[dict[str, Any], float], float],
    space: Space,
    defaults: Mapping[str, Any],
    *,
    trials: int,
    seed: int,
    journal: Path,
    shares: tuple[float, ...] = (1.0,),
    again: bool = False,
    told: Callable[[int, float | None], None] = lambda ended, best: None,
) -> list[Trial]:
    """Try settings until there are `trials` of them, counting those that the journal holds.

    Parameters
    ----------
    objective
        The score of some settings, found with a share of the effort; more is better. A `MusicrecError` that
        it raises is the end of that trial, which counts as the worst, and not of the search.
    space
        What may be tried.
    defaults
        The settings of the first trial, so that a search never ends below them.
    trials
        How many; 1 or more.
    seed
        Of the proposals.
    journal
        The file that keeps the trials; made if absent.
    shares
        Of the effort, growing, the last of them 1: each is a hurdle to the next.
    again
        Forget what the journal holds.
    told
        Called with the number of trials that have ended and the best score: at the start, and after each.

    Returns
    -------
    list of Trial
        The first `trials` of the journal. They are the same however often the search was interrupted.

    Raises
    ------
    CorruptData
        The journal cannot be read.
    DataUnavailable
        The journal cannot be written, or another process is searching with it.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization. NeurIPS 2011.
    Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar: A System for Massively Parallel
    Hyperparameter Tuning. MLSys 2020.
    """
    with opened(journal, again) as study:
        while True:
            ended = _ended(study)[:trials]
            best = best_of(ended)
            told(len(ended), best.score if best else None)
            if len(ended) == trials:
                return ended
            _try(study, objective, space, defaults if not ended else None, (seed, len(ended)), shares)


def best_of(trials: list[Trial]) -> Trial | None:
    """The trial with the best score on all of the effort, the first of equals; None where there is none."""
    scored = [each for each in trials if each.score is not None and not each.stopped]
    return max(scored, key=lambda each: each.score or 0.0, default=None)


def _try(
    study: optuna.Study,
    objective: Callable[[dict[str, Any], float], float],
    space: Space,
    settled: Mapping[str, Any] | None,
    seed: tuple[int, int],
    shares: tuple[float, ...],
) -> None:
    study.sampler = optuna.samplers.TPESampler(
        seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        n_startup_trials=_BY_CHANCE if len(shares) == 1 else _BY_CHANCE_OF_FEW,
    )
    if settled is not None:
        study.enqueue_trial(fixed(settled, space))
    trial = study.ask()
    try:
        settings = propose(trial, space)
        trial.set_user_attr(_SETTINGS, settings)
        score = _score(study, trial, lambda share: objective(settings, share), shares)
    except MusicrecError as error:
        trial.set_user_attr(_PROBLEM, str(error))
        study.tell(trial, state=TrialState.PRUNED)  # TPE ranks it below all that came further
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    else:
        study.tell(trial, score, state=TrialState.PRUNED if score is None else None)


def _score(
    study: optuna.Study, trial: optuna.Trial, at: Callable[[float], float], shares: tuple[float, ...]
) -> float | None:
    """The score with all of the effort, or None where one with less was not good enough to go on."""
    for hurdle, share in enumerate(shares):
        score = at(share)
        if not np.isfinite(score):
            raise InvalidData(f"the score is {score}: the model diverged, or nothing is there to judge by")
        if hurdle < len(shares) - 1:
            trial.report(score, hurdle)
            # Optuna's own pruner would also count what a killed process left, and so decide otherwise.
            before = study.get_trials(deepcopy=False, states=_ENDED)
            there = [
                each.intermediate_values[hurdle] for each in before if hurdle in each.intermediate_values
            ]
            if sum(other > score for other in there) >= math.ceil((len(there) + 1) / _FEWER):
                return None
    return score


def _ended(study: optuna.Study) -> list[Trial]:
    return [_read(each) for each in study.get_trials(deepcopy=False, states=_ENDED)]


def _read(trial: FrozenTrial) -> Trial:
    assert trial.duration is not None and trial.datetime_complete is not None  # it has ended
    return Trial(
        settings=trial.user_attrs[_SETTINGS],
        score=None if _PROBLEM in trial.user_attrs else trial.value,
        stopped=trial.state == TrialState.PRUNED and _PROBLEM not in trial.user_attrs,
        problem=trial.user_attrs.get(_PROBLEM),
        seconds=trial.duration.total_seconds(),
        ended=trial.datetime_complete.astimezone(UTC),
    )
