"""What a network that names the next item is trained by: softmax over all items, or over some drawn ones.

With 60,000 items most of the time of a step goes into the scores of items that were not played. The losses on
drawn items score a few thousand of them, the same for all rows of a batch. Chapter 05_rnn_lstm.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

Loss = Literal["softmax", "sampled-softmax", "bpr-max"]
LOSSES = ("softmax", "sampled-softmax", "bpr-max")


class Negatives(nn.Module):
    """Draws items with probability q proportional to plays^alpha, with replacement.

    Parameters
    ----------
    plays : array, shape (n_items,)
        How often each item was played; one that never was is never drawn.
    alpha : float
        0 for all played items alike, 1 for as often as they were played.
    """

    log_q: Tensor
    cumulative: Tensor

    def __init__(self, plays: np.ndarray, alpha: float) -> None:
        super().__init__()
        weight = np.where(plays > 0, np.maximum(plays, 1).astype(np.float64) ** alpha, 0)
        with np.errstate(divide="ignore"):
            log_q = np.log(weight / weight.sum()).astype(np.float32)
        cumulative = weight.cumsum() / weight.sum()
        cumulative[plays.nonzero()[0][-1] :] = 1  # in spite of rounding
        self.register_buffer("log_q", torch.from_numpy(log_q), persistent=False)
        self.register_buffer("cumulative", torch.from_numpy(cumulative), persistent=False)

    def draw(self, n: int) -> Tensor:
        """Codes of n items, int64, by the random state of torch."""
        uniform = torch.rand(n, dtype=torch.float64, device=self.cumulative.device)
        return torch.searchsorted(self.cumulative, uniform, right=True)


def sampled_softmax(target: Tensor, drawn: Tensor, target_log_q: Tensor, drawn_log_q: Tensor) -> Tensor:
    """Mean cross-entropy of telling the item that was played from m drawn ones, with logQ correction.

    The loss of a row is -ln softmax(s - ln q) at the target, over the target and the drawn items; q is the
    probability with which an item is drawn. Without the correction, items that are drawn more often would be
    pushed down more often, and the popular ones end too low. With it, the scores that minimise the expected
    loss are those that minimise the full softmax, up to a number a row, however few items are drawn (Ma and
    Collins, "Noise Contrastive Estimation and Negative Sampling for Conditional Models", EMNLP 2018, the
    ranking objective). With many, its gradient nears that of the full softmax (Bengio and Senécal, "Adaptive
    Importance Sampling to Accelerate Training of a Neural Probabilistic Language Model", IEEE Transactions on
    Neural Networks 19(4), 2008). For both, a target that is drawn too must not be struck out.

    Parameters
    ----------
    target : float, shape (n,)
        Scores of the items that were played.
    drawn : float, shape (n, m)
        Scores of the drawn items.
    target_log_q : float, shape (n,)
    drawn_log_q : float, shape (m,)
        ln q of each.
    """
    corrected = target - target_log_q
    others = torch.logsumexp(drawn - drawn_log_q, dim=1)
    return (torch.logaddexp(corrected, others) - corrected).mean()


def bpr_max(target: Tensor, drawn: Tensor, hit: Tensor, penalty: float) -> Tensor:
    """Mean BPR-max loss: the played item is to score above those drawn items that score high.

    Of a row: -ln sum_j w_j sigmoid(r - r_j) + penalty sum_j w_j r_j^2, with w the softmax of the scores r_j
    of the drawn items (Hidasi and Karatzoglou, "Recurrent Neural Networks with Top-k Gains for Session-based
    Recommendations", CIKM 2018, section 3.3). The weights make the loss care for the few competitors at the
    top; the penalty keeps their scores from growing.

    Parameters
    ----------
    target : float, shape (n,)
    drawn : float, shape (n, m)
        As in `sampled_softmax`.
    hit : bool, shape (n, m)
        Where a drawn item is the one that was played: it is no competitor, and gets no weight.
    penalty : float
    """
    weight = functional.log_softmax(drawn.masked_fill(hit, torch.finfo(drawn.dtype).min), dim=1)
    above = torch.logsumexp(weight + functional.logsigmoid(target[:, None] - drawn), dim=1)
    return (penalty * (weight.exp() * drawn**2).sum(dim=1) - above).mean()


class NextItemLoss(nn.Module):
    """One of the three losses, from what a network has made of the plays so far.

    Parameters
    ----------
    loss : {"softmax", "sampled-softmax", "bpr-max"}
    plays : array, shape (n_items,)
        How often each item was played.
    negatives : int
        How many items are drawn in each step, for all rows together. With as many as there are items or
        more, "sampled-softmax" is the softmax over all: it costs less then, and is exact.
    alpha : float
        Of `Negatives`.
    penalty : float
        Of `bpr_max`.
    """

    def __init__(self, loss: Loss, plays: np.ndarray, negatives: int, alpha: float, penalty: float) -> None:
        super().__init__()
        whole = loss == "sampled-softmax" and negatives >= len(plays)
        self.loss, self.count, self.penalty = "softmax" if whole else loss, negatives, penalty
        self.negatives = Negatives(plays, alpha)

    def forward(self, hidden: Tensor, targets: Tensor, table: Tensor, bias: Tensor) -> Tensor:
        """The mean loss of n steps.

        Parameters
        ----------
        hidden : float, shape (n, d)
        targets : int64, shape (n,)
        table, bias : float, shapes (n_items, d) and (n_items,)
            The score of item i is hidden · table[i] + bias[i].
        """
        if self.loss == "softmax":
            return functional.cross_entropy(functional.linear(hidden, table, bias), targets)
        items = self.negatives.draw(self.count)
        # `embedding` and not `table[items]`: its gradient is summed in one go, indexing's one row at a time.
        target = (hidden * functional.embedding(targets, table)).sum(dim=1) + bias[targets]
        drawn = functional.linear(hidden, functional.embedding(items, table), bias[items])
        if self.loss == "bpr-max":
            return bpr_max(target, drawn, items == targets[:, None], self.penalty)
        log_q = self.negatives.log_q
        return sampled_softmax(target, drawn, log_q[targets], log_q[items])
