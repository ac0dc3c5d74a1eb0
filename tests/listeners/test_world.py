"""The log of a world: whole, in order, the same each time, and each listener on her own."""

import numpy as np
import pandas as pd
import pytest

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.listeners import Log, World, draws, simulate
from musicrec.listeners.exposure import LIBRARY, REPLAY
from musicrec.listeners.sessions import WEEK

WORLD = World(n_users=30, seed=7)


@pytest.fixture(scope="module")
def log(sound: pd.DataFrame) -> Log:
    return simulate(WORLD, sound)


def of_listener(log: Log, user: int) -> dict[str, np.ndarray]:
    """What one listener did, without the numbers of sessions and slates, which count over all listeners."""
    session = np.flatnonzero(log.sessions["user"] == user)
    plays = np.isin(log.plays["session"], session)
    slates = np.isin(log.exposures["slate"], log.plays["slate"][plays & (log.plays["slate"] >= 0)])
    found = {f"play {k}": log.plays[k][plays] for k in ("item", "time", "shelf", "completion", "skipped")}
    found |= {f"session {k}": v[session] for k, v in log.sessions.items()}
    found |= {f"shown {k}": log.exposures[k][slates] for k in ("position", "item", "propensity", "chosen")}
    return found | {k: v[user : user + 1] for k, v in log.users.items()}


def test_the_same_again(sound: pd.DataFrame, log: Log) -> None:
    again = simulate(WORLD, sound)
    for table in ("users", "sessions", "plays", "exposures"):
        for name, column in getattr(log, table).items():
            np.testing.assert_array_equal(column, getattr(again, table)[name])


def test_another_seed_is_another_world(sound: pd.DataFrame, log: Log) -> None:
    other = simulate(World(n_users=30, seed=8), sound)
    assert not np.array_equal(other.plays["item"][:100], log.plays["item"][:100])


def test_the_first_listeners_of_a_larger_world_are_the_same(sound: pd.DataFrame, log: Log) -> None:
    few = simulate(World(n_users=6, seed=7), sound)
    for user in range(6):
        for name, column in of_listener(few, user).items():
            np.testing.assert_array_equal(column, of_listener(log, user)[name], err_msg=name)


def test_other_draws_of_one_listener_leave_the_others_alone(
    sound: pd.DataFrame, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = draws.generator
    monkeypatch.setattr(
        draws,
        "generator",
        lambda seed, use, number=0: usual(seed + (use != draws.PIECES and number == 2), use, number),
    )
    changed = simulate(WORLD, sound)
    before, after = of_listener(log, 2), of_listener(changed, 2)
    assert (
        len(before["play item"]) != len(after["play item"])
        or (before["play item"] != after["play item"]).any()
    )
    for user in (0, 1, 3, 29):
        for name, column in of_listener(changed, user).items():
            np.testing.assert_array_equal(column, of_listener(log, user)[name], err_msg=name)


def test_every_play_comes_from_its_slate_or_is_a_replay(log: Log) -> None:
    plays, shown = pd.DataFrame(log.plays), pd.DataFrame(log.exposures)
    chosen = shown[shown["chosen"]].set_index("slate")["item"]
    assert chosen.index.is_unique
    from_slates = plays[plays["slate"] >= 0]
    assert (chosen.loc[from_slates["slate"]].to_numpy() == from_slates["item"]).all()
    assert len(chosen) == len(from_slates)
    replays = plays["shelf"] == REPLAY
    assert (plays["slate"] == -1).equals(replays) and replays.any()
    assert (plays["item"].shift()[replays] == plays["item"][replays]).all()


def test_the_library_shows_only_what_was_played(log: Log) -> None:
    plays, shown = pd.DataFrame(log.plays), pd.DataFrame(log.exposures)
    plays["user"] = log.sessions["user"][plays["session"]]
    library = plays[plays["shelf"] == LIBRARY]
    assert len(library) > 50
    for row in library.sample(50, random_state=0).itertuples():
        before = plays[(plays["user"] == row.user) & (plays["session"] < row.session) & ~plays["skipped"]]
        assert set(shown.loc[shown["slate"] == row.slate, "item"]) <= set(before["item"])


def test_time_runs_forward_and_sessions_lie_apart(log: Log) -> None:
    plays = pd.DataFrame(log.plays)
    spans = plays.groupby("session")["time"].agg(["min", "max"])
    assert plays.groupby("session")["time"].apply(lambda t: t.is_monotonic_increasing).all()
    same = np.diff(log.sessions["user"]) == 0
    assert ((spans["min"].to_numpy()[1:] - spans["max"].to_numpy()[:-1])[same] >= 1799).all()
    assert (log.sessions["start"] < WORLD.weeks * WEEK).all()
    assert np.array_equal(np.unique(log.sessions["user"]), np.arange(WORLD.n_users))
    assert (np.bincount(log.sessions["user"]) > 0).all()
    first = pd.Series(log.sessions["start"]).groupby(log.sessions["user"]).min()
    np.testing.assert_array_equal(first, log.users["joined"])


def test_liked_pieces_are_chosen(sound: pd.DataFrame, log: Log) -> None:
    from musicrec.listeners import Taste

    taste = Taste(sound, WORLD.dials, WORLD.seed)
    user = log.sessions["user"][log.plays["session"]]
    utility = np.stack([taste.utility(u)[0] for u in range(WORLD.n_users)])
    assert utility[user, log.plays["item"]].mean() > 0.8 > utility.mean()


def test_bad_worlds_are_named(sound: pd.DataFrame) -> None:
    with pytest.raises(InvalidArgument, match="n_users is a whole number of at least 1, found 0"):
        World(n_users=0)
    with pytest.raises(InvalidArgument, match="seed is a whole number"):
        World(seed=1.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidData, match="length_s"):
        simulate(WORLD, sound.drop(columns="length_s"))
