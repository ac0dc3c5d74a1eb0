"""Utility is the stated sum of its parts, in the stated shares."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.listeners import Dials, Taste
from musicrec.listeners.dials import PARTS

TOLERANCE = 0.03  # of a share of variance, over 400 listeners


@pytest.mark.parametrize(
    "dials",
    [
        Dials(),
        Dials().turned(heard=0.0),
        Dials().turned(heard=1.0),
        Dials().turned(fame=0.5, mood=0.3, unlisted=0.9),
    ],
)
def test_realised_shares_of_variance_are_the_dials(sound: pd.DataFrame, dials: Dials) -> None:
    taste = Taste(sound, dials, seed=3)
    parts = [taste.parts(user) for user in range(400)]
    pairs = {name: np.stack([p[name] for p in parts]) for name in PARTS}
    for name in PARTS:
        assert pairs[name].var() == pytest.approx(getattr(dials, name), abs=TOLERANCE), name
    # all five together, each mood as likely as the other: the parts do not go along with one another
    lasting = pairs["heard"] + pairs["scene"] + pairs["fame"] + pairs["personal"]
    assert (lasting[:, None, :] + pairs["mood"]).var() == pytest.approx(1.0, abs=TOLERANCE)


def test_each_part_has_mean_zero_for_every_listener(sound: pd.DataFrame) -> None:
    for name, part in Taste(sound, Dials(), seed=3).parts(7).items():
        assert np.abs(part.mean(axis=-1)).max() < 1e-6, name


def test_utility_is_the_sum_of_the_parts_rounded(sound: pd.DataFrame) -> None:
    taste = Taste(sound, Dials(), seed=3)
    lasting, by_mood = taste.utility(11)
    parts = taste.parts(11)
    expected = sum(parts[name] for name in PARTS if name != "mood")
    np.testing.assert_allclose(lasting, expected, atol=6e-7)
    np.testing.assert_allclose(by_mood, parts["mood"], atol=6e-7)
    assert np.array_equal(lasting, np.round(lasting, 6))


def test_unlisted_sound_alone_decides_what_is_heard_where_that_dial_is_one(sound: pd.DataFrame) -> None:
    other = sound.assign(
        tempo_bpm=sound["tempo_bpm"].to_numpy()[::-1]
    )  # a catalogue's variable: nothing changes
    slower = sound.assign(articulation=sound["articulation"].to_numpy()[::-1])
    dials = Dials().turned(unlisted=1.0)
    heard = [Taste(table, dials, seed=3).parts(0)["heard"] for table in (sound, other, slower)]
    np.testing.assert_allclose(heard[0], heard[1], atol=1e-9)
    assert np.abs(heard[0] - heard[2]).max() > 0.1


def test_heard_is_not_linear_in_the_sound(sound: pd.DataFrame) -> None:
    taste = Taste(sound, Dials().turned(heard=1.0), seed=3)
    z = np.column_stack([np.ones(len(sound)), sound.drop(columns="length_s").to_numpy()])
    unexplained = []
    for user in range(30):
        heard = taste.parts(user)["heard"]
        fitted = z @ np.linalg.lstsq(z, heard, rcond=None)[0]
        unexplained.append((heard - fitted).var() / heard.var())
    assert np.mean(unexplained) > 0.25


def test_scenes_do_not_follow_from_the_sound(sound: pd.DataFrame) -> None:
    reversed_sound = sound.iloc[::-1].reset_index(drop=True)
    one, two = (Taste(table, Dials(), seed=3).scenes for table in (sound, reversed_sound))
    assert np.array_equal(one, two)


@given(st.dictionaries(st.sampled_from(PARTS), st.floats(0, 1), max_size=4))
def test_turned_dials_sum_to_one_and_keep_what_was_named(named: dict[str, float]) -> None:
    if sum(named.values()) > 1:
        with pytest.raises(InvalidArgument, match="cannot be shared out"):
            Dials().turned(named)
        return
    turned = Dials().turned(named)
    assert sum(getattr(turned, part) for part in PARTS) == pytest.approx(1.0)
    assert all(getattr(turned, part) == share for part, share in named.items())


def test_bad_dials_are_named() -> None:
    with pytest.raises(InvalidArgument, match=r"must sum to 1, found 1\.17"):
        Dials(heard=0.5)
    with pytest.raises(InvalidArgument, match="between 0 and 1"):
        Dials(unlisted=-0.1)
    with pytest.raises(InvalidArgument, match="no dial colour"):
        Dials().turned(colour=0.3)
    with pytest.raises(InvalidArgument, match="between 0 and 1"):
        Dials().turned(heard=float("nan"))


def test_bad_sound_is_named(sound: pd.DataFrame) -> None:
    with pytest.raises(InvalidData, match="lacks articulation, register"):
        Taste(sound.drop(columns=["register", "articulation"]), Dials(), 0)
    with pytest.raises(InvalidData, match="1 numbers not finite"):
        Taste(sound.assign(register=sound["register"].where(sound.index != 4)), Dials(), 0)
    with pytest.raises(InvalidData, match="at least 2 pieces"):
        Taste(sound.iloc[:1], Dials(), 0)
