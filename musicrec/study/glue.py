"""Hands a value to the text of the page: myst-nb's glue, silent and only inside a notebook."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

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


def phrase(names: Sequence[str]) -> str:
    """Names as the text gives them: "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
