"""A worker (benchmarks.worker) with this library's MultVAE, which has a process of its own as its peer has.

{"train": 3} trains a new network for 3 epochs and says what that cost, and the mean loss of the last;
{"scores": "told.npz"} writes the scores of all users for all items.
"""

from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.worker import cost, serve
from musicrec.data import Interactions
from musicrec.models import MultVAE


class Fitting:
    """Plays, and the network in training.

    Parameters
    ----------
    settings : dict
        Of MultVAE, but for `epochs`.
    arrays : str
        See `benchmarks.recbole_multivae.Variational`.
    """

    def __init__(self, settings: dict[str, Any], arrays: str) -> None:
        given = np.load(arrays)
        self.settings = settings
        users, items = given["shape"].tolist()
        events = pd.DataFrame({"user": given["user"], "item": given["item"]})
        self.train_on = Interactions(pd.RangeIndex(users), pd.RangeIndex(items), events)

    def train(self, epochs: int) -> dict[str, Any]:
        """A new network, trained: what it cost (`benchmarks.worker.cost`), and the last epoch's mean loss."""
        self.model = MultVAE(**self.settings, epochs=epochs)
        taken = cost(lambda: self.model.fit(self.train_on))
        return {**taken, "loss": float(self.model.history_.epochs["loss"].iloc[-1])}

    def scores(self, path: str) -> None:
        """Write the scores of all users for all items, float32; items without a play come last."""
        np.savez(path, scores=self.model.score(np.arange(self.train_on.n_users)))


if __name__ == "__main__":
    serve(Fitting, {"musicrec": version("musicrec")})
