"""A worker (benchmarks.worker) with RecBole's GRU4Rec, in RecBole's own environment.

{"train": 3} trains a new network for 3 epochs and says what that cost and the mean loss of the last;
{"further": 1} goes on for one more; {"recall": 20} measures the share of held-out plays that are among the 20
best of all items after what came before.
"""

from typing import Any

import numpy as np
import torch
from recbole.model.sequential_recommender import GRU4Rec  # type: ignore[import-not-found]

from benchmarks.recbole_training import VERSIONS, Training
from benchmarks.worker import serve

AT_ONCE = 1024  # held-out prefixes scored together


class Recurrent(Training):
    """Sessions as RecBole wants them, one row a prefix, and the network in training.

    Parameters
    ----------
    settings : dict
        `factors`, `batch` (rows of a step), `lr` and `seed`, for the same as there is at musicrec's GRU4Rec.
    arrays : str
        A file of int64 arrays: `items` and `starts` of the sessions to train on, `held_items` and
        `held_starts` of held-out ones, as in musicrec.data.Sessions.
    """

    def __init__(self, settings: dict[str, Any], arrays: str) -> None:
        given = np.load(arrays)
        items, starts = given["items"], given["starts"]
        self.held = np.split(given["held_items"], given["held_starts"][1:])
        lengths = np.diff(starts, append=len(items))
        longest = max(int(lengths.max()), *(len(one) for one in self.held))
        rows = np.column_stack([np.repeat(np.arange(len(starts)), lengths), items, np.arange(len(items))])
        own = {
            "MAX_ITEM_LIST_LENGTH": longest - 1,  # all rows are padded to this; no shorter one fits
            "loss_type": "CE",  # the softmax over all items
            "embedding_size": settings["factors"],
            "hidden_size": settings["factors"],
            "dropout_prob": 0.0,
        }
        super().__init__(GRU4Rec, rows, settings, own)

    def recall(self, k: int) -> float:
        """Of the held-out plays that follow one: how many are among the k best; a tie counts as above."""
        pairs = [(one[:end], one[end]) for one in self.held for end in range(1, len(one))]
        prefixes = np.zeros((len(pairs), self.config["MAX_ITEM_LIST_LENGTH"]), dtype=np.int64)
        for row, (prefix, _) in enumerate(pairs):
            prefixes[row, : len(prefix)] = [self.items[item] for item in prefix.tolist()]
        length = torch.tensor([len(prefix) for prefix, _ in pairs])
        target = torch.tensor([self.items[int(item)] for _, item in pairs])[:, None]
        self.network.eval()
        found = 0
        with torch.no_grad():
            for some in torch.arange(len(pairs)).split(AT_ONCE):
                asked = {
                    self.network.ITEM_SEQ: torch.from_numpy(prefixes)[some],
                    self.network.ITEM_SEQ_LEN: length[some],
                }
                scores = self.network.full_sort_predict(asked)
                scores[:, 0] = -torch.inf  # of the padding
                ranks = (scores >= scores.gather(1, target[some])).sum(dim=1)
                found += int((ranks <= k).sum())
        return found / len(pairs)


if __name__ == "__main__":
    serve(Recurrent, VERSIONS)
