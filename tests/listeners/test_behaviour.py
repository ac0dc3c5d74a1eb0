"""Choice, completion, return and rhythm do what they state."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from musicrec.listeners import draws
from musicrec.listeners.behaviour import (
    Behaviour,
    Person,
    choice_probabilities,
    heard_share,
    preference,
    wait,
)
from musicrec.listeners.sessions import DAY, DAYPARTS, WEEK, Rhythm, daypart

RULES = Behaviour()


def person() -> Person:
    return Person.drawn(RULES, draws.generator(1, draws.BEHAVIOUR, 0))


def test_choices_follow_the_stated_probabilities() -> None:
    utility, slate, many = np.array([0.2, -0.5, 1.0, 0.3]), np.array([3, -1, 0, 1]), 100_000
    noise = draws.gumbel(np.random.default_rng(0).random((many, 4)))
    chosen = preference(utility, np.tile(slate, (many, 1)), noise, RULES).argmax(axis=1)
    expected = choice_probabilities(utility, slate, RULES)
    assert expected.sum() == pytest.approx(1) and expected[1] == 0
    np.testing.assert_allclose(np.bincount(chosen, minlength=4) / many, expected, atol=0.008)


def test_of_two_equals_the_upper_is_chosen_more_often() -> None:
    probabilities = choice_probabilities(np.zeros(5), np.arange(5), RULES)
    assert np.all(np.diff(probabilities) < 0)
    without = choice_probabilities(np.zeros(5), np.arange(5), replace(RULES, position_cost=0.0))
    np.testing.assert_allclose(without, 0.2)


def test_what_is_liked_is_heard_longer_and_skipped_less() -> None:
    noise = draws.normal(np.random.default_rng(0).random(20_000))
    low, middle, high = (heard_share(np.full(20_000, u), noise, RULES) for u in (-1.0, 0.5, 2.0))
    assert low.mean() < middle.mean() < high.mean()
    skips = [(share < RULES.skip_below).mean() for share in (low, middle, high)]
    assert skips[0] > skips[1] > skips[2]
    assert low.min() >= 0.02 and high.max() <= 1


def test_a_satisfied_listener_returns_sooner() -> None:
    assert wait(person(), 0.9, 0.5, RULES) < wait(person(), 0.3, 0.5, RULES)
    indifferent = replace(RULES, return_pull=0.0)
    assert wait(person(), 0.9, 0.5, indifferent) == wait(person(), 0.3, 0.5, indifferent)


@given(st.floats(0, 3 * WEEK), st.floats(0, 2), st.floats(-3, 3))
@example(start=1.0, weeks=0.5, shift=5e-324)
def test_listening_time_passes_forward_and_a_week_is_a_week(start: float, weeks: float, shift: float) -> None:
    rhythm = Rhythm(shift, np.ones(3), np.ones(4))
    assert rhythm.later(start, weeks) >= start - 1e-3
    assert rhythm.later(start, 1.0) == pytest.approx(start + WEEK, abs=1e-2)
    halfway = rhythm.later(rhythm.later(start, weeks / 2), weeks / 2)
    assert halfway == pytest.approx(rhythm.later(start, weeks), abs=1e-2)


def test_sessions_follow_the_rhythm_of_the_day() -> None:
    rhythm, rng = Rhythm(0.0, np.ones(3), np.ones(4)), np.random.default_rng(0)
    times = [rhythm.later(0.0, weeks) for weeks in rng.random(20_000)]
    hours = np.bincount((np.array(times) % DAY // 3600).astype(int), minlength=24)
    assert hours[19] > 3 * hours[3]
    late = [Rhythm(3.0, np.ones(3), np.ones(4)).later(0.0, weeks) for weeks in rng.random(20_000)]
    assert np.mean(np.array(late) % DAY < 6 * 3600) > np.mean(np.array(times) % DAY < 6 * 3600)


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "night"), (6, "morning"), (12, "day"), (17, "evening"), (23, "night")]
)
def test_parts_of_the_day(hour: int, part: str) -> None:
    assert DAYPARTS[daypart(5 * DAY + hour * 3600.0)] == part


def test_mood_and_device_go_with_the_part_of_the_day_and_the_person() -> None:
    rng = np.random.default_rng(0)
    plain, moody = (
        Rhythm(0.0, np.ones(3), np.ones(4)),
        Rhythm(0.0, np.array([1, 1, 9.0]), np.array([1, 1, 9.0, 1])),
    )

    def share(rhythm: Rhythm, hour: float, what: str, code: int) -> float:
        found = [getattr(rhythm.situation(hour * 3600, rng.random(2)), what) for _ in range(4000)]
        return float(np.mean(np.array(found) == code))

    assert share(plain, 23, "mood", 1) > share(plain, 8, "mood", 1) + 0.1  # relaxed: late rather than early
    assert share(moody, 8, "mood", 2) > share(plain, 8, "mood", 2) + 0.2
    assert share(moody, 12, "device", 2) > share(plain, 12, "device", 2) + 0.2
