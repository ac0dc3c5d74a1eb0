"""The kernel a chapter runs in: an ordinary IPython kernel that writes down which files it read.

Started by `workflow.execute`, never by hand. Python announces each file it opens to an audit hook, modules
among them, so the list is complete without any word in the chapter. After each cell the list, the
fingerprints of the datasets that were loaded (with default options; the chapter itself holds any others) and
the peak memory go to the file named in MUSICREC_TRACE.
"""

import json
import os
import resource
import sys
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp


class Trace:
    """What a process has read below `root`."""

    def __init__(self, root: Path, target: Path) -> None:
        self.root = str(root) + os.sep
        self.target = target
        self.opened: set[str] = set()

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(args[0], str | os.PathLike):
            return
        path, _, flags = args
        if (flags or 0) & (os.O_WRONLY | os.O_RDWR):
            return
        where = os.path.abspath(os.fspath(path))  # noqa: PTH100  (pathlib is too slow for every open)
        if isinstance(where, str) and where.startswith(self.root):
            self.opened.add(where.removeprefix(self.root))

    def files(self) -> list[str]:
        """Paths relative to the root, modules by their source."""
        return sorted({_source(path) for path in tuple(self.opened)})

    def save(self, *_: object) -> None:
        data = sys.modules.get("musicrec.data")
        datasets = {name: data.fingerprint(name) for name in data.loaded()} if data else {}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        trace = {
            "files": self.files(),
            "datasets": datasets,
            "peak_memory": peak if sys.platform == "darwin" else peak * 1024,  # bytes there, kB elsewhere
        }
        self.target.write_text(json.dumps(trace), encoding="utf-8")


def _source(path: str) -> str:
    return source_from_cache(path) if path.endswith(".pyc") and "__pycache__" in path else path


def main() -> None:
    trace = Trace(Path(__file__).resolve().parent.parent, Path(os.environ["MUSICREC_TRACE"]))
    sys.addaudithook(trace.hook)
    app = IPKernelApp.instance()
    app.initialize()
    assert app.shell is not None  # initialize() made it
    app.shell.events.register("post_run_cell", trace.save)
    app.start()


if __name__ == "__main__":
    main()
