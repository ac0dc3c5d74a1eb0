"""The verdict on a claim: what was tested, what this run found, and what was recorded of real listeners."""

from __future__ import annotations

import html

import pandas as pd

from musicrec.display.shown import Shown
from musicrec.display.tables import table_html
from musicrec.study import Claim, Judgement, Recorded, Verdict, claim
from musicrec.study.digits import between
from musicrec.study.glue import phrase
from musicrec.study.judgements import LEVEL

EVIDENCE = {"simulated": "simulated listeners", "real": "real listeners", "machine": "one machine"}


def verdict(found: Verdict, recorded: Recorded | None = None) -> Shown:
    """Show the verdict on a claim: the claim, its tests as they were declared, and a table of what came out.

    The table has a row for each test in this run and, below it, one for the same test in the recorded run, so
    that simulated and real listeners stand side by side and are never joined.

    Parameters
    ----------
    found
        The verdict of this run, from `study.verdict`.
    recorded
        The kept results of the chapter, from `study.recorded`.

    Returns
    -------
    Shown
        Visible in a notebook and on the page; its ``bundle["text/html"]`` holds it.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    declared = claim(found.claim)
    runs = {"this run": found}
    kept = None if recorded is None else recorded.verdicts.get(found.claim)
    if recorded is not None and recorded.kept and kept is not None:
        runs["recorded"] = kept
    said = [f"{run}: {_said(verdict)}" for run, verdict in runs.items()]
    if recorded is not None and "recorded" not in runs:
        said.append(f"recorded: {'not judged in that run' if recorded.kept else recorded.mark}")
    table = table_html(
        verdict_table(runs),
        name=f"verdict-{found.claim}",
        caption=f"Tests of the claim {found.claim}: treatment minus baseline",
        formats=None,
        mark=recorded.mark if recorded is not None and "recorded" in runs else None,
    )
    tests = "".join(f"<li>{html.escape(_asked(declared, name))}</li>" for name in declared.tests)
    head = (
        f"<p><strong>Claim {found.claim}</strong> ({html.escape(declared.section)} of the review): "
        f"{html.escape(declared.statement)}</p>\n<ul>{tests}</ul>\n"
        + "".join(f"<p><strong>{html.escape(line[:1].upper() + line[1:])}</strong></p>\n" for line in said)
    )
    return Shown(
        {
            "text/html": f'<div class="musicrec-verdict">\n{head}{table}</div>',
            "text/plain": f"<verdict on {found.claim}; {'; '.join(said)}>",
        }
    )


def verdict_table(runs: dict[str, Verdict]) -> pd.DataFrame:
    """One row a test and run: the metric of both sides, their difference with its interval, the verdict."""
    rows = []
    for name in dict.fromkeys(name for verdict in runs.values() for name in verdict.tests):
        rows += [
            {"test": name, "run": _run(run, verdict.tests[name]), **_row(verdict.tests[name])}
            for run, verdict in runs.items()
            if name in verdict.tests
        ]
    return pd.DataFrame(rows)


def _run(run: str, test: Judgement) -> str:
    """The run and whose listening the test rests on: "recorded, real listeners"."""
    return f"{run}, {EVIDENCE[test.evidence]}" if test.evidence else run


def _row(test: Judgement) -> dict[str, object]:
    treatment, baseline = test.sides or (None, None)
    return {
        "treatment": treatment,
        "baseline": baseline,
        "difference": test.difference,
        f"{LEVEL:.0%} interval": None if test.interval is None else between(*test.interval),
        "verdict": f"{test.verdict}: {test.why}" if test.why else test.verdict,
    }


def _asked(declared: Claim, name: str) -> str:
    test = declared.tests[name]
    return (
        f"{name}: {test.treatment} against {test.baseline}, {test.metric}; {test.population}. To hold, the "
        f"difference must be {_bound(test.direction, test.smallest)}."
    )


def _bound(direction: str, smallest: float) -> str:
    return f"above {smallest:g}" if direction == "higher" else f"below {0 - smallest:g}"


def _said(verdict: Verdict) -> str:
    decided = (
        "" if len(verdict.decided_by) == len(verdict.tests) else f", decided by {phrase(verdict.decided_by)}"
    )
    worlds = f" (in {verdict.worlds})" if verdict.worlds else ""
    return f"{verdict.verdict}{decided}{worlds}"
