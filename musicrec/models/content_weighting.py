"""What a feature of an item is worth: features as models of content read them."""

from typing import Literal

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from musicrec.data.features import Features
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.inputs import SideInputs
from musicrec.parameters import check_choice

Weighting = Literal["tfidf", "none"]
_LARGEST = 1e15  # of the values; sums of squares must stay far from the ends of float32


def check_weighting(weighting: Weighting) -> None:
    """Raise InvalidArgument unless `weighting` is one of the two readings."""
    check_choice("weighting", weighting, ("tfidf", "none"))


def given_features(side: SideInputs, model: str, known: np.ndarray | None = None) -> Features:
    """The item features that a model was given.

    Parameters
    ----------
    side : SideInputs
    model : str
        Its name.
    known : bool array, shape (n_items,), optional
        The items with a listener in train, for a model that can make nothing of the features of others alone.

    Raises
    ------
    InvalidArgument
        Where none were given.
    InvalidData
        Where they hold nothing but 0, or nothing else of the known items, or values whose squares are lost.
    """
    if side.item_features is None:
        raise InvalidArgument(
            f"{model} reads the features of the items, and none were given. Pass them to fit, for example "
            'item_features=ds.features("tags").'
        )
    features = side.item_features
    _check_values(features)
    if known is not None and not known[features.matrix.nonzero()[0]].any():
        raise InvalidData(
            f"No item with a listener in train has {features.kind} features, so there is nothing to learn "
            "from. Check that they are of the items that were listened to."
        )
    return features


def weigh_features(features: Features, weighting: Weighting) -> np.ndarray | sp.csr_matrix:
    """The features as a model reads them: float32, shape (n_items, n_features).

    "tfidf" multiplies each column by its inverse document frequency, ln((1 + n) / (1 + n_with)) + 1 over the
    n items with features (scikit-learn's TfidfTransformer without its normalisation), so that what few items
    share says more than what all do; for counts or flags. "none" takes the features as they are; for
    descriptors, scaled beforehand. Explained in chapter 03_content_based.

    Raises
    ------
    InvalidData
        Where the features hold nothing but 0, values whose squares are lost, or numbers below 0 that "tfidf"
        is not for.
    """
    _check_values(features)
    matrix = features.matrix
    if weighting == "none":
        return matrix
    lowest = matrix.min()
    if lowest < 0:
        raise InvalidData(
            f"The {features.kind} features go down to {lowest:.3g}, and weighting='tfidf' is for counts and "
            "flags of 0 or more. Use weighting='none' for descriptors."
        )
    idf = TfidfTransformer(norm=None).fit(matrix[~features.missing])
    return sp.csr_matrix(idf.transform(matrix))


def _check_values(features: Features) -> None:
    matrix = features.matrix
    largest = max(-matrix.min(), matrix.max()) if matrix.shape[1] else 0
    if not largest:
        raise InvalidData(
            f"The {features.kind} features hold no value but 0, so no two items are alike. Check how they "
            "were made, or take a model that needs none, such as ItemKNN."
        )
    if not 1 / _LARGEST < largest < _LARGEST:
        raise InvalidData(
            f"The {features.kind} features hold values up to {largest:.3g}, whose squares float32 cannot "
            "hold, so that their length is lost. Divide them all by one number that makes them about 1."
        )


def dense_features(
    features: Features, weighting: Weighting, known: np.ndarray, width: int, seed: int
) -> np.ndarray:
    """The features as a network reads them: float32, shape (n_items, width or less).

    Weighed as by `weigh_features`, and after "tfidf" brought to length 1, so that how much is said of an item
    does not matter. More than `width` columns become so many by scikit-learn's TruncatedSVD. The columns are
    centred and all divided by one number, so that the mean square is 1: what varies most stays the largest.
    The SVD, means and number are those of the known items that have features; a row without any is 0, the
    average.
    Explained in chapter 07_hybrids.

    Parameters
    ----------
    features : Features
    weighting : {"tfidf", "none"}
    known : bool array, shape (n_items,)
        The items that may be learnt from.
    width : int
    seed : int
        Of the SVD, which is randomised.

    Raises
    ------
    InvalidData
        As `weigh_features`; or where the known items that have features are alike in them all.
    """
    rows = weigh_features(features, weighting)
    if weighting == "tfidf":
        rows = normalize(rows)
    learnt = known & ~features.missing
    if rows.shape[1] > width and learnt.sum() > 1:
        kept = min(width, int(learnt.sum()))
        rows = TruncatedSVD(kept, random_state=seed).fit(rows[learnt]).transform(rows)
    dense = sp.csr_matrix(rows).toarray().astype(np.float64)
    spread = dense[learnt].std(axis=0) if learnt.any() else np.zeros(1)
    if spread.max() <= 1e-6 * np.abs(dense).max():  # but for rounding
        raise InvalidData(
            f"Of the items with a listener in train {learnt.sum():,} have {features.kind} features, and no "
            "two of them differ, so there is nothing to learn from. Check that the features are of the items "
            "that were listened to."
        )
    dense = (dense - dense[learnt].mean(axis=0)) / np.sqrt(np.mean(spread**2))
    dense[features.missing] = 0
    return dense.astype(np.float32)
