"""Item factors heard by a network: what a track sounds like tells who would play it, before anyone has."""

import numpy as np

from musicrec.errors import InvalidData
from musicrec.models.clips import ClipRegressor
from musicrec.models.inputs import SideInputs
from musicrec.models.item_sounds import given_sounds
from musicrec.models.latent_factors import LatentFactorRegression, Warm
from musicrec.models.preferences import check_training


class LatentFactorCNN(LatentFactorRegression):
    """Item factors told from sound by a convolutional network on mel spectrograms.

    How factors and scores come about says `LatentFactorRegression`; f is a `ClipRegressor`, whose squared
    error needs factors of one scale. So they are first turned and stretched until those of the known items
    are uncorrelated and of variance 1, and what the network tells is turned back: which factors ALS comes to
    depends on where it starts, and no score would change if they were turned.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors, l2, alpha
        Of `ALS`, which makes the factors.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    warm : {"content", "factors"}
        By what items are scored that have listeners: as the others, or by the factors that `ALS` gave them.
    seed : int
        For the factors and weights at the start, and for the order of items and crops.

    Attributes
    ----------
    regressor_ : ClipRegressor
        The network, with its history.
    """

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        epochs: int = 15,
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        warm: Warm = "content",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, l2, alpha, warm, seed)
        check_training(epochs, lr, weight_decay)
        self.epochs, self.lr, self.weight_decay, self.device = epochs, lr, weight_decay, device

    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        sounds = given_sounds(side, self.items_, self.known_items_, "LatentFactorCNN")
        learnt = factors[sounds.items[sounds.known]].astype(np.float64)
        mean = learnt.mean(axis=0)
        if np.abs(learnt - mean).max() <= 1e-6 * np.abs(learnt).max():  # but for rounding
            raise InvalidData(
                f"The factors of the {len(learnt):,} items to learn from are all alike, as where the same "
                "listeners played each of them, so no sound can tell them apart. Give more listeners, or "
                "lower l2 if the factors are 0."
            )
        there, back = _uncorrelated(learnt - mean)
        self.regressor_ = ClipRegressor(
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            device=self.device,
            seed=self.seed,
        ).fit(sounds.mel[sounds.known], (learnt - mean) @ there)
        told = np.tile(mean, (len(factors), 1))
        told[sounds.items] += self.regressor_.predict(sounds.mel) @ back
        return told.astype(np.float32)


def _uncorrelated(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two matrices: one by which centred rows become uncorrelated with variance 1, and one that undoes it."""
    sizes, axes = np.linalg.eigh(rows.T @ rows / len(rows))
    there = sizes > 1e-9 * sizes.max()  # fewer items than factors leave directions in which nothing varies
    spread, axes = np.sqrt(sizes[there]), axes[:, there]
    return axes / spread, (axes * spread).T
