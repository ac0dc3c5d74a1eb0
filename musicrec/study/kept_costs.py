"""What methods cost, as `make costs` measured and kept it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from musicrec.errors import CorruptData, DataUnavailable
from musicrec.study.measuring import TAKEN
from musicrec.study.provenance import checkout
from musicrec.study.run import check_chapter

NOTHING_MEASURED = "not measured yet: make costs"


@dataclass(frozen=True)
class Costs:
    """Measured seconds and bytes, with the machine that took them.

    Attributes
    ----------
    chapter
        Which chapter measured them.
    table
        One row a repeat. Columns: "what" was done, the sizes and texts given to `measure_cost`, "repeat",
        "seconds" (of the processor), "wall_seconds" and "peak_bytes". No row where nothing has been kept.
    machine, cores, date
        The processor, how many cores it has, and the day; None where nothing has been kept.
    mark
        One line for captions: the machine and the day, or that nothing has been measured.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """

    chapter: str
    table: pd.DataFrame
    machine: str | None
    cores: int | None
    date: str | None
    mark: str

    @property
    def kept(self) -> bool:
        """Whether anything has been kept."""
        return not self.table.empty

    def __repr__(self) -> str:
        return f"<{len(self.table)} measurements of {self.chapter}: {self.mark}>"


def costs(chapter: str) -> Costs:
    """The costs that `make costs` kept of a chapter: what its calls of `measure_cost` took.

    Parameters
    ----------
    chapter
        "02_collaborative_filtering".

    Returns
    -------
    Costs
        Without rows, and with a mark that says so, where nothing has been kept.

    Raises
    ------
    UnknownName
        The chapter's name has another form.
    DataUnavailable
        Not in a checkout of the project: kept costs are not part of an installed library.
    CorruptData
        The file of kept costs cannot be read.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    check_chapter(chapter)
    root = checkout()
    if root is None:
        raise DataUnavailable(
            "Kept costs come with the project's checkout (data/results/cost/), not with an installed "
            "library. Clone the repository and run this inside it."
        )
    path = root / "data" / "results" / "cost" / f"{chapter}.json"
    try:
        text = path.read_text(encoding="utf-8")  # tried and not asked for: so a run notices when it appears
    except FileNotFoundError:
        return Costs(chapter, pd.DataFrame(columns=list(TAKEN)), None, None, None, NOTHING_MEASURED)
    try:
        return _parse(chapter, json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptData(
            f"{path} is not a file of kept costs ({type(error).__name__}: {error}). Restore it with git "
            "checkout, or delete it and run make costs."
        ) from error


def _parse(chapter: str, content: dict[str, Any]) -> Costs:
    first, *last = TAKEN
    measured = content["measured"]
    table = pd.DataFrame(
        [{first: row[first], **row["about"], **{name: row[name] for name in last}} for row in measured]
    )
    table = table[[first, *(name for name in table.columns if name not in TAKEN), *last]]
    for name in last:
        if not pd.api.types.is_numeric_dtype(table[name]) or table[name].isna().any():
            raise ValueError(f"{name} holds what is no number")
    memory = f"{content['memory_bytes'] / 1e9:.0f} GB"
    machine, cores, date = content["processor"], int(content["cores"]), str(content["date"])
    mark = f"measured {date} on {machine}, {cores} cores, {memory}, one thread"
    return Costs(chapter, table, machine, cores, date, mark)
