"""Self-attention for the next play: it must not look ahead, and distance must not matter to it."""

import numpy as np
import pytest
import torch

from musicrec.data import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models import SASRec
from musicrec.models.attention import AttentionNetwork

FAST = {"factors": 16, "dropout": 0.0, "loss": "softmax", "batch": 256, "lr": 0.01}


@pytest.mark.parametrize("training", [False, True])
def test_no_step_sees_those_after_it(training):
    torch.manual_seed(0)
    network = AttentionNetwork(2, 2, 8, 20, 16, 0.0).train(training)
    items = torch.randint(0, 20, (3, 8))
    changed = items.clone()
    changed[:, 5:] = torch.randint(0, 20, (3, 3))
    before, after = network(items), network(changed)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 7], after[:, 7])


def test_the_order_of_earlier_plays_counts_through_their_places():
    """After the same two items, in one order or the other, comes another item."""
    rng = np.random.default_rng(0)
    turned = rng.integers(0, 2, 300)
    plays = np.column_stack([turned, 1 - turned, np.full(300, 2), 3 + turned])
    model = SASRec(**FAST, epochs=20).fit(Sessions(plays.ravel(), np.arange(300) * 4))
    np.testing.assert_array_equal(model.recommend_next([[0, 1, 2], [1, 0, 2]], k=1)[:, 0], [3, 4])


def test_heads_must_share_the_factors():
    with pytest.raises(InvalidArgument, match="heads is 3 and factors 16"):
        SASRec(factors=16, heads=3)
