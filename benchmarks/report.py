"""Runs the benchmarks one after the other, prints the table of ratios, and keeps it where asked."""

import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.rounds import ROUNDS, SHORTEST, Disagreement, Pair, Ratio, measure
from musicrec.cache import atomic_write
from workflow.costs import machine
from workflow.plan import Build

Suites = Mapping[str, Callable[[], Iterable[Pair | Ratio | str]]]
PACKAGES = (
    "musicrec",
    "implicit",
    "librosa",
    "lightning-fabric",
    "ranx",
    "ir_measures",
    "pytrec_eval-terrier",
)  # beside those of every cost


def run(
    suites: Suites, console: Console, keep: Path | None, rounds: int = ROUNDS, shortest: float = SHORTEST
) -> int:
    """Measure every pair of every suite; returns 0, or 1 where two sides of a pair disagree.

    Parameters
    ----------
    suites : mapping
        By the title of its table, a function that makes the pairs one by one, or ratios where the sides
        measure themselves. Text among them is printed below the table.
    console : rich.console.Console
        Where to print.
    keep : Path, optional
        Where to write what was found, as JSON; nothing is written without it, nor where sides disagree.
    rounds, shortest
        See `measure`.
    """
    about = environment()
    ratios: list[Ratio] = []
    notes: list[str] = []
    for title, pairs in suites.items():
        found: list[Ratio] = []
        said: list[str] = []
        with console.status(title) as status:
            try:
                for pair in pairs():
                    if isinstance(pair, str):
                        said.append(pair)
                    elif isinstance(pair, Ratio):
                        found.append(pair)
                    else:
                        status.update(f"{pair.what}, {pair.peer}")
                        found.append(measure(pair, rounds, shortest))
            except Disagreement as error:
                console.print(f"Stopped: {error}", style="red", highlight=False)
                return 1
        console.print(_table(title, found))
        for line in said:
            console.print(line, highlight=False, markup=False)
        ratios += found
        notes += said
    console.print(_caption(about), highlight=False, markup=False)
    if keep is not None:
        content = {**about, "notes": notes, "ratios": [_row(ratio) for ratio in ratios]}
        with atomic_write(keep) as partial:
            partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        console.print(f"kept in {keep}: commit it", highlight=False, markup=False)
    return 0


def environment() -> dict[str, Any]:
    """The machine, the date and the versions: of the packages of every cost, and of the peers installed."""
    about = machine(Build())
    return {**about, "versions": {**about["versions"], **_installed()}}


def _installed() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # a peer that the run names as left out
    return found


def _row(ratio: Ratio) -> dict[str, Any]:
    numbers = {
        f"ours_{ratio.unit}": median(ratio.ours),
        f"peer_{ratio.unit}": median(ratio.theirs),
        "ratio": ratio.median,
        "lowest": min(ratio.rounds),
        "highest": max(ratio.rounds),
    }
    rounded = {name: float(f"{value:.3g}") for name, value in numbers.items()}
    return {"what": ratio.what, "peer": ratio.peer, "rounds": len(ratio.ours), **rounded}


def _table(title: str, ratios: list[Ratio]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("work", "peer"):
        table.add_column(heading)
    for heading in ("ours", "peer's", "ours / peer's (lowest to highest)", "rounds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for ratio in ratios:
        row = _row(ratio)
        table.add_row(
            ratio.what,
            ratio.peer,
            *(_amount(row[f"{whose}_{ratio.unit}"], ratio.unit) for whose in ("ours", "peer")),
            f"{row['ratio']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f})",
            str(row["rounds"]),
        )
    return table


def _amount(number: float, unit: str) -> str:
    if unit == "bytes":
        return f"{number / 1e6:,.0f} MB"
    return f"{1000 * number:,.{0 if number >= 0.1 else 1 if number >= 0.01 else 3}f} ms"


def _caption(about: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in sorted(about["versions"].items()))
    memory = f"{about['memory_bytes'] / 1e9:.0f} GB"
    return (
        "Below 1 this library is quicker, or takes less memory. Median of the rounds, both sides in each, in "
        "turns; one thread; values compared before timing.\n"
        f"{about['date']}, {about['processor']}, {about['cores']} cores, {memory}, {about['system']}, "
        f"Python {about['python']}; {versions}"
    )
