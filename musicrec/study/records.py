"""Recorded numbers as files: one a chapter and edition, of aggregates only, the same on every machine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from musicrec.cache import absolute, atomic_write
from musicrec.errors import CorruptData, DataUnavailable
from musicrec.study.judgements import Verdict
from musicrec.study.provenance import checkout

EVIDENCE = ("real", "simulated")
SIGNIFICANT_DIGITS = 6  # more would differ between machines: sums are not taken in the same order everywhere


@dataclass(frozen=True)
class Record:
    """A number that a run produced.

    Attributes
    ----------
    value
        The number, to six significant digits.
    unit
        What it counts ("listeners"), or "" for a pure number.
    tolerance
        How far a later run may be from it, in the same unit.
    evidence
        "real" or "simulated": on whose listening it rests.
    interval
        Lower and upper bound, or None.
    dataset
        Name of the dataset it was computed on, or None.
    """

    value: float | int
    unit: str
    tolerance: float | int
    evidence: str
    interval: tuple[float | int, float | int] | None = None
    dataset: str | None = None


@dataclass
class Results:
    """All that a run of a chapter recorded: numbers, lists of at most ten names, verdicts, provenance.

    `absent` gives, by id, why this edition has no such number.
    """

    chapter: str
    edition: str
    profile: str
    records: dict[str, Record] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    def says_the_same(self, other: Results) -> bool:
        """Whether all but the provenance is equal."""
        mine = (self.profile, self.records, self.names, self.absent, self.verdicts)
        return mine == (other.profile, other.records, other.names, other.absent, other.verdicts)


def rounded(number: float | int) -> float | int:
    """The number to `SIGNIFICANT_DIGITS`; integers stay as they are."""
    return number if isinstance(number, int) else float(f"{number:.{SIGNIFICANT_DIGITS}g}")


def results_path(edition: str, chapter: str) -> Path:
    """File of this run's results: in ``$MUSICREC_RESULTS``, else in build/results/EDITION of the checkout.

    ``$MUSICREC_RESULTS`` is the folder that holds the files themselves. Outside a checkout it is
    ./build/results/EDITION.
    """
    named = os.environ.get("MUSICREC_RESULTS")
    folder = absolute(named) if named else (checkout() or Path.cwd()) / "build" / "results" / edition
    return folder / f"{chapter}.json"


def write(results: Results, path: Path) -> None:
    """Write results as JSON, whole or not at all.

    Raises
    ------
    DataUnavailable
        Nothing can be written there.
    """
    text = json.dumps(asdict(results), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataUnavailable(
            f"The results cannot be written to {path} ({error.__cause__ or error}). Set MUSICREC_RESULTS to "
            "a folder in which you may write."
        ) from error


def read(path: Path) -> Results:
    """Read a file that `write` made.

    Raises
    ------
    DataUnavailable
        There is no such file.
    CorruptData
        It is truncated, is not JSON, or does not hold what a record file holds.
    """
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant))
    except FileNotFoundError as error:
        raise DataUnavailable(f"There are no results at {path}. Run the chapter first.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptData(
            f"{path} is not a file of recorded results ({type(error).__name__}: {error}). Under build/, "
            "delete it and run the chapter again; under data/results/, restore it with git checkout."
        ) from error


def _parse(content: dict[str, Any]) -> Results:
    provenance = content["provenance"]
    if not {"commit", "dirty", "date", "datasets"} <= provenance.keys():
        raise ValueError("its provenance is not whole")
    return Results(
        chapter=content["chapter"],
        edition=content["edition"],
        profile=content["profile"],
        records={name: _parse_record(entry) for name, entry in content["records"].items()},
        names={name: tuple(map(str, names)) for name, names in content["names"].items()},
        absent={name: str(why) for name, why in content["absent"].items()},
        # a chapter that judges no claim may have been kept before there were verdicts
        verdicts={name: Verdict.parse(entry) for name, entry in content.get("verdicts", {}).items()},
        provenance=provenance,
    )


def _parse_record(entry: dict[str, Any]) -> Record:
    interval = entry["interval"]
    record = Record(**{**entry, "interval": None if interval is None else (interval[0], interval[1])})
    for number in (record.value, record.tolerance, *(record.interval or ())):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise TypeError(f"{number!r} is no number")
    if record.evidence not in EVIDENCE:
        raise ValueError(f"evidence {record.evidence!r}")
    return record


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
