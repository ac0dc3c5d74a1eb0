"""What every judgement of a model has in common, whether it rests on lists, pieces or sessions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from musicrec.evaluation.question import Part
from musicrec.evaluation.resampling import bootstrap_interval


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Judged(ABC):
    """Measures of one model, row by row, so that `compare` can pair the rows of two models.

    Attributes
    ----------
    model : str
        The model with its settings.
    part : {"test", "valid"}
        What was asked about.
    seed : int or None
        The number by which `compare` pairs, usually that of the split.
    unit : str
        What a row is: "user", "piece" or "session".
    limits : tuple of float
        Between which every measure lies.
    """

    model: str
    part: Part
    seed: int | None

    limits: ClassVar[tuple[float, float]]

    @property
    @abstractmethod
    def unit(self) -> str: ...

    @property
    @abstractmethod
    def rows(self) -> pd.DataFrame:
        """One row a unit, by label; one column a measure, float64."""

    @property
    @abstractmethod
    def question(self) -> str:
        """What the model was asked, in words."""

    def asked_as(self, other: "Judged") -> bool:
        """Whether another model was asked the same."""
        return type(self) is type(other) and self.part == other.part

    def mean(self) -> pd.Series:
        """Each measure, averaged over the rows."""
        return self.rows.mean()

    def interval(self, level: float = 0.95, resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
        """Bootstrap intervals of the means over the rows: columns low and high, one row a measure.

        They hold for other users (or pieces) on this split; what another split would change, only several
        seeds show (`compare`).

        Raises
        ------
        InvalidArgument
            Where `level` is not between 0 and 1, or `resamples` or `seed` is no whole number.
        """
        low, high = bootstrap_interval(self.rows.to_numpy(), level, resamples, seed)
        return pd.DataFrame({"low": low, "high": high}, index=self.rows.columns)
