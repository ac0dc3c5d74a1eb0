"""Checks of the settings of a model; whole numbers go through `musicrec.data.cutting.check_whole`."""

import math
from collections.abc import Sequence
from numbers import Real

from musicrec.errors import InvalidArgument


def check_number(name: str, value: float, *, positive: bool = False) -> None:
    """Raise InvalidArgument unless a setting is a finite number of 0 or more, or above 0 where `positive`."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value < 0 or (positive and value == 0):
        bound = "above 0" if positive else "of 0 or more"
        raise InvalidArgument(f"{name} is {value!r}; it must be a finite number {bound}.")


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Raise InvalidArgument unless a setting is one of the `known` words."""
    if not isinstance(value, str) or value not in known:
        raise InvalidArgument(f"{name} is {value!r}; it must be one of {', '.join(map(repr, known))}.")
