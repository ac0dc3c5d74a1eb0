"""What may be recorded: an id, one finite number with its interval and tolerance, a short text. No rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.study.records import rounded

LONGEST_TEXT = 120  # characters: a title, not a paragraph
_ID = re.compile(r"[a-z][a-z0-9_@-]*(\.[a-z0-9][a-z0-9_@-]*)+")

Number = float | int


def check_id(id: str) -> None:
    """Raise InvalidArgument unless `id` can name a record."""
    if not isinstance(id, str) or not _ID.fullmatch(id) or id.endswith((".low", ".high")):
        raise InvalidArgument(
            f"{id!r} is not the name of a record. It is lower-case words joined by dots, such as "
            "'listening.gini' or 'cf.ease.ndcg@10', and does not end in .low or .high, which name the bounds "
            "of an interval."
        )
    if id.split(".")[0] in ("real", "songbook", "published"):
        raise InvalidArgument(
            f"{id!r} begins with a word that is taken: real., songbook. and published. name numbers that "
            "were recorded before or stand in the literature. Begin with the subject instead."
        )


def plain_number(id: str, what: str, found: object) -> Number:
    """`found` as a plain int or float; NumPy scalars are converted."""
    if isinstance(found, np.integer | np.floating):
        found = found.item()
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise InvalidData(
            f"{id}: the {what} must be one plain number, found {type(found).__name__}. Record an aggregate, "
            "such as a mean or a share; use float(x) for a tensor or an array of one."
        )
    if not math.isfinite(found):
        raise InvalidData(
            f"{id}: the {what} is {found}. Find out why before recording it; leave it out if it has none."
        )
    return found


def plain_tolerance(id: str, tolerance: object) -> Number:
    """`tolerance` as a plain number that is not negative."""
    plain = plain_number(id, "tolerance", tolerance)
    if plain < 0:
        raise InvalidData(f"{id}: the tolerance must not be negative; found {plain}.")
    return plain


def plain_interval(id: str, interval: Sequence[Number] | None) -> tuple[Number, Number] | None:
    """`interval` as two plain numbers in their order, or None."""
    if interval is None:
        return None
    try:
        low, high = (rounded(plain_number(id, "interval", bound)) for bound in interval)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidData):
            raise
        raise InvalidData(
            f"{id}: the interval must be a lower and an upper bound; found {interval!r}."
        ) from error
    if low > high:
        raise InvalidData(f"{id}: the interval's lower bound {low} is above its upper bound {high}.")
    return low, high


def short_text(id: str, text: object) -> str:
    """`text`, unless it is longer than a title."""
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise InvalidData(
            f"{id}: expected a text of at most {LONGEST_TEXT} characters, such as a title or a unit; found "
            f"{type(text).__name__} {str(text)[:40]!r}."
        )
    return text
