"""Circumstances of a session (time of day, device, mood) as a vector. Explained in chapter 05_rnn_lstm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from musicrec.errors import InvalidArgument, InvalidData


class ContextColumns:
    """How the columns of a context frame become numbers, learnt from that of the training sessions.

    A column of numbers is brought to mean 0 and variance 1; a missing number becomes 0, the mean. Any other
    column holds categories, which become codes. A category that was not seen in training, or is missing, gets
    the code after the last.

    Parameters
    ----------
    frame : pandas.DataFrame or None
        One row a training session.

    Raises
    ------
    InvalidArgument
        Where there is no frame, or no column in it.
    InvalidData
        Where a column of numbers holds infinity.
    """

    def __init__(self, frame: pd.DataFrame | None) -> None:
        if frame is None or not len(frame.columns):
            raise InvalidArgument(
                "This model was told to read the context of sessions, but these sessions have none. Give "
                "data.Sessions(..., context=frame) one row a session, or set context=None."
            )
        numeric = [name for name in frame.columns if _is_numeric(frame[name])]
        self.scales = {name: _mean_and_spread(_numbers(frame, name)) for name in numeric}
        self.categories = {
            name: pd.Index(frame[name].dropna().unique()) for name in frame.columns if name not in numeric
        }

    def encode(self, frame: pd.DataFrame | None) -> tuple[Tensor, Tensor]:
        """Codes, int64 (n, columns of categories), and numbers, float32 (n, columns of numbers), of n rows.

        Columns that were not in training are passed over.

        Raises
        ------
        InvalidArgument
            Where there is no frame, or a column is absent.
        InvalidData
            Where a column of numbers holds something else, or infinity.
        """
        wanted = [*self.categories, *self.scales]
        if frame is None or not set(wanted) <= set(frame.columns):
            raise InvalidArgument(
                f"This model reads the context columns {wanted}, found "
                f"{'none' if frame is None else list(frame.columns)}. Give all of them; what is not known "
                "may be missing (NaN or None)."
            )
        codes = np.empty((len(frame), len(self.categories)), dtype=np.int64)
        for column, (name, known) in enumerate(self.categories.items()):
            place = known.get_indexer(frame[name])
            codes[:, column] = np.where(place < 0, len(known), place)
        numbers = np.empty((len(frame), len(self.scales)), dtype=np.float32)
        for column, (name, (mean, spread)) in enumerate(self.scales.items()):
            numbers[:, column] = np.nan_to_num((_numbers(frame, name) - mean) / spread)
        return torch.from_numpy(codes), torch.from_numpy(numbers)


class ContextVectors(nn.Module):
    """One vector a session: the sum of a vector for each of its categories and each of its numbers.

    An unknown category gets the mean of the vectors of its column, so that it stands for no one of them.

    Parameters
    ----------
    columns : ContextColumns
    width : int
        The length of the vectors.
    spread : float
        The standard deviation of the vectors at the start; 0 for no effect.
    """

    def __init__(self, columns: ContextColumns, width: int, spread: float) -> None:
        super().__init__()
        self.categories = nn.ParameterList(
            nn.Parameter(spread * torch.randn(len(known), width)) for known in columns.categories.values()
        )
        self.numbers = nn.Parameter(spread * torch.randn(len(columns.scales), width))

    def forward(self, codes: Tensor, numbers: Tensor) -> Tensor:
        """Vectors (n, width) from what `ContextColumns.encode` gave."""
        total = numbers @ self.numbers
        for column, vectors in enumerate(self.categories):
            mean = vectors.sum(dim=0, keepdim=True) / max(1, len(vectors))
            total = total + torch.cat([vectors, mean])[codes[:, column]]
        return total


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    try:
        values = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InvalidData(
            f"The context column {name!r} held numbers in training, and cannot be read as numbers here "
            f"({error}). Give numbers, NaN where they are not known."
        ) from error
    if np.isinf(values).any():
        raise InvalidData(
            f"The context column {name!r} holds {values[np.isinf(values)][0]} in row "
            f"{int(np.isinf(values).argmax())}; give finite numbers, NaN where they are not known."
        )
    return values


def _mean_and_spread(values: np.ndarray) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known) or not known.std():
        return (float(known[0]) if len(known) else 0.0), 1.0
    return float(known.mean()), float(known.std())
