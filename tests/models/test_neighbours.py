"""Neighbourhood models against dense sums, against implicit, and by examples one can do on paper."""

import implicit.nearest_neighbours
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from musicrec.data import Interactions
from musicrec.errors import InvalidArgument, UnknownName
from musicrec.models import ItemKNN, UserKNN, similarity, tie_ranks

SIMILARITIES = ["cosine", "jaccard", "asymmetric"]
ROCK = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 1]])

counts = hnp.arrays(
    np.int64, st.tuples(st.integers(2, 9), st.integers(2, 7)), elements=st.integers(0, 3)
).filter(np.any)
settings = st.fixed_dictionaries(
    {
        "k": st.integers(1, 8),
        "similarity": st.sampled_from(SIMILARITIES),
        "shrinkage": st.sampled_from([0.0, 1.0, 10.0, 250.0]),
        "alpha": st.sampled_from([0.0, 0.2, 0.5, 1.0]),
        "weight": st.sampled_from(["binary", "log", "raw"]),
    }
)


def plays(dense: np.ndarray, users: list[str] | None = None, items: list[str] | None = None) -> Interactions:
    """Interactions of a table of play counts, one row a user."""
    users = users or [f"u{row}" for row in range(dense.shape[0])]
    items = items or [f"i{column}" for column in range(dense.shape[1])]
    row, column = dense.nonzero()
    frame = pd.DataFrame(
        {
            "user": [users[each] for each in row],
            "item": [items[each] for each in column],
            "plays": dense[row, column],
        }
    )
    return Interactions.from_frame(frame, weight="plays", users=users, items=items)


def read(dense: np.ndarray, weight: str) -> np.ndarray:
    return {"binary": (dense > 0).astype(float), "log": np.log1p(dense), "raw": dense.astype(float)}[weight]


def similarities(targets: np.ndarray, others: np.ndarray, settings: dict) -> np.ndarray:
    """One pair after the other, by the formulas as they stand in the papers."""
    table = np.zeros((len(targets), len(others)))
    for i, a in enumerate(targets):
        for j, b in enumerate(others):
            common, size_a, size_b = a @ b, a @ a, b @ b
            if common:
                size = {
                    "cosine": np.sqrt(size_a * size_b),
                    "jaccard": size_a + size_b - common,
                    "asymmetric": size_a ** settings["alpha"] * size_b ** (1 - settings["alpha"]),
                }[settings["similarity"]]
                table[i, j] = common / (size + settings["shrinkage"])
    return table


def nearest(table: np.ndarray, k: int, labels: list[str]) -> np.ndarray:
    """The table with all but the k highest of each row set to 0, equal ones by the rank of their label."""
    rank, kept = tie_ranks(labels), np.zeros_like(table)
    for row, values in enumerate(table.astype(np.float32)):
        best = sorted(range(len(values)), key=lambda column: (-values[column], rank[column]))[:k]
        kept[row, best] = values[best]
    return kept


@given(counts, settings)
def test_itemknn_is_the_sum_over_the_nearest_items_of_a_dense_table(dense, settings):
    x = plays(dense)
    model = ItemKNN(**settings).fit(x)
    read_plays = read(dense, settings["weight"])
    table = similarities(read_plays.T, read_plays.T, settings)
    np.fill_diagonal(table, 0)
    table = nearest(table, settings["k"], x.items.tolist())
    expected = read_plays @ table.T
    heard, listening = dense.any(axis=0), dense.any(axis=1)
    scores = model.score(np.arange(len(dense)))
    np.testing.assert_allclose(
        scores[np.ix_(listening, heard)], expected[np.ix_(listening, heard)], rtol=1e-5
    )
    np.testing.assert_array_equal(model.score_history(x.matrix), scores)
    for item in range(dense.shape[1]):
        codes, values = model.neighbours(item, n=settings["k"])
        assert set(codes) == set(np.flatnonzero(table[item])) and item not in codes
        np.testing.assert_allclose(values, table[item, codes], rtol=1e-6)
        assert (np.diff(values) <= 0).all()


@given(counts, settings)
def test_userknn_is_the_sum_over_the_nearest_users_of_a_dense_table(dense, settings):
    x = plays(dense)
    model = UserKNN(**settings).fit(x)
    read_plays = read(dense, settings["weight"])
    table = similarities(read_plays, read_plays, settings)
    heard, listening = dense.any(axis=0), dense.any(axis=1)
    known = np.ix_(listening, heard)

    with_herself = nearest(table, settings["k"], x.users.tolist())
    folded = model.score_history(x.matrix)
    np.testing.assert_allclose(folded[known], (with_herself @ read_plays)[known], rtol=1e-5)

    np.fill_diagonal(table, 0)
    others = nearest(table, settings["k"], x.users.tolist())
    scores = model.score(np.arange(len(dense)))
    np.testing.assert_allclose(scores[known], (others @ read_plays)[known], rtol=1e-5)
    for user in range(len(dense)):
        codes, values = model.neighbours(user, n=settings["k"])
        assert set(codes) == set(np.flatnonzero(others[user])) and user not in codes
        np.testing.assert_allclose(values, others[user, codes], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::implicit.utils.ParameterWarning")  # of the form implicit gives itself
@given(counts, st.sampled_from(["binary", "raw"]))
def test_cosines_are_those_of_implicit(dense, weight):
    x = plays(dense)
    theirs = implicit.nearest_neighbours.CosineRecommender(K=dense.shape[1], num_threads=1)
    with np.errstate(invalid="ignore"):
        theirs.fit(sp.csr_matrix(read(dense, weight)), show_progress=False)
    expected = theirs.similarity.toarray()
    np.fill_diagonal(expected, 0)
    ours = np.zeros_like(expected)
    model = ItemKNN(k=dense.shape[1], shrinkage=0.0, weight=weight).fit(x)
    for item in range(dense.shape[1]):
        codes, values = model.neighbours(item, n=dense.shape[1])
        ours[item, codes] = values
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize("model", [ItemKNN(k=3, shrinkage=1.0), UserKNN(k=3, similarity="jaccard")])
def test_blocks_do_not_show(model, monkeypatch):
    dense = np.random.default_rng(0).integers(0, 2, (30, 20))
    dense[4] = 0
    dense[:, 7] = 0
    users = np.arange(30)
    whole = model.fit(plays(dense)).score(users)
    monkeypatch.setattr(similarity, "_PRODUCTS", 25)
    np.testing.assert_array_equal(model.fit(plays(dense)).score(users), whole)


@pytest.mark.parametrize("model", [ItemKNN(k=4), UserKNN(k=4), UserKNN(k=4, similarity="jaccard")])
def test_lists_do_not_depend_on_the_order_of_users_and_items(model):
    rng = np.random.default_rng(3)
    dense = rng.integers(0, 2, (12, 10))
    users, items = [f"u{row}" for row in range(12)], [f"i{column}" for column in range(10)]
    user_order, item_order = rng.permutation(12), rng.permutation(10)
    lists = model.fit(plays(dense, users, items)).recommend(np.arange(12), k=10)
    shuffled = plays(
        dense[np.ix_(user_order, item_order)],
        [users[each] for each in user_order],
        [items[each] for each in item_order],
    )
    again = model.fit(shuffled).recommend(np.arange(12), k=10)
    np.testing.assert_array_equal(item_order[again], lists[user_order])


def test_by_hand():
    """Item 0 has four listeners, item 1 three of them, item 2 one of those, item 3 the fourth."""
    model = ItemKNN(shrinkage=0.0).fit(plays(ROCK))
    codes, values = model.neighbours(0)
    assert codes[0] == 1
    assert values.tolist() == pytest.approx([3 / np.sqrt(12), 1 / 2, 1 / 2])
    codes, values = ItemKNN(similarity="jaccard", shrinkage=0.0).fit(plays(ROCK)).neighbours(2)
    assert codes.tolist() == [1, 0]
    assert values.tolist() == pytest.approx([1 / 3, 1 / 4])
    scored = ItemKNN(similarity="jaccard", shrinkage=0.0).fit(plays(ROCK)).score(np.array([3]))[0]
    assert scored.tolist() == pytest.approx([1 / 4, 3 / 4, 1 / 4, 1 / 4])


def test_alpha_says_whose_size_divides():
    def to_popular(alpha: float) -> list[float]:
        model = ItemKNN(similarity="asymmetric", alpha=alpha, shrinkage=0.0).fit(plays(ROCK))
        return [
            dict(zip(*model.neighbours(target), strict=True))[other] for target, other in ((2, 0), (0, 2))
        ]

    assert to_popular(1.0) == pytest.approx([1, 1 / 4])  # all of item 2's audience hears 0; a quarter of 0's
    assert to_popular(0.0) == pytest.approx([1 / 4, 1])
    assert to_popular(0.5) == pytest.approx([1 / 2, 1 / 2])


@pytest.mark.parametrize("name", SIMILARITIES)
def test_shrinkage_puts_a_pair_with_one_common_listener_behind_one_with_many(name):
    dense = np.zeros((20, 4), dtype=int)
    dense[0:10, 0] = dense[2:12, 1] = 1  # ten listeners each, eight of them the same
    dense[15, 2:] = 1  # one listener each, the same one
    plain = ItemKNN(similarity=name, shrinkage=0.0).fit(plays(dense))
    shrunk = ItemKNN(similarity=name, shrinkage=10.0).fit(plays(dense))
    assert plain.neighbours(2)[1][0] == 1 > plain.neighbours(0)[1][0]
    assert shrunk.neighbours(2)[1][0] < shrunk.neighbours(0)[1][0]


def test_equal_neighbours_come_in_the_order_of_their_hash():
    labels = [f"track {number}" for number in range(12)]
    x = plays(np.ones((3, 12), dtype=int), items=labels)
    expected = [code for code in np.argsort(tie_ranks(labels)) if code != 5]
    assert ItemKNN(k=12).fit(x).neighbours(5, n=12)[0].tolist() == expected
    assert ItemKNN(k=4).fit(x).neighbours(5, n=12)[0].tolist() == expected[:4]


def test_who_shares_nothing_has_no_neighbours():
    x = plays(np.eye(3, dtype=int))
    for model in (ItemKNN(), UserKNN()):
        codes, values = model.fit(x).neighbours(1)
        assert len(codes) == len(values) == 0
        assert not model.score(np.arange(3)).any()


def test_a_listener_of_train_given_as_history_is_her_own_neighbour():
    x = plays(ROCK)
    model = UserKNN(k=10, shrinkage=0.0).fit(x)
    extra = model.score_history(x.matrix) - model.score(np.arange(4))
    np.testing.assert_allclose(extra, ROCK, atol=1e-6)  # her own plays, at similarity 1


@pytest.mark.parametrize("model", [ItemKNN, UserKNN])
@pytest.mark.parametrize(
    "wrong",
    [
        {"k": 0},
        {"k": 2.5},
        {"similarity": "pearson"},
        {"shrinkage": -1.0},
        {"shrinkage": float("nan")},
        {"alpha": 1.5},
        {"alpha": -0.1},
        {"weight": "squared"},
    ],
)
def test_settings_out_of_range(model, wrong):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        model(**wrong)


@pytest.mark.parametrize("model", [ItemKNN, UserKNN])
def test_neighbours_asked_for_wrongly(model):
    with pytest.raises(InvalidArgument, match="fit"):
        model().neighbours(0)
    fitted = model().fit(plays(ROCK))
    with pytest.raises(UnknownName, match="code 4"):
        fitted.neighbours(4)
    with pytest.raises(InvalidArgument, match="n is 0"):
        fitted.neighbours(0, n=0)
    with pytest.raises(InvalidArgument, match="integer codes"):
        fitted.neighbours("i0")
