"""What the chapters cost: seconds and memory, with the machine that took them.

Every run leaves its cost below build/. `make costs` runs each chapter again, alone, and keeps the figures
under git in data/results/cost/chapters.json, where the build report shows them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workflow import WorkflowError, receipts
from workflow.plan import Build, add_arguments
from workflow.run import take_lock

PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "numba")


def record(build: Build, seconds: float, peak_memory: int) -> dict[str, Any]:
    """The cost of one run and what it was measured on, as the build report reads it."""
    found = {
        "seconds": round(seconds, 1),
        "peak_memory_bytes": peak_memory,
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


def measure(build: Build) -> Path:
    """Run every chapter alone and keep what it cost; records of other builds stay as they are."""
    kept = build.root / "data" / "results" / "cost" / "chapters.json"
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    for chapter in build.chapters():
        receipt = receipts.wanted(build, chapter)
        command = [sys.executable, "-m", "workflow.execute", *build.arguments(), chapter, str(receipt)]
        subprocess.run(command, cwd=build.root, check=True)
        found[f"{build.name}/{chapter}"] = json.loads(build.cost(chapter).read_text(encoding="utf-8"))
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(kept)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=measure.__doc__)
    add_arguments(parser)
    build = Build.from_arguments(parser.parse_args())
    try:
        build.chapters()
        take_lock(build.out)
        kept = measure(build)
    except subprocess.CalledProcessError:
        return 1  # the chapter has said why
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"kept in {kept.relative_to(build.root)}: commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
