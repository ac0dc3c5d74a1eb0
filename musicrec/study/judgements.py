"""What a verdict is: a word for each test with its numbers, a word for the claim, and the rule between.

Explained in chapter 02_collaborative_filtering.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

SUPPORTED, REFUTED, OPEN, UNTESTABLE = "supported", "not supported", "inconclusive", "not testable"
WORDS = (SUPPORTED, REFUTED, OPEN, UNTESTABLE)
EVIDENCE = ("real", "simulated", "machine")
QUOTED = (  # the numbers of a test that a text can quote
    *("treatment", "baseline", "difference", "difference.low", "difference.high"),
    *("p", "smallest", "listeners", "seeds"),
)

LEVEL = 0.95  # of the intervals on which verdicts rest

Number = float | int


@dataclass(frozen=True)
class Judgement:
    """The verdict of one test, with its numbers to six significant digits.

    Attributes
    ----------
    verdict
        "supported", "not supported", "inconclusive" or "not testable".
    treatment, baseline, metric, direction, smallest
        What was compared, as the claims file declares it.
    evidence
        "real", "simulated" or "machine"; None where the test could not be made.
    sides
        The metric of the treatment and of the baseline: means over listeners and seeds, or exponents.
    difference, interval
        Treatment minus baseline, and its bounds.
    p, p_holm
        Two-sided, of no difference; and adjusted for the tests of the claim (Holm).
    sample
        How much was measured: "listeners", "pieces" or "sessions" and "seeds", or "sizes" and "runs" of a
        machine.
    why
        Why the test could not be made, else "".
    """

    verdict: str
    treatment: str
    baseline: str
    metric: str
    direction: str
    smallest: Number
    evidence: str | None = None
    sides: tuple[Number, Number] | None = None
    difference: Number | None = None
    interval: tuple[Number, Number] | None = None
    p: Number | None = None
    p_holm: Number | None = None
    sample: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    def quotable(self) -> dict[str, Number]:
        """The numbers of `QUOTED`; NaN for one that does not exist. p is the adjusted one."""
        treatment, baseline = self.sides or (None, None)
        low, high = self.interval or (None, None)
        listeners, seeds = self.sample.get("listeners"), self.sample.get("seeds")
        found = (
            treatment,
            baseline,
            self.difference,
            low,
            high,
            self.p_holm,
            self.smallest,
            listeners,
            seeds,
        )
        return {name: math.nan if value is None else value for name, value in zip(QUOTED, found, strict=True)}

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """Read back what a result file holds; ValueError or TypeError where it holds something else."""
        _check_fields(cls, entry)
        pairs = {name: None if entry[name] is None else tuple(entry[name]) for name in ("sides", "interval")}
        found = cls(**{**entry, **pairs})
        numbers = [found.difference, found.p, found.p_holm, *(found.sides or ()), *(found.interval or ())]
        numbers = [found.smallest, *found.sample.values(), *(each for each in numbers if each is not None)]
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise TypeError(f"{number!r} is no number")
        if found.verdict not in WORDS or any(len(pair) != 2 for pair in pairs.values() if pair is not None):
            raise ValueError(f"verdict {found.verdict!r} with {pairs}")
        made = found.evidence in EVIDENCE and found.interval is not None and found.difference is not None
        if not (made or found.verdict == UNTESTABLE):
            raise ValueError(f"a verdict {found.verdict!r} without evidence or numbers")
        return found


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim in one run.

    Attributes
    ----------
    claim
        Id of the claim.
    verdict
        "supported", "not supported", "inconclusive" or "not testable", by `overall`.
    decided_by
        Ids of the tests that decided it.
    tests
        The judgement of each test, by id.
    dataset
        On what it was judged, or None.
    worlds
        In which simulated worlds, or range of a dial, it was found to hold; "" where only one was looked at.
    """

    claim: str
    verdict: str
    decided_by: tuple[str, ...]
    tests: Mapping[str, Judgement]
    dataset: str | None = None
    worlds: str = ""

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """As `Judgement.parse`."""
        _check_fields(cls, entry)
        tests = {name: Judgement.parse(test) for name, test in entry["tests"].items()}
        found = cls(**{**entry, "tests": tests, "decided_by": tuple(entry["decided_by"])})
        if found.verdict not in WORDS or not set(found.decided_by) <= tests.keys():
            raise ValueError(f"verdict {found.verdict!r}, decided by {found.decided_by}")
        return found


def overall(words: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The verdict on a claim from those on its tests, and which of them decided it.

    A claim is not testable if none of its tests is; not supported if any test is not supported; supported if
    all are; else inconclusive. So a claim in several parts holds only as a whole, and a part that cannot be
    tested keeps it from being supported.

    Parameters
    ----------
    words
        The verdict of each test, by id; at least one.

    Returns
    -------
    str
        The verdict on the claim.
    tuple of str
        Ids of the tests that decided it: those that refute it; where none does, those that leave it open;
        where none does either, all.
    """
    if all(word == UNTESTABLE for word in words.values()):
        return UNTESTABLE, tuple(words)
    if REFUTED in words.values():
        return REFUTED, tuple(id for id, word in words.items() if word == REFUTED)
    undecided = tuple(id for id, word in words.items() if word != SUPPORTED)
    return (OPEN, undecided) if undecided else (SUPPORTED, tuple(words))


def _check_fields(kind: type, entry: Mapping[str, Any]) -> None:
    wanted = {each.name for each in fields(kind)}
    if entry.keys() != wanted:
        raise ValueError(f"a {kind.__name__} has {sorted(wanted)}, not {sorted(entry)}")
