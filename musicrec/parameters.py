"""Checks of settings and arguments: numbers within bounds, and words of a list."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

from musicrec.errors import InvalidArgument


def check_whole(name: str, number: int, least: int, most: int | None = None, *, unit: str = "") -> None:
    """Raise InvalidArgument unless a number is whole and within its bounds, both included."""
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    if not whole or number < least or (most is not None and number > most):
        raise InvalidArgument(f"{name} is {number!r}; it must be a whole number{_bounds(least, most, unit)}.")


def check_number(
    name: str, number: float, least: float, most: float | None = None, *, unit: str = ""
) -> None:
    """Raise InvalidArgument unless a number is finite and within its bounds, both included."""
    if not _finite(number) or number < least or (most is not None and number > most):
        bounds = _bounds(least, most, unit)
        raise InvalidArgument(f"{name} is {number!r}; it must be a finite number{bounds}.")


def check_strength(name: str, number: float, *, positive: bool = False) -> None:
    """Raise InvalidArgument unless a number is finite and 0 or more, or above 0 where `positive`."""
    if not _finite(number) or number < 0 or (positive and number == 0):
        bound = "above 0" if positive else "of 0 or more"
        raise InvalidArgument(f"{name} is {number!r}; it must be a finite number {bound}.")


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Raise InvalidArgument unless a setting is one of the `known` words."""
    if not isinstance(value, str) or value not in known:
        raise InvalidArgument(f"{name} is {value!r}; it must be one of {', '.join(map(repr, known))}.")


def _finite(number: float) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)


def _bounds(least: float, most: float | None, unit: str) -> str:
    of_unit = f" of {unit}" if unit else ""
    return f"{of_unit}, {least:,g} or more" if most is None else f"{of_unit} from {least:,g} to {most:,g}"
