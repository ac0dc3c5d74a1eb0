"""What lists are like apart from being right, for an evaluation as a whole."""

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.features import Features
from musicrec.data.interactions import Interactions, check_interactions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.evaluation import list_measures
from musicrec.evaluation.protocol import Evaluation
from musicrec.metrics.ranking import checked_lists


def beyond_accuracy(
    lists: Evaluation | np.ndarray,
    train: Interactions,
    features: Features | None = None,
    categories: pd.Series | None = None,
) -> pd.Series:
    """Measure lists by all that is not accuracy; each measure is averaged over the lists where it is defined.

    Parameters
    ----------
    lists : Evaluation or int array, shape (n_users, depth)
        What `evaluate` found, or one list of item codes for each user of train in the order of the codes; -1
        is an empty place.
    train : Interactions
        What the model was fitted on.
    features : Features, optional
        Of the items; without them there is no diversity.
    categories : pandas.Series, optional
        One category an item, indexed by item label, such as `ds.items["style"]`; missing where unknown.
        Without them there is no calibration.

    Returns
    -------
    pandas.Series
        `coverage`, `novelty`, `exposure gini` and `popularity`: see `list_measures`. With features
        `diversity`, and what it leaves out: `places without features` (listed places whose item has none) and
        `lists without diversity` (lists with fewer than two other items). With categories `calibration`, and
        `lists without calibration` (no category is known in the list, or in what she
        played in train).

    Raises
    ------
    InvalidArgument
        Where an argument is of another type.
    InvalidData
        Where the lists are none, all empty, or not one a user; or features or categories are of other items.

    Notes
    -----
    Explained in chapter 08_metrics.
    """
    check_interactions(train, "beyond_accuracy")
    codes, users, candidates = _unpacked(lists, train)
    listeners = train.binary.getnnz(axis=0)
    active = int((train.binary.getnnz(axis=1) > 0).sum())
    found = {
        "coverage": list_measures.coverage(codes, candidates),
        "novelty": _mean(list_measures.novelty(codes, listeners, active)),
        "exposure gini": list_measures.exposure_gini(codes, candidates),
        "popularity": _mean(list_measures.popularity(codes, listeners)),
    }
    if features is not None:
        known = _known_rows(features, train.items)
        varied = list_measures.diversity(codes, known)
        found["diversity"] = _mean(varied)
        found["places without features"] = int(
            (~list_measures.has_features(known)[codes] & (codes >= 0)).sum()
        )
        found["lists without diversity"] = int(np.isnan(varied).sum())
    if categories is not None:
        known_as = _category_codes(categories, train.items)
        divergence = list_measures.calibration(codes, train.binary[users], known_as)
        found["calibration"] = _mean(divergence)
        found["lists without calibration"] = int(np.isnan(divergence).sum())
    return pd.Series(found, dtype=np.float64)


def _unpacked(lists: Any, train: Interactions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lists, the codes of their users, and the codes that could have been listed."""
    if isinstance(lists, Evaluation):
        given, users, candidates = lists.lists, lists.users, lists.candidates
    else:
        given, users, candidates = lists, np.arange(train.n_users), np.arange(train.n_items)
    codes = checked_lists(given, train.n_items)
    if len(codes) != len(users):
        raise InvalidData(
            f"There are {len(codes):,} lists and {len(users):,} users in train. Give one list for each user "
            "of train, or an Evaluation, which knows whose its lists are."
        )
    if isinstance(lists, Evaluation):
        known = users.max() < train.n_users
        if not known or not train.users[users].equals(lists.per_user.index):
            raise InvalidData("The evaluation is of other users than train; pass the train of its split.")
    if (codes < 0).all():
        raise InvalidData("All lists are empty (-1), so there is nothing to measure.")
    return codes, users, candidates


def _known_rows(features: Features, items: pd.Index) -> sp.csr_matrix:
    if not isinstance(features, Features):
        raise InvalidArgument(
            f"features must be data.Features, found {type(features).__name__}. A dataset makes them with "
            ".features(kind)."
        )
    if not features.items.equals(items):
        raise InvalidData(
            f"The features are of {len(features):,} items and train of {len(items):,}, or in another order; "
            "bring them into line with Features.align."
        )
    return sp.csr_matrix(features.matrix, dtype=np.float64)


def _category_codes(categories: pd.Series, items: pd.Index) -> np.ndarray:
    if not isinstance(categories, pd.Series):
        raise InvalidArgument(
            f"categories must be a pandas Series indexed by item label, found {type(categories).__name__}."
        )
    if not categories.index.is_unique:
        raise InvalidData("categories has an item more than once; give one category an item.")
    codes = pd.factorize(categories.reindex(items))[0]
    if (codes < 0).all():
        raise InvalidData(
            "categories knows no item of train. Index it by the labels of items, as ds.items is."
        )
    return codes


def _mean(values: np.ndarray) -> float:
    """Mean of those that are defined; NaN where none is."""
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
