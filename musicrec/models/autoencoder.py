"""Autoencoders: networks that are shown what a listener played and give it back, with what goes with it."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from musicrec import training
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.metrics import ranking_metrics
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs
from musicrec.models.ranking import top_k
from musicrec.models.row_networks import DenoisingNetwork, RowNetwork, logistic, multinomial, padded, squared
from musicrec.models.weighting import weigh
from musicrec.parameters import check_strength, check_whole

_CUT = 10  # places of the list that count in choosing the best epoch
_VALIDATED = 2_000  # listeners who are looked at after each epoch, at most
_AT_ONCE = 2**23  # scores that a network makes together outside training: 32 MB


class Autoencoder(Recommender):
    """What autoencoders on rows of plays share: how they are trained, stopped and asked.

    Whether an item was played is all that is read of the plays. A batch holds the rows of some listeners,
    sparse; only the scores of one batch are dense, so that memory grows with the number of items and not with
    its product with that of listeners. A listener's scores are what the network makes of her row, so one who
    was not in train is scored as the others. Items without a training pair have no weights.

    With `valid`, the weights of the epoch with the best NDCG@10 on it are kept. Its listeners, 2,000 of them
    at most, are scored from their training rows, and what is in those is masked.

    Parameters
    ----------
    epochs, lr, weight_decay, patience, device
        Of `musicrec.training.train`; without `valid` there is no patience.
    batch : int
        Listeners that make up a step of training, about.
    seed : int
        For the weights at the start, the order of listeners, dropout and draws. The same seed gives the same
        network, on one machine to the last bit.

    Attributes
    ----------
    network_ : musicrec.models.row_networks.RowNetwork
    history_ : musicrec.training.History

    Raises
    ------
    InvalidArgument
        From the constructor: a setting is out of range.
    TrainingFailed
        From fit: the loss is not finite. Lower lr.
    """

    network_: RowNetwork
    history_: training.History

    def __init__(
        self,
        epochs: int,
        lr: float,
        weight_decay: float,
        batch: int,
        patience: int | None,
        seed: int,
        device: str,
    ) -> None:
        check_whole("epochs", epochs, least=1)
        check_strength("lr", lr, positive=True)
        check_strength("weight_decay", weight_decay)
        check_whole("batch", batch, least=1)
        if patience is not None:
            check_whole("patience", patience, least=1)
        check_whole("seed", seed, least=0)
        self.epochs, self.lr, self.weight_decay, self.batch = epochs, lr, weight_decay, batch
        self.patience, self.seed, self.device = patience, seed, device

    @abstractmethod
    def _new_network(self) -> RowNetwork:
        """A network for `_items`, its weights drawn by torch's random state."""

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self._items = np.flatnonzero(self.known_items_)
        self._learn(train, side.valid)

    def _readable(self, plays: sp.csr_matrix) -> sp.csr_matrix:
        """Plays as the network reads them: a column for each of `_items`, ones."""
        return weigh(plays, "binary")[:, self._items]

    def _learn(self, train: Interactions, valid: Interactions | None) -> None:
        self._plays = self._readable(train.matrix)
        listeners = torch.from_numpy(np.flatnonzero(np.diff(self._plays.indptr)))
        steps = math.ceil(len(listeners) / self.batch)

        def batches(epoch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
            order = listeners[torch.randperm(len(listeners), generator=generator)]
            for step, users in enumerate(order.tensor_split(steps)):
                progress = (epoch + step / steps) / self.epochs
                yield users, *padded(self._plays[users.numpy()]), torch.full((len(users),), progress)

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.network_ = self._new_network()
        held = None if valid is None else self._held_out(train, valid)
        self.history_ = training.train(
            self.network_,
            lambda network, batch: network.loss(*batch),
            batches,
            validate=None if held is None else lambda network: self._ndcg(*held),
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            patience=None if held is None else self.patience,
            seed=self.seed,
            device=self.device,
            label=type(self).__name__,
        )

    def _held_out(
        self, train: Interactions, valid: Interactions
    ) -> tuple[np.ndarray, sp.csr_matrix, sp.csr_matrix] | None:
        """Who is looked at after each epoch, what they played and what was held out; None where nobody is."""
        relevant = valid.binary - valid.binary.multiply(train.binary)
        relevant.eliminate_zeros()
        users = np.flatnonzero((np.diff(relevant.indptr) > 0) & self.known_users_)
        users = users[:: math.ceil(len(users) / _VALIDATED) or 1]
        return (users, train.binary[users], sp.csr_matrix(relevant[users])) if len(users) else None

    def _ndcg(self, users: np.ndarray, seen: sp.csr_matrix, relevant: sp.csr_matrix) -> float:
        lists = top_k(self._scored(users), _CUT, self.tie_rank_, seen)
        return float(ranking_metrics(lists, relevant, _CUT)[f"ndcg@{_CUT}"].mean())

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._told(self._plays[users], users)

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        strangers = np.full(matrix.shape[0], self.n_users_)
        return self._told(self._readable(matrix), strangers)

    def _told(self, plays: sp.csr_matrix, users: np.ndarray) -> np.ndarray:
        """The scores of readable plays, in their places among all items: (n, n_items), the others 0."""
        device = self.network_.bias.device
        scores = np.zeros((len(users), self.n_items_), dtype=np.float32)
        step = max(1, _AT_ONCE // len(self._items))
        with torch.no_grad():
            for start in range(0, len(users), step):
                rows = slice(start, start + step)
                batch = (torch.from_numpy(users[rows]), *padded(plays[rows]))
                told = self.network_(*(part.to(device) for part in batch))
                scores[rows, self._items] = told.cpu().numpy()
        return scores


class AutoRec(Autoencoder):
    """The autoencoder of rows: a hidden layer with a sigmoid, and a squared error.

    A row r goes through h = σ(V r + b) and comes out as W h + c (Sedhain, Menon, Sanner and Xie 2015,
    "AutoRec: Autoencoders Meet Collaborative Filtering", WWW; the form that reads rows of users). The paper
    counts the error of the ratings that were given. Plays are no ratings: all that were made are 1, and a
    network that always says 1 would make no error on them. So the error is over all items here, with 0 for
    those that were not played. The paper's penalty on squares of weights is the decay of AdamW.
    Explained in chapter 06_autoencoders.

    Parameters
    ----------
    hidden : int
        The width of the hidden layer.
    epochs, lr, weight_decay, batch, patience, seed, device
        Of `musicrec.models.autoencoder.Autoencoder`.
    """

    def __init__(
        self,
        hidden: int = 200,
        epochs: int = 20,
        lr: float = 1e-2,
        weight_decay: float = 1.0,
        batch: int = 100,
        patience: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(epochs, lr, weight_decay, batch, patience, seed, device)
        check_whole("hidden", hidden, least=1)
        self.hidden = hidden

    def _new_network(self) -> DenoisingNetwork:
        return DenoisingNetwork(len(self._items), self.hidden, 0.0, False, torch.sigmoid, squared)


class CDAE(Autoencoder):
    """An autoencoder that is shown part of a row and a vector of its listener, and gives the row back whole.

    Each play is left out with a probability of `dropout`, and the hidden layer is h = σ(V r' + p + b), with p
    a free vector for each listener; the loss of an item is logistic (Wu, DuBois, Zheng and Ester 2016,
    "Collaborative Denoising Auto-Encoders for Top-N Recommender Systems", WSDM). The paper draws a few items
    that were not played for each that was; here all of them count, each once.

    A listener who was not in train has no vector and gets the mean of those there are. So the score of a
    listener in train is not that of her history given as a stranger's.
    Explained in chapter 06_autoencoders.

    Parameters
    ----------
    hidden : int
        The width of the hidden layer.
    dropout : float
        From 0 to below 1: the share of plays that are left out in training.
    epochs, lr, weight_decay, batch, patience, seed, device
        Of `musicrec.models.autoencoder.Autoencoder`.
    """

    network_: DenoisingNetwork

    def __init__(
        self,
        hidden: int = 200,
        dropout: float = 0.5,
        epochs: int = 20,
        lr: float = 1e-2,
        weight_decay: float = 0.1,
        batch: int = 100,
        patience: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(epochs, lr, weight_decay, batch, patience, seed, device)
        check_whole("hidden", hidden, least=1)
        check_dropout(dropout)
        self.hidden, self.dropout = hidden, dropout

    def _new_network(self) -> DenoisingNetwork:
        return DenoisingNetwork(
            len(self._items), self.hidden, self.dropout, False, torch.sigmoid, logistic, self.n_users_
        )

    def _learn(self, train: Interactions, valid: Interactions | None) -> None:
        super()._learn(train, valid)
        listeners = self.network_.listeners
        assert listeners is not None  # the network was made with some
        with torch.no_grad():
            known = np.append(self.known_users_, False)
            listeners[~known] = listeners[known].mean(dim=0)


class MultDAE(Autoencoder):
    """A denoising autoencoder whose scores share one probability: what is likelier makes the rest less so.

    A row is brought to length 1, each play is left out with a probability of `dropout`, the hidden layer is a
    tanh, and the loss is −ln softmax over all items, at those that were played: plays are draws from one
    multinomial distribution, and items compete for them as they do for places in a list (Mult-DAE of Liang,
    Krishnan, Hoffman and Jebara 2018, "Variational Autoencoders for Collaborative Filtering", WWW).
    Explained in chapter 06_autoencoders.

    Parameters
    ----------
    hidden, dropout
        Of `CDAE`.
    epochs, lr, weight_decay, batch, patience, seed, device
        Of `musicrec.models.autoencoder.Autoencoder`.
    """

    def __init__(
        self,
        hidden: int = 200,
        dropout: float = 0.5,
        epochs: int = 20,
        lr: float = 1e-2,
        weight_decay: float = 1.0,
        batch: int = 100,
        patience: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(epochs, lr, weight_decay, batch, patience, seed, device)
        check_whole("hidden", hidden, least=1)
        check_dropout(dropout)
        self.hidden, self.dropout = hidden, dropout

    def _new_network(self) -> DenoisingNetwork:
        return DenoisingNetwork(len(self._items), self.hidden, self.dropout, True, torch.tanh, multinomial)


def check_dropout(dropout: float) -> None:
    """Raise InvalidArgument unless a share of 0 to below 1 can be left out."""
    check_strength("dropout", dropout)
    if dropout >= 1:
        raise InvalidArgument(f"dropout is {dropout!r}; it must be from 0 to below 1.")
