"""Inverting a Gram matrix as large as memory lets it be: in place, and by blocks."""

import os

import numpy as np
import scipy.sparse as sp
from scipy.linalg import get_lapack_funcs

from musicrec.errors import InvalidArgument

_EXACT_SIDE = 16_384  # float64 up to here, which is 2 GiB; float32 beyond
_BLOCK = 2**24  # numbers made dense at a time: 128 MB of float64


def inverted_gram(x: sp.csr_matrix, l2: float) -> np.ndarray:
    """The inverse of x x' + l2 I, dense and symmetric, shape (n, n) for x of shape (n, m).

    One n x n matrix is all it holds: the Gram matrix is filled by blocks of rows, factored (Cholesky) and
    inverted where it lies. float64 up to n = 16,384, float32 beyond, where the inverse of a matrix of
    condition c is right to about c * 1e-7.

    Raises
    ------
    InvalidArgument
        Where the matrix is singular as far as its precision can tell, or larger than this machine's memory.
    """
    side = x.shape[0]
    dtype: type[np.floating] = np.float64 if side <= _EXACT_SIDE else np.float32
    _check_memory(side, dtype)
    rows = x.astype(dtype)
    columns = rows.T.tocsr()
    gram = np.empty((side, side), dtype)
    for part in blocks(side, side):
        gram[part] = (rows[part] @ columns).toarray()
    gram.ravel()[:: side + 1] += l2
    squares = gram.diagonal().copy()
    potrf, potri = get_lapack_funcs(("potrf", "potri"), (gram,))
    factor, stopped_at = potrf(gram.T, lower=True, overwrite_a=True, clean=False)
    # the square of a pivot is what the rows before leave unexplained of a row: none of it may be rounding
    if stopped_at or (factor.diagonal() ** 2 <= side * np.finfo(dtype).eps * squares).any():
        raise InvalidArgument(
            f"With l2={l2:g} the matrix of {side:,} x {side:,} to be inverted is singular: some of its rows "
            "are sums of others, so there is no one solution. Raise l2."
        )
    inverse, _ = potri(factor, lower=True, overwrite_c=True)
    return _mirrored(inverse.T)


def blocks(n: int, width: int) -> list[slice]:
    """Slices that cut n rows of `width` numbers into blocks small enough to be made dense."""
    step = max(1, _BLOCK // max(1, width))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def _mirrored(upper: np.ndarray) -> np.ndarray:
    """The symmetric matrix of which only the upper triangle is given; in place."""
    side = len(upper)
    for part in blocks(side, side):
        corner = upper[part, part]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        upper[part.stop :, part] = upper[part, part.stop :].T
    return upper


def _check_memory(side: int, dtype: type[np.floating]) -> None:
    needed = side**2 * np.dtype(dtype).itemsize
    present = _physical_memory()
    if needed > present:
        raise InvalidArgument(
            f"The matrix to be inverted is {side:,} x {side:,}, the smaller of users and items, and needs "
            f"{needed / 2**30:,.0f} GiB; this machine has {present / 2**30:,.0f} GiB. Take ItemKNN, ALS or "
            "BPR, whose memory grows with the pairs, or leave out items with few listeners."
        )


def _physical_memory() -> int:
    """Bytes of memory in this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
