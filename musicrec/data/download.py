"""Downloading one file so that a broken connection or a killed run costs only what had not arrived.

pooch checks the checksum, tries again and moves the finished file into place; what it lacks, going on where a
transfer broke off, is the downloader given to it here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pooch
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from musicrec.cache import writing
from musicrec.errors import CorruptData, DataUnavailable

_CHUNK = 1 << 16
_CONNECT, _READ = 10.0, 60.0  # seconds of silence before a connection counts as broken
_RETRIES = 2


def download(url: str, *, checksum: str, folder: Path, label: str, advice: str) -> Path:
    """Download a file into a folder that is used for nothing else, by one process at a time.

    Parameters
    ----------
    url
        The address. The last part of its path becomes the name of the file.
    checksum
        What the file must have: the algorithm, a colon and hexadecimal digits, as in "sha256:0a1b...".
    folder
        Made if absent. A part that an earlier try left in it is completed.
    label
        What the file is, for the progress bar and for messages.
    advice
        What a person can do instead, for messages.

    Returns
    -------
    Path
        The whole file, with the right checksum.

    Raises
    ------
    DataUnavailable
        The address cannot be reached, or the disk is full or cannot be written. What had arrived is kept.
    CorruptData
        The file has another checksum. It is thrown away.
    """
    name = url.rpartition("/")[2]
    part = folder / f"{name}.part"
    with writing(folder), _quiet_pooch():
        folder.mkdir(parents=True, exist_ok=True)
        registry = pooch.create(
            path=folder,
            base_url="",
            registry={name: checksum},
            urls={name: url},
            retry_if_failed=_RETRIES,
        )
        try:
            return Path(registry.fetch(name, downloader=_resuming(part, label)))
        except requests.RequestException as error:
            raise DataUnavailable(
                f"{label} is not on this machine, and {url} cannot be fetched: {_reason(error)}. "
                f"Once there is a network, the same command goes on where it broke off. {advice}"
            ) from error
        except ValueError as error:  # pooch's word for a checksum that does not match
            raise CorruptData(
                f"What {url} sent for {label} has not the checksum {checksum} that the catalogue states: it "
                f"was altered, or the source has published another version. It was thrown away. Try again "
                f"later. {advice}"
            ) from error


def _resuming(part: Path, label: str) -> Callable[[str, Any, pooch.Pooch], None]:
    """A downloader for pooch that keeps what it got in `part`, and asks only for the rest the next time."""

    def download(url: str, output: Any, _: pooch.Pooch) -> None:
        start = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with requests.get(url, headers=headers, stream=True, timeout=(_CONNECT, _READ)) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if response.headers.get("Content-Range") != f"bytes */{start}":
                    part.unlink()  # not the beginning of this file; the next try begins anew
                    raise requests.ConnectionError("the server has another file than before")
            else:
                response.raise_for_status()
                if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                    start = 0  # the server sends the whole file
                total = start + int(response.headers.get("Content-Length", 0))
                with part.open("ab" if start else "wb") as out, _progress(label, total, start) as advance:
                    for chunk in response.iter_content(_CHUNK):
                        out.write(chunk)
                        advance(len(chunk))
                if part.stat().st_size < total:
                    raise requests.ConnectionError(
                        f"the connection broke after {part.stat().st_size:,} bytes"
                    )
        part.replace(output)

    return download


def _reason(error: requests.RequestException) -> str:
    """Why a download failed, in a few words: requests tells all it knows, over several lines."""
    if error.response is not None:
        return f"the server answers {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "there is no connection, or it broke"


@contextmanager
def _progress(label: str, total: int, start: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(label, total=total or None, completed=start)
        yield lambda more: bar.advance(task, more)


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)
