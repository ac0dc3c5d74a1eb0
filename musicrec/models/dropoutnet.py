"""A network that learns to do without plays: in training they are hidden from it at random."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.preprocessing import normalize
from torch import Tensor, nn

from musicrec import training
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.factorisation import ALS, FactorModel
from musicrec.models.inputs import SideInputs
from musicrec.models.weighting import weigh
from musicrec.parameters import check_strength, check_whole

_USERS = 64  # in a step of training
_ITEMS = 2048  # with which they are paired, at most
_START = 0.1  # of the weights of content: a rare feature is seldom corrected, and must not speak loudly


class DropoutNet(FactorModel):
    """Two towers over factors and content, trained with the factors hidden at random.

    `ALS` gives listeners and known items their factors u and v. One tower reads the factors of an item and
    its content, the other those of a listener, and the product of what they tell is fitted to that of the
    factors: the loss is the mean of (u'v − f(u)'g(v, x))² over pairs. In each step a share `dropout` of the
    items have v replaced by 0, so that the tower learns to tell from content alone what it would have told
    with v; and the same share of listeners have u replaced by the mean of v over what they played, since that
    can be had of anybody (Volkovs, Yu and Poutanen 2017, "DropoutNet: addressing cold start in recommender
    systems", NeurIPS, equation 2 and section 4, which hides one side of a pair at a time). An item
    that nobody has played is then scored with 0 for v, and a listener who was not in train by the mean.

    Pairs are of some listeners and up to 2,048 known items a step, drawn uniformly. Hidden layers have the
    form tanh(Wx + b). Factors and their products are brought to a mean square of 1, content to length 1. An
    item with neither plays nor content gets what the tower tells of zeros. Play counts are not read.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors, l2, alpha
        Of `ALS`, which makes the factors; the towers tell as many.
    hidden : int
        The width of the hidden layer of each tower.
    dropout : float
        From 0 to 1: the share of items and listeners whose factors are hidden in a step. With 0 the network
        never learns what to do without them.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    seed : int
        For the factors and weights at the start, the order of listeners, and what is hidden.

    Attributes
    ----------
    als_ : ALS
        The factorisation, fitted.
    history_ : musicrec.training.history.History
    """

    can_score_cold_items = True

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        hidden: int = 256,
        dropout: float = 0.5,
        weighting: Weighting = "tfidf",
        epochs: int = 15,
        lr: float = 2e-3,
        weight_decay: float = 0.1,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        ALS(factors, l2, alpha, seed=seed)  # which says what is out of range
        check_whole("hidden", hidden, least=1)
        check_strength("dropout", dropout)
        if dropout > 1:
            raise InvalidArgument(f"dropout is {dropout!r}; it must be from 0 to 1.")
        check_weighting(weighting)
        check_whole("epochs", epochs, least=1)
        check_strength("lr", lr, positive=True)
        check_strength("weight_decay", weight_decay)
        self.factors, self.l2, self.alpha = factors, l2, alpha
        self.hidden, self.dropout, self.weighting = hidden, dropout, weighting
        self.epochs, self.lr, self.weight_decay = epochs, lr, weight_decay
        self.seed, self.device = seed, device

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        features = weigh_features(given_features(side, "DropoutNet", self.known_items_), self.weighting)
        self.als_ = ALS(self.factors, self.l2, self.alpha, seed=self.seed).fit(train)
        self._vectors = _scaled(self.als_.item_factors_, self.known_items_)
        self._stretch = 1 / _size(self._means(train.matrix)[self.known_users_])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            towers = _Towers(
                _scaled(self.als_.user_factors_, self.known_users_),
                self._means(train.matrix) * self._stretch,
                self._vectors,
                sp.csr_matrix(normalize(features.astype(np.float32))),
                self.known_items_,
                self.hidden,
                self.dropout,
            )
        users = torch.from_numpy(np.flatnonzero(self.known_users_))

        def batches(epoch: int, generator: torch.Generator) -> Iterator[Tensor]:
            for some in torch.randperm(len(users), generator=generator).split(_USERS):
                yield users[some]

        self.history_ = training.train(
            towers,
            _Towers.squared_error,
            batches,
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            label="DropoutNet",
        )
        self._user_tower = towers.user_tower
        with torch.no_grad():
            every = torch.arange(train.n_items)
            self._keep(
                towers.user_tower(towers.users).numpy(), towers.told_of_items(towers.vectors, every).numpy()
            )

    def _means(self, matrix: sp.csr_matrix) -> np.ndarray:
        """The mean of the item factors over what each listener played of the known items."""
        played = weigh(matrix, "binary") @ sp.diags(self.known_items_.astype(np.float32))
        return (normalize(played, norm="l1") @ self._vectors).astype(np.float32)

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        with torch.no_grad():
            told = self._user_tower(torch.from_numpy(self._means(matrix) * self._stretch)).numpy()
        return told @ self.item_factors_.T


class _Towers(nn.Module):
    """The two towers, what they read, and what their product is to be."""

    users: Tensor
    means: Tensor
    vectors: Tensor
    content: Tensor
    known: Tensor

    def __init__(
        self,
        users: np.ndarray,
        means: np.ndarray,
        vectors: np.ndarray,
        content: sp.csr_matrix,
        known: np.ndarray,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        factors, rows = users.shape[1], content.tocoo()
        placed = torch.sparse_coo_tensor(
            torch.from_numpy(np.stack([rows.row, rows.col]).astype(np.int64)),
            torch.from_numpy(rows.data),
            rows.shape,
            check_invariants=False,
        ).coalesce()
        for name, given in {
            "users": torch.from_numpy(users),
            "means": torch.from_numpy(means),
            "vectors": torch.from_numpy(vectors),
            "content": placed,
            "known": torch.from_numpy(np.flatnonzero(known)),
        }.items():
            self.register_buffer(name, given, persistent=False)  # it is no weight
        self.user_tower = nn.Sequential(nn.Linear(factors, hidden), nn.Tanh(), nn.Linear(hidden, factors))
        self.from_vectors = nn.Linear(factors, hidden)
        self.from_content = nn.Parameter(_START * torch.randn(content.shape[1], hidden))
        self.told = nn.Linear(hidden, factors)
        self.dropout = dropout
        both = (users.T.astype(np.float64) @ users) * (vectors.T.astype(np.float64) @ vectors)
        self.size = float(np.sqrt(both.sum() / (len(users) * len(vectors)))) or 1.0  # of the products

    def told_of_items(self, vectors: Tensor, items: Tensor) -> Tensor:
        """What the tower of items tells of some of them; `vectors` are theirs, of factors or zeros."""
        described = torch.sparse.mm(self.content, self.from_content)[items]
        return self.told(torch.tanh(self.from_vectors(vectors) + described))

    def squared_error(self, users: Tensor) -> Tensor:
        """The mean over pairs of some listeners and items, factors hidden at random."""
        order = torch.randperm(len(self.known), device=self.known.device)
        items = self.known[order[:_ITEMS]]
        expected = self.users[users] @ self.vectors[items].T / self.size
        vectors = torch.where(self._hidden(items), 0.0, self.vectors[items])
        read = torch.where(self._hidden(users), self.means[users], self.users[users])
        return (expected - self.user_tower(read) @ self.told_of_items(vectors, items).T).square().mean()

    def _hidden(self, codes: Tensor) -> Tensor:
        """Of which codes the factors are hidden in this step: one column."""
        return torch.rand(len(codes), 1, device=codes.device) < self.dropout


def _size(rows: np.ndarray) -> float:
    """The root mean square; 1 where all is 0."""
    return float(np.sqrt(np.mean(np.square(rows, dtype=np.float64)))) or 1.0


def _scaled(factors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Factors with a mean square of 1 over the known rows; the others are 0."""
    return np.where(known[:, None], factors / _size(factors[known]), 0).astype(np.float32)
