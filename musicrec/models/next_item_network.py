"""A network that scores each item as the next play: item vectors around a reader of sequences."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from musicrec.models.context_inputs import ContextColumns, ContextVectors

ContextUse = Literal["concat", "gate"]
_CONTEXT_WIDTH = 16  # of what is set beside each item vector


class NextItemNetwork(nn.Module):
    """Item vectors, and a reader that makes one vector of the plays so far; their product is the score.

    The same item vectors go in and come out (Press and Wolf, "Using the Output Embedding to Improve Language
    Models", EACL 2017): half the weights, and half of what each step of training has to update. Going in they
    are stretched by the root of their length, so that their numbers have a variance of 1 at the start.

    Context comes in by one of two ways. "concat": its vector stands beside each item vector, and the reader
    makes of it what it can (Smirnova and Vasile, "Contextual Sequence Modeling for Recommendation with
    Recurrent Neural Networks", DLRS 2017). "gate": what the reader has made of the plays is multiplied,
    number by number, by 1 + the vector, which starts at 0 (Beutel et al., "Latent Cross: Making Use of
    Context in Recurrent Recommender Systems", WSDM 2018). Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    n_items : int
    factors : int
        The length of the item vectors, and of what the reader gives.
    dropout : float
        Share of numbers set to 0 in what goes into the reader, and in what comes out.
    context : {"concat", "gate"}, optional
    columns : ContextColumns, optional
        Where there is a context.
    """

    def __init__(
        self,
        n_items: int,
        factors: int,
        dropout: float,
        context: ContextUse | None = None,
        columns: ContextColumns | None = None,
    ) -> None:
        super().__init__()
        self.items = nn.Embedding(n_items, factors)
        nn.init.normal_(self.items.weight, std=factors**-0.5)
        self.bias = nn.Parameter(torch.zeros(n_items))
        self.dropout = nn.Dropout(dropout)
        self.context = context
        if columns is not None and context == "concat":
            self.circumstances = ContextVectors(columns, _CONTEXT_WIDTH, spread=1.0)
        elif columns is not None:
            self.circumstances = ContextVectors(columns, factors, spread=0.0)

    @property
    def width(self) -> int:
        """The length of the vectors that the reader is given."""
        return self.items.embedding_dim + (_CONTEXT_WIDTH if self.context == "concat" else 0)

    @abstractmethod
    def read(self, vectors: Tensor) -> Tensor:
        """From vectors (n, steps, width) to what is made of those up to each step: (n, steps, factors)."""

    def embedded(self, items: Tensor, *context: Tensor) -> Tensor:
        """What goes into the reader: (n, steps, width) for item codes (n, steps) and the rows' context."""
        vectors = self.items(items) * math.sqrt(self.items.embedding_dim)
        if self.context == "concat":
            beside = self.circumstances(*context)[:, None].expand(-1, items.shape[1], -1)
            vectors = torch.cat([vectors, beside], dim=2)
        return self.dropout(vectors)

    def forward(self, items: Tensor, *context: Tensor) -> Tensor:
        """What is made of the plays up to each step: (n, steps, factors)."""
        read = self.read(self.embedded(items, *context))
        if self.context == "gate":
            read = read * (1 + self.circumstances(*context)[:, None])
        return self.dropout(read)

    def scores(self, hidden: Tensor) -> Tensor:
        """Scores of all items, (n, n_items), for what was made of n prefixes."""
        return functional.linear(hidden, self.items.weight, self.bias)
