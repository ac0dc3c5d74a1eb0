"""Run one chapter: text to notebook, papermill, normal form, sounds, records, receipt.

Everything is made in a folder of its own and moved into place at the end, so that a chapter that fails or
is killed leaves what an earlier run made. The chapter has one thread, the folder book/ and the interpreter
of this process.
"""

import argparse
import contextlib
import json
import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow import WorkflowError, costs, notebook, receipts
from workflow.plan import Build, add_arguments, data_folders

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ONE_THREAD = {
    f"{name}_THREADS": "1"
    for name in ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "NUMEXPR_NUM", "NUMBA_NUM", "VECLIB_MAXIMUM")
}


def execute(build: Build, chapter: str, receipt: Path) -> None:
    """Run a chapter and put its notebook with its sounds, records, cost and receipt in place.

    Raises
    ------
    WorkflowError
        The chapter is malformed, a cell raises, or the notebook holds what it may not. Nothing is
        replaced then.
    """
    source = notebook.from_text(build.source(chapter))
    changed = notebook.changed_parameters(source, chapter, build.parameters)
    stage = build.out / "run" / f"{build.name}-{chapter}-{os.getpid()}"
    checkpoints = build.checkpoints(chapter)
    _remove_but(checkpoints)
    with _staged(stage):
        (build.root / "book").mkdir(exist_ok=True)
        os.environ.update(_environment(build, stage) | {"MUSICREC_CHECKPOINTS": str(checkpoints)})
        os.environ.pop("MPLBACKEND", None)  # or figures would go nowhere
        _write_kernelspec(stage)
        started = time.monotonic()
        executed = notebook.normalise(_run(build, chapter, source, changed, stage))
        seconds = time.monotonic() - started
        text = notebook.dumps(executed)
        clips = {clip: stage / "clips" / Path(clip).name for clip in notebook.clips(text)}
        found = notebook.problems(executed)
        found += [
            f"it plays {clip}, which the run did not make" for clip in clips if not clips[clip].is_file()
        ]
        if found:
            raise WorkflowError("\n  ".join([f"{chapter} ran, but its notebook cannot be kept:", *found]))
        trace = json.loads((stage / "trace.json").read_text(encoding="utf-8"))
        (stage / "notebook.ipynb").write_text(text, encoding="utf-8")
        made = _move_into_place(build, chapter, stage, clips)
        _write_cost(build, chapter, seconds, trace["peak_memory"])
        receipts.write(receipt, build, chapter, trace, made)
    shutil.rmtree(checkpoints.parent, ignore_errors=True)
    say(f"{chapter}: done in {seconds:.0f} s, {trace['peak_memory'] / 1e6:.0f} MB")


def say(text: str) -> None:
    """Print a line in one piece: chapters run side by side and write to the same terminal."""
    print(f"{text}\n", end="", flush=True)


def _remove_but(checkpoints: Path) -> None:
    """Remove what trainings of other states of the library left: they would go on with another code."""
    for folder in checkpoints.parent.glob("*"):
        if folder != checkpoints:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _staged(stage: Path) -> Iterator[None]:
    for folder in ("results", "ipython"):
        (stage / folder).mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _environment(build: Build, stage: Path) -> dict[str, str]:
    return (
        ONE_THREAD
        | data_folders()
        | {
            "PYTHONHASHSEED": "0",  # the order of sets is part of what a run prints
            "PYTHONPATH": str(build.root),
            "JUPYTER_PATH": str(stage),
            "IPYTHONDIR": str(stage / "ipython"),  # no start-up file of the person who runs this
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "MUSICREC_TRACE": str(stage / "trace.json"),
            "MUSICREC_RESULTS": str(stage / "results"),
            "MUSICREC_CLIPS": str(stage / "clips"),
        }
    )


def _write_kernelspec(stage: Path) -> None:
    """A kernel "python3" that is this very interpreter, whatever kernels the machine has under that name."""
    folder = stage / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "workflow.kernel",
        "-f",
        "{connection_file}",
        "--HistoryManager.enabled=False",
    ]
    command.append("--IPKernelApp.log_level=50")  # it warns of its local socket at each start
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def _run(build: Build, chapter: str, source: Any, changed: dict[str, Any], stage: Path) -> Any:
    import papermill  # 1.5 s: the driver and the tests of this module's other parts do without
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    say(f"{chapter}: running {len(source.cells)} cells ({build.name})")
    log = build.log(chapter)
    log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=log, filemode="w", level=logging.INFO, format="%(message)s", force=True)
    try:
        return papermill.execute_notebook(
            source,
            None,
            changed,
            kernel_name="python3",
            cwd=build.root / "book",
            log_output=True,
            progress_bar={"desc": chapter, "leave": False, "disable": None},  # None: only on a terminal
        )
    except PapermillExecutionError as error:
        raise WorkflowError(_story(chapter, error, log)) from None
    except DeadKernelError:
        raise WorkflowError(
            f"{chapter}: its process ended in the middle of a cell. Most often there was not enough memory: "
            f"run it alone (make chapter N={chapter[:2]}) or with PROFILE=quick. Output up to then: {log}"
        ) from None


def _story(chapter: str, error: Any, log: Path) -> str:
    """What happened in which cell: its source, and the last lines of the traceback."""
    traceback = _COLOUR.sub("", "\n".join(error.traceback)).split("\n")
    shown = traceback if len(traceback) <= 25 else ["...", *traceback[-24:]]
    source = "\n".join(f"    {line}" for line in error.source.split("\n"))
    return (
        f"{chapter}, cell {error.cell_index + 1} ({notebook.headline(error.source)}) raised {error.ename}: "
        f"{error.evalue}\n\n{source}\n\n" + "\n".join(shown) + f"\n\nAll output of the chapter: {log}"
    )


def _move_into_place(build: Build, chapter: str, stage: Path, clips: dict[str, Path]) -> list[Path]:
    moves = {build.notebooks / clip: made for clip, made in clips.items()}
    moves[build.notebook(chapter)] = stage / "notebook.ipynb"
    for record in sorted((stage / "results").rglob("*.json")):
        moves[build.results / record.name] = record
    for target, origin in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        origin.replace(target)
    return list(moves)


def _write_cost(build: Build, chapter: str, seconds: float, peak_memory: int) -> None:
    target = build.cost(chapter)
    target.parent.mkdir(parents=True, exist_ok=True)
    cost = costs.record(build, seconds, peak_memory)
    target.write_text(json.dumps(cost, indent=1) + "\n", encoding="utf-8")


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone (by kill -9, say); its kernel follows."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(description=execute.__doc__)
    add_arguments(parser)
    parser.add_argument("chapter")
    parser.add_argument("receipt", type=Path)
    chosen = parser.parse_args()
    _end_with(os.getppid())
    try:
        execute(Build.from_arguments(chosen), chosen.chapter, chosen.receipt)
    except WorkflowError as error:
        print(f"\n{error}\n", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
