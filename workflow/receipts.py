"""What a chapter's last run rested on: the receipt that says whether it has to run again.

A receipt lists, with content hashes, the files that the run read (chapter, lock, library modules that its
kernel had loaded, records it quotes), the fingerprints of the datasets, and the files it made. While all of
them are unchanged the chapter need not run. Times of files play no part.

Snakemake is told the *name* of the receipt each chapter must have. While the last one holds it is that one,
which is there; else a new name, which is missing. So nothing under build/ has to be trusted but the
receipts themselves, and a chapter that fails keeps its earlier receipt, notebook and results.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workflow.plan import Build

_ALWAYS = ("constraints.txt", "workflow/execute.py", "workflow/kernel.py", "workflow/notebook.py")
_NEVER = (".", "build/")  # tools and caches; what runs made


def digest(path: Path) -> str | None:
    """SHA-256 of a file, or None where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def inputs(build: Build, chapter: str, read: Iterable[str]) -> dict[str, str | None]:
    """Hashes of what a run rests on; `read` are the files (relative to the root) that its kernel opened."""
    records = f"data/results/real/{chapter}.json"
    paths = {f"chapters/{chapter}.md", records, *_ALWAYS}
    paths |= {path for path in read if not path.startswith(_NEVER)}
    if build.edition == "real":
        paths.remove(records)  # they are this run's own numbers, kept
    return {path: digest(build.root / path) for path in sorted(paths)}


def write(target: Path, build: Build, chapter: str, trace: Mapping[str, Any], made: Iterable[Path]) -> None:
    """Write the receipt of a finished run and drop the chapter's older ones."""
    receipt = {
        "inputs": inputs(build, chapter, trace["files"]),
        "datasets": trace["datasets"],
        "outputs": {str(path.relative_to(build.out)): digest(path) for path in made},
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(receipt, indent=1), encoding="utf-8")
    partial.replace(target)
    for old in _of(build, chapter):
        if old != target:
            old.unlink()


def wanted(build: Build, chapter: str) -> Path:
    """The receipt that the chapter must have: the one it has, if that holds, else a name not yet taken."""
    state = hashlib.sha256()
    for path in _of(build, chapter):
        now = _now(path, build)
        if now is None:
            return path
        state.update(f"{path.name}{now}".encode())
    return build.receipts / f"{chapter}-{state.hexdigest()[:16]}.json"


def _of(build: Build, chapter: str) -> list[Path]:
    return sorted(build.receipts.glob(f"{chapter}-*.json"))


def _now(path: Path, build: Build) -> str | None:
    """None where the receipt holds, else the state of things that it no longer describes."""
    receipt = json.loads(path.read_text(encoding="utf-8"))
    now = {
        "inputs": {name: digest(build.root / name) for name in receipt["inputs"]},
        "datasets": _fingerprints(receipt["datasets"]),
        "outputs": {name: digest(build.out / name) for name in receipt["outputs"]},
    }
    return None if now == receipt else json.dumps(now, sort_keys=True)


def _fingerprints(names: Iterable[str]) -> dict[str, str | None]:
    if not names:
        return {}
    from musicrec import data
    from musicrec.errors import MusicrecError

    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = data.fingerprint(name)
        except MusicrecError:  # the run itself will say what is the matter
            found[name] = None
    return found
