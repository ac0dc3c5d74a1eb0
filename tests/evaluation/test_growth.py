"""How fast costs grow: planted exponents are found, and the intervals hold what they promise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec import evaluation
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

SIZES = np.array([500, 1000, 2000, 4000, 8000])


def measured(draws, exponent, *, repeats=3, of_size=0.0, of_repeat=0.0, sizes=SIZES):
    """Sizes and seconds with noise that the repeats of a size share, and noise of their own."""
    shared = np.repeat(draws.normal(0, of_size, len(sizes)), repeats)
    at = np.repeat(sizes, repeats)
    return at, 1e-6 * at**exponent * np.exp(shared + draws.normal(0, of_repeat, len(at)))


@given(exponent=st.floats(-1, 4), factor=st.floats(1e-9, 1e3))
def test_a_power_law_is_found(exponent, factor):
    law = evaluation.growth_of(SIZES, factor * SIZES**exponent)
    assert law.exponent == pytest.approx(exponent, abs=1e-9)
    assert law.interval == pytest.approx((exponent, exponent), abs=1e-6)
    assert law.factor == pytest.approx(factor, rel=1e-6)
    assert law.at([500, 3000]) == pytest.approx(factor * np.array([500, 3000.0]) ** exponent, rel=1e-6)


def test_a_cost_that_does_not_grow():
    law = evaluation.growth_of(SIZES, np.full(5, 7.0))
    assert law.exponent == 0 and law.interval == (0, 0) and law.factor == pytest.approx(7)
    table = pd.concat([pd.DataFrame({"model": m, "items": SIZES, "seconds": 2.0}) for m in ("slow", "quick")])
    found = compared(table)
    assert (found.difference, found.interval, found.p, found.verdict) == (0, (0, 0), 1, "not supported")


def test_units_play_no_part():
    at, seconds = measured(np.random.default_rng(0), 1.5, of_repeat=0.1)
    one, other = evaluation.growth_of(at, seconds), evaluation.growth_of(at / 1000, seconds * 1e6)
    assert one.exponent == pytest.approx(other.exponent) and one.interval == pytest.approx(other.interval)
    assert (one.sizes, one.runs) == (5, 15)


def test_the_order_of_measurements_plays_no_part():
    draws = np.random.default_rng(1)
    at, seconds = measured(draws, 1.0, of_repeat=0.2)
    mixed = draws.permutation(len(at))
    one, other = evaluation.growth_of(at, seconds), evaluation.growth_of(at[mixed], seconds[mixed])
    assert one.exponent == pytest.approx(other.exponent) and one.interval == pytest.approx(other.interval)


def bootstrap_over_repeats(draws, at, seconds, resamples=200):
    """The interval that `growth_of` does not use: repeats drawn anew, size by size."""
    table = np.log(seconds).reshape(len(SIZES), -1)
    drawn = draws.integers(table.shape[1], size=(resamples, *table.shape))
    means = np.take_along_axis(np.broadcast_to(table, drawn.shape), drawn, axis=2).mean(axis=2)
    centred = np.log(SIZES) - np.log(SIZES).mean()
    return np.quantile(means @ centred / (centred @ centred), [0.025, 0.975])


@pytest.mark.parametrize("of_size", [0.0, 0.1])
def test_the_interval_covers_what_it_says(of_size):
    draws = np.random.default_rng(2)
    runs, covered, short = 1000, 0, 0
    for _ in range(runs):
        at, seconds = measured(draws, 1.3, of_size=of_size, of_repeat=0.05)
        low, high = evaluation.growth_of(at, seconds).interval
        covered += low <= 1.3 <= high
        low, high = bootstrap_over_repeats(draws, at, seconds)
        short += low <= 1.3 <= high
    noise = 3 * np.sqrt(0.95 * 0.05 / runs)
    assert abs(covered / runs - 0.95) < noise
    assert short / runs < 0.95 - noise, "repeats alone promise too much"


@pytest.mark.parametrize("difference", [0.0, 0.4])
def test_the_interval_of_a_difference_covers_what_it_says(difference):
    draws = np.random.default_rng(3)
    runs, covered, alarms = 400, 0, 0
    for _ in range(runs):
        found = compared(costs(draws, quick=1.0, slow=1.0 + difference, of_size=0.05, of_repeat=0.05))
        covered += found.interval[0] <= difference <= found.interval[1]
        alarms += found.p < 0.05
    noise = 3 * np.sqrt(0.95 * 0.05 / runs)
    assert abs(covered / runs - 0.95) < noise
    assert abs(alarms / runs - 0.05) < noise if difference == 0 else alarms / runs > 0.9


def costs(draws, *, of_size=0.0, of_repeat=0.0, **exponents):
    rows = []
    for model, exponent in exponents.items():
        at, seconds = measured(draws, exponent, of_size=of_size, of_repeat=of_repeat)
        rows += [{"model": model, "items": a, "seconds": s} for a, s in zip(at, seconds, strict=True)]
    return pd.DataFrame(rows)


def compared(table, **more):
    options = {"metric": "growth of seconds in items", "x": "items", "y": "seconds", "by": "model"}
    options |= {"treatment": "slow", "baseline": "quick", "smallest": 0.5} | more
    return evaluation.compare_growth(table, **options)


@pytest.mark.parametrize(
    ("slow", "verdict"),
    [(2.0, "supported"), (1.5, "inconclusive"), (1.0, "not supported"), (0.2, "not supported")],
)
def test_the_three_verdicts(slow, verdict):
    found = compared(costs(np.random.default_rng(4), quick=1.0, slow=slow, of_repeat=0.05))
    assert found.verdict == verdict
    assert found.difference == pytest.approx(slow - 1.0, abs=0.1)
    assert found.growth_treatment.exponent - found.growth_baseline.exponent == pytest.approx(found.difference)
    assert (found.treatment, found.baseline, found.smallest, found.level) == ("slow", "quick", 0.5, 0.95)
    assert verdict in repr(found)


def test_what_both_share_at_a_size_cancels():
    table = costs(np.random.default_rng(5), quick=1.0, slow=2.0)
    bump = np.where(table["items"] == 2000, 3.0, 1.0)  # as if the cache gave out there
    found = compared(table.assign(seconds=table["seconds"] * bump))
    assert found.interval == pytest.approx((1.0, 1.0), abs=1e-6)
    assert np.diff(found.growth_treatment.interval) > 0.5


@pytest.mark.parametrize(
    ("sizes", "amounts", "match"),
    [
        ([1, 2, 3], [1, 2], "3 sizes and 2 amounts"),
        ([1, 2, 3], [1, 2, 0], "must be positive"),
        ([1, 2, 3], [1, 2, np.nan], "must be positive"),
        ([0, 2, 3], [1, 2, 3], "must be positive"),
        ([1, 2, 2], [1, 2, 3], "found 2"),
        ([], [], "found 0"),
    ],
)
def test_measurements_that_say_nothing(sizes, amounts, match):
    with pytest.raises(InvalidData, match=match):
        evaluation.growth_of(sizes, amounts)


def test_bad_questions():
    table = costs(np.random.default_rng(6), quick=1.0, slow=2.0)
    with pytest.raises(UnknownName, match=r"no column 'users'.*model, items, seconds"):
        compared(table, x="users")
    with pytest.raises(UnknownName, match=r"No cost of 'slower'.*quick, slow"):
        compared(table, treatment="slower")
    with pytest.raises(InvalidData, match="not the same"):
        compared(table[(table["model"] == "slow") | (table["items"] > 500)])
    with pytest.raises(InvalidArgument, match="level"):
        compared(table, level=95)
    with pytest.raises(InvalidArgument, match="smallest"):
        compared(table, smallest=float("nan"))
    with pytest.raises(InvalidArgument, match="level"):
        evaluation.growth_of(SIZES, SIZES, level=0)
