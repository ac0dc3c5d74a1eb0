"""Attention instead of memory: each play looks at all before it. Explained in chapter 05_rnn_lstm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from musicrec.errors import InvalidArgument
from musicrec.models.network_sequence import NetworkSequenceModel
from musicrec.models.next_item_network import ContextUse, NextItemNetwork
from musicrec.models.sampled_losses import Loss
from musicrec.parameters import check_whole


class AttentionNetwork(NextItemNetwork):
    """`NextItemNetwork` whose reader is a stack of blocks of causal self-attention.

    A block lets each step take a weighted mean of what stands at the steps up to its own, and then passes it
    through two layers, number by number; what it makes is added to what came in. Steps have no order of their
    own, so each gets a learnt vector for its place.

    Parameters
    ----------
    blocks, heads, max_length : int
    others
        Of `NextItemNetwork`.
    """

    def __init__(self, blocks: int, heads: int, max_length: int, *others: object) -> None:
        super().__init__(*others)  # type: ignore[arg-type]
        factors = self.items.embedding_dim
        self.narrow = nn.Identity() if self.width == factors else nn.Linear(self.width, factors)
        self.places = nn.Parameter(0.02 * torch.randn(max_length, factors))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                factors, heads, factors, self.dropout.p, "relu", batch_first=True, norm_first=True
            )
            for _ in range(blocks)
        )
        self.norm = nn.LayerNorm(factors)

    def read(self, vectors: Tensor) -> Tensor:
        """See `NextItemNetwork.read`; no more than `max_length` steps."""
        steps = vectors.shape[1]
        read = self.narrow(vectors) + self.places[:steps]
        later = nn.Transformer.generate_square_subsequent_mask(steps, device=vectors.device)
        for block in self.blocks:
            read = block(read, src_mask=later, is_causal=True)
        return self.norm(read)


class SASRec(NetworkSequenceModel):
    """The next play by self-attention over the last `max_length` plays.

    From any play to any later one it is a single step, at whatever distance, so nothing has to be carried
    along; the price is a table of steps by steps for each session (Kang and McAuley, "Self-Attentive
    Sequential Recommendation", ICDM 2018). They train it to tell each next item from one drawn item. Here it
    is a softmax, over all items or many drawn ones, with which it is stronger (Klenitskiy and Vasilev,
    "Turning Dross Into Gold Loss: is BERT4Rec really better than SASRec?", RecSys 2023).
    Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    blocks : int
        How many layers of attention.
    heads : int
        Means that each layer takes side by side, each of its share of the factors.
    others
        Of `NetworkSequenceModel`.
    """

    def __init__(
        self,
        factors: int = 100,
        blocks: int = 2,
        heads: int = 1,
        loss: Loss = "sampled-softmax",
        negatives: int = 2048,
        alpha: float = 0.75,
        penalty: float = 1.0,
        dropout: float = 0.2,
        context: ContextUse | None = None,
        max_length: int = 50,
        batch: int = 4096,
        epochs: int = 10,
        lr: float = 3e-3,
        weight_decay: float = 0.0,
        patience: int | None = None,
        stop_by: str = "mrr@20",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            factors, loss, negatives, alpha, penalty, dropout, context, max_length, batch, epochs, lr,
            weight_decay, patience, stop_by, seed, device,
        )  # fmt: skip
        check_whole("blocks", blocks, least=1)
        check_whole("heads", heads, least=1)
        if factors % heads:
            raise InvalidArgument(
                f"heads is {heads} and factors {factors}: the heads must share them evenly."
            )
        self.blocks, self.heads = blocks, heads

    def _new_network(self) -> AttentionNetwork:
        return AttentionNetwork(self.blocks, self.heads, self.max_length, *self._shape)
