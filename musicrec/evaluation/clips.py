"""How well a model judges pieces it has not seen: their style, their mood."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.evaluation.judged import Judged
from musicrec.evaluation.question import PARTS, Part
from musicrec.parameters import check_whole


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClipEvaluation(Judged):
    """Measures of each held-out piece, as `judge_clips` checked them.

    Attributes
    ----------
    model, part, seed
        As given to `judge_clips`.
    per_piece : pandas.DataFrame
        One row a piece, by label; one column a measure ("accuracy", "absolute error"), float64.
    """

    per_piece: pd.DataFrame

    unit: ClassVar[str] = "piece"
    limits: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    @property
    def rows(self) -> pd.DataFrame:
        return self.per_piece

    @property
    def question(self) -> str:
        return f"pieces of {self.part}"

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        measures = ", ".join(f"{name} {value:.4g}" for name, value in self.mean().items())
        return (
            f"ClipEvaluation({self.model} on {self.part}: {len(self.per_piece):,} pieces, {measures}{seed})"
        )


def judge_clips(
    model: str, measures: pd.DataFrame, *, seed: int | None = None, part: Part = "test"
) -> ClipEvaluation:
    """Make measures of held-out pieces comparable: `compare` and `mean_over_seeds` take what comes back.

    Parameters
    ----------
    model : str
        The name of the model, as the claims file has it; settings may follow in brackets.
    measures : pandas.DataFrame
        One row a piece, by label; one column a measure, such as "accuracy" (1 where the style was named
        rightly, else 0) or "absolute error".
    seed : int, optional
        A number to know this evaluation by, usually that of the split; nothing is drawn by it.
    part : {"test", "valid"}
        Which pieces they are.

    Raises
    ------
    InvalidArgument
        Where model is no name, seed no whole number, or part neither "test" nor "valid".
    InvalidData
        Where measures is no table with a row and a column, a label comes twice, or a value is no finite
        number.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    if not isinstance(model, str) or not model.strip():
        raise InvalidArgument(f"model is {model!r}; give the model's name, such as 'MelCNN'.")
    if seed is not None:
        check_whole("seed", seed, least=0)
    if part not in PARTS:
        raise InvalidArgument(f"part is {part!r}; it must be 'test' or 'valid'.")
    return ClipEvaluation(model=model, part=part, seed=seed, per_piece=_checked(measures))


def _checked(measures: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(measures, pd.DataFrame) or measures.empty:
        found = (
            f"one of shape {measures.shape}"
            if isinstance(measures, pd.DataFrame)
            else type(measures).__name__
        )
        raise InvalidData(
            "measures must be a DataFrame with a row for each piece, by its label, and a column for each "
            f"measure, such as 'accuracy'; found {found}."
        )
    twice = measures.index[measures.index.duplicated()]
    if len(twice):
        raise InvalidData(
            f"{len(twice):,} labels of measures come twice, first {twice[0]!r}. Give each piece one row: "
            "average over its clips."
        )
    try:
        numbers = measures.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"The measures must be numbers: {error}.") from error
    values = numbers.to_numpy()
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise InvalidData(
            f"The measure {numbers.columns[column]!r} of the piece {numbers.index[row]!r} is "
            f"{values[row, column]}; each must be a finite number. Leave out, on both sides, the pieces of "
            "which nothing can be said."
        )
    return numbers
