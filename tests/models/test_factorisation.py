"""Factor models against NumPy: the singular value decomposition, the least squares, the order BPR learns."""

import warnings
from collections.abc import Callable

import implicit.utils
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from musicrec.data import Interactions
from musicrec.errors import InvalidArgument
from musicrec.models import ALS, BPR, PureSVD

WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "binary": lambda plays: (plays > 0) * 1.0,
    "log": np.log1p,
    "raw": np.copy,
}


def listening(users: int = 40, items: int = 25, seed: int = 0) -> tuple[Interactions, np.ndarray]:
    """Two groups of listeners with a group of items each, some noise; as interactions and as a table."""
    rng = np.random.default_rng(seed)
    own = np.arange(users)[:, None] % 2 == np.arange(items) % 2
    dense = rng.integers(1, 6, (users, items)) * (rng.random((users, items)) < np.where(own, 0.5, 0.05))
    dense[np.arange(users), np.arange(users) % items] += 1  # nobody and nothing without a play
    row, column = dense.nonzero()
    frame = pd.DataFrame({"user": row, "item": column, "plays": dense[row, column]})
    return Interactions.from_frame(frame, weight="plays"), dense.astype(float)


@given(st.integers(1, 24), st.sampled_from(sorted(WEIGHTS)), st.integers(0, 3))
def test_puresvd_is_the_truncated_decomposition(factors, weight, seed):
    x, dense = listening(seed=seed)
    dense = WEIGHTS[weight](dense)
    left, sizes, right = np.linalg.svd(dense, full_matrices=False)
    expected = (left[:, :factors] * sizes[:factors]) @ right[:factors]
    model = PureSVD(factors, weight=weight, seed=seed).fit(x)
    np.testing.assert_allclose(model.score(np.arange(40)), expected, atol=1e-5)
    np.testing.assert_allclose(model.score_history(x.matrix), expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(model.user_factors_, axis=0), sizes[:factors], rtol=1e-5)


def test_puresvd_of_more_items_than_users():
    x, dense = listening(users=15, items=30)
    left, sizes, right = np.linalg.svd(WEIGHTS["binary"](dense), full_matrices=False)
    model = PureSVD(5).fit(x)
    np.testing.assert_allclose(model.score(np.arange(15)), (left[:, :5] * sizes[:5]) @ right[:5], atol=1e-5)


def test_puresvd_gives_the_same_factors_whatever_the_seed():
    x, _ = listening()
    one, other = PureSVD(6, seed=1).fit(x), PureSVD(6, seed=2).fit(x)
    np.testing.assert_allclose(one.item_factors_, other.item_factors_, atol=1e-5)
    np.testing.assert_array_equal(one.item_factors_, PureSVD(6, seed=1).fit(x).item_factors_)


def test_puresvd_refuses_more_factors_than_there_are():
    x, _ = listening()
    with pytest.raises(InvalidArgument, match="24 at most"):
        PureSVD(25).fit(x)
    blocks = np.kron(np.eye(3), np.ones((4, 5)))  # rank 3
    row, column = blocks.nonzero()
    three = Interactions.from_frame(pd.DataFrame({"user": row, "item": column}))
    np.testing.assert_allclose(PureSVD(3).fit(three).score(np.arange(12)), blocks, atol=1e-5)
    with pytest.raises(InvalidArgument, match="rank 3"):
        PureSVD(4).fit(three)


def confidence(dense: np.ndarray, alpha: float) -> np.ndarray:
    return 1 + alpha * dense


def solved(dense: np.ndarray, items: np.ndarray, alpha: float, l2: float) -> np.ndarray:
    """The factors of each row of `dense` by Hu et al.'s equation 4, one row at a time."""
    rows = []
    for plays, sure in zip(dense, confidence(dense, alpha), strict=True):
        gram = items.T @ (sure[:, None] * items) + l2 * np.eye(items.shape[1])
        rows.append(np.linalg.solve(gram, items.T @ (sure * (plays > 0))))
    return np.array(rows)


def loss(dense: np.ndarray, users: np.ndarray, items: np.ndarray, alpha: float, l2: float) -> float:
    error = (dense > 0) - users @ items.T
    return float((confidence(dense, alpha) * error**2).sum() + l2 * ((users**2).sum() + (items**2).sum()))


@pytest.mark.parametrize("weight", sorted(WEIGHTS))
def test_als_folds_in_by_the_least_squares_of_one_listener(weight):
    x, _ = listening()
    model = ALS(factors=6, l2=2.0, alpha=3.0, weight=weight).fit(x)
    new, table = listening(users=30, seed=9)
    items = model.item_factors_.astype(float)
    expected = solved(WEIGHTS[weight](table), items, 3.0, 2.0) @ items.T
    np.testing.assert_allclose(model.score_history(new.matrix), expected, atol=1e-4)
    unknown = model.score_history(sp.csr_matrix((2, 25)))
    assert unknown.shape == (2, 25) and not unknown.any()


@pytest.mark.parametrize(("weight", "alpha"), [("binary", 0.0), ("binary", 10.0), ("log", 4.0), ("raw", 1.0)])
def test_als_reaches_the_loss_of_plain_alternating_solves(weight, alpha):
    x, dense = listening()
    dense = WEIGHTS[weight](dense)
    model = ALS(factors=4, l2=1.0, alpha=alpha, iterations=60, weight=weight).fit(x)
    users, items = np.zeros((40, 4)), np.random.default_rng(1).random((25, 4))
    for _ in range(60):
        users = solved(dense, items, alpha, 1.0)
        items = solved(dense.T, users, alpha, 1.0)
    plain = loss(dense, users, items, alpha, 1.0)
    assert loss(dense, model.user_factors_, model.item_factors_, alpha, 1.0) == pytest.approx(plain, rel=0.02)
    assert plain < 0.9 * (confidence(dense, alpha) * (dense > 0)).sum()  # the loss of all zeros
    np.testing.assert_allclose(
        model.score(np.arange(40)), model.score_history(x.matrix), atol=0.02
    )  # at the end one more solve changes little


def test_bpr_ranks_what_was_played_above_what_was_not():
    x, dense = listening()
    model = BPR(factors=8, epochs=500).fit(x)
    scores, own = model.score(np.arange(40)), dense > 0
    right = [(row[mine][:, None] > row[~mine]).mean() for row, mine in zip(scores, own, strict=True)]
    assert np.mean(right) > 0.9
    assert model.item_factors_.shape == (25, 9)
    assert (model.user_factors_[:, -1] == 1).all()  # what the bias of an item is multiplied by
    assert not model.can_score_history
    with pytest.raises(InvalidArgument, match="BPR"):
        model.score_history(x.matrix)


@pytest.mark.parametrize("model", [ALS, BPR])
def test_the_seed_decides(model):
    x, _ = listening()
    one, again, other = (model(factors=5, seed=seed).fit(x) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.item_factors_, again.item_factors_)
    np.testing.assert_array_equal(one.user_factors_, again.user_factors_)
    assert not np.allclose(one.item_factors_, other.item_factors_, atol=1e-3)


@pytest.mark.parametrize("model", [PureSVD(3), ALS(factors=3), BPR(factors=3)])
def test_factors_can_be_looked_at_and_not_changed(model):
    x, _ = listening()
    model.fit(x)
    np.testing.assert_allclose(
        model.score(np.arange(40)), model.user_factors_ @ model.item_factors_.T, rtol=1e-6
    )
    for factors in (model.user_factors_, model.item_factors_):
        assert factors.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            factors[0, 0] = 1


@pytest.mark.parametrize("model", [ALS(factors=3), BPR(factors=3)])
def test_fitting_is_silent(model, capfd, monkeypatch):
    monkeypatch.setattr(implicit.utils, "_checked_blas_config", False)
    with threadpool_limits(2, "blas"), warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(listening()[0])
    assert capfd.readouterr() == ("", "")


def test_numbers_that_run_away_are_named():
    x, _ = listening()
    with pytest.raises(InvalidArgument, match="Lower lr"):
        BPR(factors=3, lr=1e8).fit(x)
    with pytest.raises(InvalidArgument, match="Lower alpha"):
        ALS(factors=3, alpha=1e30, weight="raw").fit(x)


def test_als_without_a_single_solution_says_so():
    x, _ = listening()
    model = ALS(factors=60, l2=1e-20, alpha=0.0).fit(x)  # more factors than items
    with pytest.raises(InvalidArgument, match="Raise l2"):
        model.score_history(x.matrix)


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (PureSVD, {"factors": 0}),
        (PureSVD, {"weight": "squared"}),
        (PureSVD, {"seed": -1}),
        (ALS, {"factors": 1.5}),
        (ALS, {"l2": 0}),
        (ALS, {"alpha": -1}),
        (ALS, {"iterations": 0}),
        (ALS, {"weight": None}),
        (BPR, {"lr": 0}),
        (BPR, {"l2": float("inf")}),
        (BPR, {"epochs": 0}),
        (BPR, {"seed": "1"}),
    ],
)
def test_settings_out_of_range(model, wrong):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        model(**wrong)
