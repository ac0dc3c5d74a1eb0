"""Item factors heard by a network: what a track sounds like tells who would play it, before anyone has."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musicrec import training
from musicrec.data.cutting import check_whole
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.cnn import MelCNN
from musicrec.models.factorisation import FactorModel
from musicrec.models.inputs import SideInputs
from musicrec.models.item_clips import ItemClips
from musicrec.models.latent_factors import LatentFactorRegression, Warm
from musicrec.models.parameters import check_number


class LatentFactorCNN(LatentFactorRegression):
    """Item factors told from sound by a convolutional network on mel spectrograms.

    How factors and scores come about says `LatentFactorRegression`; f is `MelCNN`, trained by the squared
    error. Before that the factors are turned and stretched, those of the listeners the other way round so
    that no score changes, until those of the listeners are uncorrelated and of equal size: then an error in
    any factor costs as much as the error that it makes in the scores. A crop of each clip is heard in
    training, another one in each epoch, and the whole clip at the end. Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors, l2, alpha
        Of `ALS`, which makes the factors.
    epochs : int
        Passes over the known items.
    lr, weight_decay : float
        Of `musicrec.training.train`.
    dropout : float
        Of `MelCNN`.
    warm : {"content", "factors"}
        By what items are scored that have listeners: as the others, or by the factors that `ALS` gave them.
    seed : int
        For the factors and weights at the start, and for the order of items and crops.
    device : {"cpu", "cuda", "auto"}
        Where the network is trained and listens.

    Attributes
    ----------
    network_ : MelCNN
    history_ : musicrec.training.History
    """

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        epochs: int = 12,
        lr: float = 3e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        warm: Warm = "content",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, l2, alpha, warm, seed)
        _check_training(epochs, lr, weight_decay, dropout)
        self.epochs, self.lr, self.weight_decay, self.dropout = epochs, lr, weight_decay, dropout
        self.device = device

    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        clips = ItemClips.of(side, self.items_, self.known_items_, "LatentFactorCNN")
        turned, back = _by_their_worth(factors, self.als_.user_factors_[self.known_users_])
        mean, spread = turned[clips.known].mean(axis=0), turned[clips.known].std()
        targets = torch.from_numpy(((turned - mean) / max(spread, 1e-12)).astype(np.float32))

        def loss(network: MelCNN, batch: tuple[Tensor, Tensor]) -> Tensor:
            mel, wanted = batch
            return functional.mse_loss(network(mel), wanted)

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.network_ = MelCNN(self.factors, mels=clips.mel.shape[1], dropout=self.dropout)
        self.history_ = training.train(
            self.network_,
            loss,
            lambda epoch, generator: ((mel, targets[items]) for mel, items in clips.batches(64, generator)),
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="LatentFactorCNN",
        )
        told = np.zeros(factors.shape)  # the average, where there is no sound
        told[clips.items] = clips.heard_by(self.network_)
        return ((told * spread + mean) @ back).astype(np.float32)


class PreferenceCNN(FactorModel):
    """What listeners like, told from sound directly: their factors and the network are learnt together.

    The score of an item is p'f(x), as in `LatentFactorCNN`, but there is no factorisation first: p, a free
    vector for each listener, and the network f are trained on the plays themselves. In each step a batch of
    items is heard, and each listener's plays among them are to be told from the rest of them: the loss is the
    mean of −ln softmax over the batch, at p'f(x) + b, of the items that were played. A batch is drawn
    uniformly, so that its other items stand for all others (a sampled softmax). The free number b of each
    item takes up how well known it is, which nobody can hear; it is left out of the scores.

    An item without sound is taken for the average one. Listeners who were not in train have no vector.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    epochs : int
        Passes over the known items.
    lr, weight_decay : float
        Of `musicrec.training.train`; the listeners' vectors decay too.
    dropout : float
        Of `MelCNN`.
    seed : int
        For all weights at the start, and for the order of items and crops.
    device : {"cpu", "cuda", "auto"}
        Where the network is trained and listens.

    Attributes
    ----------
    network_ : MelCNN
    history_ : musicrec.training.History
    """

    can_score_cold_items = True
    can_score_history = False

    def __init__(
        self,
        factors: int = 64,
        epochs: int = 12,
        lr: float = 3e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        check_whole("factors", factors, least=1)
        check_whole("seed", seed, least=0)
        _check_training(epochs, lr, weight_decay, dropout)
        self.factors, self.epochs, self.lr, self.weight_decay = factors, epochs, lr, weight_decay
        self.dropout, self.seed, self.device = dropout, seed, device

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        clips = ItemClips.of(side, self.items_, self.known_items_, "PreferenceCNN")
        played = train.binary.T.tocsr()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            preferences = _Preferences(
                train.n_users,
                train.n_items,
                MelCNN(self.factors, mels=clips.mel.shape[1], dropout=self.dropout),
            )
        self.history_ = training.train(
            preferences,
            _Preferences.surprise,
            lambda epoch, generator: (
                (mel, torch.from_numpy(items), torch.from_numpy(played[items].toarray()))
                for mel, items in clips.batches(128, generator)
            ),
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="PreferenceCNN",
        )
        self.network_ = preferences.network
        heard = clips.heard_by(self.network_)
        item_factors = np.tile(heard[np.isin(clips.items, clips.known)].mean(axis=0), (train.n_items, 1))
        item_factors[clips.items] = heard
        self._keep(preferences.listeners.detach().numpy(), item_factors)


class _Preferences(nn.Module):
    """The network, a vector for each listener, and a number for each item."""

    def __init__(self, n_users: int, n_items: int, network: MelCNN) -> None:
        super().__init__()
        self.network = network
        self.listeners = nn.Parameter(0.1 * torch.randn(n_users, network.head.out_features))
        self.known = nn.Parameter(torch.zeros(n_items))

    def surprise(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The mean of −ln softmax over the items of a batch at those that were played."""
        mel, items, played = batch
        scores = self.network(mel) @ self.listeners.T + self.known[items][:, None]
        return -(played * functional.log_softmax(scores, dim=0)).sum() / played.sum().clamp(min=1)


def _by_their_worth(item_factors: np.ndarray, user_factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Item factors as they are where those of listeners have second moments I, and the matrix that undoes it."""
    sizes, axes = np.linalg.eigh(user_factors.T.astype(np.float64) @ user_factors / len(user_factors))
    sizes = np.sqrt(np.maximum(sizes, sizes.max() * 1e-9))
    return item_factors @ (axes * sizes), (axes / sizes).T


def _check_training(epochs: int, lr: float, weight_decay: float, dropout: float) -> None:
    """Raise InvalidArgument unless the settings that the networks share are in range."""
    check_whole("epochs", epochs, least=1)
    check_number("lr", lr, positive=True)
    check_number("weight_decay", weight_decay)
    check_number("dropout", dropout)
    if dropout >= 1:
        raise InvalidArgument(f"dropout is {dropout!r}; it must be from 0 to below 1.")
