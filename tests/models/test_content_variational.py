"""A VAE of features: planted styles are found in items that nobody has played, and shuffled ones are not."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch

from musicrec.data import Features, Interactions
from musicrec.errors import InvalidArgument, InvalidData, TrainingFailed
from musicrec.models import ContentVAE
from musicrec.models.content_variational import expected_fame

USERS, ITEMS, KNOWN, STYLES = 120, 120, 80, 4
STYLE = np.arange(ITEMS) % STYLES
COLD = np.arange(KNOWN, ITEMS)
SMALL = {"latent": 8, "hidden": 16, "epochs": 15, "lr": 0.03, "batch": 20}


def plays():
    """Each listener plays mostly what is of one style; nobody played the last 40 items."""
    own = np.arange(USERS)[:, None] % STYLES == STYLE
    played = np.random.default_rng(0).random(own.shape) < np.where(own, 0.4, 0.02)
    user, item = np.nonzero(played[:, :KNOWN])
    return Interactions(
        pd.RangeIndex(USERS), pd.RangeIndex(ITEMS), pd.DataFrame({"user": user, "item": item})
    )


def styles(of=STYLE, missing=(), dense=False, sign=1):
    """The style of each item, and two flags by lot."""
    flags = np.random.default_rng(3).random((ITEMS, 2)) < 0.3
    rows = sign * np.hstack([np.eye(STYLES)[of], flags]).astype(np.float32)
    lacks = np.isin(np.arange(ITEMS), missing)
    rows[lacks] = 0
    names = [f"feature {n}" for n in range(STYLES + 2)]
    return Features("style", range(ITEMS), names, rows if dense else sp.csr_matrix(rows), lacks)


@pytest.fixture(scope="module")
def fitted():
    return ContentVAE(**SMALL).fit(plays(), item_features=styles())


def own_style_first(model):
    """Of the ten items that nobody played and that are listed first, the share of the listener's style."""
    lists = model.recommend(range(USERS), k=10, candidates=COLD)
    return (STYLE[lists] == (np.arange(USERS) % STYLES)[:, None]).mean()


def test_what_nobody_has_played_is_found_by_its_features(fitted):
    assert fitted.can_score_cold_items
    assert own_style_first(fitted) > 0.8
    dense = ContentVAE(**SMALL).fit(plays(), item_features=styles(dense=True))
    np.testing.assert_allclose(dense.score(range(9)), fitted.score(range(9)), rtol=1e-4, atol=1e-4)


def test_the_features_of_other_items_tell_nothing():
    shuffled = styles(np.random.default_rng(5).permutation(STYLE))
    assert own_style_first(ContentVAE(**SMALL).fit(plays(), item_features=shuffled)) < 0.5


def test_strangers_are_read_by_what_nobody_else_has_played(fitted):
    history = sp.csr_matrix(([1.0] * 3, ([0] * 3, [82, 86, 90])), shape=(1, ITEMS))
    found = fitted.recommend_history(history, k=5, exclude=history, candidates=COLD)
    assert (STYLE[found] == 2).all()
    assert (fitted.score_history(sp.csr_matrix((1, ITEMS))) == 0).all()


def test_an_item_without_features_is_taken_for_the_average_one():
    model = ContentVAE(**SMALL).fit(plays(), item_features=styles(missing=(0, 5, 81, 119)))
    scores = model.score(range(USERS))
    assert np.isfinite(scores).all()
    for item in (5, 81, 119):
        np.testing.assert_array_equal(scores[:, item], scores[:, 0])
    average = scores[:, np.setdiff1d(np.arange(KNOWN), (0, 5))].mean(axis=1)  # scores are linear in weights
    np.testing.assert_allclose(scores[:, 0], average, rtol=1e-3, atol=1e-3)
    undescribed = sp.csr_matrix(([1.0, 1.0], ([0, 1], [0, 81])), shape=(2, ITEMS))
    assert (np.diff(model.score_history(undescribed), axis=0) == 0).all()
    assert own_style_first(model) > 0.7


def test_the_weights_of_items_are_sums_of_those_of_features(fitted):
    vectors = fitted.network_.reader().detach().numpy()
    expected = fitted._features @ fitted.network_.reader.of_features().detach().numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(np.asarray(fitted._features.power(2).sum(axis=1)), 1, rtol=1e-5)


def test_only_biases_are_the_own_of_known_items(fitted):
    vectors, biases = fitted.network_.writer().detach().numpy(), fitted.network_.writer.bias.detach().numpy()
    expected = fitted._features @ fitted.network_.writer.of_features().detach().numpy()
    np.testing.assert_allclose(vectors[:, :-1], expected, atol=1e-5)
    np.testing.assert_array_equal(vectors[:, -1], biases)
    assert len(np.unique(biases[:KNOWN])) == KNOWN


def test_new_items_stand_as_high_as_their_features_let_expect(fitted):
    levels = fitted.score(range(USERS)).mean(axis=0)  # no style is heard more than another
    assert levels[COLD].std() < levels[:KNOWN].std() / 2
    assert levels[COLD].mean() == pytest.approx(levels[:KNOWN].mean(), abs=0.2)
    features, heard = sp.csr_matrix(np.eye(2)[np.arange(200) % 2]), np.where(np.arange(200) % 2, 30.0, 3.0)
    new = sp.csr_matrix(np.eye(2))
    low, high = expected_fame(features, heard, new, seed=0)
    assert high - low == pytest.approx(np.log(10), rel=0.05)
    by_lot = np.random.default_rng(0).permutation(heard)
    assert np.ptp(expected_fame(features, by_lot, new, seed=0)) < 0.3
    np.testing.assert_array_equal(expected_fame(features[:3], heard[:3], new, seed=0), [0, 0])


def test_new_items_stand_as_known_ones_of_mean_fame_where_features_do_not_explain_it():
    """Few are famous: the mean of listeners lies far above what is usual, and so must a new item."""
    x = plays()
    famous = np.arange(KNOWN) // STYLES % 10 == 0
    thinned = np.random.default_rng(6).random(len(x)) < 0.12
    x = x.where(famous[x.events["item"]] | thinned)
    heard = x.binary.getnnz(axis=0)[:KNOWN]
    x = x.where(heard[x.events["item"]] > 0)
    levels = (
        ContentVAE(**{**SMALL, "epochs": 60}).fit(x, item_features=styles()).score(range(USERS)).mean(axis=0)
    )
    known = heard > 0
    usual, gap = np.log(heard[known]).mean(), np.log(heard[known].mean())
    assert gap - usual > 0.3
    mine = levels[:KNOWN][known]
    expected = (mine - np.log(heard[known] / heard[known].mean())).mean()
    assert levels[COLD].mean() == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("known", [5, 6, 12])
def test_where_known_items_are_too_few_to_compare_penalties_new_ones_are_alike(known, recwarn):
    heard = np.where(np.arange(known) == 0, 30.0, 3.0)  # most folds hold items that are equally famous
    fame = expected_fame(sp.identity(known, format="csr"), heard, sp.identity(known, format="csr"), seed=0)
    assert np.ptp(fame) < 0.1
    assert fame.mean() == pytest.approx(0, abs=0.1)
    assert not recwarn.list


def test_what_nobody_played_and_what_is_not_described_is_no_rival_in_training(fitted):
    network = fitted.network_
    network.train()
    try:
        scores = network.write(torch.zeros(1, SMALL["hidden"]))
    finally:
        network.eval()
    assert (scores[0, KNOWN:] < -1e8).all() and (scores[0, :KNOWN] > -1e8).all()


def test_the_same_seed_gives_the_same_scores(fitted):
    again = ContentVAE(**SMALL).fit(plays(), item_features=styles())
    np.testing.assert_array_equal(again.score(range(9)), fitted.score(range(9)))


def test_made_up_listeners_may_play_what_nobody_has_played(fitted):
    made = fitted.generate(50, seed=1)
    assert made[:, COLD].nnz and made.has_canonical_format


def test_what_cannot_be_learnt_from_is_said():
    with pytest.raises(InvalidArgument, match="ContentVAE reads the features"):
        ContentVAE().fit(plays())
    with pytest.raises(InvalidData, match="No item with a listener in train has style features"):
        ContentVAE(**SMALL).fit(plays(), item_features=styles(missing=range(KNOWN)))
    with pytest.raises(InvalidData, match="item_features"):
        other = Features("style", range(3), ["a"], np.ones((3, 1)))
        ContentVAE(**SMALL).fit(plays(), item_features=other)
    with pytest.raises(InvalidData, match="weighting='none'"):
        ContentVAE(**SMALL).fit(plays(), item_features=styles(sign=-1))
    with pytest.raises(InvalidArgument, match="weighting"):
        ContentVAE(weighting="idf")
    with pytest.raises(TrainingFailed, match="Lower lr"):
        ContentVAE(**SMALL | {"lr": 1e30}).fit(plays(), item_features=styles())
