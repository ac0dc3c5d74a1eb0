"""Sessions: cut by column or by a pause, in time order, and refused where they cannot be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.data import Interactions, Sessions
from musicrec.errors import InvalidArgument, InvalidData

SOME = settings(max_examples=50)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 60), st.integers(0, 2)),
    min_size=1,
    max_size=40,
).map(lambda rows: pd.DataFrame(rows, columns=["user", "item", "time", "session"]))


def as_lists(sessions):
    return [session.tolist() for session in sessions]


def test_sessions_lie_end_to_end():
    sessions = Sessions(
        items=[4, 2, 4, 7],
        starts=[0, 3],
        times=pd.to_datetime(["2020-01-02", "2020-01-02", "2020-01-03", "2020-01-01"]),
        users=[1, 0],
        context=pd.DataFrame({"place": ["home", "tram"]}, index=[8, 9]),
    )
    assert len(sessions) == 2
    assert as_lists(sessions) == [[4, 2, 4], [7]]
    assert sessions.session(1).tolist() == [7]
    assert sessions.lengths.tolist() == [3, 1]
    assert sessions.context["place"].tolist() == ["home", "tram"]
    assert repr(sessions) == "Sessions(2 sessions, 4 events, 2.00 a session; with times, users, context)"


def test_no_sessions_are_legal():
    sessions = Sessions(items=[], starts=[])
    assert len(sessions) == 0
    assert as_lists(sessions) == []
    assert sessions.lengths.tolist() == []


def test_a_pause_longer_than_the_gap_opens_a_session():
    table = pd.DataFrame({"user": [1, 1, 1, 2, 1], "item": [10, 11, 12, 10, 13], "time": [0, 30, 61, 5, 31]})
    x = Interactions.from_frame(table, time="time")
    sessions = Sessions.from_interactions(x, gap=29)
    assert [x.items[s].tolist() for s in sessions] == [[10], [11, 13], [12], [10]]
    assert as_lists(Sessions.from_interactions(x, gap=30)) == [[0, 1, 3, 2], [0]]
    assert sessions.users.tolist() == [0, 0, 0, 1]
    assert sessions.times.tolist() == [0, 30, 31, 61, 5]


def test_gaps_between_datetimes():
    times = pd.to_datetime(["2020-01-01 10:00", "2020-01-01 10:20", "2020-01-01 11:00"])
    x = Interactions.from_frame(pd.DataFrame({"user": 1, "item": [1, 2, 3], "time": times}), time="time")
    assert as_lists(Sessions.from_interactions(x, gap="30min")) == [[0, 1], [2]]
    assert as_lists(Sessions.from_interactions(x, gap=pd.Timedelta(hours=1))) == [[0, 1, 2]]


def test_sessions_of_a_column_come_in_the_order_of_their_start():
    table = pd.DataFrame(
        {"user": [1, 1, 1], "item": [1, 2, 3], "time": [9, 5, 7], "session": ["a", "b", "a"]}
    )
    x = Interactions.from_frame(table, time="time", session="session")
    sessions = Sessions.from_interactions(x)
    assert as_lists(sessions) == [[1], [2, 0]]
    assert sessions.times.tolist() == [5, 7, 9]


def test_without_times_rows_keep_their_order_within_a_session():
    table = pd.DataFrame({"user": [1, 1, 1, 1], "item": [3, 1, 2, 0], "session": ["b", "a", "b", "a"]})
    x = Interactions.from_frame(table, session="session")
    assert as_lists(Sessions.from_interactions(x)) == [[1, 0], [3, 2]]


@SOME
@given(EVENTS, st.integers(1, 20))
def test_sessions_by_gap_match_a_loop_over_users(table, gap):
    x = Interactions.from_frame(table, time="time")
    expected = []
    for _, events in table.sort_values("time", kind="stable").groupby("user"):
        last = None
        for item, time in zip(x.item_codes(events["item"]), events["time"], strict=True):
            if last is None or time - last > gap:
                expected.append([])
            expected[-1].append(int(item))
            last = time
    assert as_lists(Sessions.from_interactions(x, gap=gap)) == expected


@SOME
@given(EVENTS)
def test_sessions_by_column_match_the_groups_of_pandas(table):
    x = Interactions.from_frame(table, time="time", session="session")
    sessions = Sessions.from_interactions(x)
    groups = table.sort_values("time", kind="stable").groupby(["user", "session"])
    expected = sorted((user, group["time"].iloc[0], name, group) for (user, name), group in groups)
    assert as_lists(sessions) == [x.item_codes(group["item"]).tolist() for *_, group in expected]
    assert x.users[sessions.users].tolist() == [user for user, *_ in expected]
    assert sessions.lengths.sum() == len(x)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"starts": [1, 3]}, r"must start at 0, found starts \[1, 3\]"),
        ({"starts": []}, "must start at 0"),
        ({"starts": [0, 2, 2]}, "Session 1 starts at 2 and ends before 2, so it holds no event"),
        ({"starts": [0, 3, 1]}, "Session 1 starts at 3 and ends before 1"),
        ({"starts": [0, 4]}, "Session 1 starts at 4 and ends before 4"),
        ({"starts": [0, -1]}, "holds -1 in row 1"),
        ({"starts": [0.0, 3.0]}, "flat array of integers, found float64"),
        (
            {"items": [[4, 2], [4, 7, 1]]},
            "items must be a flat array of integers .*Lay the sessions end to end",
        ),
        ({"times": [[1, 2], [3]]}, "column 'times' .* neither a number nor a datetime"),
        ({"times": np.ones((4, 1))}, "times must be a flat array, one an event"),
        ({"context": {}}, "context must be a pandas DataFrame with one row a session, found dict"),
        ({"items": [1, 2, -3, 4]}, "items holds -3 in row 2"),
        ({"times": [5, 6, 4, 1]}, r"backwards in row 2 \(session 0\): 4 comes after 6. Sort"),
        ({"times": [5, 6, 7]}, "times has 3 rows, expected 4"),
        ({"times": [5, 6, np.nan, 7]}, "row 2, which is no time"),
        ({"times": ["a", "b", "c", "d"]}, "neither a number nor a datetime"),
        ({"users": [1, 1, 1, 1]}, "users has 4 rows, expected 2"),
        ({"context": pd.DataFrame({"place": ["home"]})}, "context has 1 row, expected 2"),
    ],
)
def test_bad_sessions_are_refused(change, why):
    good = {"items": [4, 2, 4, 7], "starts": [0, 3], "times": [1, 2, 2, 0], "users": [0, 1]}
    Sessions(**good)
    with pytest.raises(InvalidData, match=why):
        Sessions(**(good | change))


def test_a_session_that_is_not_there_is_refused():
    with pytest.raises(InvalidArgument, match="no session 2; they are numbered by integers from 0 to 1"):
        Sessions([1, 2], [0, 1]).session(2)


@pytest.mark.parametrize("gap", [0, -5, "30min", None, float("nan"), [30], np.array([3, 4])])
def test_a_gap_that_does_not_fit_numbers_is_refused(gap):
    x = Interactions.from_frame(pd.DataFrame({"user": [1, 1], "item": [1, 2], "time": [0, 9]}), time="time")
    with pytest.raises(
        InvalidArgument, match="a positive number" if gap is not None else "no session column"
    ):
        Sessions.from_interactions(x, gap=gap)


@pytest.mark.parametrize("gap", [30, "-1h", "soon", "0min", float("nan"), pd.NaT, [30], "9" * 30])
def test_a_gap_that_does_not_fit_datetimes_is_refused(gap):
    table = pd.DataFrame({"user": [1, 1], "item": [1, 2], "time": pd.to_datetime(["2020", "2021"])})
    with pytest.raises(InvalidArgument, match="positive duration such as '30min'"):
        Sessions.from_interactions(Interactions.from_frame(table, time="time"), gap=gap)


def test_a_gap_without_times_is_refused():
    x = Interactions.from_frame(pd.DataFrame({"user": [1], "item": [1]}))
    with pytest.raises(InvalidArgument, match="pass time="):
        Sessions.from_interactions(x, gap=30)


@pytest.mark.parametrize("number", ["a", None, 0.0, True, -1])
def test_what_is_no_number_of_a_session_is_refused(number):
    with pytest.raises(InvalidArgument, match=r"There is no session .*numbered by integers from 0 to 1"):
        Sessions([1, 2], [0, 1]).session(number)
    with pytest.raises(InvalidArgument, match=r"There is no session .*none at all"):
        Sessions([], []).session(number)


@pytest.mark.parametrize("x", [pd.DataFrame({"user": [1], "item": [1]}), None, [1]])
def test_sessions_of_what_is_no_interactions_are_refused(x):
    with pytest.raises(
        InvalidArgument, match=f"from_interactions needs data.Interactions, found {type(x).__name__}"
    ):
        Sessions.from_interactions(x, gap=5)


def test_sessions_do_not_change():
    times, context = np.array([1, 2, 3]), pd.DataFrame({"place": ["home", "tram"]})
    sessions = Sessions([4, 2, 4], [0, 2], times, [0, 1], context)
    for part in (sessions.items, sessions.starts, sessions.times, sessions.users, sessions.session(0)):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 9
    times[:] = 0
    context["place"] = "mine"
    sessions.context["place"] = "mine"
    assert sessions.times.tolist() == [1, 2, 3]
    assert sessions.context["place"].tolist() == ["home", "tram"]


LISTS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), min_size=1, max_size=10)


@SOME
@given(LISTS, st.data())
def test_taken_sessions_are_those_of_a_list(lists, draw):
    lengths = np.array([len(each) for each in lists])
    times = np.arange(lengths.sum())
    sessions = Sessions(
        np.concatenate(lists),
        np.cumsum(lengths) - lengths,
        times=times,
        users=np.arange(len(lists)),
        context=pd.DataFrame({"number": range(len(lists))}),
    )
    rows = draw.draw(st.lists(st.integers(0, len(lists) - 1), max_size=8))
    heard = [draw.draw(st.integers(1, len(lists[row]))) for row in rows]
    taken = sessions.take(rows, heard)
    assert as_lists(taken) == [lists[row][:n] for row, n in zip(rows, heard, strict=True)]
    assert taken.users.tolist() == taken.context["number"].tolist() == rows
    starts = sessions.starts[rows] if rows else []
    assert taken.times.tolist() == [t for s, n in zip(starts, heard, strict=True) for t in range(s, s + n)]
    assert as_lists(sessions.take(rows)) == [lists[row] for row in rows]


def test_sessions_that_are_not_there_cannot_be_taken():
    sessions = Sessions([1, 2, 3], [0, 2])
    with pytest.raises(InvalidArgument, match="no session 2; there are 2"):
        sessions.take([0, 2])
    with pytest.raises(InvalidArgument, match="no session -1"):
        sessions.take([-1])
    for lengths in ([3], [0], [1, 1]):
        with pytest.raises(InvalidArgument, match="from 1 to the length of that session"):
            sessions.take([0], lengths)
