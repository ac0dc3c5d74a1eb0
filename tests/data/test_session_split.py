"""A cut of sessions by time: the latest are asked about, and only of what train knows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.data import Dataset, Interactions, Sessions, SessionSplit, Splits
from musicrec.errors import InvalidArgument, InvalidData

LISTS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), min_size=2, max_size=30)


def sessions_of(lists, **more):
    lengths = np.array([len(each) for each in lists])
    return Sessions(np.concatenate(lists), np.cumsum(lengths) - lengths, **more)


def as_lists(sessions):
    return [session.tolist() for session in sessions]


def test_the_latest_sessions_become_the_test_and_then_the_validation():
    sessions = sessions_of([[0, 1], [1, 2], [2, 0], [0, 2], [1, 0]])
    split = SessionSplit.by_time(sessions, test=0.2)
    assert as_lists(split.train) == [[0, 1], [1, 2], [2, 0], [0, 2]] and split.valid is None
    assert as_lists(split.test) == [[1, 0]]
    tuned = split.latest(0.25)
    assert as_lists(tuned.train) == [[0, 1], [1, 2], [2, 0]]
    assert as_lists(tuned.valid) == [[0, 2]] and tuned.test is split.test
    assert split.valid is None  # the split it was made of is there for the last fit
    assert repr(tuned) == "SessionSplit(train 3, valid 1, test 1 sessions)"
    assert tuned.summary().loc["train"].to_dict() == {"sessions": 3, "plays": 6, "items": 3, "prefixes": 3}


def test_sessions_with_times_are_put_in_order_first():
    times = pd.to_datetime(["2024-05-03", "2024-05-04", "2024-05-01", "2024-05-02"])
    context = pd.DataFrame({"mood": ["late", "early"]})
    split = SessionSplit.by_time(
        sessions_of([[0, 1], [1, 0]], times=times, users=[7, 3], context=context), test=0.5
    )
    assert as_lists(split.train) == [[1, 0]] and as_lists(split.test) == [[0, 1]]
    assert split.test.users.tolist() == [7] and split.train.context["mood"].tolist() == ["early"]
    assert (split.test.times == times[:2]).all()


def test_plays_of_items_that_train_lacks_are_left_out_with_what_belongs_to_them():
    sessions = sessions_of(
        [[0, 1], [1, 0], [0, 9, 1, 8], [9, 1], [8, 9]],
        times=np.arange(12),
        users=[0, 1, 2, 3, 4],
        context=pd.DataFrame({"day": list("abcde")}),
    )
    test = SessionSplit.by_time(sessions, test=0.6).test
    assert as_lists(test) == [[0, 1]]
    assert test.times.tolist() == [4, 6] and test.users.tolist() == [2]
    assert test.context["day"].tolist() == ["c"]


@settings(max_examples=60)
@given(LISTS, st.floats(0.05, 0.9))
def test_a_cut_agrees_with_a_slow_one(lists, share):
    n_late = max(1, int(np.floor(round(share * len(lists), 9) + 0.5)))
    early, late = lists[: len(lists) - n_late], lists[len(lists) - n_late :]
    known = {item for each in early for item in each}
    expected = [kept for each in late if len(kept := [item for item in each if item in known]) > 1]
    try:
        split = SessionSplit.by_time(sessions_of(lists), test=share)
    except InvalidData:
        assert not early or not expected
    else:
        assert as_lists(split.train) == early and as_lists(split.test) == expected


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, None, "a", True, float("nan")])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(InvalidArgument, match=r"test is .*between 0 and 1"):
        SessionSplit.by_time(sessions_of([[0, 1], [1, 0]]), test=share)


def test_what_cannot_be_cut_is_refused():
    two = sessions_of([[0, 1], [0, 1]])
    with pytest.raises(InvalidArgument, match=r"needs data\.Sessions, found list"):
        SessionSplit.by_time([[0, 1]])
    with pytest.raises(InvalidData, match=r"test=0\.9 of 2 sessions leaves none in train"):
        SessionSplit.by_time(two, test=0.9)
    with pytest.raises(InvalidData, match="No session of test has two plays of items that train knows"):
        SessionSplit.by_time(sessions_of([[0, 1], [2, 3]]), test=0.5)
    with pytest.raises(InvalidData, match="test holds no session"):
        SessionSplit(train=two, test=Sessions([], []))
    with pytest.raises(InvalidData, match="train holds a NoneType"):
        SessionSplit(train=None, test=two)
    with pytest.raises(InvalidArgument, match="has a valid part already"):
        SessionSplit(train=two, valid=two, test=two).latest()


def test_a_dataset_holds_published_cuts_of_sessions():
    x = Interactions.from_frame(pd.DataFrame({"user": [1, 1], "item": ["a", "b"]}))
    split = SessionSplit.by_time(sessions_of([[0, 1], [0, 1]]), test=0.5)
    ds = Dataset(
        "tiny",
        "Tiny",
        "simulated",
        x,
        pd.DataFrame({"title": ["A", "B"], "artist": None}, x.items),
        pd.DataFrame(index=x.users),
        splits=Splits({"published": split}),
    )
    assert ds.splits["published"] is split
    with pytest.raises(InvalidData, match=r"data\.Split or data\.SessionSplit"):
        Splits({"published": [[0, 1]]})
