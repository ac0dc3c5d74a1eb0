"""What a play count is worth: the three readings of the interaction matrix that models choose from."""

from typing import Literal

import numpy as np
import scipy.sparse as sp

from musicrec.parameters import check_choice

Weight = Literal["binary", "log", "raw"]


def check_weight(weight: Weight) -> None:
    """Raise InvalidArgument unless `weight` is one of the three readings."""
    check_choice("weight", weight, ("binary", "log", "raw"))


def weigh(matrix: sp.csr_matrix, weight: Weight) -> sp.csr_matrix:
    """The matrix as a model reads it: float32 CSR of the same pattern, made anew.

    Play counts are heavy-tailed: a few listeners play a few artists thousands of times, and squared errors
    then follow those few. "binary" asks only whether something was played, "log" takes log(1 + count), "raw"
    keeps the counts. Explained in chapter 02_collaborative_filtering.

    Parameters
    ----------
    matrix : CSR, shape (n, n_items)
        Weights of 0 or more, none stored that is 0 (as in `Interactions.matrix`).
    weight : {"binary", "log", "raw"}
        The reading.

    Raises
    ------
    InvalidArgument
        Where `weight` is none of the three.
    """
    check_weight(weight)
    weighed = matrix.astype(np.float32, copy=True)
    if weight == "binary":
        weighed.data[:] = 1.0
    elif weight == "log":
        np.log1p(weighed.data, out=weighed.data)
    return weighed
