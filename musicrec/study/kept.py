"""The numbers kept from earlier runs, shown and quoted beside those of this run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from musicrec.data import catalogue
from musicrec.errors import DataUnavailable, UnknownName
from musicrec.study.digits import between
from musicrec.study.glue import glue, glue_no_bounds, glue_nothing, glue_record, glue_verdict, phrase
from musicrec.study.judgements import Verdict
from musicrec.study.provenance import checkout
from musicrec.study.records import Record, Results, read
from musicrec.study.run import EDITIONS, check_chapter, current

NOTHING_KEPT = "no recorded run yet: make study EDITION=real, then make results"


@dataclass(frozen=True)
class Recorded(Mapping[str, Record]):
    """Records by id: what was kept of a chapter's earlier run, or, where nothing was, nothing.

    Attributes
    ----------
    chapter, edition
        Whose records these are.
    results
        The kept results; those of the run under way where this is its own edition and none were kept; or
        None.
    kept
        Whether they were kept.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """

    chapter: str
    edition: str
    results: Results | None
    kept: bool

    def __getitem__(self, id: str) -> Record:
        if self.results is None or id not in self.results.records:
            raise UnknownName(
                f"No record {id!r} of {self.chapter} in the {self.edition} edition. There is: "
                f"{', '.join(self) or 'none'}. ({self.mark})"
            )
        return self.results.records[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results.records if self.results else {})

    def __len__(self) -> int:
        return len(self.results.records) if self.results else 0

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdicts on claims, by claim; empty where there is none."""
        return self.results.verdicts if self.results else {}

    @property
    def mark(self) -> str:
        """One line that says what these numbers are: datasets, date, commit."""
        if self.results is None:
            return NOTHING_KEPT
        provenance = self.results.provenance
        on = ", ".join(
            f"{_title(name)} ({about['evidence']} {'listeners' if _heard(name) else 'recordings'})"
            for name, about in provenance["datasets"].items()
        )
        if not self.kept:
            return f"{on or 'no dataset'}, this run; not kept yet"
        commit = provenance["commit"]
        at = f" at commit {commit[:7]}" if commit else ""
        changed = ", from a changed work tree" if commit and provenance["dirty"] else ""
        return f"{f'{on}, ' if on else ''}recorded {provenance['date'][:10]}{at}{changed}"

    def table(self, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
        """These records as a table, beside the same numbers of the run under way.

        Parameters
        ----------
        labels
            Which ids to show, in which order, and what to call them; all, by id, if not given.

        Returns
        -------
        DataFrame
            One row a number, indexed by "what" it is. Columns: "this run" (absent where this run is what is
            shown), "recorded", and, where some record has them, "95% interval" (of the recorded number, in
            words; ``self[id].interval`` has the bounds) and "unit". None where there is none.

        Raises
        ------
        UnknownName
            An id in `labels` that is neither recorded nor in this run.
        """
        run = current()
        own = run.results.records if run is not None and run.chapter == self.chapter else {}
        names = {id: id for id in sorted({*self, *own})} if labels is None else dict(labels)
        for id in names:
            if id not in self and id not in own:
                there = ", ".join(sorted({*self, *own})) or "nothing"
                raise UnknownName(f"{id!r} is neither recorded nor a number of this run. There is: {there}.")
        either = {**own, **self}
        columns: dict[str, list[object]] = {
            "this run": [own[id].value if id in own else None for id in names],
            "recorded": [self[id].value if id in self else None for id in names],
        }
        if run is not None and self.results is run.results:
            del columns["this run"]
        extra: dict[str, list[object]] = {
            "95% interval": [_interval(self.get(id)) for id in names],
            "unit": [either[id].unit or None for id in names],
        }
        columns |= {name: cells for name, cells in extra.items() if any(cell is not None for cell in cells)}
        return pd.DataFrame(columns, index=pd.Index(list(names.values()), name="what"), dtype=object)

    def __repr__(self) -> str:
        return f"<{len(self)} numbers of {self.chapter}: {self.mark}>"


def recorded(chapter: str, edition: str = "real") -> Recorded:
    """The kept records of a chapter, glued as ``real.<id>`` for the text to quote.

    Call it after this run has recorded its own numbers. Each of them that has not been kept is glued as
    "nan", a list of names as "not recorded", so that the page can be built before the first real run and
    shows what it lacks. In its own edition a run that finds nothing kept shows its own numbers.

    Parameters
    ----------
    chapter
        "01_listening_data".
    edition
        "real" or "songbook"; the prefix under which the numbers are glued.

    Returns
    -------
    Recorded
        Empty, with a mark that says so, where nothing has been kept yet.

    Raises
    ------
    UnknownName
        No such edition; the chapter's name has another form.
    DataUnavailable
        Not in a checkout of the project: kept records are not part of an installed library.
    CorruptData
        The file of kept records cannot be read.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    check_chapter(chapter)
    if edition not in EDITIONS:
        raise UnknownName(f"There is no edition {edition!r}. Choose one of: {', '.join(EDITIONS)}.")
    root = checkout()
    if root is None:
        raise DataUnavailable(
            "Recorded results come with the project's checkout (data/results/), not with an installed "
            "library. Clone the repository and run this inside it."
        )
    run = current()
    own = run.results if run is not None and run.chapter == chapter else None
    path = root / "data" / "results" / edition / f"{chapter}.json"
    if path.exists():
        found = Recorded(chapter, edition, read(path), kept=True)
    else:
        found = Recorded(
            chapter, edition, own if own is not None and own.edition == edition else None, kept=False
        )
    _glue(edition, found.results, own)
    return found


def _glue(prefix: str, found: Results | None, own: Results | None) -> None:
    records = found.records if found else {}
    names = found.names if found else {}
    for id, entry in records.items():
        glue_record(f"{prefix}.{id}", entry)
    for id, listed in names.items():
        glue(f"{prefix}.{id}", phrase(listed))
    verdicts, of_this_run = found.verdicts if found else {}, own.verdicts if own else {}
    for id in {**verdicts, **of_this_run}:
        tests = [name for each in (verdicts, of_this_run) if id in each for name in each[id].tests]
        glue_verdict(f"{prefix}.{id}", verdicts.get(id), dict.fromkeys(tests))
    if own is None or own is found:
        return
    for id in sorted((own.records.keys() | own.absent.keys()) - records.keys()):
        glue_nothing(f"{prefix}.{id}")
    for id, mine in own.records.items():
        if id in records and mine.interval is not None and records[id].interval is None:
            glue_no_bounds(f"{prefix}.{id}")
    for id in own.names:
        if id not in names:
            glue(f"{prefix}.{id}", "not recorded")


def _interval(entry: Record | None) -> str | None:
    return None if entry is None or entry.interval is None else between(*entry.interval)


def _title(name: str) -> str:
    """What people call a dataset: its title up to the colon."""
    return catalogue.entry(name).title.partition(":")[0] if name in catalogue.names() else name


def _heard(name: str) -> bool:
    """Whether a dataset has listeners; one that is not in the catalogue has."""
    return name not in catalogue.names() or catalogue.entry(name).listeners
