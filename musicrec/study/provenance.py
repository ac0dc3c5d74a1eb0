"""Where a number comes from: code, data, versions, device, seed, date."""

from __future__ import annotations

import functools
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("musicrec", "numpy", "pandas", "torch")


def checkout() -> Path | None:
    """Root of the checkout of this project in which we are, or None.

    The folder that holds the library is looked at first, so that an editable installation finds its checkout
    from anywhere; then the working directory and the folders above it.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[2], *_upwards(Path.cwd())):
        if (folder / "chapters").is_dir() and (folder / "data" / "catalogue.toml").is_file():
            return folder
    return None


def describe(*, device: str, seed: int) -> dict[str, Any]:
    """Provenance of a run that starts now: what a record file says of itself besides its numbers.

    Parameters
    ----------
    device
        "cpu" or "cuda".
    seed
        The seed of the run.

    Returns
    -------
    dict
        commit (None outside a checkout), dirty (True where tracked files differed from the commit, or there
        was none), date (UTC, to the second), versions, device, seed, and datasets: empty, filled as numbers
        are recorded.
    """
    commit, dirty = _git_state(checkout())
    return {
        "commit": commit,
        "dirty": dirty,
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "device": device,
        "seed": seed,
        "datasets": {},
    }


def _upwards(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents)


@functools.cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_state(root: Path | None) -> tuple[str | None, bool]:
    """Commit of the checkout, and whether tracked or new files differ from it."""
    if root is None or not (root / ".git").exists():
        return None, False
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    status = _git(root, "status", "--porcelain")
    return commit or None, bool(status) or not commit


def _git(root: Path, *arguments: str) -> str:
    """Answer of git, or "" where there is no git, no commit, or a checkout of another user."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
