"""How many decimals numbers are written with, so that those of one column read well side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable

from musicrec.study.records import SIGNIFICANT_DIGITS, rounded

ENOUGH = 3  # significant digits of the largest number
FOR_THE_SMALL = 4  # decimals that a column may take so that its smallest number shows two digits
MOST = 15  # decimals: a float has no more digits


def decimals(numbers: Iterable[float]) -> int:
    """Decimals for numbers that stand side by side.

    The largest shows three significant digits, the smallest two where four decimals are enough for that.
    Zeros at the end of every number are dropped where they are exact, so that 0.1 and 0.05 need two.
    """
    sizes = [abs(n) for n in (rounded(float(n)) for n in numbers) if n]
    if not sizes:
        return 0
    for_largest = ENOUGH - 1 - _magnitude(max(sizes))
    for_smallest = min(1 - _magnitude(min(sizes)), FOR_THE_SMALL)
    places = min(max(for_largest, for_smallest, 0), MOST)
    while places and all(math.isclose(n, round(n, places - 1), rel_tol=1e-12) for n in sizes):
        places -= 1
    return places


def between(low: float, high: float) -> str:
    """An interval in words, "0.404 to 0.420", its bounds told apart; it does not wrap."""
    places = decimals((low, high))
    while low != high and places < SIGNIFICANT_DIGITS and f"{low:.{places}f}" == f"{high:.{places}f}":
        places += 1
    said = f"{low:,.{places}f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{high:,.{places}f}"
    return said.replace("-", "\N{MINUS SIGN}")


def _magnitude(size: float) -> int:
    return math.floor(math.log10(size))
