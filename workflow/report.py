"""The page "Build report": what each chapter cost, on which machine, with which versions.

Two kinds of records are shown apart: those of the last runs here (`build/cost/`, one file a chapter,
written by the executor) and those that a person kept with `make costs`
(`data/results/cost/chapters.json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow import WorkflowError

NAME = re.compile(r"[^/]+-[^/-]+/[^/]+")  # EDITION-PROFILE/CHAPTER
KEPT = Path("data/results/cost/chapters.json")
MACHINE = ("processor", "cores", "memory_bytes", "system", "python", "versions")
NEEDED = ("seconds", "peak_memory_bytes", "date", *MACHINE)

INTRODUCTION = """# Build report

What it took to run the chapters. Seconds are wall-clock time of the whole notebook, on one thread, with
whatever else the machine was doing; memory is the most that its process held at once. Neither is part of
any result: they differ from machine to machine.
"""
NOTHING_RUN = "No run left its cost here.\n"


def page(root: Path) -> str:
    """Text of the build report, as a MyST page.

    Parameters
    ----------
    root
        The project's root.

    Returns
    -------
    str
        The page, with a table for the runs below `build/` and, where some were kept, one for those.

    Raises
    ------
    WorkflowError
        If a record is not JSON or lacks a field.
    """
    folder = root / "build" / "cost"
    fresh = {
        p.relative_to(folder).with_suffix("").as_posix(): _read(p) for p in sorted(folder.rglob("*.json"))
    }
    kept = _read(root / KEPT) if (root / KEPT).is_file() else {}
    for where, records in ((folder, fresh), (root / KEPT, kept)):
        for run, record in records.items():
            missing = [key for key in NEEDED if not isinstance(record, dict) or key not in record]
            if missing or not NAME.fullmatch(run):
                raise WorkflowError(
                    f"{where}: the cost record {run!r} should be named EDITION-PROFILE/CHAPTER and lacks "
                    f"{', '.join(missing) or 'no field'}. Delete it and run the chapter again."
                )
    parts = [
        INTRODUCTION,
        "## The last runs on the machine that made these pages\n",
        _table(fresh) if fresh else NOTHING_RUN,
    ]
    return "\n".join([*parts, "## Recorded\n", _table(kept)] if kept else parts)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as problem:
        raise WorkflowError(
            f"{path} is not JSON ({problem}). Delete it and run the chapter again."
        ) from problem
    if not isinstance(found, dict):
        raise WorkflowError(
            f"{path} holds a {type(found).__name__}, expected an object. Delete it and run again."
        )
    return found


def _table(records: Mapping[str, Mapping[str, Any]]) -> str:
    """One row a run, ordered by chapter; then each machine that they name, numbered."""
    machines = {
        name: number for number, name in enumerate(dict.fromkeys(map(_machine, records.values())), start=1)
    }
    lines = ["| chapter | run | seconds | memory (MB) | machine | date |", "|:--|:--|--:|--:|:-:|:--|"]
    for run, record in sorted(records.items(), key=lambda item: item[0].split("/")[::-1]):
        build, chapter = run.split("/", 1)
        edition, _, profile = build.rpartition("-")
        lines.append(
            f"| {chapter} | {edition}, {profile} profile | {record['seconds']:,.1f} "
            f"| {record['peak_memory_bytes'] / 1e6:,.0f} | {machines[_machine(record)]} | {record['date']} |"
        )
    notes = [f"Machine {number}: {name}.\n" for name, number in machines.items()]
    return "\n".join([*lines, "", *notes])


def _machine(record: Mapping[str, Any]) -> str:
    accelerator = f", {record['accelerator']}" if "accelerator" in record else ""
    versions = {"Python": record["python"], **record["versions"]}
    memory = f"{record['memory_bytes'] / 1e9:,.0f} GB"
    return (
        f"{record['processor']}, {record['cores']} cores, {memory}, {record['system']}{accelerator}; "
        f"{', '.join(f'{name} {number}' for name, number in versions.items())}"
    )
