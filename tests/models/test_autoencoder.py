"""Autoencoders: planted groups are found, and the pieces do what their equations say."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch

from musicrec import data, evaluation, models
from musicrec.errors import InvalidArgument, InvalidData, TrainingFailed
from musicrec.models.row_networks import logistic, multinomial, padded, squared

GROUPS, USERS, ITEMS = 4, 160, 80
NAMES = ("AutoRec", "CDAE", "MultDAE", "MultVAE")
SMALL = {"hidden": 16, "epochs": 25, "lr": 0.03, "batch": 20}
VAE = {**SMALL, "latent": 8}


def plays(planted=True):
    """Each listener plays a third of a group's items and few others; or the same number by lot."""
    rng = np.random.default_rng(0)
    own = np.arange(USERS)[:, None] % GROUPS == np.arange(ITEMS) % GROUPS
    chance = np.where(own, 0.35, 0.03) if planted else np.full(own.shape, 0.11)
    user, item = np.nonzero(rng.random(own.shape) < chance)
    table = pd.DataFrame({"user": user, "item": item})
    x = data.Interactions(pd.RangeIndex(USERS), pd.RangeIndex(ITEMS), table)
    return data.holdout(x, test=0.2, valid=0.2, seed=0, by="user")


def new(name, **changed):
    return models.by_name(name)(**(VAE if name == "MultVAE" else SMALL) | changed)


@pytest.fixture(scope="module")
def fitted():
    return {name: new(name).fit(plays().train) for name in NAMES}


def ndcg(model, split):
    return float(evaluation.evaluate(model, split, k=10).mean()["ndcg@10"])


@pytest.mark.parametrize("name", NAMES)
def test_planted_groups_are_found_and_none_where_there_are_none(fitted, name):
    by_lot = plays(planted=False)
    assert ndcg(fitted[name], plays()) > 0.19
    assert ndcg(new(name).fit(by_lot.train), by_lot) < 0.12
    assert ndcg(models.Popularity().fit(plays().train), plays()) < 0.12


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_gets_the_list_of_those_who_played_the_same(fitted, name):
    model, train = fitted[name], plays().train
    strangers = model.score_history(train.matrix)
    if name == "CDAE":  # a stranger has no vector of her own, and the mean of others
        assert not np.allclose(strangers, model.score(range(USERS)))
        vectors = model.network_.listeners.detach().numpy()
        np.testing.assert_allclose(vectors[-1], vectors[:-1].mean(axis=0), atol=1e-5)
    else:
        np.testing.assert_allclose(strangers, model.score(range(USERS)), atol=1e-4)
    few = sp.csr_matrix(([1.0] * 3, ([0] * 3, [6, 10, 14])), shape=(1, ITEMS))
    assert np.mean(model.recommend_history(few, k=10, exclude=few) % GROUPS == 6 % GROUPS) >= 0.7
    nothing = model.score_history(sp.csr_matrix((2, ITEMS)))
    assert (nothing == nothing[0, 0]).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scores_and_another_one_others(fitted, name):
    torch.manual_seed(99)  # what happens outside does not matter
    scores = fitted[name].score(range(5))
    np.testing.assert_array_equal(new(name).fit(plays().train).score(range(5)), scores)
    assert torch.initial_seed() == 99
    assert not np.allclose(new(name, seed=1).fit(plays().train).score(range(5)), scores)


@pytest.mark.parametrize("name", NAMES)
def test_the_best_epoch_is_kept_by_the_measure_of_the_evaluation(name):
    split = plays()
    model = new(name, epochs=40, patience=3, weight_decay=0.0).fit(split.train, valid=split.valid)
    measured = model.history_.epochs["metric"]
    assert model.history_.best == measured.max() == measured[model.history_.best_epoch - 1]
    asked = evaluation.evaluate(model, data.Split(train=split.train, test=split.valid), k=10)
    assert asked.mean()["ndcg@10"] == pytest.approx(model.history_.best, abs=1e-6)
    assert model.history_.stopped_early and len(measured) == model.history_.best_epoch + 3
    assert not new(name, patience=1, epochs=4).fit(split.train).history_.stopped_early


def test_reading_sparse_rows_is_reading_dense_ones(fitted):
    rows = plays().train.binary[:7]
    items, given = padded(rows)
    dense = torch.from_numpy(rows.toarray())
    for name in NAMES:
        network = fitted[name].network_
        lengths = dense.norm(dim=1, keepdim=True) if network.normalised else 1
        expected = dense / lengths @ network.reader() + network.bias
        torch.testing.assert_close(network.read(items, given), expected)
    assert padded(sp.csr_matrix((2, 5)))[1].tolist() == [[0], [0]]


def test_losses_are_those_of_the_equations():
    rng = np.random.default_rng(3)
    rows = sp.random(6, 9, density=0.4, format="csr", random_state=1)
    rows.data[:] = 1
    scores, r = rng.standard_normal((6, 9)), rows.toarray()
    items, given = padded(rows)
    p = 1 / (1 + np.exp(-scores))
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    for loss, expected in (
        (squared, (r - scores) ** 2),
        (logistic, -(r * np.log(p) + (1 - r) * np.log(1 - p))),
        (multinomial, -r * np.log(softmax)),
    ):
        found = loss(torch.from_numpy(scores), items, given)
        np.testing.assert_allclose(found, expected.sum(axis=1), rtol=1e-5)


def test_the_slope_of_the_multinomial_loss_is_that_of_its_equation():
    rows = sp.csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=np.float32))
    items, given = padded(rows)
    scores = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    scores.requires_grad_()
    (weights @ multinomial(scores, items, given.double())).backward()
    played = torch.from_numpy(rows.toarray()).double()
    expected = weights[:, None] * (played.sum(1, keepdim=True) * scores.detach().softmax(1) - played)
    torch.testing.assert_close(scores.grad, expected)


@pytest.mark.parametrize("progress", [0.0, 0.1, 0.25, 0.9])
def test_the_loss_of_the_vae_is_the_bound_with_a_weight_that_rises(fitted, progress):
    network, (items, given) = fitted["MultVAE"].network_, padded(plays().train.binary[:5])
    with torch.no_grad():
        torch.manual_seed(4)
        found = network.loss(torch.arange(5), items, given, torch.full((5,), progress))
        torch.manual_seed(4)
        mean, log_variance = (part.double().numpy() for part in network.encode(items, given))
        noise = torch.randn(5, 8).double().numpy()
        scores = network.decode(torch.from_numpy((mean + noise * np.exp(log_variance / 2)).astype("f4")))
    rows = plays().train.binary[:5].toarray()
    log_share = scores.double().numpy() - np.log(np.exp(scores.double().numpy()).sum(axis=1))[:, None]
    variance = np.exp(log_variance)
    divergence = 0.5 * (mean**2 + variance - 1 - np.log(variance)).sum(axis=1)
    weight = 0.5 * min(1, progress / 0.5)  # beta and anneal at their defaults
    expected = (-(rows * log_share).sum(axis=1) + weight * divergence).mean()
    assert found.item() == pytest.approx(expected, rel=1e-4)


def from_one_to_thirty():
    """400 listeners, most of whose plays are of their group: as many played one or two as did 15 to 30."""
    rng, lengths = np.random.default_rng(0), []
    chosen = []
    for user in range(400):
        lengths.append(int(np.exp(rng.uniform(0, np.log(30)))))
        share = np.where(np.arange(2 * ITEMS) % GROUPS == user % GROUPS, 1, 0.05)
        chosen.append(rng.choice(2 * ITEMS, lengths[-1], replace=False, p=share / share.sum()))
    table = pd.DataFrame({"user": np.repeat(np.arange(400), lengths), "item": np.concatenate(chosen)})
    return data.Interactions(pd.RangeIndex(400), pd.RangeIndex(2 * ITEMS), table)


def of_one_group(n, n_items):
    """200 histories of n items each, all of group 0."""
    rng = np.random.default_rng(2)
    items = [rng.choice(np.arange(0, n_items, GROUPS), n, replace=False) for _ in range(200)]
    return sp.csr_matrix(
        (np.ones(200 * n), (np.repeat(np.arange(200), n), np.concatenate(items))), shape=(200, n_items)
    )


def test_the_posterior_is_narrower_the_more_was_played_where_that_could_be_learnt(fitted):
    model = models.MultVAE(latent=8, hidden=16, batch=20, epochs=25, lr=0.03, beta=1.0).fit(
        from_one_to_thirty()
    )
    spread = []
    for n in (1, 4, 16):
        mean, variance = model.posterior(of_one_group(n, 2 * ITEMS))
        assert mean.shape == variance.shape == (200, 8)
        assert mean.dtype == variance.dtype == np.float32
        assert (variance > 0).all() and np.isfinite(mean).all()
        spread.append(variance.mean())
    assert spread[0] > spread[1] + 0.01 and spread[1] > spread[2] + 0.01
    alike = [fitted["MultVAE"].posterior(of_one_group(n, ITEMS))[1].mean() for n in (1, 16)]
    assert alike[0] < alike[1] + 0.02  # all played about as much there: nothing tells how sure to be
    with pytest.raises(InvalidData, match="sparse"):
        model.posterior(np.ones((1, 2 * ITEMS)))


def test_made_up_listeners_are_of_groups_and_of_usual_lengths(fitted):
    model, train = fitted["MultVAE"], plays().train
    made = model.generate(300, seed=5)
    assert made.shape == (300, ITEMS) and (made.data == 1).all() and made.has_canonical_format
    assert set(made.getnnz(axis=1)) <= set(train.matrix.getnnz(axis=1))
    assert (made != model.generate(300, seed=5)).nnz == 0
    assert (made != model.generate(300, seed=6)).nnz > 0
    of_group = sp.csr_matrix(np.eye(GROUPS)[np.arange(ITEMS) % GROUPS])
    shares = (made @ of_group).toarray() / made.getnnz(axis=1)[:, None]
    assert shares.max(axis=1).mean() > 0.45  # by lot it would be about 0.35
    like = model.generate(40, like=train.matrix[:GROUPS], seed=5)
    own = (like @ of_group).toarray()[np.arange(40), np.arange(40) % GROUPS] / like.getnnz(axis=1)
    assert own.mean() > 0.5
    with pytest.raises(InvalidData, match="row 1 is empty"):
        model.generate(2, like=sp.csr_matrix(([1.0], ([0], [0])), shape=(2, ITEMS)))
    with pytest.raises(InvalidArgument, match="n is 0"):
        model.generate(0)
    with pytest.raises(InvalidArgument, match="not been fitted"):
        models.MultVAE().generate(3)


@pytest.mark.parametrize("name", NAMES)
def test_steps_that_are_too_long_are_said_to_be(name):
    with pytest.raises(TrainingFailed, match="Lower lr"):
        new(name, lr=1e30).fit(plays().train)


@pytest.mark.parametrize("name", NAMES)
def test_listeners_of_one_item_are_learnt_from(name):
    table = pd.DataFrame({"user": range(6), "item": [0, 0, 0, 1, 1, 1]})
    x = data.Interactions(pd.RangeIndex(7), pd.RangeIndex(3), table)
    scores = new(name, batch=2).fit(x, valid=x).score(range(7))  # nothing is left to choose an epoch by
    assert np.isfinite(scores).all()
    assert (scores[:3, 0] > scores[:3, 1]).all() and (scores[3:6, 1] > scores[3:6, 0]).all()
    assert (scores[6] == 0).all()


def test_a_hundred_thousand_items_fit():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": np.arange(600) % 30, "item": rng.permutation(100_000)[:600]})
    x = data.Interactions(pd.RangeIndex(30), pd.RangeIndex(100_000), table)
    model = new("MultVAE", epochs=2, batch=10).fit(x)
    assert sum(part.numel() for part in model.network_.parameters()) < 600 * 40
    assert model.score([0, 1]).shape == (2, 100_000)
    every = data.Interactions(
        pd.RangeIndex(20),
        pd.RangeIndex(100_000),
        pd.DataFrame({"user": np.arange(100_000) % 20, "item": range(100_000)}),
    )
    assert np.isfinite(new("MultVAE", epochs=1, batch=10).fit(every).score([3])).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hidden": 0}, "hidden"),
        ({"latent": 0}, "latent"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"beta": -1.0}, "beta"),
        ({"anneal": 1.5}, "anneal is 1.5"),
        ({"epochs": 0}, "epochs"),
        ({"lr": 0.0}, "lr"),
        ({"batch": 0}, "batch"),
        ({"patience": 0}, "patience"),
        ({"weight_decay": float("nan")}, "weight_decay"),
    ],
)
def test_a_setting_out_of_range_is_named(changed, said):
    with pytest.raises(InvalidArgument, match=said):
        models.MultVAE(**changed)
