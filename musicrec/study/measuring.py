"""Measures what a method costs, in a process of its own, when `make costs` asks for it.

An ordinary run measures nothing: a notebook holds nothing that was timed. `make costs` names a file in
MUSICREC_COSTS; one line of JSON is added to it for each repeat, and the workflow keeps them.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import io
import json
import multiprocessing as mp
import os
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from musicrec.errors import DataUnavailable, InvalidArgument
from musicrec.parameters import check_whole
from musicrec.study.aggregates import short_text
from musicrec.study.records import rounded

ASKED = "MUSICREC_COSTS"
TAKEN = ("what", "repeat", "seconds", "wall_seconds", "peak_bytes")  # columns of the table of costs


def measure_cost(
    id: str,
    function: Callable[..., object],
    *,
    given: Callable[[], object] | None = None,
    repeats: int = 3,
    **about: int | str,
) -> None:
    """Measure the seconds and the memory of a function, if `make costs` asks; in other runs do nothing.

    Each repeat runs in a forked copy of this process: it shares the data, and its peak memory is its own. The
    peak counts from what the process held when it began, so it leaves out the input that `function` finds
    ready, and takes in a megabyte or two of program code; sizes that need less say nothing. Import beforehand
    what `function` imports, or each repeat does it again.

    What is measured is ``function()``, or ``function(given())``, the input made once and not measured.

    Parameters
    ----------
    id
        What is done: "fit", "serve".
    function
        Does it. What it returns, prints or changes is lost.
    given
        Makes the input of `function`, such as data of some size, in runs that measure and in no other.
    repeats
        How often to measure.
    **about
        The sizes it is done at, whole numbers above 0, and short texts that tell methods apart:
        ``model="ItemKNN", users=1000``. They become columns of `costs`.

    Raises
    ------
    InvalidArgument
        No size, a size or text of another form, a name that the table of costs needs itself; or the function
        raised, or its process was ended.
    DataUnavailable
        Costs are asked for on a system without fork.

    Notes
    -----
    Explained in chapter 02_collaborative_filtering.
    """
    sizes = _checked(id, function, given, repeats, about)
    asked = os.environ.get(ASKED)
    if not asked:
        return
    if "fork" not in mp.get_all_start_methods():
        raise DataUnavailable(
            f"Costs are measured in forked processes, which {sys.platform} has not. Run make costs on Linux "
            "or macOS (or in the Windows Subsystem for Linux); all else works here."
        )
    work = function if given is None else functools.partial(function, given())
    for repeat in range(repeats):
        entry = {"what": id, "about": sizes, "repeat": repeat, **_in_a_fork(id, work)}
        with Path(asked).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")


def _in_a_fork(id: str, function: Callable[[], object]) -> dict[str, float | int]:
    _give_back_memory()
    here, there = mp.get_context("fork").Pipe(duplex=False)
    process = mp.get_context("fork").Process(target=_measure, args=(function, there))
    process.start()
    there.close()  # so that the end of the child ends the wait for it
    try:
        found = here.recv()
    except EOFError:
        found = None
    process.join()
    if found is None:
        raise InvalidArgument(
            f"measure_cost {id!r}: the process that ran the function was ended (exit code "
            f"{process.exitcode}). Most often there was not enough memory: measure smaller sizes."
        )
    if isinstance(found, str):
        raise InvalidArgument(f"measure_cost {id!r}: the function raised an error. Mend it first.\n{found}")
    return found


def _measure(function: Callable[[], object], answer: Connection) -> None:
    """Run the function and send its seconds and bytes, or the traceback of what it raised."""
    silent = io.StringIO()
    held = _peak_memory()  # of a process that has just been forked: what it holds
    try:
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            wall, cpu = time.perf_counter(), time.process_time()
            function()
            seconds, wall_seconds = time.process_time() - cpu, time.perf_counter() - wall
    except BaseException:
        answer.send(traceback.format_exc())
    else:
        peak = _peak_memory() - held
        answer.send({"seconds": rounded(seconds), "wall_seconds": rounded(wall_seconds), "peak_bytes": peak})


def _peak_memory() -> int:
    """The most that this process has held, in bytes."""
    import resource  # not on Windows, where chapters run too and nothing is measured

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, kB elsewhere


def _give_back_memory() -> None:
    """Free what is not in use, or the fork would draw on it and its own needs would not be seen."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU C library
    if trim is not None:
        trim(0)


def _checked(
    id: str, function: object, given: object, repeats: int, about: dict[str, Any]
) -> dict[str, int | str]:
    """What a measurement is at, in plain types."""
    if not short_text("measure_cost", id).strip() or not callable(function):
        raise InvalidArgument(
            f"measure_cost takes a short text and a function; found {id!r} and {type(function).__name__}."
        )
    if given is not None and not callable(given):
        raise InvalidArgument(
            f"measure_cost {id!r}: given makes the input, in runs that measure only; found "
            f"{type(given).__name__}. Say given=lambda: ..."
        )
    check_whole("repeats", repeats, least=1)
    for name, value in about.items():
        if name in TAKEN:
            raise InvalidArgument(f"measure_cost {id!r}: {name!r} is a column of its own. Use another word.")
        if isinstance(value, str):
            short_text(name, value)
        else:
            check_whole(f"measure_cost {id!r}: {name}", value, least=1)
    if all(isinstance(value, str) for value in about.values()):
        raise InvalidArgument(f"measure_cost {id!r}: say at which size, such as users=1000.")
    return {name: value if isinstance(value, str) else int(value) for name, value in about.items()}
