"""Recommending by what items are, not by who plays them: nearest neighbours on tags or catalogue columns."""

from typing import Literal

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

from musicrec.data.features import Features
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.inputs import SideInputs
from musicrec.models.neighbours import ItemNeighbours
from musicrec.models.parameters import check_choice
from musicrec.models.similarity import NearestRows, Similarity, check_neighbourhood


class ContentKNN(ItemNeighbours):
    """Recommends what resembles what the listener played, by the features of the items.

    The score of an item is the sum of its similarities to what the listener played, over those among its k
    nearest; only items that somebody in train listened to can be its neighbours, since a place among the k
    would be lost on any other. So an item that nobody has played yet is scored like the rest, from its
    features: that is what content is good for. An item whose features are missing gets 0, and is nobody's
    neighbour. Whether an item was played is all that is read of the plays.
    Explained in chapters 02_collaborative_filtering and 03_content_based.

    Parameters
    ----------
    k : int
        The number of neighbours kept for each item.
    similarity : {"cosine", "jaccard", "asymmetric"}
        How alike the features of two items are: see `musicrec.models.similarity.NearestRows`.
    shrinkage : float
        0 or more; the higher, the less items with little in their features count. It adds to products of
        lengths, so what is much depends on the scale of the features.
    alpha : float
        From 0 to 1, for "asymmetric" only: 1 divides by the length of the item that is scored, 0 by that of
        the item that was played.
    weighting : {"tfidf", "none"}
        "tfidf" multiplies each column by its inverse document frequency, ln((1 + n) / (1 + n_with)) + 1 over
        the n items with features (scikit-learn's TfidfTransformer without its normalisation), so that what
        few items share says more than what all do; for counts or flags. "none" takes the features as they
        are; for descriptors, scaled beforehand.
    """

    can_score_cold_items = True

    def __init__(
        self,
        k: int = 100,
        similarity: Similarity = "cosine",
        shrinkage: float = 0.0,
        alpha: float = 0.5,
        weighting: Literal["tfidf", "none"] = "tfidf",
    ) -> None:
        check_neighbourhood(k, similarity, shrinkage, alpha)
        check_choice("weighting", weighting, ("tfidf", "none"))
        self.k, self.similarity, self.shrinkage, self.alpha = k, similarity, shrinkage, alpha
        self.weighting = weighting

    def _fit(self, train: Interactions, side: SideInputs) -> None:
        if side.item_features is None:
            raise InvalidArgument(
                "ContentKNN compares items by their features, and none were given. Pass them to fit, for "
                'example item_features=ds.features("tags").'
            )
        rows = self._weighted(side.item_features)
        heard = sp.diags(self.known_items_.astype(np.float64)) @ rows  # rows of the others become zero
        nearest = NearestRows(heard, self.tie_rank_, self.k, self.similarity, self.shrinkage, self.alpha)
        self._keep(nearest.of(rows, own=np.arange(train.n_items)), train)

    def _weighted(self, features: Features) -> np.ndarray | sp.csr_matrix:
        matrix, kind = features.matrix, features.kind
        lowest = matrix.min() if matrix.shape[1] else 0
        if not (matrix.shape[1] and (lowest or matrix.max())):
            raise InvalidData(
                f"The {kind} features hold no value but 0, so no two items are alike. Check how they were "
                "made, or take a model that needs none, such as ItemKNN."
            )
        if self.weighting == "none":
            return matrix
        if lowest < 0:
            raise InvalidData(
                f"The {kind} features go down to {lowest:.3g}, and weighting='tfidf' is for counts and flags "
                "of 0 or more. Use ContentKNN(weighting='none') for descriptors."
            )
        idf = TfidfTransformer(norm=None).fit(matrix[~features.missing])
        return sp.csr_matrix(idf.transform(matrix))
