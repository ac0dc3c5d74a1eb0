"""Hands a value to the text of the page: myst-nb's glue, silent and only inside a notebook."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence

from musicrec.study.judgements import QUOTED, Verdict
from musicrec.study.records import Record


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel (and not in a script, a test or a terminal)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def glue(name: str, value: float | int | str) -> None:
    """Glue a value under a name, so that the prose of the page can quote it. Shows nothing.

    Outside a notebook, or where myst-nb (extra "book") is not installed, there is no page and nothing
    happens.

    Parameters
    ----------
    name
        What the text calls it, as in ``{glue:text}`listening.gini:.2f` ``.
    value
        A plain number, or a text. NumPy scalars would be quoted as ``np.float64(0.8)`` and cannot be
        formatted.
    """
    if not in_notebook():
        return
    try:
        from myst_nb import glue as show
    except ModuleNotFoundError:
        return
    show(name, value, display=False)


def glue_nothing(id: str) -> None:
    """Glue "nan" for a number that does not exist, and for its bounds."""
    glue(id, math.nan)
    glue_no_bounds(id)


def glue_no_bounds(id: str) -> None:
    """Glue "nan" for the bounds of an interval that does not exist."""
    glue(f"{id}.low", math.nan)
    glue(f"{id}.high", math.nan)


def glue_record(id: str, entry: Record) -> None:
    """Glue a record's value under `id`, and its bounds, if any, under `id.low` and `id.high`."""
    glue(id, entry.value)
    if entry.interval is not None:
        glue(f"{id}.low", entry.interval[0])
        glue(f"{id}.high", entry.interval[1])


def glue_verdict(id: str, found: Verdict | None, tests: Iterable[str]) -> None:
    """Glue a verdict's words and the numbers of its tests; "not recorded" and "nan" for what is not there.

    Parameters
    ----------
    id
        The claim's id, with a prefix where the verdict was kept.
    found
        The verdict, or None where there is none.
    tests
        Ids of the tests that the text may quote.
    """
    glue(f"{id}.verdict", "not recorded" if found is None else found.verdict)
    for name in tests:
        test = None if found is None else found.tests.get(name)
        glue(f"{id}.{name}.verdict", "not recorded" if test is None else test.verdict)
        numbers = dict.fromkeys(QUOTED, math.nan) if test is None else test.quotable()
        for what, number in numbers.items():
            glue(f"{id}.{name}.{what}", number)


def phrase(names: Sequence[str]) -> str:
    """Names as the text gives them: "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
