"""What a split asks of a model: about whom, among which items, and what is known already."""

from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from musicrec.data.interactions import Interactions
from musicrec.data.split import Split
from musicrec.errors import InvalidArgument
from musicrec.models.base import Recommender
from musicrec.models.inputs import checked_codes

Part = Literal["test", "valid"]
PARTS = ("test", "valid")


def part_of(split: Split, part: Part) -> Interactions:
    """The part asked about; InvalidArgument where the split has none of that name."""
    if part not in PARTS:
        raise InvalidArgument(f"part is {part!r}; it must be 'test' or 'valid'.")
    asked = split.test if part == "test" else split.valid
    if asked is None:
        raise InvalidArgument(
            "This split has no valid part; cut it with valid= above 0, or evaluate on part='test'."
        )
    return asked


def candidate_items(candidates: Any, split: Split, asked: Interactions, model: Recommender) -> np.ndarray:
    """Codes, ascending, of the items that may be listed; errors as in `evaluate`."""
    n_items = split.train.n_items
    if isinstance(candidates, str) and candidates == "all":
        return np.arange(n_items)
    if isinstance(candidates, str) and candidates == "cold":
        cold = np.setdiff1d(asked.matrix.indices, split.train.matrix.indices).astype(np.int64)
        if not len(cold):
            raise InvalidArgument(
                "This split is warm: each item of the part has a listener in train. Take candidates='all', "
                "or cut with data.cold_items."
            )
        if model.known_items_[cold].any():
            raise InvalidArgument(
                f"The model was fitted on listeners of {model.known_items_[cold].sum():,} of the "
                f"{len(cold):,} cold items. Fit it on split.train, or, after a fit on split.refit().train, "
                "evaluate on split.refit()."
            )
        return cold
    if isinstance(candidates, str):
        raise InvalidArgument(f"candidates is {candidates!r}; it must be 'all', 'cold' or item codes.")
    codes = checked_codes(candidates, n_items, "item")
    distinct = np.unique(codes)
    if not len(codes) or len(distinct) < len(codes):
        raise InvalidArgument(
            f"candidates holds {len(codes):,} codes, {len(distinct):,} of them distinct; give at least one, "
            "and each once (np.unique)."
        )
    return distinct


def seen_pairs(split: Split, part: Part) -> sp.csr_matrix:
    """What each user has played before the part is asked about, and so is masked: a CSR of ones."""
    known = [split.train, split.history, split.valid if part == "test" else None]
    seen = sum(x.binary for x in known if x is not None)
    seen.data[:] = 1  # a pair of several parts is one pair
    return seen


def among(pairs: sp.csr_matrix, items: np.ndarray) -> sp.csr_matrix:
    """The pairs whose item is one of `items`, without stored zeros."""
    wanted = np.zeros(pairs.shape[1], dtype=pairs.dtype)
    wanted[items] = 1
    pairs.data *= wanted[pairs.indices]
    pairs.eliminate_zeros()
    return pairs
