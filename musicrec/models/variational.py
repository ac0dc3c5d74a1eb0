"""The variational autoencoder: what a listener likes as a distribution, and listeners drawn from it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.autoencoder import Autoencoder, check_dropout
from musicrec.models.row_networks import ItemVectors, VariationalNetwork, padded
from musicrec.parameters import check_strength, check_whole

_AT_ONCE = 2**23  # scores held at a time while drawing profiles


class MultVAE(Autoencoder):
    """An autoencoder that makes of a row a distribution of tastes rather than one.

    A row is read as in `MultDAE`, and through a tanh comes to the mean and variance of a normal distribution
    over `latent` numbers z. In training one z is drawn; a second tanh layer and a softmax over all items say
    what is played then. The loss of a row is

        −ln p(row | z) + beta · KL(q(z | row) ‖ N(0, I)),

    where the weight of the second term rises from 0 to `beta` over the first share `anneal` of the steps
    (Mult-VAE of Liang, Krishnan, Hoffman and Jebara 2018, "Variational Autoencoders for Collaborative
    Filtering", WWW). With beta at 1 this is the bound on the likelihood; below 1 the latent numbers keep more
    of the row. Scores are those of the mean. Explained in chapter 06_autoencoders.

    Parameters
    ----------
    latent : int
        How many numbers a taste has.
    hidden : int
        The width of the two layers around them.
    dropout : float
        From 0 to below 1: the share of plays that are left out in training.
    beta : float
        0 or more: how much the distributions are drawn to the standard normal one.
    anneal : float
        From 0 to 1: the share of the steps in which beta rises.
    epochs, lr, weight_decay, batch, patience, seed, device
        Of `musicrec.models.autoencoder.Autoencoder`.
    """

    network_: VariationalNetwork

    def __init__(
        self,
        latent: int = 100,
        hidden: int = 200,
        dropout: float = 0.5,
        beta: float = 0.5,
        anneal: float = 0.5,
        epochs: int = 20,
        lr: float = 1e-2,
        weight_decay: float = 0.1,
        batch: int = 100,
        patience: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(epochs, lr, weight_decay, batch, patience, seed, device)
        check_whole("latent", latent, least=1)
        check_whole("hidden", hidden, least=1)
        check_dropout(dropout)
        check_strength("beta", beta)
        check_strength("anneal", anneal)
        if anneal > 1:
            raise InvalidArgument(f"anneal is {anneal!r}; it must be a share of the steps, from 0 to 1.")
        self.latent, self.hidden, self.dropout = latent, hidden, dropout
        self.beta, self.anneal = beta, anneal

    def _new_network(self) -> VariationalNetwork:
        reader = ItemVectors(len(self._items), self.hidden)
        writer = ItemVectors(len(self._items), self.hidden + 1)
        with torch.no_grad():
            writer.weight[:, -1] = 0
        return VariationalNetwork(
            reader, writer, self.hidden, self.latent, self.dropout, self.beta, self.anneal
        )

    def posterior(self, matrix: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """What is thought of the taste behind each history: mean and variance, float32, (n, latent) each.

        The prior has mean 0 and variance 1. That the variance falls with what was played is not built in:
        rows come in at length 1, and how sure to be of short ones must be learnt from listeners who played
        little and others who played much. Of a row without plays it is what the network says of nothing.
        Parameter and errors as `score_history`.
        """
        mean, log_variance = self._encoded(self._history(matrix))
        return mean.numpy(), log_variance.exp().numpy()

    def generate(self, n: int, *, like: sp.csr_matrix | None = None, seed: int = 0) -> sp.csr_matrix:
        """Made-up listeners: CSR of ones, shape (n, n_items), no item twice in a row.

        For each a taste z is drawn, and a length, that of a listener in train. Then so many different items
        are drawn, one after the other, in proportion to what the network gives them (by the largest of the
        scores with Gumbel noise added, which comes to the same).

        Parameters
        ----------
        n : int
            How many.
        like : CSR, shape (m, n_items), optional
            Draw z from what is thought of these histories, in turn, and not from the prior N(0, I). As
            `score_history`, but without empty rows.
        seed : int
            The same seed draws the same listeners.

        Raises
        ------
        InvalidArgument
            Where the model is not fitted, or n or seed is out of range.
        InvalidData
            Where `like` is no history, or has an empty row or none.
        """
        self._check_fitted()
        check_whole("n", n, least=1)
        check_whole("seed", seed, least=0)
        generator = torch.Generator().manual_seed(seed)
        taste = torch.randn(n, self.latent, generator=generator)
        if like is not None:
            taste = self._drawn_like(self._history(like), taste)
        lengths = torch.from_numpy(np.diff(self._plays.indptr).astype(np.int64))
        lengths = lengths[lengths > 0]
        lengths = lengths[torch.randint(len(lengths), (n,), generator=generator)]
        chosen = []
        for some, length in zip(*(part.split(self._rows_at_once) for part in (taste, lengths)), strict=True):
            with torch.no_grad():
                scores = self.network_.decode(some)
            noise = -torch.empty_like(scores).exponential_(generator=generator).log()
            best = (scores + noise).topk(int(length.max()), dim=1).indices
            chosen += [row[:count].sort().values.numpy() for row, count in zip(best, length, strict=True)]
        starts = np.concatenate([[0], lengths.cumsum(0).numpy()])
        codes = self._items[np.concatenate(chosen)]
        ones = np.ones(len(codes), dtype=np.float32)
        return sp.csr_matrix((ones, codes, starts), shape=(n, self.n_items_))

    @property
    def _rows_at_once(self) -> int:
        return max(1, _AT_ONCE // len(self._items))

    def _encoded(self, history: sp.csr_matrix) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            return self.network_.encode(*padded(self._readable(history)))

    def _drawn_like(self, history: sp.csr_matrix, noise: Tensor) -> Tensor:
        empty = np.flatnonzero(np.diff(history.indptr) == 0)
        if not history.shape[0] or len(empty):
            found = f"row {empty[0]} is empty" if len(empty) else "there is none"
            raise InvalidData(
                f"like must hold histories to take tastes from, and {found}. Leave out listeners of whom "
                "nothing is known, or leave out like to draw from the prior."
            )
        mean, log_variance = self._encoded(history)
        in_turn = torch.arange(len(noise)) % len(mean)
        return mean[in_turn] + noise * (log_variance[in_turn] / 2).exp()
