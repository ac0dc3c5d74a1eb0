"""Item factors heard by a network: what a track sounds like tells who would play it, before anyone has."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musicrec import training
from musicrec.audio.augment import crop
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.clips import ClipRegressor
from musicrec.models.cnn import MelCNN
from musicrec.models.factorisation import FactorModel
from musicrec.models.inputs import SideInputs
from musicrec.models.item_sounds import ItemSounds, given_sounds
from musicrec.models.latent_factors import LatentFactorRegression, Warm
from musicrec.parameters import check_strength, check_whole

_FRAMES = 96  # of a crop: four and a half seconds; another stretch of a clip each time
_ITEMS = 64  # that are heard together in training: each is to be told from the others
_STRIDE = 10.0  # how much faster listeners learn than the network; their vectors start small
_AT_ONCE = 128  # whole clips, after training


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
        _check_training(epochs, lr, weight_decay)
        self.epochs, self.lr, self.weight_decay, self.device = epochs, lr, weight_decay, device

    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        sounds = given_sounds(side, self.items_, self.known_items_, "LatentFactorCNN")
        learnt = factors[sounds.items[sounds.known]].astype(np.float64)
        mean = learnt.mean(axis=0)
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


class PreferenceCNN(FactorModel):
    """What listeners like, told from sound directly: their vectors and the network are learnt together.

    The score of an item is p'f(x), as in `LatentFactorCNN`, but there is no factorisation first: p, a free
    vector for each listener, and the network f are trained on the plays themselves. In each step some items
    are heard, and what each listener played of them is to be told from the others: the loss is the mean of
    −ln softmax over these items, at p'f(x) + b, of those that were played. The items are drawn uniformly, so
    that they stand for all (a sampled softmax). The free number b of each item takes up how well known it is,
    which nobody can hear; it is left out of the scores.

    An item without sound is taken for the average one. Listeners who were not in train have no vector.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    dropout : float
        Of `MelCNN`.
    seed : int
        For all weights at the start, and for the order of items and crops.

    Attributes
    ----------
    network_ : MelCNN
    history_ : musicrec.training.history.History
    """

    can_score_cold_items = True
    can_score_history = False

    def __init__(
        self,
        factors: int = 64,
        epochs: int = 15,
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        check_whole("factors", factors, least=1)
        _check_training(epochs, lr, weight_decay)
        check_strength("dropout", dropout)
        if dropout >= 1:
            raise InvalidArgument(f"dropout is {dropout!r}; it must be from 0 to below 1.")
        check_whole("seed", seed, least=0)
        self.factors, self.epochs, self.lr, self.weight_decay = factors, epochs, lr, weight_decay
        self.dropout, self.seed, self.device = dropout, seed, device

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        sounds = given_sounds(side, self.items_, self.known_items_, "PreferenceCNN")
        learnt = ItemSounds(*(part[sounds.known] for part in sounds))
        played = train.binary.T.tocsr()[learnt.items]

        def batches(epoch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
            order = torch.randperm(len(learnt.items), generator=generator)
            for drawn in order.tensor_split(math.ceil(len(order) / _ITEMS)):
                mel = torch.from_numpy(learnt.mel[drawn.numpy()])
                heard = crop(mel, min(_FRAMES, mel.shape[2]), generator)
                yield heard, drawn, torch.from_numpy(played[drawn.numpy()].toarray())

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = MelCNN(self.factors, mels=sounds.mel.shape[1], dropout=self.dropout)
            preferences = _Preferences(network, self.factors, train.n_users, len(learnt.items))
        self.history_ = training.train(
            preferences,
            _Preferences.surprise,
            batches,
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="PreferenceCNN",
        )
        self.network_ = preferences.network
        told = _heard_by(self.network_, sounds.mel)
        item_factors = np.tile(told[sounds.known].mean(axis=0), (train.n_items, 1))
        item_factors[sounds.items] = told
        self._keep(_STRIDE * preferences.listeners.detach().cpu().numpy(), item_factors)


class _Preferences(nn.Module):
    """The network, a vector for each listener, and a number for each item that is learnt from."""

    def __init__(self, network: MelCNN, factors: int, n_users: int, n_items: int) -> None:
        super().__init__()
        self.network = network
        self.listeners = nn.Parameter(0.1 / _STRIDE * torch.randn(n_users, factors))
        self.fame = nn.Parameter(torch.zeros(n_items))

    def surprise(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The mean of −ln softmax over the items of a batch, at those that were played."""
        mel, items, played = batch
        scores = _STRIDE * (self.network(mel) @ self.listeners.T + self.fame[items][:, None])
        return -(played * functional.log_softmax(scores, dim=0)).sum() / played.sum().clamp(min=1)


def _heard_by(network: MelCNN, mel: np.ndarray) -> np.ndarray:
    """What a network makes of each whole clip: float32 (n, outputs)."""
    device = next(network.parameters()).device
    with torch.no_grad():
        return torch.cat(
            [network(some.to(device)).cpu() for some in torch.from_numpy(mel).split(_AT_ONCE)]
        ).numpy()


def _uncorrelated(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two matrices: one by which centred rows become uncorrelated with variance 1, and one that undoes it."""
    sizes, axes = np.linalg.eigh(rows.T @ rows / len(rows))
    there = sizes > 1e-9 * sizes.max()  # fewer items than factors leave directions in which nothing varies
    spread, axes = np.sqrt(sizes[there]), axes[:, there]
    return axes / spread, (axes * spread).T


def _check_training(epochs: int, lr: float, weight_decay: float) -> None:
    """Raise InvalidArgument unless the settings that both networks share are in range."""
    check_whole("epochs", epochs, least=1)
    check_strength("lr", lr, positive=True)
    check_strength("weight_decay", weight_decay)
