"""The bar of a training run: on a terminal, and nowhere else."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(label: str, epochs: int, first_process: bool) -> Iterator[Callable[[int, float, float], None]]:
    """A bar with a step an epoch; yields what shows how many are done, the loss and the metric."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not (first_process and sys.stderr.isatty())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task(label, total=epochs)

        def show(done: int, loss: float, metric: float) -> None:
            measured = "" if math.isnan(metric) else f", metric {metric:.4g}"
            progress.update(task, completed=done, description=f"{label}: loss {loss:.4g}{measured}")

        yield show
