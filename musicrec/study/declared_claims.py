"""The claims that are put to the test, as data/claims.toml declares them before a result is seen."""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicrec.errors import CorruptData, UnknownName
from musicrec.shipped import shipped
from musicrec.study.run import check_chapter

DIRECTIONS = ("higher", "lower")
GROUNDS = ("songbook", "real", "both", "machine")  # what a test may rest on
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class ClaimTest:
    """One comparison on which a claim stands or falls.

    Attributes
    ----------
    id
        Its name within the claim.
    treatment, baseline
        Names of the models that are compared.
    metric
        What is compared: a column of an evaluation ("ndcg@10"), or the growth of a cost.
    population
        On whom, and ranked among what, in words.
    smallest
        The smallest difference worth naming, in the unit of the metric; below 0 where the claim is that
        nothing worth naming is lost.
    direction
        Whether the claim says that the treatment's metric is "higher" or "lower" than the baseline's.
    evidence
        What the test may rest on: "songbook" (simulated listeners), "real", "both", or "machine" (seconds and
        bytes, with no listener in them).
    """

    id: str
    treatment: str
    baseline: str
    metric: str
    population: str
    smallest: float | int
    direction: str
    evidence: str


@dataclass(frozen=True)
class Claim:
    """A claim of the review, split into tests that must all hold.

    Attributes
    ----------
    id
        Its name, "cf-cold-start".
    section
        Where the review makes it, "section 2".
    chapters
        Which chapters judge it.
    statement
        The claim in our words.
    tests
        By id, in the order of the file.
    """

    id: str
    section: str
    chapters: tuple[str, ...]
    statement: str
    tests: Mapping[str, ClaimTest]


def claim(id: str) -> Claim:
    """A claim by its id, as it was declared.

    Its tests carry what a comparison is made with, so that it is written once:
    ``test = study.claim("cf-cold-start").tests["new-tracks"]``, then
    ``evaluation.compare(a, b, metric=test.metric, smallest=test.smallest)``.

    Parameters
    ----------
    id
        A name in data/claims.toml, "cf-cold-start".

    Returns
    -------
    Claim

    Raises
    ------
    UnknownName
        No such claim.
    CorruptData
        data/claims.toml cannot be read.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    declared = claims()
    if id not in declared:
        raise UnknownName(f"There is no claim {id!r}. There is: {', '.join(declared)}.")
    return declared[id]


@functools.cache
def claims() -> Mapping[str, Claim]:
    """All claims by id, in the order of data/claims.toml.

    Raises
    ------
    CorruptData
        The file cannot be read, or an entry lacks something or has something else.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    path = shipped("claims.toml")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return {id: _claim(id, entry) for id, entry in content.items()}
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        UnknownName,
    ) as error:  # a TOMLDecodeError is a ValueError
        raise CorruptData(
            f"{path} cannot be read ({error}). Each claim is a table with section, chapters, statement and "
            "tests; its head says what a test holds. Restore it with git checkout, or mend the entry."
        ) from error


def _claim(id: str, entry: dict[str, Any]) -> Claim:
    tables = isinstance(entry, dict) and isinstance(entry.get("tests"), dict)
    _check(id, tables, "it is a table, with a table [ID.tests.NAME] for each of its tests")
    _check(id, _ID.fullmatch(id), "the id is lower-case words joined by hyphens")
    tests = {name: ClaimTest(id=name, **fields) for name, fields in entry.pop("tests").items()}
    found = Claim(id=id, tests=tests, **{**entry, "chapters": tuple(entry["chapters"])})
    _check(id, found.chapters and found.tests, "it needs a chapter and a test")
    _check(id, _texts(found.section, found.statement), "section and statement are texts")
    for chapter in found.chapters:
        check_chapter(chapter)
    for name, test in tests.items():
        where = f"{id}, test {name}"
        _check(where, _ID.fullmatch(name), "the id is lower-case words joined by hyphens")
        words = (test.treatment, test.baseline, test.metric, test.population)
        _check(where, _texts(*words), "treatment, baseline, metric and population are texts")
        number = isinstance(test.smallest, int | float) and not isinstance(test.smallest, bool)
        _check(where, number and math.isfinite(test.smallest), "smallest is a finite number")
        _check(where, test.direction in DIRECTIONS, f"direction is one of {', '.join(DIRECTIONS)}")
        _check(where, test.evidence in GROUNDS, f"evidence is one of {', '.join(GROUNDS)}")
    return found


def _texts(*found: object) -> bool:
    return all(isinstance(text, str) and text.strip() for text in found)


def _check(where: str, right: object, expected: str) -> None:
    if not right:
        raise ValueError(f"{where}: {expected}")
