"""Preferences learnt from plays alone or with sound: what the models of one loss, the softmax, share."""

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
from musicrec.models.cnn import MelCNN
from musicrec.models.factorisation import FactorModel
from musicrec.models.item_sounds import ItemSounds
from musicrec.parameters import check_strength, check_whole

_FRAMES = 96  # of a crop: four and a half seconds; another stretch of a clip each time
_ITEMS = 64  # that are looked at together in training: each is to be told from the others
STRIDE = 10.0  # how much faster free vectors learn than the network; they start small
_AT_ONCE = 128  # whole clips, after training

Batch = tuple[Tensor, ...]


class PreferenceModel(FactorModel):
    """What models share that learn listeners and items together, by a softmax over items.

    The score of an item is p'q + b, with p a free vector for each listener and b a free number for each item.
    In each step some items are looked at, and what each listener played of them is to be told from the
    others: the loss is the mean of −ln softmax over these items, at p'q + b, of those that were played. The
    items are drawn uniformly, so that they stand for all (a sampled softmax). The models differ in q.

    Listeners who were not in train have no vector. Explained in chapters 04_cnn_mel and 07_hybrids.

    Attributes
    ----------
    history_ : musicrec.training.history.History
    """

    can_score_history = False

    def __init__(
        self, factors: int, epochs: int, lr: float, weight_decay: float, seed: int, device: str
    ) -> None:
        check_whole("factors", factors, least=1)
        check_training(epochs, lr, weight_decay)
        check_whole("seed", seed, least=0)
        self.factors, self.epochs, self.lr, self.weight_decay = factors, epochs, lr, weight_decay
        self.seed, self.device = seed, device

    def _learn(
        self,
        train: Interactions,
        items: np.ndarray,
        sounds: ItemSounds | None = None,
        *,
        dropout: float = 0.0,
        free: bool = False,
        hidden: float = 0.0,
    ) -> "Preferences":
        """Train on the plays of `items`, with what sounds there are; other arguments as of `Preferences`."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = None if sounds is None else MelCNN(self.factors, sounds.mel.shape[1], dropout=dropout)
            preferences = Preferences(network, self.factors, train.n_users, len(items), free, hidden)
        self.history_ = training.train(
            preferences,
            Preferences.surprise,
            lambda epoch, generator: _batches(train, items, sounds, generator),
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label=type(self).__name__,
        )
        return preferences

    def _keep_with_fame(
        self, preferences: "Preferences", item_factors: np.ndarray, items: np.ndarray
    ) -> None:
        """Keep the factors, with b as a last column that listeners meet with 1; new items get the mean b."""
        fame = STRIDE * preferences.fame.detach().cpu().numpy()
        column = np.full((len(item_factors), 1), fame.mean(), dtype=np.float32)
        column[items, 0] = fame
        listeners = preferences.listener_vectors()
        ones = np.ones((len(listeners), 1), dtype=np.float32)
        self._keep(np.hstack([listeners, ones]), np.hstack([item_factors, column]))


class Preferences(nn.Module):
    """A vector for each listener, a number for each item that is learnt from, and what makes item vectors.

    The vector of an item is what the network hears, plus a free one where there are such.

    Parameters
    ----------
    network : MelCNN, optional
    factors, n_users, n_items : int
    free : bool
        Whether each item has a vector of its own.
    hidden : float
        Share of the free vectors that is left out in each step of training.
    """

    def __init__(
        self, network: MelCNN | None, factors: int, n_users: int, n_items: int, free: bool, hidden: float
    ) -> None:
        super().__init__()
        self.network, self.hidden = network, hidden
        self.listeners = nn.Parameter(0.1 / STRIDE * torch.randn(n_users, factors))
        self.fame = nn.Parameter(torch.zeros(n_items))
        self.own = nn.Parameter(0.1 / STRIDE * torch.randn(n_items, factors)) if free else None

    def surprise(self, batch: Batch) -> Tensor:
        """The mean of −ln softmax over the items of a batch, at those that were played."""
        items, played, *sound = batch
        scores = STRIDE * (self.vectors(items, *sound) @ self.listeners.T + self.fame[items][:, None])
        return -(played * functional.log_softmax(scores, dim=0)).sum() / played.sum().clamp(min=1)

    def vectors(self, items: Tensor, mel: Tensor | None = None, sounding: Tensor | None = None) -> Tensor:
        """Vectors (n, factors) of items; one without sound is taken for the average of those with one."""
        parts = []
        if self.network is not None and mel is not None and sounding is not None and sounding.sum() > 1:
            heard = self.network(mel[sounding])
            if sounding.all():
                parts.append(heard)
            else:
                parts.append(heard.mean(dim=0).repeat(len(items), 1).index_put((sounding,), heard))
        if self.own is not None:
            own = STRIDE * self.own[items]
            if self.training and self.hidden:
                own = own * (torch.rand(len(items), 1, device=own.device) >= self.hidden)
            parts.append(own)
        return torch.stack(parts).sum(dim=0) if len(parts) > 1 else parts[0]

    def listener_vectors(self) -> np.ndarray:
        """The vectors of the listeners: float32 (n_users, factors)."""
        return STRIDE * self.listeners.detach().cpu().numpy()

    def own_vectors(self) -> np.ndarray:
        """The free vectors of the items: float32 (n_items, factors)."""
        assert self.own is not None
        return STRIDE * self.own.detach().cpu().numpy()


def heard_factors(network: MelCNN, sounds: ItemSounds, n_items: int) -> np.ndarray:
    """What a network makes of the whole clip of each item, float32 (n_items, outputs).

    An item without sound is taken for the average of the known ones that have one.
    """
    device = next(network.parameters()).device
    with torch.no_grad():
        some = torch.from_numpy(sounds.mel).split(_AT_ONCE)
        told = torch.cat([network(clips.to(device)).cpu() for clips in some]).numpy()
    factors = np.tile(told[sounds.known].mean(axis=0), (n_items, 1))
    factors[sounds.items] = told
    return factors


def check_training(epochs: int, lr: float, weight_decay: float) -> None:
    """Raise InvalidArgument unless the settings that all these networks share are in range."""
    check_whole("epochs", epochs, least=1)
    check_strength("lr", lr, positive=True)
    check_strength("weight_decay", weight_decay)


def check_share(name: str, value: float) -> None:
    """Raise InvalidArgument unless a share of what is hidden is from 0 to below 1."""
    check_strength(name, value)
    if value >= 1:
        raise InvalidArgument(f"{name} is {value!r}; it must be from 0 to below 1.")


def _batches(
    train: Interactions, items: np.ndarray, sounds: ItemSounds | None, generator: torch.Generator
) -> Iterator[Batch]:
    """Places of some items in `items`, who played them and, where there are sounds, crops of their clips."""
    played = train.binary.T.tocsr()[items]
    place = np.full(train.n_items, -1)  # of the clip of each item
    if sounds is not None:
        place[sounds.items] = np.arange(len(sounds.items))
    order = torch.randperm(len(items), generator=generator)
    for drawn in order.tensor_split(math.ceil(len(order) / _ITEMS)):
        who = torch.from_numpy(played[drawn.numpy()].toarray())
        if sounds is None:
            yield drawn, who
        else:
            clips = place[items[drawn.numpy()]]
            mel = torch.from_numpy(sounds.mel[clips])  # that of an item without one is not looked at
            yield drawn, who, crop(mel, min(_FRAMES, mel.shape[2]), generator), torch.from_numpy(clips >= 0)
