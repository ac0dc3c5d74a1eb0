"""Losses on drawn items: slow obvious versions, and what they lead to in the end."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from musicrec.models.sampled_losses import Negatives, NextItemLoss, bpr_max, sampled_softmax

TRUE = torch.tensor([0.6, 0.25, 0.1, 0.05], dtype=torch.float64)
DRAWN = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)


def scored(n, m, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, generator=generator), 3 * torch.randn(n, m, generator=generator)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 1000))
def test_losses_agree_with_their_formulas(n, m, seed):
    target, drawn = scored(n, m, seed)
    target_log_q, drawn_log_q = scored(n, m, seed + 1)[0], scored(m, 1, seed + 2)[0]
    hit = torch.rand(n, m) < 0.3
    hit[:, 0] = False
    softmax, top = [], []
    for row in range(n):
        others = sum(math.exp(drawn[row, j] - drawn_log_q[j]) for j in range(m))
        own = math.exp(target[row] - target_log_q[row])
        softmax.append(-math.log(own / (own + others)))
        some = [drawn[row, j].item() for j in range(m) if not hit[row, j]]
        weights = np.exp(some) / np.exp(some).sum()
        above = sum(w / (1 + np.exp(r - target[row].item())) for w, r in zip(weights, some, strict=True))
        top.append(-np.log(above) + 0.5 * sum(w * r**2 for w, r in zip(weights, some, strict=True)))
    found = sampled_softmax(target, drawn, target_log_q, drawn_log_q)
    assert found.item() == pytest.approx(np.mean(softmax), rel=1e-4, abs=1e-5)
    assert bpr_max(target, drawn, hit, 0.5).item() == pytest.approx(np.mean(top), rel=1e-4, abs=1e-5)


def distribution_learnt(corrected, drawn=2):
    """Softmax of the scores of four items that minimise the expected loss on `drawn` items a step."""
    log_q = torch.log(DRAWN) if corrected else torch.zeros(4, dtype=torch.float64)
    scores = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([scores], max_iter=200, tolerance_grad=1e-10)
    draws = torch.tensor(list(itertools.product(range(4), repeat=drawn)))

    def expected():
        optimizer.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for draw in draws:
            for item in range(4):
                chance = TRUE[item] * DRAWN[draw].prod()
                total = total + chance * sampled_softmax(
                    scores[item : item + 1], scores[draw][None], log_q[item : item + 1], log_q[draw]
                )
        total.backward()
        return total

    optimizer.step(expected)
    return torch.softmax(scores.detach(), dim=0)


def test_with_the_correction_two_drawn_items_teach_the_true_distribution():
    torch.testing.assert_close(distribution_learnt(True), TRUE, atol=1e-5, rtol=0)


def test_without_the_correction_they_do_not():
    assert (distribution_learnt(False) - TRUE).abs().max() > 0.1


def gradient(loss, hidden, targets, table, bias):
    table = table.clone().requires_grad_()
    loss(hidden, targets, table, bias).backward()
    return table.grad


def test_with_many_drawn_items_the_gradient_is_that_of_the_full_softmax():
    torch.manual_seed(0)
    hidden, table, bias = torch.randn(20, 8), torch.randn(30, 8), torch.randn(30)
    targets, plays = torch.randint(0, 30, (20,)), np.arange(1, 31)
    oracle = gradient(
        lambda h, t, w, b: functional.cross_entropy(h @ w.T + b, t), hidden, targets, table, bias
    )
    full = NextItemLoss("softmax", plays, 1, 0.5, 0.0)
    torch.testing.assert_close(gradient(full, hidden, targets, table, bias), oracle)
    negatives = Negatives(plays, 0.5)

    def drawing(n):
        def loss(h, t, w, b):
            items, scores = negatives.draw(n), h @ w.T + b
            own, log_q = scores[torch.arange(len(t)), t], negatives.log_q
            return sampled_softmax(own, scores[:, items], log_q[t], log_q[items])

        return loss

    error = [
        (gradient(drawing(n), hidden, targets, table, bias) - oracle).norm().item()
        for n in (10, 1_000, 100_000)
    ]
    assert error[0] > error[1] > error[2]
    assert error[2] < 0.02 * oracle.norm()
    as_many_as_items = NextItemLoss("sampled-softmax", plays, 30, 0.5, 0.0)
    torch.testing.assert_close(gradient(as_many_as_items, hidden, targets, table, bias), oracle)


def test_the_loss_from_vectors_is_that_from_scores():
    torch.manual_seed(1)
    hidden, table, bias = torch.randn(6, 4), torch.randn(9, 4), torch.randn(9)
    targets, plays = torch.randint(0, 9, (6,)), np.arange(1, 10)
    scores = hidden @ table.T + bias
    for name in ("sampled-softmax", "bpr-max"):
        loss = NextItemLoss(name, plays, 5, 1.0, 0.3)
        torch.manual_seed(2)
        found = loss(hidden, targets, table, bias)
        torch.manual_seed(2)
        items = loss.negatives.draw(5)
        own, log_q = scores[torch.arange(6), targets], torch.log(torch.tensor(plays / plays.sum())).float()
        expected = (
            bpr_max(own, scores[:, items], items == targets[:, None], 0.3)
            if name == "bpr-max"
            else sampled_softmax(own, scores[:, items], log_q[targets], log_q[items])
        )
        torch.testing.assert_close(found, expected)


def test_a_drawn_item_that_was_played_is_no_competitor_in_bpr_max():
    target, drawn = torch.tensor([1.0]), torch.tensor([[1.0, -2.0]])
    hit = torch.tensor([[True, False]])
    torch.testing.assert_close(
        bpr_max(target, drawn, hit, 1.0), bpr_max(target, drawn[:, 1:], hit[:, 1:], 1.0)
    )
    only = torch.tensor([2.0], requires_grad=True)
    bpr_max(only, only[:, None], torch.tensor([[True]]), 0.0).backward()
    assert only.grad.item() == 0  # nothing to learn from, and no NaN


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_items_are_drawn_as_often_as_they_should_be(alpha):
    plays = np.array([0, 5, 1, 0, 20, 3, 0])
    negatives = Negatives(plays, alpha)
    torch.manual_seed(3)
    drawn = np.bincount(negatives.draw(200_000).numpy(), minlength=7) / 200_000
    expected = np.where(plays > 0, plays**alpha, 0) / np.where(plays > 0, plays**alpha, 0).sum()
    np.testing.assert_allclose(drawn, expected, atol=0.005)
    assert not drawn[plays == 0].any()
    np.testing.assert_allclose(np.exp(negatives.log_q.numpy()), expected, rtol=1e-5)
