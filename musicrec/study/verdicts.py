"""Judges a claim by the comparisons of a run and the rules declared before, and records the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from musicrec.errors import InvalidArgument, UnknownName
from musicrec.evaluation import Comparison, GrowthComparison, holm, verdict_of
from musicrec.study.aggregates import plain_interval, plain_number, short_text
from musicrec.study.declared_claims import Claim, ClaimTest, claim
from musicrec.study.glue import glue_verdict
from musicrec.study.judgements import LEVEL, UNTESTABLE, Judgement, Verdict, overall
from musicrec.study.recording import called, evidence_of, note_dataset, refuse_second, running
from musicrec.study.records import results_path, rounded, write

if TYPE_CHECKING:
    from musicrec.data import Dataset

# The rows of a comparison, as the results name them.
SAMPLES = {"user": "listeners", "piece": "pieces", "session": "sessions"}
_MAY_REST_ON = {
    "songbook": ("simulated",),
    "real": ("real",),
    "both": ("simulated", "real"),
    "machine": ("machine",),
}


def verdict(
    id: str,
    comparisons: Mapping[str, Comparison | GrowthComparison],
    *,
    dataset: Dataset | None = None,
    not_testable: Mapping[str, str] | None = None,
    worlds: str = "",
) -> Verdict:
    """Judge a claim, write the verdict to the run's result file and glue its numbers into the text.

    Each test is judged by the interval of its difference against the smallest difference that the claims file
    declares (`evaluation.verdict_of`; for the direction "lower", of the difference turned round). The claim
    follows by `musicrec.study.judgements.overall`. Verdicts rest on intervals; the p-values, adjusted by Holm
    for the tests of the claim, are kept for readers who want them.

    The text then quotes ``ID.verdict``, and for each test ``ID.TEST.verdict`` and the numbers ``.treatment``,
    ``.baseline``, ``.difference``, ``.difference.low``, ``.difference.high``, ``.p`` (adjusted),
    ``.smallest``, ``.listeners`` and ``.seeds``; "nan" for what a test has not.

    Parameters
    ----------
    id
        A claim of data/claims.toml, "cf-cold-start".
    comparisons
        The comparison of each test, by its id.
    dataset
        On whose listening they rest; as for `record`.
    not_testable
        Tests that this run cannot make, and why: ``{"users": "no costs are kept"}``.
    worlds
        Of simulated listeners: in which worlds, or range of a dial, the verdict was found to hold.

    Returns
    -------
    Verdict

    Raises
    ------
    UnknownName
        No such claim, or no such test of it.
    InvalidArgument
        No run has begun; the claim is judged in another chapter; a test is missing or given twice; a
        comparison is of other models, another metric or another smallest difference than declared, rests on
        other evidence, or has no interval of 95%; worlds of real listeners; the claim has another verdict in
        this run already.
    InvalidData
        A number of a comparison is not finite, or a reason is no short text.
    DataUnavailable
        The result file cannot be written.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    declared, reasons = claim(id), dict(not_testable or {})
    run = running(id)
    if run.chapter not in declared.chapters:
        raise InvalidArgument(
            f"The claim {id!r} is judged in {', '.join(declared.chapters)}; this is {run.chapter}. Add the "
            "chapter to the claim in data/claims.toml, or judge it there."
        )
    _check_tests(declared, comparisons, reasons)
    listeners = evidence_of(run, dataset)
    if worlds and listeners == "real":
        raise InvalidArgument(f"{id}: worlds are simulated, but these listeners are real. Leave them out.")
    adjusted = dict(zip(comparisons, holm([each.p for each in comparisons.values()]), strict=True))
    tests = {
        name: _judged(f"{id}.{name}", test, comparisons[name], listeners, adjusted[name])
        if name in comparisons
        else _untestable(f"{id}.{name}", test, reasons[name])
        for name, test in declared.tests.items()
    }
    word, decided_by = overall({name: test.verdict for name, test in tests.items()})
    known_as = None if dataset is None else called(dataset)
    found = Verdict(id, word, decided_by, tests, known_as, short_text(id, worlds))
    refuse_second(run, id, run.results.verdicts.get(id), found)
    if dataset is not None:
        note_dataset(run, dataset)
    run.results.verdicts[id] = found
    write(run.results, results_path(run.edition, run.chapter))
    glue_verdict(id, found, found.tests)
    return found


def _judged(
    id: str, test: ClaimTest, made: Comparison | GrowthComparison, listeners: str, p_holm: float
) -> Judgement:
    if isinstance(made, GrowthComparison):
        evidence = "machine"
        sides = (made.growth_treatment.exponent, made.growth_baseline.exponent)
        sample = {"sizes": made.growth_treatment.sizes, "runs": made.growth_treatment.runs}
    else:
        evidence = listeners
        sides = (made.mean_treatment, made.mean_baseline)
        sample = {SAMPLES[made.unit]: int(made.rows), "seeds": int(made.seeds)}
    _check_declared(id, test, made, evidence)
    interval = plain_interval(id, made.interval)
    assert interval is not None  # a comparison has one
    low, high = made.interval
    said = verdict_of((low, high) if test.direction == "higher" else (-high, -low), test.smallest)
    return Judgement(
        verdict=said,
        treatment=test.treatment,
        baseline=test.baseline,
        metric=test.metric,
        direction=test.direction,
        smallest=test.smallest,
        evidence=evidence,
        sides=(_kept(id, "mean", sides[0]), _kept(id, "mean", sides[1])),
        difference=_kept(id, "difference", made.difference),
        interval=interval,
        p=_kept(id, "p", made.p),
        p_holm=_kept(id, "adjusted p", p_holm),
        sample=sample,
    )


def _untestable(id: str, test: ClaimTest, why: str) -> Judgement:
    if not short_text(id, why).strip():
        raise InvalidArgument(f"{id}: say why it cannot be tested, such as 'this dataset has no times'.")
    declared = ("treatment", "baseline", "metric", "direction", "smallest")
    return Judgement(verdict=UNTESTABLE, why=why, **{name: getattr(test, name) for name in declared})


def _check_tests(declared: Claim, comparisons: Mapping[str, object], reasons: Mapping[str, str]) -> None:
    given = [*comparisons, *reasons]
    for name in given:
        if name not in declared.tests:
            raise UnknownName(
                f"The claim {declared.id!r} has no test {name!r}. It has: {', '.join(declared.tests)}."
            )
    for name, made in comparisons.items():
        if not isinstance(made, Comparison | GrowthComparison):
            raise InvalidArgument(
                f"{declared.id}.{name} was given a {type(made).__name__}; give what evaluation.compare or "
                "compare_growth returns."
            )
    missing = [name for name in declared.tests if name not in given]
    twice = [name for name in comparisons if name in reasons]
    if missing or twice:
        raise InvalidArgument(
            f"The claim {declared.id!r} needs each of its tests once: a comparison, or a reason in "
            f"not_testable. Missing: {', '.join(missing) or 'none'}. Both: {', '.join(twice) or 'none'}."
        )


def _check_declared(id: str, test: ClaimTest, made: Comparison | GrowthComparison, evidence: str) -> None:
    """Nothing is compared but what the claims file says, in the order in which it says it."""
    found = {
        "treatment": made.treatment.partition("(")[0],  # ContentKNN(k=100) is a ContentKNN
        "baseline": made.baseline.partition("(")[0],
        "metric": made.metric,
        "smallest": made.smallest,
    }
    for what, value in found.items():
        if value != getattr(test, what):
            raise InvalidArgument(
                f"{id}: the claims file declares the {what} {getattr(test, what)!r}; this comparison was "
                f"made with {value!r}. Make it with study.claim(...).tests[...].{what}: a test is not "
                "changed once results are seen."
            )
    if made.level != LEVEL:
        raise InvalidArgument(
            f"{id}: verdicts rest on intervals of {LEVEL:.0%}; this one is of {made.level:.0%}."
        )
    if evidence not in _MAY_REST_ON[test.evidence]:
        raise InvalidArgument(
            f"{id}: the claims file lets it rest on {test.evidence!r}; this comparison rests on "
            f"{evidence!r}. Give the reason in not_testable instead."
        )


def _kept(id: str, what: str, number: float) -> float | int:
    return rounded(plain_number(id, what, number))
