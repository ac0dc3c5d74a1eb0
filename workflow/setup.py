"""Make .venv what constraints.txt and pyproject.toml say, with the standard library alone.

A file in .venv says for what it was made. It goes before anything is changed and comes back at the end, so
a set-up that was killed is done again from the start.
"""

import fcntl
import hashlib
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("book", "test", "teaching", "lock")


def wanted(root: Path) -> str:
    """A hash of all that the environment depends on; the folder counts, because installed scripts name it."""
    found = hashlib.sha256(str(root).encode())
    for name in ("constraints.txt", "pyproject.toml", "workflow/setup.py"):
        found.update((root / name).read_bytes())
    return found.hexdigest()


def install_command(root: Path) -> list[str]:
    python = str(root / ".venv" / "bin" / "python")
    project = f".[{','.join(EXTRAS)}]"
    return [python, "-m", "pip", "install", "-qq", "-c", "constraints.txt", "-e", project]


def set_up(root: Path) -> None:
    """Create or update .venv where it is not what is wanted; does nothing, in a moment, where it is."""
    stamp = root / ".venv" / ".made-for"
    python = root / ".venv" / "bin" / "python"
    now = wanted(root)
    if _read(stamp) == now and python.exists():
        return
    (root / "build").mkdir(exist_ok=True)
    with (root / "build" / ".setup.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that start at once, the second finds the work done
        if _read(stamp) == now and python.exists():
            return
        fresh = not stamp.is_file() or not python.exists()
        print(
            f"Setting up {root / '.venv'} with Python {sys.version.split()[0]}: about 3 GB, a few minutes, "
            "only when constraints.txt or pyproject.toml changed",
            flush=True,
        )
        started = time.monotonic()
        stamp.unlink(missing_ok=True)
        if fresh:
            venv.create(root / ".venv", clear=True, with_pip=True)
        subprocess.run(install_command(root), cwd=root, check=True)
        stamp.write_text(now, encoding="utf-8")
        print(f"Set up in {time.monotonic() - started:.0f} s", flush=True)


def _read(stamp: Path) -> str:
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


if __name__ == "__main__":
    try:
        set_up(ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"\nThe environment could not be made (exit {error.returncode}; the reason is above).\n"
            "Without a network, pip needs a mirror or a folder of wheels (PIP_INDEX_URL, PIP_FIND_LINKS); on "
            "Debian the package python3-venv must be there. Then call make again: it starts over."
        )
