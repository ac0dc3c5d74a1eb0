"""The journal of a search: a file that keeps every trial, survives a kill, and has one writer at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from musicrec.cache import writing
from musicrec.errors import CorruptData, DataUnavailable

_NAME = "tuning"


@contextmanager
def opened(journal: Path, again: bool) -> Iterator[optuna.Study]:
    """The study that a journal keeps, made if absent, for this process alone.

    Parameters
    ----------
    journal
        The file.
    again
        Forget what it holds.

    Yields
    ------
    optuna.Study
        Of which more is better; what a killed process left unfinished in it counts as failed.

    Raises
    ------
    CorruptData
        The file cannot be read.
    DataUnavailable
        It cannot be written, or another process has it.
    """
    with _alone(journal), _quiet():
        if again:
            journal.unlink(missing_ok=True)
        yield _open(journal)


def _open(journal: Path) -> optuna.Study:
    """The study that a journal keeps; what a killed process left open in it is closed."""
    try:
        _cut_torn_line(journal)
        backend = JournalFileBackend(str(journal), lock_obj=JournalFileOpenLock(str(journal)))
        study = optuna.create_study(
            storage=optuna.storages.JournalStorage(backend),
            study_name=_NAME,
            direction="maximize",
            load_if_exists=True,
        )
        for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(left.number, state=TrialState.FAIL)
        for _ in study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            study.tell(study.ask(), state=TrialState.FAIL)  # only a trial that was asked for can be ended
    except OSError:
        raise
    except Exception as error:  # what a journal with strange contents raises depends on the contents
        raise CorruptData(
            f"{journal} keeps the trials of an earlier search and cannot be read "
            f"({type(error).__name__}: {error}). Delete it, or search with --again, to begin anew."
        ) from error
    return study


def _cut_torn_line(journal: Path) -> None:
    """Remove the half line that a killed process left at the end; every other line must be sound."""
    if not journal.exists():
        return
    whole, _, torn = journal.read_bytes().rpartition(b"\n")
    for line in whole.splitlines():
        json.loads(line)
    if torn:
        with writing(journal), journal.open("r+b") as file:
            file.truncate(len(whole) + 1 if whole else 0)


@contextmanager
def _alone(journal: Path) -> Iterator[None]:
    lock = filelock.FileLock(journal.with_suffix(".lock"))
    try:
        with writing(journal):
            journal.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
    except filelock.Timeout:
        raise DataUnavailable(
            f"Another process is searching with {journal}. Wait until it ends, or end it: its trials are "
            "kept."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna without its log of every trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
