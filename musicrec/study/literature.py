"""Figures from the literature, each with where it stands, for the text to quote."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from typing import Any

from musicrec.errors import CorruptData, UnknownName
from musicrec.shipped import shipped
from musicrec.study.glue import glue


@dataclass(frozen=True)
class Figure:
    """A number that somebody published.

    Attributes
    ----------
    id
        Its name in data/published.toml.
    value
        The number; shares as fractions of one.
    unit
        What it counts, or "".
    cite
        Key of the source in book/references.bib.
    where
        Page, table or section of the source.
    counts
        What exactly it counts, as the source has it.
    """

    id: str
    value: float | int
    unit: str
    cite: str
    where: str
    counts: str


def published(id: str) -> Figure:
    """A figure from the literature, glued as ``published.<id>`` for the text to quote.

    Parameters
    ----------
    id
        A name in data/published.toml, "hetrec.listeners".

    Returns
    -------
    Figure

    Raises
    ------
    UnknownName
        No such figure.
    CorruptData
        data/published.toml cannot be read.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    figures = all_published()
    if id not in figures:
        raise UnknownName(f"There is no published figure {id!r}. There is: {', '.join(figures)}.")
    glue(f"published.{id}", figures[id].value)
    return figures[id]


@functools.cache
def all_published() -> dict[str, Figure]:
    """All figures of data/published.toml by id. Glues nothing."""
    path = shipped("published.toml")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return {figure.id: figure for figure in _figures(content, "")}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise CorruptData(
            f"{path} cannot be read ({error}). Each figure is a table [subject.name] with value, unit, cite, "
            "where and counts. Restore it with git checkout, or mend the entry."
        ) from error


def _figures(tables: dict[str, Any], prefix: str) -> list[Figure]:
    found = []
    for name, entry in tables.items():
        id = f"{prefix}{name}"
        if not isinstance(entry, dict):
            raise TypeError(f"{id} stands outside a figure")
        if "value" in entry:
            figure = Figure(id=id, **entry)
            if isinstance(figure.value, bool) or not isinstance(figure.value, int | float):
                raise TypeError(f"{id}: the value {figure.value!r} is no number")
            found.append(figure)
        else:
            found += _figures(entry, f"{id}.")
    return found
