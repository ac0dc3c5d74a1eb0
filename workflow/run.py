"""What `make` calls: takes the lock on build/ and becomes Snakemake.

The lock is a flock that the process keeps as it turns into Snakemake, so the operating system frees it
whenever that process ends, in whatever way. A second run waits for the first and says for whom.
"""

import argparse
import fcntl
import os
import shutil
import sys
from pathlib import Path

from workflow import WorkflowError
from workflow.plan import Build, add_arguments


def take_lock(out: Path) -> int:
    """Hold build/ until this process ends; wait while another does. Returns the lock's file descriptor."""
    out.mkdir(parents=True, exist_ok=True)
    lock = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode().strip()
        print(
            f"Another run is at work in {out} (process {holder}). Waiting for it to end; "
            f"to stop it instead: kill {holder}",
            file=sys.stderr,
            flush=True,
        )
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    os.set_inheritable(lock, True)
    return lock


def clear_leftovers(out: Path) -> None:
    """Remove what a killed run left: unfinished chapters, Snakemake's lock. Only for the lock's holder."""
    shutil.rmtree(out / "run", ignore_errors=True)
    shutil.rmtree(out / ".snakemake" / "locks", ignore_errors=True)


def snakemake_command(build: Build, target: str, chapters: list[str], extra: list[str]) -> list[str]:
    config = [f"{name}={value}" for name, value in build.parameters.items()]
    if chapters:
        config.append("chapter=" + ",".join(chapters))
    return [
        sys.executable,
        *("-m", "snakemake", target),
        *("--snakefile", str(build.root / "workflow" / "Snakefile")),
        *("--directory", str(build.out)),
        *extra,
        "--config",
        *config,
    ]


def main() -> int:  # noqa: RET503
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("target", choices=("book", "chapters"))
    parser.add_argument("chapter", nargs="*", help="names or numbers; all where none is given")
    parser.add_argument(
        "--snakemake", default="", help="further options for Snakemake, such as a cluster's profile"
    )
    chosen = parser.parse_intermixed_args()
    build = Build.from_arguments(chosen)
    try:
        chapters = [build.chapter(number) for number in chosen.chapter]
        build.chapters()
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return 2
    take_lock(build.out)
    clear_leftovers(build.out)
    os.chdir(build.root)
    os.environ["PYTHONPATH"] = str(build.root)  # this checkout's workflow and library, whatever is installed
    command = snakemake_command(build, chosen.target, chapters, chosen.snakemake.split())
    os.execv(command[0], command)  # from here on this process is Snakemake


if __name__ == "__main__":
    sys.exit(main())
