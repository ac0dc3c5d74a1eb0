"""Neural matrix factorisation: a network in the place of the product of two vectors."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musicrec import training
from musicrec.data.interactions import Interactions
from musicrec.models.base import Recommender
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_strength, check_whole


class NeuMF(Recommender):
    """The product of vectors and a network on vectors, joined: is this play one that happened?

    Each listener u and item i has two vectors. One pair is multiplied number by number, p ⊙ q; the other is
    laid end to end and goes through hidden layers that halve from one to the next. A last layer reads both
    outcomes: the score is h'[p ⊙ q, MLP(p', q')], and σ of it the probability of a play (He et al. 2017,
    "Neural collaborative filtering", WWW, equation 12). The loss is the log loss over the plays and, for each
    of them, `negatives` items drawn anew in each epoch, uniformly over those with a listener; a draw that
    hits something played is left out. The two halves are not trained alone beforehand, as the paper does for
    some of its numbers, and AdamW takes the place of its optimisers.

    Play counts are not read. There is no `score_history`: a new listener's vectors would have to be trained.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors : int
        The length of the vectors that are multiplied, and the width of the last hidden layer.
    layers : int
        Hidden layers; the first is factors · 2^(layers − 1) wide, as are the vectors laid end to end.
    negatives : int
        Items drawn for each play.
    batch : int
        Plays in a step of training, each with its negatives.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    seed : int
        For the weights at the start, and for the order of plays and the negatives.

    Attributes
    ----------
    network_ : torch.nn.Module
        Gives the scores of pairs: ``network_(users, items)``.
    history_ : musicrec.training.history.History
    """

    can_score_history = False

    def __init__(
        self,
        factors: int = 16,
        layers: int = 3,
        negatives: int = 4,
        batch: int = 1024,
        epochs: int = 15,
        lr: float = 5e-3,
        weight_decay: float = 1.0,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        check_whole("factors", factors, least=1)
        check_whole("layers", layers, least=1, most=8)
        check_whole("negatives", negatives, least=1)
        check_whole("batch", batch, least=1)
        check_whole("epochs", epochs, least=1)
        check_strength("lr", lr, positive=True)
        check_strength("weight_decay", weight_decay)
        check_whole("seed", seed, least=0)
        self.factors, self.layers, self.negatives, self.batch = factors, layers, negatives, batch
        self.epochs, self.lr, self.weight_decay = epochs, lr, weight_decay
        self.seed, self.device = seed, device

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.network_ = _JoinedFactors(train.n_users, train.n_items, self.factors, self.layers)
        plays, known = train.binary.tocoo(), torch.from_numpy(np.flatnonzero(self.known_items_))
        users, items = (torch.from_numpy(codes.astype(np.int64)) for codes in (plays.row, plays.col))
        pairs = (users * train.n_items + items).sort().values

        def batches(epoch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
            for some in torch.randperm(len(users), generator=generator).split(self.batch):
                whose = users[some].repeat(self.negatives)
                drawn = known[torch.randint(len(known), whose.shape, generator=generator)]
                new = ~_among(whose * train.n_items + drawn, pairs)
                played = torch.cat([torch.ones(len(some)), torch.zeros(int(new.sum()))])
                yield torch.cat([users[some], whose[new]]), torch.cat([items[some], drawn[new]]), played

        self.history_ = training.train(
            self.network_,
            _log_loss,
            batches,
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="NeuMF",
        )

    def _score(self, users: np.ndarray) -> np.ndarray:
        scores = np.empty((len(users), self.n_items_), dtype=np.float32)
        items = torch.arange(self.n_items_)
        with torch.no_grad():
            for row, user in zip(scores, users.tolist(), strict=True):  # one at a time: rounded alike always
                row[:] = self.network_(torch.full_like(items, user), items).numpy()
        return scores


class _JoinedFactors(nn.Module):
    """The two pairs of vectors, the hidden layers, and the last layer that reads both."""

    def __init__(self, n_users: int, n_items: int, factors: int, layers: int) -> None:
        super().__init__()
        widths = [factors * 2**step for step in reversed(range(layers))]
        self.users, self.items = (_small(nn.Embedding(n, factors)) for n in (n_users, n_items))
        self.deep_users, self.deep_items = (_small(nn.Embedding(n, widths[0])) for n in (n_users, n_items))
        hidden: list[nn.Module] = []
        for wide, narrow in zip([2 * widths[0], *widths], widths, strict=False):
            hidden += [nn.Linear(wide, narrow), nn.ReLU()]
        self.hidden = nn.Sequential(*hidden)
        self.joined = nn.Linear(2 * factors, 1)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        product = self.users(users) * self.items(items)
        deep = self.hidden(torch.cat([self.deep_users(users), self.deep_items(items)], dim=1))
        return self.joined(torch.cat([product, deep], dim=1))[:, 0]


def _small(embedding: nn.Embedding) -> nn.Embedding:
    nn.init.normal_(embedding.weight, std=0.1)
    return embedding


def _log_loss(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    users, items, played = batch
    return functional.binary_cross_entropy_with_logits(network(users, items), played)


def _among(keys: Tensor, ordered: Tensor) -> Tensor:
    """Which of the keys are among some in ascending order."""
    place = torch.searchsorted(ordered, keys).clamp(max=len(ordered) - 1)
    return ordered[place] == keys
