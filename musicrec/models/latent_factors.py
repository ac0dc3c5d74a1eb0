"""Item factors predicted from what an item is, so that an item without listeners has some too."""

from abc import abstractmethod
from typing import Literal

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from musicrec.data.interactions import Interactions
from musicrec.models.content_weighting import given_features
from musicrec.models.factorisation import ALS, FactorModel
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_choice, check_strength

Warm = Literal["content", "factors"]


class LatentFactorRegression(FactorModel):
    """What models share that learn item factors from plays, and then to tell them from content.

    First `ALS` gives listeners and known items their factors p and y; then a function f is fitted to the
    pairs of content x and factors y of the known items; the score is p'f(x) (van den Oord, Dieleman and
    Schrauwen 2013, "Deep content-based music recommendation", NIPS). The models differ in x and f alone. Each
    known item counts the same in the fit of f: weighing items by their listeners made cold items worse on the
    Songbook's validation items.

    An item without content is taken for the average one. Explained in chapter 04_cnn_mel.

    Attributes
    ----------
    als_ : ALS
        The factorisation, fitted.
    """

    can_score_cold_items = True

    def __init__(self, factors: int, l2: float, alpha: float, warm: Warm, seed: int) -> None:
        ALS(factors, l2, alpha, seed=seed)  # which says what is out of range
        check_choice("warm", warm, ("content", "factors"))
        self.factors, self.l2, self.alpha, self.warm, self.seed = factors, l2, alpha, warm, seed

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        self.als_ = ALS(self.factors, self.l2, self.alpha, seed=self.seed).fit(train)
        told = self._told_from_content(self.als_.item_factors_, side)
        kept = self.known_items_ & (self.warm == "factors")
        self._keep(self.als_.user_factors_, np.where(kept[:, None], self.als_.item_factors_, told))

    @abstractmethod
    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        """Factors float32 (n_items, n_factors) told from content, learnt from those of the known items."""

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._product(self.user_factors_[users])

    def _score_history(self, matrix: sp.csr_matrix) -> np.ndarray:
        return self._product(self.als_.fold_in(matrix))

    def _product(self, user_factors: np.ndarray) -> np.ndarray:
        """Scores in float64, so that items of the same content tie and rounding does not order them."""
        return user_factors.astype(np.float64) @ self.item_factors_.T.astype(np.float64)


class LatentFactorRidge(LatentFactorRegression):
    """Item factors told from features by ridge regression: the twin of `LatentFactorCNN` without a network.

    Each feature is brought to mean 0 and standard deviation 1 over the known items (of sparse features, whose
    zeros stay zeros, to standard deviation 1 alone), and each factor is a weighted sum of them. How factors
    and scores come about says `LatentFactorRegression`. Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    factors, l2, alpha
        Of `ALS`, which makes the factors.
    ridge : float
        Above 0: the pull of the weights of the features towards 0.
    warm : {"content", "factors"}
        By what items are scored that have listeners: as the others, or by the factors that `ALS` gave them.
    seed : int
        For the factors at the start.
    """

    def __init__(
        self,
        factors: int = 64,
        l2: float = 10.0,
        alpha: float = 10.0,
        ridge: float = 300.0,
        warm: Warm = "content",
        seed: int = 0,
    ) -> None:
        super().__init__(factors, l2, alpha, warm, seed)
        check_strength("ridge", ridge, positive=True)
        self.ridge = ridge

    def _told_from_content(self, factors: np.ndarray, side: SideInputs) -> np.ndarray:
        features = given_features(side, "LatentFactorRidge", self.known_items_)
        matrix, learnt = features.matrix.astype(np.float64), self.known_items_ & ~features.missing
        regression = make_pipeline(StandardScaler(with_mean=not sp.issparse(matrix)), Ridge(self.ridge))
        told = regression.fit(matrix[learnt], factors[learnt]).predict(matrix)
        told[features.missing] = factors[learnt].mean(axis=0)
        return told.astype(np.float32)
