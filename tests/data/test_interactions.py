"""Interactions: labels become codes and back, weights are summed, bad tables are refused with a reason."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from musicrec.data import Interactions
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

SOME = settings(max_examples=50)
EVENT = st.tuples(
    st.sampled_from("abcdef"), st.sampled_from("uvwxyz"), st.integers(0, 500), st.integers(0, 9)
)
TABLES = (
    st.lists(EVENT, min_size=1, max_size=40)
    .map(lambda rows: pd.DataFrame(rows, columns=["user", "item", "plays", "day"]))
    .filter(lambda table: table["plays"].any())
)


@pytest.fixture
def plays():
    return pd.DataFrame(
        {
            "user": ["ann", "bob", "ann", "ann"],
            "item": ["Bach", "Aird", "Bach", "Clare"],
            "plays": [2, 5, 3, 1],
            "when": pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01", "2020-01-15"]),
            "visit": ["s1", "s1", "s2", "s1"],
        }
    )


def test_events_and_matrix_of_a_small_table(plays):
    x = Interactions.from_frame(plays, weight="plays", time="when", session="visit")
    assert list(x.users) == ["ann", "bob"]
    assert list(x.items) == ["Aird", "Bach", "Clare"]
    assert list(x.events.columns) == ["user", "item", "weight", "time", "session"]
    assert x.matrix.toarray().tolist() == [[0, 5, 1], [5, 0, 0]]
    assert x.binary.toarray().tolist() == [[0, 1, 1], [1, 0, 0]]
    assert (len(x), x.n_users, x.n_items, x.n_pairs) == (4, 2, 3, 3)
    assert x.density == pytest.approx(0.5)


def test_rows_keep_their_order_and_unsorted_times_are_legal(plays):
    x = Interactions.from_frame(plays, time="when")
    assert x.events["time"].tolist() == plays["when"].tolist()


def test_one_session_label_under_two_users_is_two_sessions(plays):
    session = Interactions.from_frame(plays, session="visit").events["session"]
    assert session[0] == session[3]
    assert len({session[0], session[1], session[2]}) == 3


@SOME
@given(TABLES)
def test_labels_survive_the_round_trip(table):
    x = Interactions.from_frame(table, weight="plays", time="day")
    assert x.users[x.events["user"]].tolist() == table["user"].tolist()
    assert x.items[x.events["item"]].tolist() == table["item"].tolist()
    assert x.user_codes(table["user"]).tolist() == x.events["user"].tolist()
    assert x.item_codes(table["item"].tolist()).tolist() == x.events["item"].tolist()
    assert x.events["time"].tolist() == table["day"].tolist()


@SOME
@given(TABLES)
def test_matrix_is_the_grouped_sum_of_pandas(table):
    x = Interactions.from_frame(table, weight="plays")
    oracle = table.pivot_table(index="user", columns="item", values="plays", aggfunc="sum", fill_value=0)
    assert (x.matrix.toarray() == oracle.reindex(index=x.users, columns=x.items).to_numpy()).all()
    assert ((x.matrix > 0) != (x.binary > 0)).nnz == 0


@SOME
@given(TABLES)
def test_matrices_are_canonical_float32(table):
    x = Interactions.from_frame(table, weight="plays")
    for matrix in (x.matrix, x.binary):
        assert matrix.format == "csr"
        assert matrix.dtype == np.float32
        fresh = type(matrix)((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
        assert fresh.has_canonical_format
        assert (matrix.data != 0).all()
    assert (x.binary.data == 1).all()


@SOME
@given(TABLES, st.randoms(use_true_random=False))
def test_matrix_does_not_depend_on_the_order_of_rows(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = Interactions.from_frame(table.iloc[order], weight="plays")
    assert (shuffled.matrix != Interactions.from_frame(table, weight="plays").matrix).nnz == 0


@SOME
@given(TABLES)
def test_parts_of_a_mask_add_up(table):
    x = Interactions.from_frame(table, weight="plays")
    mask = x.events["weight"] > 100
    part, rest = x.where(mask), x.where(~mask)
    assert part.users.equals(x.users)
    assert rest.items.equals(x.items)
    assert len(part) + len(rest) == len(x)
    assert abs(part.matrix + rest.matrix - x.matrix).sum() == 0


def test_a_weight_of_zero_stays_an_event_and_leaves_the_matrix():
    x = Interactions.from_frame(pd.DataFrame({"user": [1, 1], "item": [1, 2], "w": [0, 3]}), weight="w")
    assert len(x) == 2
    assert x.n_pairs == x.matrix.nnz == x.binary.nnz == 1


def test_sums_are_taken_in_double_precision():
    table = pd.DataFrame({"user": 1, "item": 1, "w": [2.0**24] + [1.0] * 8})
    assert Interactions.from_frame(table, weight="w").matrix[0, 0] == 2.0**24 + 8


def test_given_indexes_keep_their_order_and_may_hold_more(plays):
    x = Interactions.from_frame(
        plays, users=["zoe", "bob", "ann"], items=pd.Index(["Clare", "Bach", "Aird", "Dow"])
    )
    assert list(x.users) == ["zoe", "bob", "ann"]
    assert x.binary.toarray().tolist() == [[0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0]]


def test_an_empty_table_is_legal_over_given_indexes(plays):
    x = Interactions.from_frame(
        plays.iloc[:0], users=["ann"], items=["Bach", "Aird"], weight="plays", time="when"
    )
    assert len(x) == x.n_pairs == 0
    assert x.matrix.shape == (1, 2)
    blank = pd.DataFrame(columns=["user", "item"])
    assert len(Interactions.from_frame(blank, users=["ann"], items=["Bach"])) == 0


def test_what_is_handed_out_cannot_change_the_interactions(plays):
    x = Interactions.from_frame(plays, weight="plays")
    x.matrix.data[:] = 99
    x.binary.data[:] = 99
    events = x.events
    events["user"] = 1
    with suppress(ValueError):  # "read-only", where pandas does not copy on write
        events.loc[0, "item"] = 0
    with suppress(ValueError):
        x.events["weight"].to_numpy()[:] = 7
    plays["plays"] = 50
    assert x.matrix.toarray().tolist() == [[0, 5, 1], [5, 0, 0]]
    assert x.events["user"].tolist() == [0, 1, 0, 0]
    assert x.events["item"].tolist() == [1, 0, 1, 2]


def test_labels_too_large_for_int64_and_more_pairs_than_int32_holds():
    big = pd.DataFrame({"user": [2**64 - 1, 2**63], "item": [7, 2**62]})
    x = Interactions.from_frame(big)
    assert x.users.tolist() == [2**63, 2**64 - 1]
    many = np.arange(70_000)
    wide = Interactions(pd.Index(many), pd.Index(many), pd.DataFrame({"user": many, "item": many[::-1]}))
    assert wide.n_pairs == 70_000
    assert wide.matrix[69_999].indices.tolist() == [0]


def test_times_with_a_zone_become_utc(plays):
    zoned = plays.assign(when=plays["when"].dt.tz_localize("Europe/Madrid"))
    x = Interactions.from_frame(zoned, time="when")
    assert x.events["time"][0] == pd.Timestamp("2020-02-29 23:00")


def test_categorical_labels_are_read_as_what_they_stand_for(plays):
    x = Interactions.from_frame(plays.astype({"user": "category"}), users=["ann", "bob"])
    assert x.events["user"].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("user", None, r"'user' is missing \(NaN\) in 1 row, first in row 1"),
        ("item", np.nan, r"'item' is missing \(NaN\) in 1 row, first in row 1"),
        ("visit", None, "session column 'visit' is missing"),
        ("user", 7, r"mixes values of types \['int', 'str'\].*astype\(str\)"),
        ("plays", np.nan, "'plays' .*nan in row 1, which is not a finite number; drop or repair"),
        ("plays", np.inf, "'plays' .*inf in row 1, which is not a finite number"),
        ("plays", -1.0, "'plays' .*-1.0 in row 1, which is negative"),
        ("plays", "12", "'plays' .*'12' in row 1, which is not a number; convert .* pd.to_numeric"),
        ("plays", None, "'plays' .*None in row 1, which is not a number"),
        ("plays", 1e-60, "'plays' .*1e-60 in row 1, which is less than the float32 matrix can hold; rescale"),
        ("plays", 1e39, "'plays' .*more than the float32 matrix holds; rescale"),
        ("when", pd.NaT, "'when' .*NaT in row 1, which is no time; drop"),
    ],
)
def test_a_bad_cell_is_refused_with_its_row(plays, name, value, why):
    cells = plays[name].tolist()
    cells[1] = value
    keep_type = object if value is None or isinstance(value, str) else None
    bad = plays.assign(**{name: pd.Series(cells, dtype=keep_type)})
    with pytest.raises(InvalidData, match=why):
        Interactions.from_frame(bad, weight="plays", time="when", session="visit")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"weight": "count"}, r"no column 'count' for weight=. Its columns are \['user', 'item'"),
        ({"user": "listener"}, "no column 'listener' for user="),
        ({"weight": "visit"}, "is not a number"),
        ({"weight": "when"}, "is not a number"),
        ({"time": "visit"}, "neither a number nor a datetime; convert the column with pd.to_datetime"),
        ({"users": ["ann", "bob", "ann"]}, "holds 1 label more than once: 'ann'"),
        ({"items": []}, "The item index is empty"),
        ({"users": ["ann", "bob", None]}, "is missing"),
    ],
)
def test_a_bad_column_or_index_is_refused(plays, change, why):
    with pytest.raises(InvalidData, match=why):
        Interactions.from_frame(plays, **change)


@pytest.mark.parametrize("labels", ["ann", 3, {"ann", "bob"}, {"ann": 1}, pd.DataFrame({"user": ["ann"]})])
def test_labels_that_are_no_list_are_refused(plays, labels):
    with pytest.raises(
        InvalidArgument, match="labels of users must be a flat list, array or pandas Index, found"
    ):
        Interactions.from_frame(plays, users=labels)
    with pytest.raises(InvalidArgument, match="labels of users"):
        Interactions.from_frame(plays).user_codes(labels)


def test_two_columns_of_one_name_are_refused(plays):
    doubled = pd.concat([plays, plays[["item"]]], axis=1)
    with pytest.raises(InvalidData, match="2 columns named 'item'"):
        Interactions.from_frame(doubled)


def test_what_is_no_table_is_refused():
    with pytest.raises(InvalidArgument, match="needs a pandas DataFrame, found list"):
        Interactions.from_frame([("ann", "Bach")])


def test_an_empty_table_without_indexes_is_refused(plays):
    with pytest.raises(InvalidData, match=r"no rows.*pass users= and items="):
        Interactions.from_frame(plays.iloc[:0], users=["ann"])


def test_unknown_labels_are_named(plays):
    with pytest.raises(UnknownName, match=r"Unknown item 'Bach', 'Clare': the index holds 1 item,"):
        Interactions.from_frame(plays, items=["Aird"])
    x = Interactions.from_frame(plays)
    with pytest.raises(UnknownName, match="Unknown user 'p', 'q', 'r' and 1 more: the index holds 2 users"):
        x.user_codes(["ann", "p", "q", "r", "s"])
    with pytest.raises(UnknownName, match=r"Unknown item 5 \(they are int64, the index is (str|object)\)"):
        x.item_codes([5])


def test_no_labels_are_no_codes(plays):
    codes = Interactions.from_frame(plays).user_codes([])
    assert codes.shape == (0,)
    assert codes.dtype == np.int64


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ({"user": [0, 2], "item": [0, 0]}, "user code 2 in row 1 is outside 0 to 1"),
        ({"user": [0, 1], "item": [0, -1]}, "item code -1 in row 1 is outside 0 to 0"),
        ({"user": [0, 2**62], "item": [0, 0]}, "user code 4611686018427387904 in row 1"),
        ({"user": [0.0, 1.0], "item": [0, 0]}, "must hold integer codes, found float64"),
        ({"user": [0, 1]}, "no column 'item'"),
        ({"user": [0, 1], "item": [0, 0], "rating": [1, 2]}, r"columns \['rating'\]; known are"),
        ({"user": [0, 1], "item": [0, 0], "session": [0, -2]}, "session code -2 in row 1"),
    ],
)
def test_bad_codes_are_refused(events, why):
    with pytest.raises(InvalidData, match=why):
        Interactions(pd.Index(["ann", "bob"]), pd.Index(["Bach"]), pd.DataFrame(events))


@pytest.mark.parametrize("mask", [[True], [1, 0, 1, 1], np.ones((4, 1), dtype=bool), [0, 1]])
def test_a_mask_that_does_not_fit_is_refused(plays, mask):
    with pytest.raises(InvalidArgument, match="one boolean for each of the 4 events"):
        Interactions.from_frame(plays).where(mask)


def test_what_a_reader_sees(plays):
    x = Interactions.from_frame(plays, weight="plays")
    assert repr(x) == (
        "Interactions(4 events, 3 pairs of 2 users and 3 items, density 50.000%; columns user, item, weight)"
    )
    page = x._repr_html_()
    assert "<table" in page
    assert "50.000%" in page


@SOME
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), min_size=1, max_size=20))
def test_any_integer_serves_as_a_label(labels):
    x = Interactions.from_frame(pd.DataFrame({"user": labels, "item": labels[::-1]}))
    assert x.users[x.events["user"]].tolist() == labels
    assert x.matrix.sum() == len(labels)


@pytest.mark.parametrize("name", [None, ["user"], {"user": 1}])
@pytest.mark.parametrize("role", ["user", "item"])
def test_what_names_no_column_is_refused(plays, role, name):
    with pytest.raises(
        InvalidArgument, match=rf"{role}= takes the name of one column.*Its columns are \['user'"
    ):
        Interactions.from_frame(plays, **{role: name})


@pytest.mark.parametrize("label", [["ann"], ("ann", 1), {"ann": 1}])
def test_labels_that_are_collections_are_refused(label):
    table = pd.DataFrame({"user": [label, label], "item": ["Bach", "Aird"]})
    with pytest.raises(InvalidData, match=f"holds values of type {type(label).__name__}, found .* in row 0"):
        Interactions.from_frame(table)


@pytest.mark.parametrize("events", [{"user": [0], "item": [0]}, [(0, 0)], None])
def test_events_that_are_no_table_are_refused(events):
    with pytest.raises(InvalidArgument, match=f"DataFrame of codes, found {type(events).__name__}"):
        Interactions(pd.Index(["ann"]), pd.Index(["Bach"]), events)


def test_a_missing_code_is_refused():
    codes = pd.DataFrame({"user": pd.array([0, None], dtype="Int64"), "item": [0, 0]})
    with pytest.raises(InvalidData, match=r"column 'user' has no code \(NA\) in row 1"):
        Interactions(pd.Index(["ann"]), pd.Index(["Bach"]), codes)


def test_a_ragged_mask_is_refused(plays):
    with pytest.raises(InvalidArgument, match="one boolean for each of the 4 events"):
        Interactions.from_frame(plays).where([[True], [True, False]])


def test_an_array_of_two_dimensions_holds_no_labels(plays):
    with pytest.raises(InvalidArgument, match="labels of users must be a flat list"):
        Interactions.from_frame(plays, users=np.array([["ann", "bob"]]))


@SOME
@given(TABLES)
def test_pairs_are_the_cells_of_the_matrix_whatever_the_weights(table):
    zeros = table.assign(plays=table["plays"] % 3)  # a third of them 0
    assume(zeros["plays"].any())
    x = Interactions.from_frame(zeros, weight="plays")
    pairs = x.pairs()
    user, item = x.matrix.nonzero()
    assert pairs.user.tolist() == user.tolist()
    assert pairs.item.tolist() == item.tolist()
    assert x.n_pairs == len(pairs.user)
    for number, (u, i) in zip(pairs.of_event, x.events[["user", "item"]].to_numpy(), strict=True):
        if number < 0:
            assert x.matrix[u, i] == 0
        else:
            assert (pairs.user[number], pairs.item[number]) == (u, i)


def test_weights_that_are_all_zero_are_refused(plays):
    with pytest.raises(InvalidData, match=r"weights in 'plays' are all 0, so nobody played anything. Check"):
        Interactions.from_frame(plays.assign(plays=0), weight="plays")


def test_lists_among_labels_have_no_codes(plays):
    with pytest.raises(InvalidArgument, match="labels of users must be words or numbers"):
        Interactions.from_frame(plays).user_codes([["ann"]])


def test_items_that_nobody_heard_are_interactions_without_users():
    empty = pd.DataFrame({"user": [], "item": []}, dtype="int64")
    x = Interactions(pd.Index([], name="user", dtype="str"), pd.Index(["a", "b"], name="item"), empty)
    assert (len(x), x.n_users, x.n_items, x.n_pairs, x.density) == (0, 0, 2, 0, 0.0)
    assert x.matrix.shape == x.binary.shape == (0, 2)
    assert "0 users and 2 items" in repr(x) and "0.000%" in x._repr_html_()
    assert len(x.user_codes([])) == 0 and x.item_codes(["b"]).tolist() == [1]
    with pytest.raises(UnknownName, match=r"Unknown user 'ann': the index holds 0 users\. Use"):
        x.user_codes(["ann"])
    same = Interactions.from_frame(empty, users=[], items=["a", "b"])
    assert (same.n_users, same.n_items) == (0, 2)
    with pytest.raises(UnknownName, match="Unknown user 'ann'"):
        Interactions.from_frame(pd.DataFrame({"user": ["ann"], "item": ["a"]}), users=[])
