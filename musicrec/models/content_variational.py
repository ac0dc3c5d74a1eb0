"""A variational autoencoder that knows items by their features, and so those that nobody has played."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.linear_model import PoissonRegressor
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.preprocessing import normalize
from torch import Tensor, nn

from musicrec.data.interactions import Interactions
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.inputs import SideInputs
from musicrec.models.row_networks import ItemVectors, VariationalNetwork, written
from musicrec.models.variational import MultVAE

_NEVER = -1e9  # a score that no softmax gives a share; finite, since 0 times infinity is no number
_PENALTIES = (10.0, 0.1, 1e-2, 1e-3)  # on fame by features; the first leaves next to nothing but the mean
_FOLDS = 5


class ContentVAE(MultVAE):
    """`MultVAE` whose item weights are sums of weights of features, so that a new item has some too.

    With F the features (one row an item, brought to length 1), the vectors by which plays are read are F A,
    and those by which scores are written F B. A and B are learnt in place of free vectors. So an item that
    nobody has played is read in a history, and suits some listeners more than others, as items with its
    features do. Only the bias that is added to its scores is each item's own: it takes up the fame that the
    features cannot explain. Two items of the same features differ by no more, which costs on items that many
    have played.

    The bias of a new item is not learnt. It is set so that the item's mean score over the listeners in train
    is as far above that of known items, on average, as the logarithm of its fame that the features let expect
    is above that of theirs (see `expected_fame`).
    Where features tell nothing of fame, new items differ in whom they suit and not in how high they stand.

    What is learnt is learnt from items that have listeners and features: the softmax in training is over
    them. An item whose features are missing is read in no history, and is written as the average of them: it
    scores the same as other such items. A listener of such items alone gets what the network says of nothing.
    With `valid`, epochs are compared before new items have their biases, which are 0 then.
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
        latent: int = 16,
        hidden: int = 50,
        dropout: float = 0.5,
        beta: float = 0.5,
        anneal: float = 0.5,
        weighting: Weighting = "tfidf",
        epochs: int = 10,
        lr: float = 1e-2,
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
        features = given_features(side, "ContentVAE", self.known_items_)
        self._features = sp.csr_matrix(normalize(weigh_features(features, self.weighting)), dtype=np.float32)
        self._features.sum_duplicates()  # which puts each row in order
        self._features.eliminate_zeros()
        self._described = np.diff(self._features.indptr) > 0
        self._items = np.arange(train.n_items)
        self._learn(train, side.valid)
        self._place_new_items(train)

    def _readable(self, plays: sp.csr_matrix) -> sp.csr_matrix:
        readable = sp.csr_matrix(
            super()._readable(plays) @ sp.diags_array(self._described.astype(np.float32))
        )
        readable.eliminate_zeros()
        return readable

    def _place_new_items(self, train: Interactions) -> None:
        """Give each item that was not learnt from the bias for the mean score that its features promise."""
        learnt = self._described & self.known_items_
        new = self._described & ~learnt
        if not new.any():
            return
        listeners = np.flatnonzero(np.diff(self._plays.indptr))
        mean_scores = self._told(self._plays[listeners], listeners).mean(axis=0, dtype=np.float64)
        heard = np.asarray(train.binary.sum(axis=0), dtype=np.float64).ravel()[learnt]
        fame = expected_fame(self._features[learnt], heard, self._features[new], self.seed)
        of_mean_fame = (mean_scores[learnt] - np.log(heard / heard.mean())).mean()
        change = of_mean_fame + fame - mean_scores[new]
        bias = self.network_.writer.bias
        with torch.no_grad():
            bias[torch.from_numpy(new).to(bias.device)] += torch.from_numpy(change).to(bias)

    def _new_network(self) -> ContentNetwork:
        reader = FeatureVectors(self._features, self.hidden)
        writer = BiasedFeatureVectors(self._features, self.hidden)
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


def expected_fame(known: sp.csr_matrix, heard: np.ndarray, new: sp.csr_matrix, seed: int) -> np.ndarray:
    """How famous the features of new items let them be: ln of their listeners, 0 being the mean, (n_new,).

    By Poisson regression on the features of known items, which counts errors as a softmax does. Where
    cross-validation finds that the features explain nothing, the strongest penalty makes all new items alike.
    So it does where known items are so few that a fold holds one alone, or such as are equally famous: then
    there is nothing to explain, no penalty is better than another, and the first is taken.
    """
    if len(heard) < _FOLDS:
        return np.zeros(new.shape[0])
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    search = GridSearchCV(PoissonRegressor(max_iter=1000), {"alpha": _PENALTIES}, cv=folds)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", UserWarning)  # of folds with nothing to explain
        search.fit(known.astype(np.float64), heard / heard.mean())  # judged by the deviance that is explained
    return np.log(search.predict(new.astype(np.float64)))


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


class BiasedFeatureVectors(FeatureVectors):
    """As `FeatureVectors`, with a last column that is free: the bias of each item, 0 at the start."""

    def __init__(self, rows: sp.csr_matrix, width: int) -> None:
        super().__init__(rows, width)
        self.bias = nn.Parameter(torch.zeros(rows.shape[0]))

    def forward(self) -> Tensor:
        """The vectors of all items, each with its bias: (n_items, width + 1)."""
        return torch.cat([super().forward(), self.bias[:, None]], dim=1)


class ContentNetwork(VariationalNetwork):
    """A `VariationalNetwork` that learns from some items and writes scores of all.

    Parameters
    ----------
    described, learnt : bool tensors, shape (n_items,)
        Which items have features, and which of those are learnt from.
    """

    writer: BiasedFeatureVectors
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
