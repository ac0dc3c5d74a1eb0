"""The five cuts: every event lands in one part, shares are right, nothing leaks, cuts can be repeated."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from musicrec.data import (
    Interactions,
    Split,
    by_time,
    cold_items,
    cold_users,
    holdout,
    leave_last_out,
    reveal,
)
from musicrec.errors import InvalidArgument, InvalidData

EVENT = st.tuples(st.integers(0, 7), st.integers(0, 11), st.integers(1, 5), st.integers(0, 30))
COLUMNS = ["user", "item", "weight", "time"]
WORLDS = st.lists(EVENT, min_size=1, max_size=60).map(lambda rows: pd.DataFrame(rows, columns=COLUMNS))
# five users with five items each at five times are enough for every cut; what else happens is open
GROUND = [(user, item, 1, 6 * item) for user in range(5) for item in range(5)]
LARGE_WORLDS = st.lists(EVENT, max_size=40).map(lambda rows: pd.DataFrame(GROUND + rows, columns=COLUMNS))
SHARES = st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.4])
SEEDS = st.integers(0, 5)
SOME = settings(max_examples=30)


def interactions(table, **given):
    """Over fixed indexes, in which user 9 and item 15 have no events."""
    return Interactions.from_frame(
        table, weight="weight", time="time", users=[*range(10)], items=[*range(16)], **given
    )


def sizable(n_users=40, n_items=60, n_events=3000, seed=1):
    rng = np.random.default_rng(seed)
    return Interactions.from_frame(
        pd.DataFrame(
            {
                "user": rng.integers(0, n_users, n_events),
                "item": (rng.pareto(1.0, n_events) * 5).astype(int) % n_items,
                "weight": rng.integers(1, 9, n_events),
                "time": rng.integers(0, 10_000, n_events),
            }
        ),
        weight="weight",
        time="time",
    )


def new_users():
    return cold_users(sizable(), valid=0)


def parts(split):
    return [part for part in (split.train, split.valid, split.test, split.history) if part is not None]


def rows(*some):
    """The events of some interactions as a sorted list."""
    return sorted(pd.concat([part.events for part in some]).itertuples(index=False, name=None))


def pairs(x):
    return set(zip(x.events["user"], x.events["item"], strict=True))


def same(a, b):
    return [rows(part) for part in parts(a)] == [rows(part) for part in parts(b)]


CUTS = {
    "holdout": holdout,
    "holdout over all": lambda x: holdout(x, by="all"),
    "leave_last_out": lambda x: leave_last_out(x, n=2, valid=1),
    "by_time": by_time,
    "cold_items": lambda x: cold_items(x, share=0.2, valid=0.1),
    "cold_users": lambda x: cold_users(x, share=0.2, reveal=2, valid=0.2),
}
EVERY_CUT = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())


@EVERY_CUT
@SOME
@given(LARGE_WORLDS)
def test_every_event_lands_in_exactly_one_part(cut, table):
    x = interactions(table)
    split = cut(x)
    assert rows(*parts(split)) == rows(x)
    for part in parts(split):
        assert part.users.equals(x.users)
        assert part.items.equals(x.items)


@EVERY_CUT
@SOME
@given(LARGE_WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(cut, table, random):
    split = cut(interactions(table))
    order = list(range(len(table)))
    random.shuffle(order)
    assert same(split, cut(interactions(table.iloc[order])))


@EVERY_CUT
@SOME
@given(LARGE_WORLDS)
def test_refit_joins_train_and_valid_and_leaves_test_alone(cut, table):
    split = cut(interactions(table))
    joined = split.refit()
    assert joined.valid is None
    assert rows(joined.test) == rows(split.test)
    known = set(joined.train.events["user"])
    given_then = [] if split.history is None else [split.history]
    given_now = [] if joined.history is None else [joined.history]
    assert rows(joined.train, *given_now) == rows(split.train, split.valid, *given_then)
    assert all(known.isdisjoint(part.events["user"]) for part in given_now)
    assert joined.refit() is joined


RANDOM = [name for name in CUTS if name not in ("leave_last_out", "by_time")]


@pytest.mark.parametrize("name", RANDOM)
@SOME
@given(LARGE_WORLDS)
def test_random_cuts_keep_the_events_of_a_pair_together(name, table):
    split = CUTS[name](interactions(table))
    found = [pairs(part) for part in parts(split)]
    assert sum(map(len, found)) == len(set.union(*found))
    assert split.leakage("test")["shared pairs"] == split.leakage("valid")["shared pairs"] == 0


@pytest.mark.parametrize(
    "cut",
    [
        holdout,
        lambda x, seed: holdout(x, seed=seed, by="all"),
        cold_items,
        cold_users,
    ],
)
def test_a_seed_gives_one_split_and_another_seed_another(cut):
    x = sizable()
    assert same(cut(x, seed=3), cut(x, seed=3))
    assert not same(cut(x, seed=3), cut(x, seed=4))


@SOME
@given(WORLDS, SHARES, st.sampled_from([0.0, 0.1, 0.3]), SEEDS)
def test_holdout_takes_its_share_of_each_users_items(table, test, valid, seed):
    x = interactions(table)
    split = holdout(x, test=test, valid=valid, seed=seed)
    assert (split.valid is None) == (valid == 0)
    for user, events in x.events.groupby("user"):
        n = events["item"].nunique()
        n_test = min(int(np.floor(test * n + 0.5 + 1e-12)), n - 1)
        n_valid = min(int(np.floor(valid * n + 0.5 + 1e-12)), n - 1 - n_test)
        drawn = [len({pair for pair in pairs(part) if pair[0] == user}) for part in parts(split)]
        assert drawn == ([n - n_test - n_valid, n_valid, n_test] if valid else [n - n_test, n_test])
        assert drawn[0] >= 1


def test_holdout_rounds_half_up_whatever_floats_say():
    table = pd.DataFrame({"user": 0, "item": range(100)})
    split = holdout(Interactions.from_frame(table), test=0.145, valid=0)  # 0.145 * 100 is 14.499999999999998
    assert len(split.test) == 15
    five = holdout(Interactions.from_frame(table[:5]), test=0.1, valid=0.1)
    assert [len(part) for part in parts(five)] == [3, 1, 1]


@SOME
@given(WORLDS, SHARES, SEEDS)
def test_holdout_over_all_takes_its_share_of_the_pairs(table, test, seed):
    x = interactions(table)
    split = holdout(x, test=test, valid=0, seed=seed, by="all")
    assert len(pairs(split.test)) == min(int(np.floor(test * x.n_pairs + 0.5 + 1e-12)), x.n_pairs - 1)


def test_holdout_favours_no_item():
    table = pd.DataFrame(
        [(user, item) for user in range(400) for item in range(10)], columns=["user", "item"]
    )
    drawn = holdout(Interactions.from_frame(table), test=0.2, valid=0).test.events["item"].value_counts()
    # each item is drawn by a user with chance 0.2: mean 80, standard deviation 8 over 400 users
    assert drawn.reindex(range(10), fill_value=0).between(80 - 5 * 8, 80 + 5 * 8).all()


def test_a_user_with_one_item_stays_in_train_and_one_without_stays_out():
    table = pd.DataFrame(
        {"user": [0, 1, 1, 1, 1, 1], "item": [0, 0, 1, 2, 3, 4], "weight": 1, "time": range(6)}
    )
    x = interactions(table)
    for split in (holdout(x), leave_last_out(x)):
        assert 0 in set(split.train.events["user"])
        assert 0 not in set(split.test.events["user"])
        assert 9 not in split.cold_users
    one = holdout(interactions(table[:1]))
    assert (len(one.train), len(one.valid), len(one.test)) == (1, 0, 0)


@SOME
@given(WORLDS, st.integers(1, 3), st.sampled_from([None, 0, 1, 2]))
def test_leave_last_out_takes_the_last_of_each_user(table, n, valid):
    x = interactions(table)
    split = leave_last_out(x, n=n, valid=valid)
    before = n if valid is None else valid
    assert (split.valid is None) == (before == 0)
    for user, events in x.events.groupby("user"):
        times = [part.events["time"][part.events["user"] == user] for part in parts(split)]
        n_test = min(n, len(events) - 1)
        n_valid = min(before, len(events) - 1 - n_test)
        expected = (
            [len(events) - n_test - n_valid, n_valid, n_test] if before else [len(events) - n_test, n_test]
        )
        assert [len(part) for part in times] == expected
        assert sorted(events["time"]) == [time for part in times for time in sorted(part)]
    assert split.leakage("test")["before own train"] == 0


def test_leave_last_out_without_ties_is_what_sorting_gives():
    table = pd.DataFrame({"user": [0, 0, 0, 0], "item": [5, 6, 7, 8], "weight": 1, "time": [3, 9, 1, 7]})
    split = leave_last_out(interactions(table))
    assert [part.events["item"].tolist() for part in parts(split)] == [[5, 7], [8], [6]]


def test_ties_in_time_favour_no_item_for_its_code():
    table = pd.DataFrame([(user, item, 1, 7) for user in range(10) for item in range(16)])
    last = leave_last_out(
        interactions(table.set_axis(["user", "item", "weight", "time"], axis=1))
    ).test.events["item"]
    assert last.nunique() > 3
    assert not (last == 15).all()


@SOME
@given(LARGE_WORLDS, SHARES, st.sampled_from([0, 0.0, 0.1, 0.3]))
def test_by_time_cuts_everybody_at_one_moment(table, test, valid):
    split = by_time(interactions(table), test=test, valid=valid)
    times = [part.events["time"] for part in parts(split)]
    assert len(times) == (3 if valid else 2)
    assert all(len(part) for part in times)
    assert all(earlier.max() < later.min() for earlier, later in pairwise(times))
    assert split.leakage("test")["before any train"] == 0


@SOME
@given(WORLDS, SHARES)
def test_by_time_comes_as_near_to_its_share_as_the_times_allow(table, test):
    assume(len(set(table["time"])) > 1)
    split = by_time(interactions(table), test=test, valid=0)
    possible = [(table["time"] >= moment).sum() for moment in sorted(table["time"].unique())[1:]]
    wanted = int(np.floor(test * len(table) + 0.5 + 1e-12))
    assert abs(len(split.test) - wanted) == min(abs(size - wanted) for size in possible)


def test_by_time_at_a_given_moment():
    days = pd.date_range("2020-01-01", periods=10)
    x = Interactions.from_frame(pd.DataFrame({"user": 1, "item": range(10), "time": days[::-1]}), time="time")
    split = by_time(x, test="2020-01-08", valid=pd.Timestamp("2020-01-06"))
    assert [part.events["time"].min() for part in parts(split)] == [days[0], days[5], days[7]]
    shared = by_time(x, test=days[7].tz_localize("UTC"), valid=0.2)
    assert same(split, shared)
    whole = pd.DataFrame({"user": 1, "item": range(10), "time": np.arange(10) + 2**60})
    exact = by_time(Interactions.from_frame(whole, time="time"), test=2**60 + 9, valid=0)
    assert len(exact.test) == 1


def test_the_repeats_of_a_time_cut_are_counted():
    table = pd.DataFrame({"user": [0, 0, 0], "item": [4, 5, 4], "weight": 1, "time": [0, 1, 2]})
    for split in (
        by_time(interactions(table), test=2, valid=0),
        leave_last_out(interactions(table), valid=0),
    ):
        assert split.leakage()["shared pairs"] == 1


@SOME
@given(LARGE_WORLDS, SEEDS)
def test_cold_items_have_no_training_plays(table, seed):
    x = interactions(table)
    split = cold_items(x, share=0.2, seed=seed, valid=0.1)
    n_played = table["item"].nunique()
    assert len(split.cold_items) == max(1, int(np.floor(0.2 * n_played + 0.5 + 1e-12)))
    assert set(split.cold_items) == set(split.test.events["item"])
    kept = set(split.train.events["item"])
    assert kept.isdisjoint(split.test.events["item"])
    assert kept.isdisjoint(split.valid.events["item"])
    assert set(split.valid.events["item"]).isdisjoint(split.test.events["item"])
    assert 15 not in split.cold_items  # it was never played
    assert set(split.refit().cold_items) == set(split.cold_items)


@SOME
@given(LARGE_WORLDS, SEEDS, st.integers(1, 3))
def test_cold_users_have_no_training_plays_but_a_history(table, seed, reveal):
    split = cold_users(interactions(table), share=0.2, reveal=reveal, seed=seed, valid=0.2)
    n_enough = (table.groupby("user")["item"].nunique() > reveal).sum()
    assert len(split.cold_users) == max(1, int(np.floor(0.2 * n_enough + 0.5 + 1e-12)))
    strangers = set(split.test.events["user"]) | set(split.valid.events["user"])
    assert set(split.test.events["user"]).isdisjoint(split.valid.events["user"])
    assert strangers.isdisjoint(split.train.events["user"])
    assert set(split.history.events["user"]) == strangers
    revealed = split.history.events.groupby("user")["item"].nunique()
    assert (revealed == reveal).all()
    assert pairs(split.history).isdisjoint(pairs(split.test))
    assert set(split.refit().history.events["user"]) == set(split.cold_users)


@SOME
@given(LARGE_WORLDS, SEEDS, st.sampled_from(["test", "valid"]))
def test_with_less_revealed_the_same_is_asked_for(table, seed, part):
    split = cold_users(interactions(table), share=0.2, reveal=3, seed=seed, valid=0.2)
    asked = getattr(split, part)
    before = set()
    for n in (1, 2, 3, 9):
        less = reveal(split, n, part, seed=seed)
        assert rows(less.test) == rows(asked)
        assert rows(less.train) == rows(split.train)
        assert (less.history.events.groupby("user")["item"].nunique() == min(n, 3)).all()
        known = pairs(less.history)
        assert before <= known
        before = known
        withheld = [] if less.valid is None else [less.valid]
        theirs = split.history.where(split.history.events["user"].isin(asked.events["user"]))
        assert rows(less.history, *withheld) == rows(theirs)


def test_new_users_without_a_history_are_not_asked_about():
    x = sizable()
    split = cold_users(x, share=0.2, reveal=3, valid=0.2)
    one = split.test.events["user"].iloc[0]
    partly = Split(
        train=split.train,
        test=split.test,
        history=split.history.where(split.history.events["user"] != one),
    )
    assert one not in set(reveal(partly, 1).test.events["user"])


def test_without_valid_there_is_none():
    x = sizable()
    for split in (
        cold_items(x, valid=0),
        cold_users(x, valid=0),
        by_time(x, valid=0),
        leave_last_out(x, valid=0),
    ):
        assert split.valid is None
        assert split.refit() is split


def test_a_warm_split_has_nobody_cold():
    table = pd.DataFrame([(user, item) for user in range(30) for item in range(10)], columns=["user", "item"])
    split = holdout(Interactions.from_frame(table))
    assert split.cold_users.tolist() == split.cold_items.tolist() == []
    assert split.history is None


NO_TIMES = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 1]}))
ONE_MOMENT = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 1], "t": 5}), time="t")
TWO_MOMENTS = Interactions.from_frame(
    pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 1], "t": [5, 6, 6]}), time="t"
)
DATED = Interactions.from_frame(
    pd.DataFrame({"user": 1, "item": range(5), "t": pd.date_range("2020-01-01", periods=5)}), time="t"
)
EMPTY = NO_TIMES.where(np.zeros(3, dtype=bool))


@pytest.mark.parametrize(
    ("ask", "error", "why"),
    [
        (lambda: holdout(NO_TIMES, test=0), InvalidArgument, "test must be a number above 0"),
        (lambda: holdout(NO_TIMES, test=0.8, valid=0.2), InvalidArgument, "together they must stay below 1"),
        (lambda: holdout(NO_TIMES, valid=-0.1), InvalidArgument, "valid one of 0 or more"),
        (lambda: holdout(NO_TIMES, by="item"), InvalidArgument, "by is 'item'; it must be 'user' or 'all'"),
        (lambda: holdout(NO_TIMES, seed=-1), InvalidArgument, "seed is -1; it must be a whole number"),
        (lambda: cold_items(sizable(), seed=0.5), InvalidArgument, "seed is 0.5"),
        (
            lambda: leave_last_out(NO_TIMES),
            InvalidArgument,
            "leave_last_out needs .* Pass time= .* or cut with holdout",
        ),
        (lambda: by_time(NO_TIMES), InvalidArgument, "by_time needs to know when"),
        (
            lambda: leave_last_out(ONE_MOMENT, n=0),
            InvalidArgument,
            "n is 0; it must be a whole number, 1 or more",
        ),
        (lambda: holdout(NO_TIMES, valid=None), InvalidArgument, "0.2 for test and None for valid"),
        (lambda: leave_last_out(ONE_MOMENT, n=1.5), InvalidArgument, "n is 1.5"),
        (lambda: leave_last_out(ONE_MOMENT, valid=-1), InvalidArgument, "valid is -1"),
        (lambda: by_time(ONE_MOMENT), InvalidData, "1 different time, too few to cut into 3 parts.*valid=0"),
        (lambda: by_time(ONE_MOMENT, valid=0), InvalidData, "1 different time, too few to cut into 2"),
        (lambda: by_time(TWO_MOMENTS), InvalidData, "2 different times, too few to cut into 3"),
        (lambda: by_time(TWO_MOMENTS, test=5, valid=0), InvalidArgument, "must come after 5 and not after 6"),
        (lambda: by_time(TWO_MOMENTS, test=7, valid=0), InvalidArgument, "would leave a part without events"),
        (
            lambda: by_time(TWO_MOMENTS, test=1.0, valid=0),
            InvalidArgument,
            "as a share it must be a number between 0 and 1",
        ),
        (
            lambda: by_time(DATED, test="soon"),
            InvalidArgument,
            "test is 'soon'; it must be a number between 0 and 1 or a",
        ),
        (
            lambda: by_time(DATED, test="2020-01-03", valid="2020-01-03"),
            InvalidArgument,
            "valid='2020-01-03' would",
        ),
        (lambda: by_time(DATED, test=0.6, valid=0.5), InvalidArgument, "together they must stay below 1"),
        (
            lambda: cold_items(NO_TIMES),
            InvalidArgument,
            "There are 2 items with events, and 1 for test with 1 for valid",
        ),
        (lambda: cold_items(sizable(), share=1.0), InvalidArgument, "The shares are 1.0"),
        (lambda: cold_users(NO_TIMES), InvalidArgument, "There are 0 users with more than 5 distinct items"),
        (
            lambda: cold_users(sizable(), reveal=0),
            InvalidArgument,
            "reveal is 0; it must be a whole number, 1 or more",
        ),
        (lambda: reveal(new_users(), 0), InvalidArgument, "n is 0; it must be a whole number, 1 or more"),
        (lambda: reveal(new_users(), 1, "train"), InvalidArgument, "part is 'train'"),
        (lambda: reveal(new_users(), 1, "valid"), InvalidArgument, "This split has no valid part"),
        (lambda: reveal(holdout(sizable()), 1), InvalidArgument, "This split has no history"),
        (
            lambda: reveal(replace(new_users(), test=new_users().train), 1),
            InvalidArgument,
            "No user of test has a history",
        ),
        (lambda: holdout(EMPTY), InvalidData, "no events, so there is nothing to cut"),
        (lambda: cold_items(EMPTY), InvalidData, "nothing to cut"),
        (lambda: cold_users(EMPTY), InvalidData, "nothing to cut"),
        (lambda: by_time(EMPTY), InvalidData, "nothing to cut"),
        (lambda: leave_last_out(EMPTY), InvalidData, "nothing to cut"),
    ],
)
def test_what_cannot_be_cut_is_refused(ask, error, why):
    with pytest.raises(error, match=why):
        ask()


def only(users):
    return NO_TIMES.where(NO_TIMES.events["user"].isin(users))


def test_any_interactions_make_a_split():
    split = Split(train=only([0]), test=only([1]))
    assert split.valid is None
    assert split.cold_users.tolist() == [1]
    assert split.cold_items.tolist() == []
    assert repr(split) == "Split(train 2, test 1 events; 1 cold users, 0 cold items in test)"
    assert split.summary().loc["train"].tolist() == [2, 2, 1, 2]
    assert "<table" in split._repr_html_()
    assert split.leakage().to_dict() == {"shared pairs": 0, "cold users": 1, "cold items": 0}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            {"train": only([0]), "test": ONE_MOMENT.matrix},
            "test is of type csr_matrix; each part of a split must be",
        ),
        ({"train": only([0]), "test": sizable()}, "test is over 40 users and train over 2.*over one index"),
        ({"train": EMPTY, "test": only([1])}, "train holds no event"),
        (
            {"train": only([0]), "test": only([1]), "history": EMPTY},
            "history holds no event of a weight above 0; pass history=None",
        ),
        (
            {"train": NO_TIMES, "test": only([1]), "history": only([1])},
            r"1 user found in history and in train, first \[2\]",
        ),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(made, why):
    with pytest.raises(InvalidData, match=why):
        Split(**made)


def test_refit_needs_parts_with_the_same_columns():
    with pytest.raises(InvalidData, match="train and valid have different columns"):
        Split(train=NO_TIMES, valid=ONE_MOMENT, test=NO_TIMES).refit()


def test_leakage_of_a_part_that_is_not_there():
    with pytest.raises(InvalidArgument, match=r"part is 'valid'; this split can be asked about \['test'\]"):
        Split(train=only([0]), test=only([1])).leakage("valid")
    with pytest.raises(InvalidArgument, match=r"part is \['test'\]; this split can be asked about"):
        Split(train=only([0]), test=only([1])).leakage(["test"])


def test_leakage_counts_what_a_random_cut_gives_away_in_time():
    x = sizable()
    random, timed = holdout(x).leakage(), by_time(x).leakage()
    assert random["before own train"] > 0
    assert random["before any train"] >= random["before own train"]
    assert timed["before own train"] == timed["before any train"] == 0


def test_an_assertion_stands_between_a_faulty_cut_and_its_caller():
    from musicrec.data import cutting

    x = sizable()
    overlapping = Split(train=x, valid=None, test=x)
    with pytest.raises(AssertionError, match=r"test leaks: .* shared pairs"):
        cutting.assured(overlapping, "shared pairs")
    with pytest.raises(AssertionError, match="test has warm items"):
        cutting.assured(overlapping, "none", all_cold="item")


@EVERY_CUT
@pytest.mark.parametrize("x", [pd.DataFrame({"user": [1], "item": [1]}), None], ids=["frame", "none"])
def test_what_is_no_interactions_is_refused_by_every_cut(cut, x):
    with pytest.raises(
        InvalidArgument, match=f"needs data.Interactions, found {type(x).__name__}.*from_frame"
    ):
        cut(x)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            {"train": NO_TIMES, "test": None},
            "test is of type NoneType; each part .* valid and history may be None",
        ),
        ({"train": None, "test": NO_TIMES}, "train is of type NoneType"),
        ({"train": None, "test": None}, "train is of type NoneType"),
        ({"train": NO_TIMES, "test": NO_TIMES, "valid": {}}, "valid is of type dict"),
    ],
)
def test_a_split_without_train_or_test_is_refused_at_once(made, why):
    with pytest.raises(InvalidData, match=why):
        Split(**made)


ZEROS = LARGE_WORLDS.map(lambda table: table.assign(weight=[*[1] * 25, *(table["weight"][25:] % 2)]))


@EVERY_CUT
@SOME
@given(ZEROS)
def test_events_of_weight_zero_go_into_no_part(cut, table):
    x = interactions(table)
    split = cut(x)
    assert rows(*parts(split)) == rows(x.where(x.events["weight"] > 0))
    assert same(split, cut(x.where(x.events["weight"] > 0)))


@SOME
@given(WORLDS, SEEDS)
def test_holdout_leaves_each_user_a_pair_in_train_whatever_the_weights(table, seed):
    assume((table["weight"] % 3).any())
    x = interactions(table.assign(weight=table["weight"] % 3, user=table["user"] % 3))
    split = holdout(x, test=0.5, valid=0.4, seed=seed)
    known = x.matrix.getnnz(axis=1) > 0
    assert (split.train.matrix.getnnz(axis=1)[known] >= 1).all()


@EVERY_CUT
def test_weights_that_are_all_zero_cannot_be_cut(cut):
    x = sizable()
    silent = Interactions(x.users, x.items, x.events.assign(weight=0))
    with pytest.raises(InvalidData, match="All weights of these interactions are 0"):
        cut(silent)


@pytest.mark.parametrize(
    "kind", [np.float16, np.float32, np.float64, lambda share: Fraction(share).limit_denominator()]
)
def test_a_share_may_be_any_real_number(kind):
    x = sizable()
    for cut in (by_time, holdout, cold_items, cold_users):
        assert same(cut(x, kind(0.25), valid=kind(0.125)), cut(x, 0.25, valid=0.125))
    assert same(by_time(x, kind(0.25), valid=kind(0.0)), by_time(x, 0.25, valid=0))


@pytest.mark.parametrize("x", [sizable(), DATED], ids=["numbers", "dates"])
def test_by_time_without_a_moment_is_refused(x):
    with pytest.raises(InvalidArgument, match=r"valid is None; it must be .* Pass valid=0 for no valid part"):
        by_time(x, valid=None)
    with pytest.raises(InvalidArgument, match="test is None; it must be a number between 0 and 1 or a time"):
        by_time(x, test=None)
    with pytest.raises(InvalidArgument, match="test is True"):
        by_time(x, test=True)
