"""Factorisation machines of the LightFM kind: an item is the sum of the vectors of its features."""

import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models.content_weighting import Weighting, check_weighting, given_features, weigh_features
from musicrec.models.factorisation import FactorModel
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_strength, check_whole

with warnings.catch_warnings():  # built without OpenMP it warns of running on one thread, which we want
    warnings.simplefilter("ignore")
    import lightfm


class LightFMIdentity(FactorModel):
    """LightFM without features: each item has a vector and a bias of its own, learnt by the WARP loss.

    The score is p'q + b + c: the vectors of listener and item, and their biases. For each play, items are
    drawn until one is found that scores above the played one less a margin of 1; the step is the longer the
    fewer draws that took, since then many items stand too high (Weston, Bengio and Usunier 2011, "Wsabie:
    scaling up to large vocabulary image annotation", IJCAI). Up to ten are drawn, uniformly over the items
    with a listener. Play counts are not read. Computed by the package of Kula (see `LightFM`), whose step
    sizes are those of Adagrad.

    There is no `score_history`: a new listener's vector would have to be trained.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors : int
        The length of the vectors.
    lr : float
        Above 0: the step size at the start.
    l2 : float
        0 or more: the penalty on the squares of vectors and biases, of listeners and items alike.
    epochs : int
        Passes over the plays.
    seed : int
        For the vectors at the start and for all draws. It runs on one thread, since with several the same
        seed would give other vectors at each run.
    """

    can_score_history = False

    def __init__(
        self, factors: int = 64, lr: float = 0.05, l2: float = 1e-6, epochs: int = 30, seed: int = 0
    ) -> None:
        check_whole("factors", factors, least=1)
        check_strength("lr", lr, positive=True)
        check_strength("l2", l2)
        check_whole("epochs", epochs, least=1)
        check_whole("seed", seed, least=0)
        self.factors, self.lr, self.l2, self.epochs, self.seed = factors, lr, l2, epochs, seed

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self._learn(train, sp.csr_matrix((train.n_items, 0), dtype=np.float32))

    def _learn(self, train: Interactions, described: sp.csr_matrix) -> np.ndarray:
        """Keep the vectors of all items, and return those of the features, the columns of `described`.

        Of the columns kept, the last but one is the bias of the listener and the last that of the item.
        """
        known = np.flatnonzero(self.known_items_)
        own = sp.identity(train.n_items, dtype=np.float32, format="csr")[:, known]
        rows = sp.csr_matrix(sp.hstack([own, described]), dtype=np.float32)
        solver = lightfm.LightFM(
            no_components=self.factors,
            learning_rate=self.lr,
            item_alpha=self.l2,
            user_alpha=self.l2,
            loss="warp",
            random_state=self.seed,
        )
        plays = sp.coo_matrix(train.binary[:, known])  # it would draw new items as what nobody likes
        try:
            with np.errstate(invalid="ignore", over="ignore"):
                solver.fit(plays, item_features=rows[known], epochs=self.epochs)
        except ValueError as error:
            raise self._ran_away(str(error)) from error
        users, items = np.ones((train.n_users, 1)), np.ones((train.n_items, 1))
        of_users = [solver.user_embeddings, solver.user_biases[:, None], users]
        of_items = [rows @ solver.item_embeddings, items, (rows @ solver.item_biases)[:, None]]
        factors = np.hstack(of_users), np.hstack(of_items)
        largest = np.prod([np.linalg.norm(side, axis=1).max() for side in factors])
        if not largest < np.finfo(np.float32).max:
            raise self._ran_away("their products are beyond float32")
        self._keep(factors[0].astype(np.float32), factors[1].astype(np.float32))
        return solver.item_embeddings[len(known) :]

    def _ran_away(self, how: str) -> InvalidArgument:
        return InvalidArgument(
            f"The vectors grew without bound until they were no numbers any more ({how}). Lower lr, which is "
            f"{self.lr:g}, or l2, which is {self.l2:g}."
        )


class LightFM(LightFMIdentity):
    """A hybrid by addition: the vector of an item is its own plus those of its features.

    With x the features of an item, brought to length 1, its vector is e + sum of x_f e_f over the features f,
    and so is its bias (Kula 2015, "Metadata embeddings for user and item cold-start recommendations",
    CBRecSys at RecSys). A feature's vector is learnt from all plays of all items that have it; an item's own
    takes up what its features leave open. An item that nobody has played has no vector of its own, and is
    scored by its features alone; where these are missing too it is the zero vector. How it is learnt says
    `LightFMIdentity`, which is this model without features.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    factors, lr, l2, epochs, seed
        As in `LightFMIdentity`.
    weighting : {"tfidf", "none"}
        How the features are read: see `musicrec.models.content_weighting.weigh_features`.

    Attributes
    ----------
    feature_factors_ : float32 array, shape (n_features, factors)
        The vectors of the features, in the order of their names: features that the same listeners like lie
        close.
    """

    can_score_cold_items = True

    def __init__(
        self,
        factors: int = 64,
        lr: float = 0.05,
        l2: float = 1e-6,
        epochs: int = 30,
        weighting: Weighting = "tfidf",
        seed: int = 0,
    ) -> None:
        super().__init__(factors, lr, l2, epochs, seed)
        check_weighting(weighting)
        self.weighting = weighting

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        features = weigh_features(given_features(side, "LightFM", self.known_items_), self.weighting)
        self.feature_factors_ = self._learn(train, sp.csr_matrix(normalize(features.astype(np.float32))))
