"""What a feature of an item is worth: features as models of content read them."""

from typing import Literal

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

from musicrec.data.features import Features
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_choice

Weighting = Literal["tfidf", "none"]


def check_weighting(weighting: Weighting) -> None:
    """Raise InvalidArgument unless `weighting` is one of the two readings."""
    check_choice("weighting", weighting, ("tfidf", "none"))


def given_features(side: SideInputs, model: str) -> Features:
    """The item features that a model was given; InvalidArgument where it needs some and has none."""
    if side.item_features is None:
        raise InvalidArgument(
            f"{model} reads the features of the items, and none were given. Pass them to fit, for example "
            'item_features=ds.features("tags").'
        )
    return side.item_features


def weigh_features(features: Features, weighting: Weighting) -> np.ndarray | sp.csr_matrix:
    """The features as a model reads them: float32, shape (n_items, n_features).

    "tfidf" multiplies each column by its inverse document frequency, ln((1 + n) / (1 + n_with)) + 1 over the
    n items with features (scikit-learn's TfidfTransformer without its normalisation), so that what few items
    share says more than what all do; for counts or flags. "none" takes the features as they are; for
    descriptors, scaled beforehand. Explained in chapter 03_content_based.

    Raises
    ------
    InvalidData
        Where the features hold nothing but 0, or numbers below 0 that "tfidf" is not for.
    """
    matrix, kind = features.matrix, features.kind
    lowest = matrix.min() if matrix.shape[1] else 0
    if not (matrix.shape[1] and (lowest or matrix.max())):
        raise InvalidData(
            f"The {kind} features hold no value but 0, so no two items are alike. Check how they were "
            "made, or take a model that needs none, such as ItemKNN."
        )
    if weighting == "none":
        return matrix
    if lowest < 0:
        raise InvalidData(
            f"The {kind} features go down to {lowest:.3g}, and weighting='tfidf' is for counts and flags "
            "of 0 or more. Use weighting='none' for descriptors."
        )
    idf = TfidfTransformer(norm=None).fit(matrix[~features.missing])
    return sp.csr_matrix(idf.transform(matrix))
