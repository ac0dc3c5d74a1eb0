"""A worker (benchmarks.worker) with RecBole's MultiVAE, in RecBole's own environment.

Its commands are those of benchmarks.our_multvae, and {"further": 1}, which goes on for one epoch more.
"""

from typing import Any

import numpy as np
import torch
from recbole.model.general_recommender import MultiVAE  # type: ignore[import-not-found]

from benchmarks.recbole_training import USER, VERSIONS, Training
from benchmarks.worker import serve

AT_ONCE = 256  # users scored together
ANNEALED = 200_000  # steps until the weight of the second term is all of `beta`: RecBole's own


class Variational(Training):
    """Plays as RecBole wants them, and the network in training.

    Parameters
    ----------
    settings : dict
        `latent`, `hidden`, `dropout`, `beta`, `batch` (users of a step), `lr` and `seed`, for the same as
        there is at musicrec's MultVAE.
    arrays : str
        A file of arrays: `user` and `item`, the codes of the pairs to learn from, and `shape`, how many of
        each there are.
    """

    def __init__(self, settings: dict[str, Any], arrays: str) -> None:
        given = np.load(arrays)
        self.shape = given["shape"]
        rows = np.column_stack([given["user"], given["item"], np.arange(len(given["user"]))])
        own = {
            "mlp_hidden_size": [settings["hidden"]],
            "latent_dimension": 2 * settings["latent"],  # RecBole counts the mean and the variance
            "dropout_prob": settings["dropout"],
            "anneal_cap": settings["beta"],
            "total_anneal_steps": ANNEALED,
        }
        super().__init__(MultiVAE, rows, settings, own)

    def scores(self, path: str) -> None:
        """Write the scores of all users for all items, float32; items without a play come last."""
        found = np.full(self.shape, np.finfo(np.float32).min)
        items = np.array(list(self.items))
        codes = torch.tensor(list(self.items.values()))
        self.network.eval()
        with torch.no_grad():
            for some in np.array_split(np.array(list(self.users)), -(-len(self.users) // AT_ONCE)):
                asked = {USER: torch.tensor([self.users[user] for user in some.tolist()])}
                scores = self.network.full_sort_predict(asked).view(len(some), -1)
                found[np.ix_(some, items)] = scores[:, codes].numpy()
        np.savez(path, scores=found)


if __name__ == "__main__":
    serve(Variational, VERSIONS)
