"""RecBole's GRU4Rec, in RecBole's own environment; `benchmarks.recbole_process.Worker` starts and asks it.

    python recbole_worker.py SESSIONS.npz SETTINGS.json

The first line it prints says which versions it has. Then it reads a line of JSON and prints one, again and
again: {"train": 3} trains a new network for 3 epochs and answers with the mean loss of the last;
{"further": 1} goes on for one more; {"recall": 20} measures the share of held-out plays that are among the 20
best of all items after what came before. What RecBole itself prints goes to the standard error.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import recbole  # type: ignore[import-not-found]
import torch
from recbole.config import Config  # type: ignore[import-not-found]
from recbole.data import create_dataset  # type: ignore[import-not-found]
from recbole.data.utils import create_samplers, get_dataloader  # type: ignore[import-not-found]
from recbole.model.sequential_recommender import GRU4Rec  # type: ignore[import-not-found]
from recbole.trainer import Trainer  # type: ignore[import-not-found]
from recbole.utils import init_seed  # type: ignore[import-not-found]

SESSION, ITEM, PLACE = "session", "item", "place"
AT_ONCE = 1024  # held-out prefixes scored together


class Training:
    """Sessions as RecBole wants them, one row a prefix, and the network in training.

    Parameters
    ----------
    settings : dict
        `factors`, `batch` (rows of a step), `lr` and `seed`, for the same as there is at musicrec's GRU4Rec.
    items, starts, held_items, held_starts : int64 arrays
        Sessions to train on and held-out ones, as in musicrec.data.Sessions.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        items: np.ndarray,
        starts: np.ndarray,
        held_items: np.ndarray,
        held_starts: np.ndarray,
    ) -> None:
        self.held = np.split(held_items, held_starts[1:])
        lengths = np.diff(starts, append=len(items))
        longest = max(int(lengths.max()), *(len(one) for one in self.held))
        rows = np.column_stack([np.repeat(np.arange(len(starts)), lengths), items, np.arange(len(items))])
        folder = Path("sessions")
        folder.mkdir()
        heading = f"{SESSION}:token\t{ITEM}:token\t{PLACE}:float"
        np.savetxt(folder / "sessions.inter", rows, "%d", "\t", header=heading, comments="")
        chosen = {
            "data_path": str(Path.cwd()),
            "load_col": {"inter": [SESSION, ITEM, PLACE]},
            "USER_ID_FIELD": SESSION,
            "ITEM_ID_FIELD": ITEM,
            "TIME_FIELD": PLACE,
            "MAX_ITEM_LIST_LENGTH": longest - 1,  # all rows are padded to this; no shorter one fits
            "eval_args": {"split": {"RS": [1, 0, 0]}, "group_by": "none", "order": "TO", "mode": "full"},
            "loss_type": "CE",  # the softmax over all items
            "train_neg_sample_args": None,
            "embedding_size": settings["factors"],
            "hidden_size": settings["factors"],
            "dropout_prob": 0.0,
            "train_batch_size": settings["batch"],
            "learning_rate": settings["lr"],
            "seed": settings["seed"],
            "use_gpu": False,
            "show_progress": False,
            "state": "ERROR",
        }
        self.config = Config(model="GRU4Rec", dataset="sessions", config_dict=chosen)
        dataset = create_dataset(self.config)
        built = dataset.build()
        sampler, _, _ = create_samplers(self.config, dataset, built)
        self.batches = get_dataloader(self.config, "train")(self.config, built[0], sampler, shuffle=True)
        codes = dataset.field2token_id[ITEM]
        self.codes = {int(token): code for token, code in codes.items() if token != "[PAD]"}

    def train(self, epochs: int) -> float:
        """A new network, trained; returns the mean loss of its last epoch."""
        init_seed(self.config["seed"], self.config["reproducibility"])
        self.network = GRU4Rec(self.config, self.batches.dataset)
        self.trainer = Trainer(self.config, self.network)
        self.trainer.epochs = 0
        return self.further(epochs)

    def further(self, epochs: int) -> float:
        """Go on with the same network and the same optimiser."""
        self.trainer.start_epoch = self.trainer.epochs
        self.trainer.epochs += epochs
        self.trainer.fit(self.batches, saved=False, verbose=False)
        return float(self.trainer.train_loss_dict[self.trainer.epochs - 1]) / len(self.batches)

    def recall(self, k: int) -> float:
        """Of the held-out plays that follow one: how many are among the k best; a tie counts as above."""
        pairs = [(one[:end], one[end]) for one in self.held for end in range(1, len(one))]
        prefixes = np.zeros((len(pairs), self.config["MAX_ITEM_LIST_LENGTH"]), dtype=np.int64)
        for row, (prefix, _) in enumerate(pairs):
            prefixes[row, : len(prefix)] = [self.codes[item] for item in prefix.tolist()]
        length = torch.tensor([len(prefix) for prefix, _ in pairs])
        target = torch.tensor([self.codes[int(item)] for _, item in pairs])[:, None]
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


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    sessions, settings = sys.argv[1:]
    sys.argv = sys.argv[:1]  # or RecBole reads them
    work = Training(json.loads(Path(settings).read_text(encoding="utf-8")), **np.load(sessions))
    answer: Any = {"recbole": recbole.__version__, "numpy": np.__version__}
    while True:
        print(json.dumps(answer), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        ((command, number),) = json.loads(line).items()
        answer = getattr(work, command)(number)


if __name__ == "__main__":
    main()
