"""What every worker of `benchmarks.worker_process` does: answer commands, and say what memory it takes.

It runs in environments of other versions, so it imports nothing but Python's own.

A worker is a module that calls `serve`, started as ``python -m MODULE ARRAYS.npz SETTINGS.json``. The first
line it prints says which versions it has. Then it reads a line of JSON and prints one, again and again:
{"train": 3} calls the method `train` of its work with 3 and prints what that returns. What libraries print
goes to the standard error.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_forgotten = [0]  # the highest peak that `cost` has made the system forget


def serve(make: Callable[[dict[str, Any], str], Any], versions: dict[str, str]) -> None:
    """Answer until the input ends.

    Parameters
    ----------
    make : callable
        Takes the settings and the name of the file of arrays; its result has a method for each command.
    versions : dict
        What runs here, by name.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    arrays, settings = sys.argv[1:]
    sys.argv = sys.argv[:1]  # or RecBole reads them
    work = make(json.loads(Path(settings).read_text(encoding="utf-8")), arrays)
    answer: Any = versions
    while True:
        print(json.dumps(answer), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        ((command, argument),) = json.loads(line).items()
        answer = getattr(work, command)(argument)


def cost(call: Callable[[], Any]) -> dict[str, float | None]:
    """Wall-clock seconds of a call, and bytes: the most that the process has held, and the most that the call
    needed above what was held before it.

    Bytes are None where the system does not tell them: only Linux does, for one call. getrusage would not do
    even there: what it gives a new process begins with the peak of the one that started it.
    """
    told = STATUS.exists() and FORGET.exists()
    held = _bytes("VmRSS") if told else 0
    if told:
        _forgotten[0] = max(_forgotten[0], _bytes("VmHWM"))
        FORGET.write_text("5", encoding="ascii")  # the peak is from now on
    started = time.perf_counter()
    call()
    seconds = time.perf_counter() - started
    if not told:
        return {"seconds": seconds, "process": None, "call": None}
    peak = _bytes("VmHWM")
    return {"seconds": seconds, "process": max(_forgotten[0], peak), "call": peak - held}


def _bytes(name: str) -> int:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name + ":"))
