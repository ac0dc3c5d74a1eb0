"""A process that trains a model when told to, in an environment that may be another."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from workflow.plan import ROOT


class Worker:
    """A module of benchmarks that serves (`benchmarks.worker`), ready to be trained; use it in a `with`.

    It loads and prepares its data when it starts, so that no call's time has any of that.

    Parameters
    ----------
    python : Path or str
        The interpreter of its environment.
    module : str
        Its name in benchmarks.
    arrays : dict of arrays
        What to learn from; see the module.
    settings : dict
        See the module.

    Raises
    ------
    RuntimeError
        From any call, where the process has died; the message ends with what it said.
    """

    def __init__(
        self, python: Path | str, module: str, arrays: dict[str, np.ndarray], settings: dict[str, Any]
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        np.savez(folder / "given.npz", **arrays)  # type: ignore[arg-type]
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        self.module = module
        self._told = folder / "told.npz"
        self._said = (folder / "said.txt").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [python, "-P", "-m", f"benchmarks.{module}", "given.npz", "settings.json"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def __enter__(self) -> Self:
        try:
            self.versions: dict[str, str] = self._answer()
        except RuntimeError:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, and remove its files."""
        self._process.kill()
        self._process.communicate()
        self._said.close()
        self._folder.cleanup()

    def train(self, epochs: int) -> dict[str, Any]:
        """A new network, trained for so many epochs: what that cost, and the mean loss of the last."""
        return self.ask("train", epochs)

    def further(self, epochs: int) -> dict[str, Any]:
        """So many epochs more of the same network; only RecBole's workers do this."""
        return self.ask("further", epochs)

    def scores(self) -> np.ndarray:
        """What the network gives each user (rows) for each item; only workers with users do this."""
        self.ask("scores", str(self._told))
        with np.load(self._told) as told:
            return told["scores"]

    def ask(self, command: str, argument: int | str) -> Any:
        """What the worker answers to a command."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({command: argument}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died, which the next line tells with its reason
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._said.seek(0)
        raise RuntimeError(
            f"The process of {self.module} ended. The last it said: {self._said.read()[-2000:]}"
        )
