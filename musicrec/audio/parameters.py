"""Checks of settings and arguments that are numbers within bounds."""

import math
from numbers import Real

import numpy as np

from musicrec.errors import InvalidArgument


def check_whole(name: str, number: int, least: int, most: int | None = None, *, unit: str = "") -> None:
    """Raise InvalidArgument unless a number is whole and within its bounds, both included."""
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not whole or number < least or (most is not None and number > most):
        raise InvalidArgument(f"{name} is {number!r}; it must be a whole number{_bounds(least, most, unit)}.")


def check_number(
    name: str, number: float, least: float, most: float | None = None, *, unit: str = ""
) -> None:
    """Raise InvalidArgument unless a number is finite and within its bounds, both included."""
    finite = isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)
    if not finite or number < least or (most is not None and number > most):
        bounds = _bounds(least, most, unit)
        raise InvalidArgument(f"{name} is {number!r}; it must be a finite number{bounds}.")


def _bounds(least: float, most: float | None, unit: str) -> str:
    of_unit = f" of {unit}" if unit else ""
    return f"{of_unit}, {least:,g} or more" if most is None else f"{of_unit} from {least:,g} to {most:,g}"
