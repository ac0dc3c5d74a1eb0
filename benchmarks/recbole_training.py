"""What the workers in RecBole's own environment share: its configuration, its data, and training when told.

Nothing of musicrec is imported here: it needs other versions (benchmarks.recbole_environment).
"""

from pathlib import Path
from typing import Any

import numpy as np
import recbole  # type: ignore[import-not-found]
from recbole.config import Config  # type: ignore[import-not-found]
from recbole.data import create_dataset  # type: ignore[import-not-found]
from recbole.data.utils import create_samplers, get_dataloader  # type: ignore[import-not-found]
from recbole.trainer import Trainer  # type: ignore[import-not-found]
from recbole.utils import init_seed  # type: ignore[import-not-found]

from benchmarks.worker import cost

USER, ITEM, PLACE = "user", "item", "place"
VERSIONS = {"recbole": recbole.__version__, "numpy": np.__version__}


class Training:
    """One of RecBole's models over given rows, and the network in training.

    Parameters
    ----------
    model : class
        Of recbole.model.
    rows : int array, (n, 3)
        A play each: user or session, item, and its place in time.
    settings : dict
        `batch` (rows of a step), `lr` and `seed`.
    own : dict
        RecBole's settings that only this model has.
    """

    def __init__(self, model: type, rows: np.ndarray, settings: dict[str, Any], own: dict[str, Any]) -> None:
        folder = Path("plays")
        folder.mkdir()
        heading = f"{USER}:token\t{ITEM}:token\t{PLACE}:float"
        np.savetxt(folder / "plays.inter", rows, "%d", "\t", header=heading, comments="")
        chosen = {
            "data_path": str(Path.cwd()),
            "load_col": {"inter": [USER, ITEM, PLACE]},
            "USER_ID_FIELD": USER,
            "ITEM_ID_FIELD": ITEM,
            "TIME_FIELD": PLACE,
            "eval_args": {"split": {"RS": [1, 0, 0]}, "group_by": "none", "order": "TO", "mode": "full"},
            "train_neg_sample_args": None,
            "train_batch_size": settings["batch"],
            "learning_rate": settings["lr"],
            "seed": settings["seed"],
            "use_gpu": False,
            "show_progress": False,
            "state": "ERROR",
            **own,
        }
        self.model = model
        self.config = Config(model=model.__name__, dataset="plays", config_dict=chosen)
        dataset = create_dataset(self.config)
        built = dataset.build()
        sampler, _, _ = create_samplers(self.config, dataset, built)
        self.batches = get_dataloader(self.config, "train")(self.config, built[0], sampler, shuffle=True)
        self.users, self.items = (_codes(dataset.field2token_id[field]) for field in (USER, ITEM))

    def train(self, epochs: int) -> dict[str, Any]:
        """A new network, trained: what it cost (`benchmarks.worker.cost`), and the last epoch's mean loss."""

        def work() -> None:
            init_seed(self.config["seed"], self.config["reproducibility"])
            self.batches.generator.manual_seed(self.config["seed"])  # it has one of its own
            self.network = self.model(self.config, self.batches.dataset)
            self.trainer = Trainer(self.config, self.network)
            self.trainer.epochs = 0
            self._go_on(epochs)

        return {**cost(work), "loss": self._loss()}

    def further(self, epochs: int) -> dict[str, Any]:
        """Go on with the same network and the same optimiser; the answer is as that of `train`."""
        return {**cost(lambda: self._go_on(epochs)), "loss": self._loss()}

    def _go_on(self, epochs: int) -> None:
        self.trainer.start_epoch = self.trainer.epochs
        self.trainer.epochs += epochs
        self.trainer.fit(self.batches, saved=False, verbose=False)

    def _loss(self) -> float:
        return float(self.trainer.train_loss_dict[self.trainer.epochs - 1]) / len(self.batches)


def _codes(of_tokens: dict[str, int]) -> dict[int, int]:
    """RecBole's codes by ours."""
    return {int(token): code for token, code in of_tokens.items() if token != "[PAD]"}
