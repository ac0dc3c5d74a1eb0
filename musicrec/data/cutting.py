"""The steps that all cuts share: check, draw, rank, cut, and assure that nothing leaked."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from musicrec.data.interactions import Interactions, check_interactions
from musicrec.data.split import Split
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.parameters import check_whole

TRAIN, VALID, TEST, HISTORY = range(4)


def shares(test: float, valid: float) -> tuple[float, float]:
    """The two shares as floats; InvalidArgument unless 0 < test, 0 <= valid, and something is left."""
    numbers = isinstance(test, Real) and isinstance(valid, Real)
    if not (numbers and test > 0 and valid >= 0 and test + valid < 1):
        raise InvalidArgument(
            f"The shares are {test!r} for test and {valid!r} for valid; test must be a number above 0, valid "
            "one of 0 or more (0 for no valid part), and together they must stay below 1, so that something "
            "is left to learn from."
        )
    return float(test), float(valid)


def played(x: Interactions, cut: str) -> Interactions:
    """The events that can be cut, which are those of a weight above 0, or an error where there are none."""
    check_interactions(x, cut)
    if not len(x):
        raise InvalidData(
            f"These interactions hold no events, so there is nothing to cut. {cut} needs some: check how "
            "they were read or filtered."
        )
    if "weight" not in x.events:
        return x
    counts = x.events["weight"].to_numpy() > 0
    if not counts.any():
        raise InvalidData(
            "All weights of these interactions are 0, so nobody played anything and there is nothing to cut. "
            "Check which column was read as weight."
        )
    return x if counts.all() else x.where(counts)


def generator(seed: int) -> np.random.Generator:
    """A PCG64 generator from a seed, a whole number of 0 or more."""
    check_whole("seed", seed, least=0)
    return np.random.default_rng(seed)


def times_of(x: Interactions, cut: str) -> np.ndarray:
    """The times of events, or InvalidArgument where they were not given."""
    if "time" not in x.events:
        raise InvalidArgument(
            f"{cut} needs to know when each event was, and these interactions have no times. Pass time= to "
            "Interactions.from_frame, or cut with holdout, cold_items or cold_users."
        )
    return x.events["time"].to_numpy()


def rounded(number: Any) -> Any:
    """Round half up; what floats add by accident (0.145 * 100 = 14.499999999999998) is dropped first."""
    return np.floor(np.round(number, 9) + 0.5).astype(np.int64)


def ranks(group: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rank of each row by `keys` (the first counts most) in its group, from 0, and the size of its group."""
    order = np.lexsort((*reversed(keys), group))
    sizes = np.bincount(group)
    first = np.cumsum(sizes) - sizes
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first[group[order]]
    return rank, sizes[group]


def draw(
    candidates: np.ndarray, share: float, valid: float, rng: np.random.Generator, size: int, who: str
) -> np.ndarray:
    """The part (TRAIN, VALID or TEST) of each of `size` users or items, drawn among `candidates`."""
    share, valid = shares(share, valid)
    n_test = max(1, int(rounded(share * len(candidates))))
    n_valid = max(1, int(rounded(valid * len(candidates)))) if valid > 0 else 0
    if n_test + n_valid >= len(candidates):
        raise InvalidArgument(
            f"There are {len(candidates)} {who}, and {n_test} for test with {n_valid} for valid would leave "
            "none. Take smaller shares, valid=0, or more data."
        )
    drawn = rng.permutation(candidates)
    part = np.full(size, TRAIN)
    part[drawn[:n_test]] = TEST
    part[drawn[n_test : n_test + n_valid]] = VALID
    return part


def is_share(value: Any) -> bool:
    """Whether a value is a share of events: a number between 0 and 1, both excluded, and no integer."""
    return isinstance(value, Real) and not isinstance(value, Integral) and 0 < float(value) < 1


def first_moment(
    name: str, value: Any, moments: np.ndarray, from_on: np.ndarray, first: int, last: int, beyond: int
) -> int:
    """Where a part begins: a position in `moments` (distinct times, ascending), `first` to below `last`.

    `value` is a share of events or a time; `from_on` counts the events at each moment or later, and `beyond`
    are those of a later part.
    """
    if is_share(value):
        wanted = rounded(float(value) * from_on[0]) + beyond
        return first + int(np.abs(from_on[first:last] - wanted).argmin())
    if value is None or isinstance(value, bool):
        none = " Pass valid=0 for no valid part." if name == "valid" else ""
        raise InvalidArgument(
            f"{name} is {value!r}; it must be a number between 0 and 1 or a time like {moments[0]}.{none}"
        )
    try:
        cut: Any
        if moments.dtype.kind == "M":
            stamp = pd.Timestamp(value)
            cut = (
                stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)
            ).to_datetime64()
        else:
            cut = value if isinstance(value, int | np.integer) else float(value)
        position = int(np.searchsorted(moments, cut))
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"{name} is {value!r}; it must be a number between 0 and 1 or a time like {moments[0]} ({error})."
        ) from error
    if not first <= position < last:
        raise InvalidArgument(
            f"{name}={value!r} would leave a part without events: as a time it must come after "
            f"{moments[first - 1]} and not after {moments[last - 1]}; as a share it must be a number "
            "between 0 and 1."
        )
    return position


def cut(x: Interactions, part: np.ndarray, valid: bool, history: bool = False) -> Split:
    """The split that puts each event into its part."""
    return Split(
        train=x.where(part == TRAIN),
        valid=x.where(part == VALID) if valid else None,
        test=x.where(part == TEST),
        history=x.where(part == HISTORY) if history else None,
    )


def assured(split: Split, leak: str, all_cold: str | None = None) -> Split:
    """The split, once it is sure that valid and test have no `leak` (see Split.leakage).

    With `all_cold`, "user" or "item", it is sure as well that train holds none of theirs.
    """
    for name in ("test", "valid"):
        part = getattr(split, name)
        if part is None:
            continue
        counts = split.leakage(name)
        assert counts.get(leak, 0) == 0, f"{name} leaks: {counts[leak]} {leak}"
        if all_cold is not None:
            assert counts[f"cold {all_cold}s"] == part.events[all_cold].nunique(), (
                f"{name} has warm {all_cold}s"
            )
    return split
