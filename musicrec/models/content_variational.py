"""A variational autoencoder that knows items by their features, and so those that nobody has played."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.preprocessing import normalize
from torch import Tensor, nn

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidData
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.inputs import SideInputs
from musicrec.models.row_networks import ItemVectors, VariationalNetwork, written
from musicrec.models.variational import MultVAE

_NEVER = -1e9  # a score that no softmax gives a share; finite, since 0 times infinity is no number


class ContentVAE(MultVAE):
    """`MultVAE` whose item weights are sums of weights of features, so that a new item has some too.

    With F the features (one row an item, brought to length 1), the vectors by which plays are read are F A,
    those by which scores are written F B and the biases F c. A, B and c are learnt in place of free vectors.
    So an item that nobody has played is scored, and read in a history, as others with its features are; and
    two items of the same features always score the same, which costs on items that many have played.

    What is learnt is learnt from items that have listeners and features: the softmax in training is over
    them. An item whose features are missing is read in no history, and is written as the average of them: it
    scores the same as other such items. A listener of such items alone gets what the network says of nothing.
    Explained in chapter 06_autoencoders.

    Parameters
    ----------
    latent, hidden, dropout, beta, anneal
        Of `MultVAE`.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.
    epochs, lr, weight_decay, batch, patience, seed, device
        Of `musicrec.models.autoencoder.Autoencoder`.
    """

    can_score_cold_items = True
    network_: ContentNetwork

    def __init__(
        self,
        latent: int = 100,
        hidden: int = 200,
        dropout: float = 0.5,
        beta: float = 0.5,
        anneal: float = 0.5,
        weighting: Weighting = "tfidf",
        epochs: int = 20,
        lr: float = 2e-3,
        weight_decay: float = 0.1,
        batch: int = 100,
        patience: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            latent, hidden, dropout, beta, anneal, epochs, lr, weight_decay, batch, patience, seed, device
        )
        check_weighting(weighting)
        self.weighting = weighting

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        features = given_features(side, "ContentVAE")
        self._features = sp.csr_matrix(normalize(weigh_features(features, self.weighting)), dtype=np.float32)
        self._features.sum_duplicates()  # which puts each row in order
        self._features.eliminate_zeros()
        self._described = np.diff(self._features.indptr) > 0
        if not (self._described & self.known_items_).any():
            raise InvalidData(
                f"No item with a listener in train has {features.kind} features, so there is nothing to "
                "learn from. Check that they are of the items that were listened to."
            )
        self._items = np.arange(train.n_items)
        self._learn(train, side.valid)

    def _readable(self, plays: sp.csr_matrix) -> sp.csr_matrix:
        readable = sp.csr_matrix(
            super()._readable(plays) @ sp.diags_array(self._described.astype(np.float32))
        )
        readable.eliminate_zeros()
        return readable

    def _new_network(self) -> ContentNetwork:
        reader = FeatureVectors(self._features, self.hidden)
        writer = FeatureVectors(self._features, self.hidden + 1)
        return ContentNetwork(
            reader,
            writer,
            self.hidden,
            self.latent,
            self.dropout,
            self.beta,
            self.anneal,
            described=torch.from_numpy(self._described),
            learnt=torch.from_numpy(self._described & self.known_items_),
        )


class FeatureVectors(nn.Module):
    """For each item the sum of the vectors of its features, by their weights; 0 where it has none."""

    rows: Tensor

    def __init__(self, rows: sp.csr_matrix, width: int) -> None:
        super().__init__()
        self.of_features = ItemVectors(rows.shape[1], width)
        items, features = rows.nonzero()
        places = torch.from_numpy(np.stack([items, features]).astype(np.int64))
        sparse = torch.sparse_coo_tensor(
            places, torch.from_numpy(rows.data), rows.shape, is_coalesced=True, check_invariants=True
        )
        self.register_buffer("rows", sparse, persistent=False)

    def forward(self) -> Tensor:
        """The vectors of all items: (n_items, width)."""
        return torch.sparse.mm(self.rows, self.of_features())


class ContentNetwork(VariationalNetwork):
    """A `VariationalNetwork` that learns from some items and writes scores of all.

    Parameters
    ----------
    described, learnt : bool tensors, shape (n_items,)
        Which items have features, and which of those are learnt from.
    """

    described: Tensor
    learnt: Tensor

    def __init__(self, *arguments: Any, described: Tensor, learnt: Tensor) -> None:
        super().__init__(*arguments)
        self.register_buffer("described", described[:, None], persistent=False)
        self.register_buffer("learnt", learnt, persistent=False)

    def write(self, hidden: Tensor) -> Tensor:
        weights = self.writer()
        if self.training:
            return written(weights, hidden).masked_fill(~self.learnt, _NEVER)
        average = weights[self.learnt].mean(dim=0)
        return written(torch.where(self.described, weights, average), hidden)
