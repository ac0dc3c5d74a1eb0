"""What is known of items as numbers: one row an item, with the items of which nothing is known marked."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.columns import codes_of, counted, hashable, label_index
from musicrec.errors import InvalidArgument, InvalidData


class Features:
    """A matrix of features aligned to the items, and which of its rows are missing.

    The features do not change: their arrays, those inside a sparse matrix too, are read-only. Make others
    from `matrix.copy()`. Chapter 01_listening_data looks at the tags of Last.fm-2k.

    Parameters
    ----------
    kind : str
        What the features describe: "tags", "style", "descriptors", ...
    items : labels
        The items, in the order of the rows.
    names : sequence of str
        One name a column.
    matrix : array or sparse matrix, shape (n_items, n_features)
        The values; kept as float32, dense as an ndarray and sparse as CSR. Rows of missing items must be
        zero.
    missing : array of bool, shape (n_items,), optional
        The items of which nothing is known. Without it none is.

    Raises
    ------
    InvalidData
        Where shapes do not agree, a value is not finite, a name comes twice, or a missing row is not zero.
    """

    def __init__(
        self,
        kind: str,
        items: Iterable[Any],
        names: Sequence[str],
        matrix: Any,
        missing: np.ndarray | None = None,
    ) -> None:
        self.kind = kind
        self.items = label_index(items, "item")
        self.names = _names(names, kind)
        self._matrix = _float32(matrix, kind)
        self.missing = np.zeros(len(self.items), dtype=bool) if missing is None else _flat(missing)
        self.missing.flags.writeable = False
        expected = (len(self.items), len(self.names))
        if self.matrix.shape != expected:
            raise InvalidData(
                f"The {kind} features have shape {self.matrix.shape}, but there are "
                f"{counted(expected[0], 'item')} and {counted(expected[1], 'name')}: "
                f"expected {expected}. Use Features.align for rows in another order."
            )
        if len(set(self.names)) < len(self.names):
            raise InvalidData(
                f"The {kind} features have {len(self.names)} names, some of them twice; rename them."
            )
        if self.missing.dtype != bool or self.missing.shape != expected[:1]:
            raise InvalidData(
                f"missing= must be one boolean for each of {counted(expected[0], 'item')}, found "
                f"{self.missing.dtype} of shape {self.missing.shape}. Leave it out where every item is known."
            )
        if np.flatnonzero(self.missing[self.matrix.nonzero()[0]]).size:
            raise InvalidData(
                f"The {kind} features mark items as missing whose rows are not zero; set those rows to 0."
            )

    @property
    def matrix(self) -> np.ndarray | sp.csr_matrix:
        """The values, float32, shape (n_items, n_features): an ndarray or CSR over read-only arrays."""
        kept: Any = self._matrix
        if not sp.issparse(kept):
            return kept
        # CSR can put other arrays in the place of its own, so each caller gets a shell of its own
        shell = sp.csr_matrix((kept.data, kept.indices, kept.indptr), shape=kept.shape, copy=False)
        shell.has_canonical_format = True
        return shell

    @classmethod
    def align(
        cls,
        kind: str,
        matrix: Any,
        labels: Iterable[Any],
        names: Sequence[str],
        items: Iterable[Any],
    ) -> "Features":
        """Features with rows for `labels`, put into the order of `items`; items without a row are missing.

        Raises
        ------
        UnknownName
            Where a label is not one of the items.
        InvalidData
            Where a label comes twice, or matrix, labels and names do not agree in shape.
        """
        source = label_index(labels, "item")
        target = label_index(items, "item")
        given = cls(kind, source, names, matrix)
        codes = codes_of(source, target, "item")
        missing = np.ones(len(target), dtype=bool)
        missing[codes] = False
        place = sp.csr_matrix(
            (np.ones(len(codes), np.float32), (codes, np.arange(len(codes)))),
            shape=(len(target), len(source)),
        )
        return cls(kind, target, given.names, place @ given.matrix, missing)

    @classmethod
    def from_frame(cls, kind: str, frame: pd.DataFrame, items: Iterable[Any]) -> "Features":
        """Dense features from a table indexed by item label, with one column of numbers a feature.

        A row that is empty throughout (all NaN) counts as missing, as does an item without a row.

        Raises
        ------
        UnknownName
            Where a row's label is not one of the items.
        InvalidData
            Where a column is not numeric, a row is empty in part, or a label comes twice.
        InvalidArgument
            Where `frame` is no DataFrame.
        """
        if not isinstance(frame, pd.DataFrame):
            raise InvalidArgument(
                f"Features.from_frame needs a pandas DataFrame indexed by item label, found "
                f"{type(frame).__name__}. Make one with pd.DataFrame(values, index=labels, columns=names)."
            )
        text = [
            name for name, kind in zip(frame.columns, frame.dtypes, strict=True) if kind.kind not in "iufb"
        ]
        if text:
            raise InvalidData(
                f"The {kind} columns {text[:3]} are not numeric; turn categories into columns with "
                "pd.get_dummies."
            )
        known = frame.loc[frame.notna().any(axis=1)]
        if not len(known):
            raise InvalidData(f"The {kind} table has no row with a value in it; check how it was read.")
        partly = known.isna().any(axis=1).to_numpy()
        if partly.any():
            first = known.index[partly][:1].tolist()
            raise InvalidData(
                f"The {kind} table has {counted(partly.sum(), 'row')} empty in part, first {first}. Fill the "
                "gaps (by the column's median, say) or drop the rows."
            )
        codes_of(frame.index, label_index(items, "item"), "item")
        names = [str(name) for name in frame.columns]
        return cls.align(kind, known.to_numpy(dtype=np.float32), known.index, names, items)

    def __len__(self) -> int:
        """Number of items, known or missing."""
        return len(self.items)

    def __repr__(self) -> str:
        form = "sparse" if sp.issparse(self.matrix) else "dense"
        return (
            f"Features({self.kind}: {len(self):,} items × {len(self.names):,} features, {form}; "
            f"{self.missing.sum():,} items missing)"
        )


def _names(names: Sequence[str], kind: str) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InvalidArgument(
            f"The names of the {kind} features must be a list with one a column, found {names!r}."
        )
    listed = list(names)
    strange = [name for name in listed if not hashable(name)]
    if strange:
        raise InvalidArgument(
            f"The names of the {kind} features must be words, found {strange[0]!r}. Use one word a column."
        )
    return listed


def _flat(missing: Any) -> np.ndarray:
    try:
        return np.array(missing)
    except ValueError:  # rows of several lengths
        return np.empty((0, 0))


def _float32(matrix: Any, kind: str) -> np.ndarray | sp.csr_matrix:
    try:
        is_sparse = sp.issparse(matrix)
        if is_sparse:
            sparse = sp.csr_matrix(matrix, dtype=np.float32, copy=True)
            sparse.sum_duplicates()
            _check_finite(sparse.data, kind)
            for part in (sparse.data, sparse.indices, sparse.indptr):
                part.flags.writeable = False
            return sparse
        dense = np.array(matrix, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidData(
            f"The {kind} features are not a matrix of numbers ({error}). Pass an array with one row an item, "
            "all rows of one length."
        ) from error
    _check_finite(dense, kind)
    dense.flags.writeable = False
    return dense


def _check_finite(values: np.ndarray, kind: str) -> None:
    if not np.isfinite(values).all():
        raise InvalidData(
            f"The {kind} features hold {counted(np.sum(~np.isfinite(values)), 'value')} of NaN or infinity. "
            "Fill them, or set the whole row to 0 and mark the item as missing."
        )
