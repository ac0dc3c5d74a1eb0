"""Item factors told from words and from sound together, so that either does where the other is missing."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musicrec import training
from musicrec.audio.augment import crop
from musicrec.models.cnn import MelCNN
from musicrec.models.content_weighting import Weighting, check_weighting, dense_features, given_features
from musicrec.models.inputs import SideInputs
from musicrec.models.item_sounds import given_sounds
from musicrec.models.latent_factors import LatentFactorRegression, Warm
from musicrec.models.preferences import check_training
from musicrec.parameters import check_whole

_FRAMES = 96  # of a crop: four and a half seconds; another stretch of a clip each time
_ITEMS = 32  # of a step
_AT_ONCE = 128  # whole clips, after training
_WIDTH = 128  # columns of the features that the network reads


class MultimodalFactors(LatentFactorRegression):
    """Item factors told by a network that reads the features of an item and hears its clip.

    How factors and scores come about says `LatentFactorRegression`. The features go through a layer, the mel
    spectrogram through a `MelCNN`; what comes out of each is brought to length 1, so that neither drowns the
    other, and two layers tell the factors from both. The loss is 1 − the cosine of the factors told and those
    of `ALS` (Oramas, Nieto, Sordo and Serra 2017, "A deep multimodal approach for cold-start music
    recommendation", DLRS). So the network tells a direction; its length is then made the mean length of the
    factors of known items.

    Two things differ from the paper: here both halves are trained together and not one by one before they
    are joined; and of items that have both, a third are read only and a third heard only in each step. So
    the network cannot lean on one alone, and it knows items of which one is missing: there that half is 0. An
    item that has neither is taken for the average one. Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors, l2, alpha
        Of `ALS`, which makes the factors.
    hidden : int
        Numbers that come out of each half, and of the layer that joins them.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.dense_features`.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    warm : {"content", "factors"}
        By what items are scored that have listeners: as the others, or by the factors that `ALS` gave them.
    seed : int
        For the factors and weights at the start, and for the order of items, crops and what is hidden.

    Attributes
    ----------
    network_ : torch.nn.Module
    history_ : musicrec.training.history.History
    """

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        hidden: int = 128,
        weighting: Weighting = "tfidf",
        epochs: int = 15,
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        warm: Warm = "content",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, l2, alpha, warm, seed)
        check_whole("hidden", hidden, least=1)
        check_weighting(weighting)
        check_training(epochs, lr, weight_decay)
        self.hidden, self.weighting = hidden, weighting
        self.epochs, self.lr, self.weight_decay, self.device = epochs, lr, weight_decay, device

    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        content = self._content(side)
        there = content.described | (content.clip >= 0)
        learnt = np.flatnonzero(self.known_items_ & there)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            bands = content.mel.shape[1]
            network = _ReadAndHeard(content.words.shape[1], bands, self.hidden, factors.shape[1])
        targets = torch.from_numpy(factors[learnt])

        def batches(epoch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
            order = torch.randperm(len(learnt), generator=generator)
            for drawn in order.tensor_split(math.ceil(len(order) / _ITEMS)):
                words, described, mel, sounding = content.of(learnt[drawn.numpy()])
                heard = crop(mel, min(_FRAMES, mel.shape[2]), generator)
                yield targets[drawn], words, described, heard, sounding

        self.history_ = training.train(
            network,
            _ReadAndHeard.distance,
            batches,
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="MultimodalFactors",
        )
        self.network_ = network
        told = np.tile(factors[learnt].mean(axis=0), (len(factors), 1))
        length = np.linalg.norm(factors[learnt], axis=1).mean()
        told[there] = length * _directions(network, content, np.flatnonzero(there))
        return told.astype(np.float32)

    def _content(self, side: SideInputs) -> "_Content":
        features = given_features(side, "MultimodalFactors", self.known_items_)
        sounds = given_sounds(side, self.items_, self.known_items_, "MultimodalFactors")
        words = dense_features(features, self.weighting, self.known_items_, _WIDTH, self.seed)
        clip = np.full(len(words), -1)
        clip[sounds.items] = np.arange(len(sounds.items))
        return _Content(words, ~features.missing, sounds.mel, clip)


class _Content(NamedTuple):
    """What is read and heard of the items: rows of features, which have some, clips, and whose is which."""

    words: np.ndarray
    described: np.ndarray
    mel: np.ndarray
    clip: np.ndarray

    def of(self, items: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of some items: the words, which have any, the clips, which have one (the others are not heard)."""
        clip = self.clip[items]
        parts = (self.words[items], self.described[items], self.mel[clip], clip >= 0)
        words, described, mel, sounding = (torch.from_numpy(part) for part in parts)
        return words, described, mel, sounding


class _ReadAndHeard(nn.Module):
    """Reads the words of items, hears their clips, and tells a direction in the space of factors."""

    def __init__(self, width: int, mels: int, hidden: int, factors: int) -> None:
        super().__init__()
        self.eyes = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(0.3))
        self.ears = MelCNN(hidden, mels)
        self.joined = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, factors))

    def forward(self, words: Tensor, described: Tensor, mel: Tensor, sounding: Tensor) -> Tensor:
        """Directions (n, factors), not yet of length 1."""
        read = functional.normalize(self.eyes(words)) * described[:, None]
        heard = torch.zeros_like(read)
        if sounding.sum() > (1 if self.training else 0):  # batch statistics need two clips
            heard = heard.index_put((sounding,), functional.normalize(self.ears(mel[sounding])))
        return self.joined(torch.cat([read, heard], dim=1))

    def distance(self, batch: tuple[Tensor, ...]) -> Tensor:
        """The mean of 1 − cosine, with one half hidden of two thirds of the items that have both."""
        targets, words, described, mel, sounding = batch
        chance, both = torch.rand(len(targets), device=targets.device), described & sounding
        described, sounding = described & ~(both & (chance < 1 / 3)), sounding & ~(both & (chance > 2 / 3))
        told = self(words, described, mel, sounding)
        return (1 - functional.cosine_similarity(told, targets)).mean()


def _directions(network: _ReadAndHeard, content: _Content, items: np.ndarray) -> np.ndarray:
    """What a network tells of items, of length 1: float32 (len(items), factors)."""
    device = next(network.parameters()).device
    told = []
    with torch.no_grad():
        for start in range(0, len(items), _AT_ONCE):
            parts = content.of(items[start : start + _AT_ONCE])
            told.append(functional.normalize(network(*(part.to(device) for part in parts))).cpu())
    return torch.cat(told).numpy()
