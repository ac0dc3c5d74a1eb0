"""Neural matrix factorisation: its equation in numpy, what it draws, and a planted taste to be found."""

import numpy as np
import pandas as pd
import pytest
import torch

from musicrec.data import Interactions
from musicrec.errors import InvalidArgument, TrainingFailed
from musicrec.models import NeuMF, neural_factors

SMALL = {"factors": 8, "batch": 128, "epochs": 10, "lr": 0.02}


@pytest.fixture(scope="module")
def fitted(planted):
    return NeuMF(**SMALL).fit(planted.train)


def test_it_finds_what_each_kind_of_listener_plays(planted, fitted):
    assert planted.own_kind_first(fitted, planted.known) > 0.6
    assert not fitted.can_score_cold_items


def test_plays_in_which_no_kind_tells_teach_it_nothing(planted):
    null = NeuMF(**SMALL).fit(planted.by_chance)
    assert planted.own_kind_first(null, planted.known) < 0.25


@pytest.mark.parametrize("layers", [1, 3])
def test_scores_are_those_of_the_equation(planted, layers):
    model = NeuMF(**SMALL | {"epochs": 2}, layers=layers).fit(planted.train)
    weights = {name: part.numpy().astype(float) for name, part in model.network_.state_dict().items()}
    product = weights["users.weight"][5] * weights["items.weight"]
    own = np.tile(weights["deep_users.weight"][5], (len(product), 1))
    deep = np.hstack([own, weights["deep_items.weight"]])
    assert deep.shape[1] == 2 * 8 * 2 ** (layers - 1)
    for layer in range(layers):
        step = f"hidden.{2 * layer}"
        deep = np.maximum(deep @ weights[f"{step}.weight"].T + weights[f"{step}.bias"], 0)
    expected = np.hstack([product, deep]) @ weights["joined.weight"][0] + weights["joined.bias"]
    known = planted.known
    np.testing.assert_allclose(model.score([5])[0, known], expected[known], atol=1e-4)


def test_what_it_is_taught_are_plays_and_items_with_a_listener_that_she_did_not_play(planted, monkeypatch):
    seen = []

    def watched(network, loss, batches, **settings):
        seen.extend(batches(0, torch.Generator().manual_seed(0)))

    monkeypatch.setattr(neural_factors.training, "train", watched)
    NeuMF(negatives=3, batch=100).fit(planted.train)
    users, items, played = (torch.cat(part).numpy() for part in zip(*seen, strict=True))
    matrix = planted.train.binary.toarray()
    np.testing.assert_array_equal(matrix[users, items], played)
    taught = np.zeros_like(matrix)
    np.add.at(taught, (users, items), played)
    np.testing.assert_array_equal(taught, matrix)  # each play once
    drawn = np.bincount(items[played == 0], minlength=len(matrix[0]))
    assert (drawn[planted.known] > 0).all()
    assert not drawn[planted.cold].any()
    expected = 3 * (matrix.sum(axis=1) * (1 - matrix[:, planted.known].mean(axis=1))).sum()
    assert drawn.sum() == pytest.approx(expected, rel=0.03)


def test_the_same_seed_gives_the_same_scores_and_another_one_others(planted, fitted):
    torch.manual_seed(99)  # what happens outside does not matter
    np.testing.assert_array_equal(NeuMF(**SMALL).fit(planted.train).score(range(9)), fitted.score(range(9)))
    assert torch.initial_seed() == 99
    assert not np.allclose(NeuMF(**SMALL, seed=1).fit(planted.train).score(range(9)), fitted.score(range(9)))


def test_listeners_of_one_play_of_none_and_of_everything_can_be_fitted():
    few = Interactions.from_frame(pd.DataFrame({"user": [0, 1, 1], "item": [0, 0, 1]}), users=range(3))
    scores = NeuMF(**SMALL).fit(few).score(range(3))
    assert np.isfinite(scores).all()
    assert (scores[2] == 0).all()


def test_what_cannot_be_fitted(planted, fitted):
    with pytest.raises(InvalidArgument, match="cannot score others"):
        fitted.score_history(planted.train.matrix)
    with pytest.raises(InvalidArgument, match="device"):
        NeuMF(device="abacus").fit(planted.train)
    wrong = ({"factors": 0}, {"layers": 0}, {"layers": 9}, {"negatives": 0}, {"batch": 0}, {"epochs": 0})
    for setting in (*wrong, {"lr": 0}, {"weight_decay": -1}, {"seed": 0.5}):
        with pytest.raises(InvalidArgument, match=f"{next(iter(setting))} is"):
            NeuMF(**setting)


def test_steps_that_are_too_long_are_stopped_and_say_what_to_lower(planted):
    with pytest.raises(TrainingFailed, match="Lower lr"):
        NeuMF(**SMALL | {"lr": 1e30}).fit(planted.train)
