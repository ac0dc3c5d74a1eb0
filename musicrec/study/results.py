"""Results of a run against those kept: what moved, and keeping what a person has looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from musicrec.errors import DataUnavailable, InvalidArgument
from musicrec.study.judgements import Judgement
from musicrec.study.records import Results, read, write


@dataclass(frozen=True)
class Moved:
    """A recorded number or verdict that is not what was kept.

    Attributes
    ----------
    id
        Name of the number, or of the verdict.
    old, new
        What was kept and what was found now; None where there is none. For a changed unit, the units.
    tolerance
        How far it was allowed to move.
    """

    id: str
    old: object
    new: object
    tolerance: float | int = 0

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.id}: new, {self.new}; nothing was kept"
        if self.new is None:
            return f"{self.id}: missing; {self.old} was kept"
        return f"{self.id}: {self.new} instead of {self.old} (tolerance {self.tolerance:g})"


def compare(new: Results, kept: Results) -> list[Moved]:
    """What differs between a run's results and those kept: moved beyond the kept tolerance, missing, new.

    A verdict moved where its word changed, or that of a test, or where the difference of a test left the
    interval that was kept of it.

    Parameters
    ----------
    new, kept
        Results of one chapter, edition and profile.

    Returns
    -------
    list of Moved
        Empty where all is as it was. Sorted by id.

    Raises
    ------
    InvalidArgument
        They are of different chapters, editions or profiles.
    """
    for what in ("chapter", "edition", "profile"):
        a, b = getattr(new, what), getattr(kept, what)
        if a != b:
            raise InvalidArgument(
                f"Results of {kept.chapter} can only be compared with results of the same {what}: found "
                f"{a!r} now and {b!r} kept. Run the {what} that was kept, or keep the new results first."
            )
    moved = []
    for name in sorted(new.records.keys() | kept.records.keys()):
        a, b = new.records.get(name), kept.records.get(name)
        if a is None or b is None:
            moved.append(Moved(name, b and b.value, a and a.value))
        elif a.unit != b.unit or a.evidence != b.evidence:
            moved.append(Moved(name, f"{b.unit} ({b.evidence})", f"{a.unit} ({a.evidence})"))
        elif abs(a.value - b.value) > b.tolerance * (1 + 1e-9):  # so that 0.31 - 0.30 is within 0.01
            moved.append(Moved(name, b.value, a.value, b.tolerance))
    moved += [
        Moved(name, kept.names.get(name), new.names.get(name))
        for name in sorted(new.names.keys() | kept.names.keys())
        if new.names.get(name) != kept.names.get(name)
    ]
    return moved + _moved_verdicts(new, kept)


def keep(source: Path, target: Path) -> list[Path]:
    """Keep the results of a folder: copy each file whose numbers, units, intervals or tolerances changed.

    A file that differs from the kept one only in its provenance (commit, date, versions) is left alone, so
    that running again without a new result changes nothing under git.

    Parameters
    ----------
    source
        Folder with the files of a run.
    target
        Folder where they are kept: data/results/real.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    DataUnavailable
        The source holds no results.
    InvalidArgument
        A file of the quick profile, which is for tests, or of another edition than the folder keeps.
    CorruptData
        A file cannot be read; nothing has been written then.
    """
    found = [read(path) for path in sorted(source.glob("*.json"))]
    if not found:
        raise DataUnavailable(f"There are no results in {source}. Run the chapters first (make study).")
    changed = []
    for results in found:
        if results.profile == "quick" or results.edition != target.name:
            raise InvalidArgument(
                f"{results.chapter} in {source} was run in the {results.profile} profile of the "
                f"{results.edition} edition. {target} keeps the book or full profile of the edition "
                f"{target.name!r}."
            )
        path = target / f"{results.chapter}.json"
        if not (path.exists() and read(path).says_the_same(results)):
            changed.append((results, path))
    for results, path in changed:
        write(results, path)
    return [path for _, path in changed]


def _moved_verdicts(new: Results, kept: Results) -> list[Moved]:
    moved = []
    for id in sorted(new.verdicts.keys() | kept.verdicts.keys()):
        now, old = new.verdicts.get(id), kept.verdicts.get(id)
        if now is None or old is None or now.verdict != old.verdict:
            moved.append(Moved(f"{id}.verdict", old and old.verdict, now and now.verdict))
        if now is not None and old is not None:
            for name in sorted(now.tests.keys() | old.tests.keys()):
                moved += _moved_test(f"{id}.{name}", now.tests.get(name), old.tests.get(name))
    return moved


def _moved_test(id: str, now: Judgement | None, old: Judgement | None) -> list[Moved]:
    if now is None or old is None or (now.verdict, now.evidence) != (old.verdict, old.evidence):
        return [Moved(f"{id}.verdict", old and _said(old), now and _said(now))]
    if now.difference is None or old.difference is None or old.interval is None:
        return []
    low, high = old.interval
    if low <= now.difference <= high:
        return []
    return [Moved(f"{id}.difference", old.difference, now.difference, (high - low) / 2)]


def _said(test: Judgement) -> str:
    return test.verdict if test.evidence is None else f"{test.verdict} ({test.evidence})"
