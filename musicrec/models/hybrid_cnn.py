"""Matrix factorisation that listens: free item vectors and what a network hears, learnt by one objective."""

import numpy as np

from musicrec.data.interactions import Interactions
from musicrec.models.inputs import SideInputs
from musicrec.models.item_sounds import ItemSounds, given_sounds
from musicrec.models.preferences import PreferenceModel, check_share, heard_factors


class HybridCNN(PreferenceModel):
    """Matrix factorisation joined with a network on mel spectrograms, trained end to end.

    The score of an item is p'(f(x) + q) + b: f(x) is what a `MelCNN` hears in its clip, as in
    `PreferenceCNN`, q a free vector that takes up what is in the plays and in no sound, as in `SoftmaxMF`.
    Both learn from the same plays by the loss of `PreferenceModel`. Alone, q could explain all plays of known
    items, and f would be left with nothing to learn; so in each step the q of some items, drawn at random,
    are left out, and there sound has to do. (The idea is that of Volkovs, Yu and Poutanen 2017, "DropoutNet:
    Addressing cold start in recommender systems", NIPS, who drop the inputs of networks.)

    An item that nobody in train played has f(x) alone, and the mean b. An item without sound is taken, as far
    as sound goes, for the average one. Listeners who were not in train have no vector.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    dropout : float
        Of `MelCNN`.
    item_dropout : float
        Share of the items whose free vector is left out in a step.
    seed : int
        For all weights at the start, and for the order of items, crops and what is left out.

    Attributes
    ----------
    network_ : MelCNN
    history_ : musicrec.training.history.History
    """

    can_score_cold_items = True

    def __init__(
        self,
        factors: int = 64,
        epochs: int = 15,
        lr: float = 2e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        item_dropout: float = 0.5,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, epochs, lr, weight_decay, seed, device)
        check_share("dropout", dropout)
        check_share("item_dropout", item_dropout)
        self.dropout, self.item_dropout = dropout, item_dropout

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        sounds = given_sounds(side, self.items_, self.known_items_, "HybridCNN")
        items = np.flatnonzero(self.known_items_)
        learnt = ItemSounds(*(part[sounds.known] for part in sounds))
        preferences = self._learn(
            train, items, learnt, dropout=self.dropout, free=True, hidden=self.item_dropout
        )
        assert preferences.network is not None
        self.network_ = preferences.network
        factors = heard_factors(self.network_, sounds, train.n_items)
        factors[items] += preferences.own_vectors()
        self._keep_with_fame(preferences, factors, items)


class SoftmaxMF(PreferenceModel):
    """Matrix factorisation by the loss of `PreferenceModel`: `HybridCNN` without ears, for comparison.

    The score of an item is p'q + b, with free vectors p and q and a free number b for each item. An item that
    nobody in train played, and a listener who was not in train, have none. Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    seed : int
        For the vectors at the start, and for the order of items.

    Attributes
    ----------
    history_ : musicrec.training.history.History
    """

    def __init__(
        self,
        factors: int = 64,
        epochs: int = 30,
        lr: float = 2e-3,
        weight_decay: float = 0.01,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, epochs, lr, weight_decay, seed, device)

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        items = np.flatnonzero(self.known_items_)
        preferences = self._learn(train, items, free=True)
        factors = np.zeros((train.n_items, self.factors), dtype=np.float32)
        factors[items] = preferences.own_vectors()
        self._keep_with_fame(preferences, factors, items)
