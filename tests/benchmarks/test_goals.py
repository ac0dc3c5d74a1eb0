"""How long the sides of a benchmark are trained, and that they must have come equally far."""

import numpy as np
import pytest

from benchmarks.goals import check_losses, check_reached, epochs_to, set_goal
from benchmarks.rounds import Disagreement


class Scripted:
    """A peer whose quality is written down, epoch by epoch."""

    def __init__(self, qualities):
        self.qualities, self.epochs = qualities, 0

    def train(self, epochs):
        self.epochs = epochs

    def further(self, epochs):
        self.epochs += epochs

    def quality(self):
        return self.qualities[self.epochs - 1]


def test_the_goal_is_a_share_of_the_best_and_the_epochs_those_that_reach_it():
    peer = Scripted([0.1, 0.2, 0.39, 0.40, 0.39, 0.38, 0.99])
    goal, epochs = set_goal(peer, peer.quality, most=15, patience=2)
    assert goal == pytest.approx(0.38)
    assert epochs == 3
    assert peer.epochs == 6  # two epochs without a better one, and no more
    rising = Scripted(np.linspace(0.1, 0.9, 40))
    assert set_goal(rising, rising.quality, most=15, patience=2)[0] == pytest.approx(
        0.95 * rising.qualities[14]
    )


def test_ours_is_trained_for_as_long_as_the_goal_needs_or_the_run_stops():
    tried = []

    def quality(epochs):
        tried.append(epochs)
        return 0.1 * epochs

    assert epochs_to(0.29, quality, 5, "a recall") == 3
    assert tried == [1, 2, 3]
    with pytest.raises(Disagreement, match=r"a recall of 1\.010 is not reached in 5 epochs"):
        epochs_to(1.01, quality, 5, "a recall")
    with pytest.raises(Disagreement):
        epochs_to(0.1, lambda epochs: np.nan, 5, "a recall")


@pytest.mark.parametrize("other", [4.0, 6.0, np.nan])
def test_losses_must_agree(other):
    check_losses(5.0, 5.2, 0.1)
    with pytest.raises(Disagreement, match=r"the mean loss of the epoch is 5\.000 here"):
        check_losses(5.0, other, 0.1)


@pytest.mark.parametrize("other", [0.39, np.nan])
def test_both_sides_must_reach_the_goal(other):
    check_reached(0.4, {"ours": 0.4, "a peer": 0.5}, "recall@20")
    with pytest.raises(Disagreement, match="a peer reaches a recall@20"):
        check_reached(0.4, {"ours": 0.4, "a peer": other}, "recall@20")
