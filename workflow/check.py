"""`make test`: everything that is checked at each commit, in the order of what it costs to find out.

All steps run even where one fails, so that one call names all that is wrong.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from workflow.execute import ONE_THREAD
from workflow.plan import ROOT, data_folders

TOOLS = Path(sys.executable).parent  # of this environment, not what else the PATH may hold
NOTEBOOKS = "--nbval-lax --nbval-cell-timeout=600 --nbval-current-env -p no:cacheprovider"
STEPS = {
    "style": "ruff check .",
    "format": "ruff format --check .",
    "types": "mypy",
    "imports": "lint-imports",
    "notebooks": f"pytest -q {NOTEBOOKS} -n 2 --dist loadscope book",
    "tests": "pytest -q -n 2 --dist loadscope --no-loadscope-reorder --durations=30 tests",
}


def environment(step: str) -> dict[str, str]:
    """One thread each; what the committed notebooks record and play goes where no build looks for it."""
    found = {**os.environ, **ONE_THREAD, **data_folders(), "PYTHONPATH": str(ROOT)}
    if step == "notebooks":
        for made in ("results", "clips"):
            folder = ROOT / "build" / "nbval" / made
            folder.mkdir(parents=True, exist_ok=True)
            found[f"MUSICREC_{made.upper()}"] = str(folder)
    return found


def main() -> int:
    failed = []
    for name, command in STEPS.items():
        print(f"\n== {name}: {command}", flush=True)
        started = time.monotonic()
        program, *arguments = command.split()
        done = subprocess.run([TOOLS / program, *arguments], cwd=ROOT, env=environment(name), check=False)
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"== {name}: {verdict}, {time.monotonic() - started:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    print(f"\nmake test: {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
