"""A run of a chapter: which edition, how large, on what device, from which seed."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from musicrec.errors import DataUnavailable, InvalidArgument, UnknownName
from musicrec.study import provenance
from musicrec.study.records import Results, results_path

EDITIONS = ("songbook", "real")
PROFILES = ("quick", "book", "full")
DEVICES = ("cpu", "cuda")
_CHAPTER = re.compile(r"\d{2}_[a-z0-9]+(_[a-z0-9]+)*")

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """The run under way, as `begin` returns it.

    Attributes
    ----------
    chapter, edition, profile, device, seed
        The parameters of the chapter, checked.
    results
        What has been recorded so far.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """

    chapter: str
    edition: str
    profile: str
    device: str
    seed: int
    results: Results = field(repr=False)

    def pick(self, *, songbook: T, real: T) -> T:
        """The value for this run's edition, as in ``run.pick(songbook="songbook", real="lastfm-2k")``."""
        return songbook if self.edition == "songbook" else real

    def size(self, *, quick: T, book: T, full: T) -> T:
        """The value for this run's profile, as in ``run.size(quick=100, book=1000, full=1000)``."""
        return {"quick": quick, "book": book, "full": full}[self.profile]


_current: Run | None = None


def begin(
    chapter: str, *, edition: str = "songbook", profile: str = "book", device: str = "cpu", seed: int = 0
) -> Run:
    """Begin the run of a chapter. What is recorded from here on belongs to it.

    An earlier result file of the same chapter and edition under build/ is removed: a run starts from nothing.

    Parameters
    ----------
    chapter
        File name of the chapter without its suffix: two digits and lower-case words, "01_listening_data".
    edition
        "songbook" (simulated listeners, offline) or "real".
    profile
        "quick" (seconds), "book" (the default) or "full" (larger).
    device
        "cpu" or "cuda".
    seed
        Non-negative integer from which every random draw of the chapter follows.

    Returns
    -------
    Run

    Raises
    ------
    UnknownName
        The chapter's name has another form; no such edition, profile or device.
    InvalidArgument
        The seed is no non-negative integer, or "cuda" was asked for where torch sees no GPU.
    DataUnavailable
        The folder of results cannot be made or written.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    global _current
    check_chapter(chapter)
    _check("edition", edition, EDITIONS)
    _check("profile", profile, PROFILES)
    _check("device", device, DEVICES)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidArgument(f"The seed must be a non-negative integer such as 0; found {seed!r}.")
    if device == "cuda":
        _require_gpu()
    results = Results(chapter, edition, profile, provenance=provenance.describe(device=device, seed=seed))
    _clear(results_path(edition, chapter))
    _current = Run(chapter, edition, profile, device, seed, results)
    return _current


def current() -> Run | None:
    """The run under way, or None before `begin`."""
    return _current


def check_chapter(chapter: str) -> None:
    """Raise `UnknownName` unless this is the form of a chapter's name."""
    if not isinstance(chapter, str) or not _CHAPTER.fullmatch(chapter):
        raise UnknownName(
            f"{chapter!r} is not the name of a chapter. It is two digits and lower-case words joined by "
            "underscores, the name of its file without the suffix: '01_listening_data'."
        )


def _check(what: str, found: object, known: tuple[str, ...]) -> None:
    if found not in known:
        raise UnknownName(f"There is no {what} {found!r}. Choose one of: {', '.join(known)}.")


def _clear(path: Path) -> None:
    """Remove an earlier result file, once it is sure that a new one can be written in its place."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):  # permissions say nothing of a read-only disk
            pass
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DataUnavailable(
            f"The results cannot be written to {path}: {error.strerror or error}. Set MUSICREC_RESULTS to a "
            "folder in which you may write."
        ) from error


def _require_gpu() -> None:
    import torch

    if not torch.cuda.is_available():
        raise InvalidArgument(
            "device='cuda' was asked for, but torch sees no GPU here. Use device='cpu', or install a torch "
            "built for CUDA on a machine that has one."
        )
