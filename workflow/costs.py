"""What the chapters cost: seconds and memory, with the machine that took them.

Every run leaves its cost below build/. `make costs` runs each chapter again, alone, and keeps the figures
under git in data/results/cost/chapters.json, where the build report shows them.

A chapter that measures the cost of methods (study.measure_cost) is run twice: first to measure them, kept in
data/results/cost/CHAPTER.json, then as in every other run, which measures nothing and shows what was kept.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workflow import WorkflowError, receipts
from workflow.plan import Build, add_arguments
from workflow.run import take_lock

MEASURES = "measure_cost"  # in the text of a chapter that measures methods
ASKED = "MUSICREC_COSTS"  # tells it where to write what it measures
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "numba")


def record(build: Build, seconds: float, peak_memory: int) -> dict[str, Any]:
    """The cost of one run and what it was measured on, as the build report reads it."""
    return {"seconds": round(seconds, 1), "peak_memory_bytes": peak_memory, **machine(build)}


def machine(build: Build) -> dict[str, Any]:
    """What costs are measured on, and when."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }
    if build.device == "cuda":
        import torch

        found["accelerator"] = torch.cuda.get_device_name()
    return found


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def measure(build: Build) -> list[Path]:
    """Run every chapter alone and keep what it cost; records of other builds stay as they are.

    What the quick profile's toy sizes would say of methods is not kept. Returns the files written.
    """
    folder = build.root / "data" / "results" / "cost"
    kept = folder / "chapters.json"
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    changed = [kept]
    for chapter in build.chapters():
        measured = [] if build.profile == "quick" else measure_methods(build, chapter)
        if measured:
            target = folder / f"{chapter}.json"
            about = {"edition": build.edition, "profile": build.profile, "device": build.device}
            _write(target, {**about, **machine(build), "measured": measured})
            changed.append(target)
        _run(build, chapter, os.environ)
        found[f"{build.name}/{chapter}"] = json.loads(build.cost(chapter).read_text(encoding="utf-8"))
    _write(kept, found)
    return changed


def measure_methods(build: Build, chapter: str) -> list[dict[str, Any]]:
    """Run a chapter with its measurements of methods switched on; what they found, in their order."""
    if MEASURES not in build.source(chapter).read_text(encoding="utf-8"):
        return []
    runs = build.out / "run"  # what a killed run leaves there, the next one removes
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs, prefix="costs-") as folder:
        lines = Path(folder) / f"{chapter}.jsonl"
        lines.touch()
        _run(build, chapter, {**os.environ, ASKED: str(lines)})
        return [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]


def _run(build: Build, chapter: str, environment: Mapping[str, str]) -> None:
    receipt = receipts.wanted(build, chapter)
    command = [sys.executable, "-m", "workflow.execute", *build.arguments(), chapter, str(receipt)]
    subprocess.run(command, cwd=build.root, env=environment, check=True)


def _write(target: Path, content: dict[str, Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(target)


def main() -> int:
    parser = argparse.ArgumentParser(description=measure.__doc__)
    add_arguments(parser)
    build = Build.from_arguments(parser.parse_args())
    try:
        build.chapters()
        take_lock(build.out)
        changed = measure(build)
    except subprocess.CalledProcessError:
        return 1  # the chapter has said why
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"kept in {path.relative_to(build.root)}: commit it" for path in changed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
