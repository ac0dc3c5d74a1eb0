"""What a training run leaves behind besides the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

Row = tuple[int, float, float]  # epoch, loss, metric


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """How a training run went, epoch by epoch.

    Parameters
    ----------
    epochs : pandas.DataFrame
        One row an epoch: `epoch` (from 1), `loss` (mean over the rows of all batches, as they came), `metric`
        (what `validate` returned; NaN where there was none).
    best_epoch : int
        The epoch whose weights were kept: the first of the highest metric, or the last without one.
    best : float
        Its metric; NaN where there was none.
    stopped_early : bool
        Whether the run ended before its last epoch, for lack of a better one.
    """

    epochs: pd.DataFrame
    best_epoch: int
    best: float
    stopped_early: bool

    @classmethod
    def of(cls, rows: Sequence[Row], best_epoch: int, epochs: int) -> "History":
        """The history of a run that was to have `epochs` epochs, from what each of its epochs found."""
        table = pd.DataFrame(rows, columns=["epoch", "loss", "metric"])
        return cls(table, best_epoch, rows[best_epoch - 1][2], len(rows) < epochs)

    def __repr__(self) -> str:
        last = self.epochs.iloc[-1]
        stopped = ", stopped early" if self.stopped_early else ""
        return (
            f"History({len(self.epochs)} epochs{stopped}, last loss {last['loss']:.4g}, "
            f"best metric {self.best:.4g} in epoch {self.best_epoch})"
        )
