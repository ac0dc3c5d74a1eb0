"""Records the numbers of the run under way, and glues them into the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.study.aggregates import (
    Number,
    check_id,
    plain_interval,
    plain_number,
    plain_tolerance,
    short_text,
)
from musicrec.study.glue import glue, glue_nothing, glue_record, phrase
from musicrec.study.records import Record, results_path, rounded, write
from musicrec.study.run import Run, current

if TYPE_CHECKING:
    from musicrec.data import Dataset

MOST_NAMES = 10  # records hold aggregates, and no more artists than a sentence can name


def record(
    id: str,
    value: Number,
    *,
    interval: Sequence[Number] | None = None,
    unit: str = "",
    tolerance: Number = 0.0,
    dataset: Dataset | None = None,
) -> Number:
    """Record a number that this run produced, write it to the run's result file and glue it into the text.

    The text then quotes ``id``, and ``id.low`` and ``id.high`` where there is an interval.

    Parameters
    ----------
    id
        Dotted lower-case name, "listening.gini". One value per id in a run.
    value
        One finite number: an aggregate. Tables, arrays and texts are refused.
    interval
        Lower and upper bound.
    unit
        What is counted ("listeners", "plays"); "" for shares and other pure numbers.
    tolerance
        How far `make study` may find it from what was kept, in the same unit.
    dataset
        What it was computed on: gives the evidence (real or simulated) and, for the provenance, a fingerprint
        under its name and the options it was loaded with. Without it, the evidence is that of the edition.

    Returns
    -------
    int or float
        The value as a plain Python number.

    Raises
    ------
    InvalidArgument
        No run has begun, the id has another form, or it already has another value in this run.
    InvalidData
        A value, bound or tolerance that is not a finite plain number, or bounds in the wrong order.
    DataUnavailable
        The result file cannot be written.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    check_id(id)
    run = running(id)
    plain = plain_number(id, "value", value)
    entry = Record(
        value=rounded(plain),
        unit=short_text(id, unit),
        tolerance=plain_tolerance(id, tolerance),
        evidence=evidence_of(run, dataset),
        interval=plain_interval(id, interval),
        dataset=None if dataset is None else called(dataset),
    )
    refuse_second(run, id, _earlier(run, id), entry)
    if dataset is not None:
        note_dataset(run, dataset)
    run.results.records[id] = entry
    write(run.results, results_path(run.edition, run.chapter))
    glue_record(id, entry)
    return plain


def record_names(id: str, names: Iterable[str]) -> list[str]:
    """Record at most ten names (artists, pieces; never people who listen) and glue them as one phrase.

    Parameters
    ----------
    id
        As for `record`.
    names
        The names, in the order in which the text shall give them.

    Returns
    -------
    list of str

    Raises
    ------
    InvalidArgument
        As for `record`.
    InvalidData
        No name, more than ten, or one that is not a text of at most 120 characters.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    check_id(id)
    run = running(id)
    if isinstance(names, str):
        raise InvalidData(
            f"{id}: expected a list of names, found one text, {names[:40]!r}. Put it in a list."
        )
    entry = tuple(short_text(id, name) for name in names)
    if not 1 <= len(entry) <= MOST_NAMES:
        raise InvalidData(
            f"{id}: expected 1 to {MOST_NAMES} names, found {len(entry)}. Records hold aggregates, not lists "
            f"of items or people: keep the first {MOST_NAMES}."
        )
    refuse_second(run, id, _earlier(run, id), entry)
    run.results.names[id] = entry
    write(run.results, results_path(run.edition, run.chapter))
    glue(id, phrase(entry))
    return list(entry)


def absent(*ids: str, why: str) -> None:
    """Say that this edition has no such numbers, and why; the text quotes each as "nan".

    Parameters
    ----------
    *ids
        Names that the other edition records.
    why
        The reason, at most 120 characters: "this dataset has no times".

    Raises
    ------
    InvalidArgument
        As for `record`, or a number of that id has been recorded in this run.
    InvalidData
        A reason that is no short text.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    for id in ids:
        check_id(id)
        run = running(id)
        refuse_second(run, id, _earlier(run, id), why)
        run.results.absent[id] = short_text(id, why)
        write(run.results, results_path(run.edition, run.chapter))
        glue_nothing(id)


def called(dataset: Dataset) -> str:
    """Name and options: "songbook", "songbook world=1"."""
    return f"{dataset.name} {dataset.provenance.get('options', '')}".strip()


def evidence_of(run: Run, dataset: Dataset | None) -> str:
    """On whose listening a number rests, "real" or "simulated": the dataset's, or else the edition's."""
    return ("simulated" if run.edition == "songbook" else "real") if dataset is None else dataset.evidence


def note_dataset(run: Run, dataset: Dataset) -> None:
    """Add a dataset to the run's provenance."""
    about = {"evidence": dataset.evidence, "fingerprint": dataset.provenance.get("fingerprint")}
    run.results.provenance["datasets"][called(dataset)] = about


def running(id: str) -> Run:
    """The run under way; InvalidArgument where none has begun."""
    run = current()
    if run is None:
        raise InvalidArgument(
            f"{id!r} cannot be recorded: no run has begun. Call study.begin('01_listening_data', "
            "edition=..., ...) first."
        )
    return run


def _earlier(run: Run, id: str) -> object:
    """What this run has under `id` already, or None."""
    found = run.results
    return found.records.get(id) or found.names.get(id) or found.absent.get(id)


def refuse_second(run: Run, id: str, old: object, new: object) -> None:
    """Raise InvalidArgument where the run has something else under `id`; the same again is the same cell."""
    if old is not None and old != new:
        raise InvalidArgument(
            f"{id!r} has been recorded in this run as {old}; now it would be {new}. Give the second number "
            f"an id of its own, or, if you changed the cell, begin the run of {run.chapter} again with "
            "study.begin."
        )
