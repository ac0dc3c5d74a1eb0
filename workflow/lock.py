"""Compile constraints.txt from pyproject.toml: every package of every extra at one exact version.

Versions already in the file are kept where they still fit, so that adding a dependency changes little. The
file names no index and no machine, and torch without the suffix that says for which accelerator it was built.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from workflow.plan import ROOT

HEADER = """\
# Compiled from pyproject.toml with pip-tools; do not edit. `make lock` compiles it anew.
"""


def compile_command(target: Path, upgrade: bool) -> list[str]:
    nothing_local = ("index-url", "find-links", "trusted-host", "options")
    return [
        *(sys.executable, "-m", "piptools", "compile", "--quiet"),
        *("--all-extras", "--strip-extras", "--allow-unsafe", "--annotation-style=line", "--no-header"),
        *(f"--no-emit-{what}" for what in nothing_local),
        *(["--upgrade"] if upgrade else []),
        *("--output-file", str(target), "pyproject.toml"),
    ]


def cleaned(compiled: str) -> str:
    """The compiler's output without comment lines and without local version suffixes (torch's "+cpu")."""
    pins = [line for line in compiled.splitlines() if line and not line.startswith("#")]
    return HEADER + "".join(re.sub(r"^([^\s+]+)\+\S+", r"\1", line) + "\n" for line in pins)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    chosen = parser.parse_args()
    lock = ROOT / "constraints.txt"
    partial = ROOT / "build" / "constraints.txt"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes(lock.read_bytes())
    done = subprocess.run(compile_command(partial, chosen.upgrade), cwd=ROOT, check=False)
    if done.returncode:
        return done.returncode
    partial.write_text(cleaned(partial.read_text(encoding="utf-8")), encoding="utf-8")
    partial.replace(lock)
    print("constraints.txt compiled; look at git diff, then run make test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
