"""Networks that read what a listener played as a sum of item vectors, and write a score for each item."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
_SPREAD = 0.05  # of item vectors at the start


def padded(rows: sp.csr_matrix) -> tuple[Tensor, Tensor]:
    """Rows of plays as a network reads them: item codes (n, longest), and 1 where there is one, else 0.

    An empty place holds item 0. So n rows take memory for their plays and not for all items.
    """
    lengths = np.diff(rows.indptr)
    there = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]
    items = np.zeros(there.shape, dtype=np.int64)
    items[there] = rows.indices
    return torch.from_numpy(items), torch.from_numpy(there.astype(np.float32))


def squared(scores: Tensor, items: Tensor, given: Tensor) -> Tensor:
    """The squared errors of all scores, 1 being right for what was played and 0 for the rest: (n,)."""
    return scores.square().sum(1) + (given * (1 - 2 * scores.gather(1, items))).sum(1)


def logistic(scores: Tensor, items: Tensor, given: Tensor) -> Tensor:
    """−ln of the probability of each item to have been played or not, summed over all of them: (n,)."""
    return functional.softplus(scores).sum(1) - (given * scores.gather(1, items)).sum(1)


class _Multinomial(torch.autograd.Function):
    """Written out: torch would hold the slopes of both terms at once, each as large as the scores."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, items: Tensor, given: Tensor) -> Tensor:
        ctx.save_for_backward(scores, items, given)
        return given.sum(1) * scores.logsumexp(1) - (given * scores.gather(1, items)).sum(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        scores, items, given = ctx.saved_tensors
        wanted = slope[:, None] * given
        slopes = scores.softmax(1).mul_(wanted.sum(1, keepdim=True))
        return slopes.scatter_add_(1, items, -wanted), None, None


def multinomial(scores: Tensor, items: Tensor, given: Tensor) -> Tensor:
    """−ln softmax over all items, summed over those that were played: (n,)."""
    lost: Tensor = _Multinomial.apply(scores, items, given)
    return lost


def written(weights: Tensor, hidden: Tensor) -> Tensor:
    """Scores (n, n_items) by the vectors of all items, (n_items, width + 1), whose last column is a bias."""
    return torch.addmm(weights[:, -1], hidden, weights[:, :-1].T)


class ItemVectors(nn.Module):
    """A free vector for each item."""

    def __init__(self, n_items: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_SPREAD * torch.randn(n_items, width))

    def forward(self) -> Tensor:
        """The vectors of all items: (n_items, width)."""
        return self.weight


class RowNetwork(nn.Module, ABC):
    """What networks on rows of plays share: a layer that reads them and one that writes scores.

    Reading sums the vectors of what was played; the other items cost nothing. In training each play is left
    out with a probability of `dropout`, and those that stay count for more instead. Writing is dense, for the
    rows of one batch.

    Parameters
    ----------
    reader, writer : modules that give the vectors of all items
        (n_items, hidden), and (n_items, hidden + 1), the last column being the biases.
    hidden : int
    dropout : float
    normalised : bool
        Whether each row is brought to length 1, so that those who played much do not fill the network more.
    """

    def __init__(
        self, reader: nn.Module, writer: nn.Module, hidden: int, dropout: float, normalised: bool
    ) -> None:
        super().__init__()
        self.reader, self.writer = reader, writer
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.dropout, self.normalised = nn.Dropout(dropout), normalised

    def read(self, items: Tensor, given: Tensor) -> Tensor:
        """The sum of the vectors of what was played, with the bias: (n, hidden)."""
        if self.normalised:
            given = functional.normalize(given)
        summed = functional.embedding_bag(
            items, self.reader(), per_sample_weights=self.dropout(given), mode="sum"
        )
        return summed + self.bias

    def write(self, hidden: Tensor) -> Tensor:
        """The scores of all items: (n, n_items)."""
        return written(self.writer(), hidden)

    @abstractmethod
    def forward(self, users: Tensor, items: Tensor, given: Tensor) -> Tensor:
        """Scores (n, n_items) of rows as `padded` gives them, and the codes of their listeners (n,)."""

    @abstractmethod
    def loss(self, users: Tensor, items: Tensor, given: Tensor, progress: Tensor) -> Tensor:
        """The mean loss of rows; `progress` (n,) says what share of the training is over."""


class DenoisingNetwork(RowNetwork):
    """One hidden layer between reading and writing.

    Parameters
    ----------
    n_items, hidden : int
    dropout, normalised
        Of `RowNetwork`.
    activation : callable
        Of the hidden layer.
    mistaken : callable
        The loss of each row: `squared`, `logistic` or `multinomial`.
    n_users : int, optional
        Where each listener has a vector that is added to what was read: those of train, and one after them
        for all others.
    """

    def __init__(
        self,
        n_items: int,
        hidden: int,
        dropout: float,
        normalised: bool,
        activation: Callable[[Tensor], Tensor],
        mistaken: Loss,
        n_users: int | None = None,
    ) -> None:
        reader, writer = ItemVectors(n_items, hidden), ItemVectors(n_items, hidden + 1)
        super().__init__(reader, writer, hidden, dropout, normalised)
        with torch.no_grad():
            writer.weight[:, -1] = 0
        self.activation, self.mistaken = activation, mistaken
        self.listeners: nn.Parameter | None = (
            None if n_users is None else nn.Parameter(torch.zeros(n_users + 1, hidden))
        )

    def forward(self, users: Tensor, items: Tensor, given: Tensor) -> Tensor:
        read = self.read(items, given)
        if self.listeners is not None:
            read = read + self.listeners[users]
        return self.write(self.activation(read))

    def loss(self, users: Tensor, items: Tensor, given: Tensor, progress: Tensor) -> Tensor:
        return self.mistaken(self(users, items, given), items, given).mean()


class VariationalNetwork(RowNetwork):
    """Between reading and writing a normal distribution over a few numbers, from which one draw is taken.

    Parameters
    ----------
    reader, writer, hidden, dropout
        Of `RowNetwork`.
    latent : int
        How many numbers.
    beta, anneal : float
        Of `musicrec.models.MultVAE`.
    """

    def __init__(
        self,
        reader: nn.Module,
        writer: nn.Module,
        hidden: int,
        latent: int,
        dropout: float,
        beta: float,
        anneal: float,
    ) -> None:
        super().__init__(reader, writer, hidden, dropout, normalised=True)
        self.posterior = nn.Linear(hidden, 2 * latent)
        self.unfold = nn.Linear(latent, hidden)
        self.beta, self.anneal = beta, anneal

    def encode(self, items: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of the distribution of each row, and the logarithm of its variance: (n, latent) each."""
        mean, log_variance = self.posterior(torch.tanh(self.read(items, given))).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latent: Tensor) -> Tensor:
        """Scores (n, n_items) from draws (n, latent)."""
        return self.write(torch.tanh(self.unfold(latent)))

    def forward(self, users: Tensor, items: Tensor, given: Tensor) -> Tensor:
        return self.decode(self.encode(items, given)[0])

    def loss(self, users: Tensor, items: Tensor, given: Tensor, progress: Tensor) -> Tensor:
        mean, log_variance = self.encode(items, given)
        drawn = mean + torch.randn_like(mean) * torch.exp(log_variance / 2)
        surprise = multinomial(self.decode(drawn), items, given)
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
        risen = (progress / self.anneal).clamp(max=1) if self.anneal else torch.ones_like(progress)
        return (surprise + self.beta * risen * divergence).mean()
