"""A process of RecBole, in its own environment, that trains when told to."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from musicrec.data import Sessions

WORKER = Path(__file__).with_name("recbole_worker.py")


class Worker:
    """RecBole's GRU4Rec over given sessions, ready to be trained; use it in a `with`.

    It loads and prepares its data when it starts, so that no call's time has any of that.

    Parameters
    ----------
    python : Path
        The interpreter of RecBole's environment.
    train, held : Sessions
        To learn from, and to be asked about; no item may be in `held` alone.
    settings : dict
        See `recbole_worker.Training`.

    Raises
    ------
    RuntimeError
        From any call, where the process has died; the message ends with what it said.
    """

    def __init__(self, python: Path, train: Sessions, held: Sessions, settings: dict[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        np.savez(
            folder / "given.npz",
            items=train.items,
            starts=train.starts,
            held_items=held.items,
            held_starts=held.starts,
        )
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        self._said = (folder / "said.txt").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [python, "-P", WORKER, "given.npz", "settings.json"],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
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

    def train(self, epochs: int) -> float:
        """A new network, trained for so many epochs; returns the mean loss of the last."""
        return float(self._ask("train", epochs))

    def further(self, epochs: int) -> None:
        """So many epochs more of the same network."""
        self._ask("further", epochs)

    def recall(self, k: int) -> float:
        """The share of held-out plays that the network has among its k best."""
        return float(self._ask("recall", k))

    def _ask(self, command: str, number: int) -> Any:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({command: number}) + "\n")
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
        raise RuntimeError(f"RecBole's process ended. The last it said: {self._said.read()[-2000:]}")
