"""What a model is given and asked with, checked: side inputs of a fit, codes, histories, exclusions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.features import Features
from musicrec.data.interactions import Interactions, check_interactions
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

if TYPE_CHECKING:
    from musicrec.audio import AudioLibrary


@dataclass(frozen=True)
class SideInputs:
    """What a model may learn from besides train, checked: the arguments of `Recommender.fit` by name."""

    valid: Interactions | None = None
    item_features: Features | None = None
    item_audio: "AudioLibrary | None" = None
    user_features: Features | None = None
    source: Interactions | None = None

    def check(self, train: Interactions, model: str) -> None:
        """Raise InvalidData or InvalidArgument unless each input fits the users and items of train."""
        if self.valid is not None:
            check_interactions(self.valid, f"{model}.fit(valid=)")
            check_same_labels(self.valid.users, train.users, "valid", "users")
            check_same_labels(self.valid.items, train.items, "valid", "items")
        if self.source is not None:
            check_interactions(self.source, f"{model}.fit(source=)")
        check_features(self.item_features, train.items, "item_features", "items")
        check_features(self.user_features, train.users, "user_features", "users")
        check_audio(self.item_audio, train.items)


def checked_codes(codes: Any, size: int, kind: str) -> np.ndarray:
    """Codes as a flat int64 array, each from 0 to below `size`; `kind` says what they are codes of.

    Raises
    ------
    InvalidArgument
        Where they are not a flat array of whole numbers.
    UnknownName
        Where one is outside the index.
    """
    try:
        array = np.asarray(codes)
    except ValueError:  # rows of several lengths
        array = np.empty((0, 0))
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise InvalidArgument(
            f"The {kind}s must be a flat array of integer codes, found {array.dtype} of shape {array.shape}. "
            f"Labels become codes by interactions.{kind}_codes(labels)."
        )
    outside = array[(array < 0) | (array >= size)]
    if outside.size:
        raise UnknownName(
            f"There is no {kind} of code {outside[0]}: codes go from 0 to {size - 1:,}. Codes are positions "
            f"in the index of {kind}s, those that the model was fitted on."
        )
    return array.astype(np.int64)


def candidate_codes(candidates: Any, n_items: int) -> np.ndarray:
    """Distinct codes of candidate items, ascending; errors as in `checked_codes`."""
    return np.unique(checked_codes(candidates, n_items, "item"))


def checked_history(matrix: Any, n_items: int) -> sp.csr_matrix:
    """Plays of listeners as canonical float32 CSR without stored zeros, a copy.

    Raises
    ------
    InvalidData
        Where the matrix is not sparse, is not of `n_items` columns, or holds a weight that is negative or not
        finite.
    """
    if not sp.issparse(matrix) or matrix.ndim != 2 or matrix.shape[1] != n_items:
        found = f"{type(matrix).__name__} of shape {getattr(matrix, 'shape', '?')}"
        raise InvalidData(
            f"A history must be a sparse matrix of shape (n, {n_items}), one column an item the model was "
            f"fitted on; found {found}. Interactions hold one as .matrix."
        )
    if matrix.dtype.kind not in "biuf":
        raise InvalidData(f"A history must hold numbers, found {matrix.dtype}; convert it to float32.")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused below
        history = sp.csr_matrix(matrix, dtype=np.float32, copy=True)
    history.sum_duplicates()
    wrong = history.data[~(history.data >= 0) | np.isinf(history.data)]
    if wrong.size:
        raise InvalidData(
            f"A history must hold weights of 0 or more, finite in float32; {wrong.size:,} are not, the first "
            f"is {wrong[0]}. A weight says how much was played: leave out what was not."
        )
    history.eliminate_zeros()
    return history


def checked_exclusion(exclude: Any, expected: tuple[int, int], of: str) -> sp.csr_matrix | None:
    """What not to list, as CSR of shape `expected` without stored zeros; `of` says what its rows are."""
    if exclude is None:
        return None
    matrix = exclude.binary if isinstance(exclude, Interactions) else exclude
    if not sp.issparse(matrix) or matrix.shape != expected:
        found = f"{type(exclude).__name__} of shape {getattr(matrix, 'shape', '?')}"
        raise InvalidArgument(
            f"exclude must have shape {expected}, one row {of} and one column an item; found {found}. Pass "
            "interactions over the users and items that the model was fitted on, or a CSR of that shape."
        )
    excluded = sp.csr_matrix(matrix)
    if not excluded.data.all():
        excluded = excluded.copy()
        excluded.eliminate_zeros()
    return excluded


def check_same_labels(found: pd.Index, expected: pd.Index, name: str, kind: str) -> None:
    """Raise InvalidData unless an input is over the same users or items, in the same order, as train."""
    if not found.equals(expected):
        raise InvalidData(
            f"{name} is over {len(found):,} {kind} and train over {len(expected):,}, or in another order. "
            f"Build both over one index of {kind}: Interactions.from_frame(..., {kind}={kind}) or "
            "Features.align."
        )


def check_features(features: Any, expected: pd.Index, name: str, kind: str) -> None:
    """Raise unless `features` is None or holds one row for each of the expected labels, in their order."""
    if features is None:
        return
    if not isinstance(features, Features):
        raise InvalidArgument(
            f"{name} must be data.Features, found {type(features).__name__}. A dataset makes them with "
            ".features(kind), a table with Features.from_frame."
        )
    check_same_labels(features.items, expected, name, kind)


def check_audio(library: Any, items: pd.Index) -> None:
    """Raise unless `library` is None or holds the sound of at least one of the items."""
    if library is None:
        return
    labels = getattr(library, "labels", None)
    if not isinstance(labels, pd.Index) or not hasattr(library, "mel"):
        raise InvalidArgument(
            f"item_audio must be an AudioLibrary, found {type(library).__name__}. A dataset with sound has "
            "one as .audio; audio.open_folder makes one of a folder of recordings."
        )
    if not items.isin(labels).any():
        raise InvalidData(
            f"item_audio holds {len(labels):,} clips, none of them of the {len(items):,} items of train. Its "
            "labels must be the labels of the items."
        )
