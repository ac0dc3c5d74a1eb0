"""Listeners and a network that hears, learnt together from the plays themselves."""

from musicrec.data.interactions import Interactions
from musicrec.models.inputs import SideInputs
from musicrec.models.item_sounds import ItemSounds, given_sounds
from musicrec.models.preferences import PreferenceModel, check_share, heard_factors


class PreferenceCNN(PreferenceModel):
    """What listeners like, told from sound directly: their vectors and the network are learnt together.

    The score of an item is p'f(x), as in `LatentFactorCNN`, but there is no factorisation first: p, a free
    vector for each listener, and the network f are trained on the plays themselves, by the loss of
    `PreferenceModel` at p'f(x) + b. The free number b of each item takes up how well known it is, which
    nobody can hear; it is left out of the scores.

    An item without sound is taken for the average one. Listeners who were not in train have no vector.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    epochs, lr, weight_decay, device
        Of `musicrec.training.train`.
    dropout : float
        Of `MelCNN`.
    seed : int
        For all weights at the start, and for the order of items and crops.

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
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(factors, epochs, lr, weight_decay, seed, device)
        check_share("dropout", dropout)
        self.dropout = dropout

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        sounds = given_sounds(side, self.items_, self.known_items_, "PreferenceCNN")
        learnt = ItemSounds(*(part[sounds.known] for part in sounds))
        preferences = self._learn(train, learnt.items, learnt, dropout=self.dropout)
        assert preferences.network is not None
        self.network_ = preferences.network
        self._keep(preferences.listener_vectors(), heard_factors(self.network_, sounds, train.n_items))
