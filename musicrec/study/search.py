"""The search for good settings: Optuna's TPE, stopped at any moment and gone on with as if it had not been.

Every trial is written to a journal as it ends. The sampler is seeded anew for each trial, by the number of
those that have ended, so that a search that was killed proposes afterwards what it would have proposed.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Trial:
    """One trial that has ended.

    Attributes
    ----------
    settings
        What was tried.
    score
        What it came to; None where the model could not be made or fitted with these settings.
    problem
        What the model said then, else None.
    seconds
        What fitting and evaluating took.
    ended
        When it ended.
    """

    settings: dict[str, Any]
    score: float | None
    problem: str | None
    seconds: float
    ended: datetime


def search(
    objective: Callable[[dict[str, Any]], float],
    space: Space,
    defaults: Mapping[str, Any],
    *,
    trials: int,
    seed: int,
    journal: Path,
    again: bool = False,
    told: Callable[[int, float | None], None] = lambda ended, best: None,
) -> list[Trial]:
    """Try settings until there are `trials` of them, counting those that the journal holds.

    Parameters
    ----------
    objective
        The score of some settings; more is better. A `MusicrecError` that it raises is the end of that trial,
        which counts as the worst, and not of the search.
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
    """
    with opened(journal, again) as study:
        while True:
            ended = _ended(study)[:trials]
            best = best_of(ended)
            told(len(ended), best.score if best else None)
            if len(ended) == trials:
                return ended
            _try(study, objective, space, defaults if not ended else None, (seed, len(ended)))


def best_of(trials: list[Trial]) -> Trial | None:
    """The trial with the best score, the first of equals; None where there is no score."""
    scored = [each for each in trials if each.score is not None]
    return max(scored, key=lambda each: each.score or 0.0, default=None)


def _try(
    study: optuna.Study,
    objective: Callable[[dict[str, Any]], float],
    space: Space,
    settled: Mapping[str, Any] | None,
    seed: tuple[int, int],
) -> None:
    study.sampler = optuna.samplers.TPESampler(seed=int(np.random.SeedSequence(seed).generate_state(1)[0]))
    if settled is not None:
        study.enqueue_trial(fixed(settled, space))
    trial = study.ask()
    try:
        settings = propose(trial, space)
        trial.set_user_attr(_SETTINGS, settings)
        score = objective(settings)
        if not np.isfinite(score):
            raise InvalidData(f"the score is {score}: the model diverged, or nothing is there to judge by")
    except MusicrecError as error:
        trial.set_user_attr(_PROBLEM, str(error))
        study.tell(trial, state=TrialState.PRUNED)  # TPE ranks it last, and learns nothing of a failed one
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    else:
        study.tell(trial, score)


def _ended(study: optuna.Study) -> list[Trial]:
    return [_read(each) for each in study.get_trials(deepcopy=False, states=_ENDED)]


def _read(trial: FrozenTrial) -> Trial:
    assert trial.duration is not None and trial.datetime_complete is not None  # it has ended
    return Trial(
        settings=trial.user_attrs[_SETTINGS],
        score=trial.value if trial.state == TrialState.COMPLETE else None,
        problem=trial.user_attrs.get(_PROBLEM),
        seconds=trial.duration.total_seconds(),
        ended=trial.datetime_complete.astimezone(UTC),
    )
