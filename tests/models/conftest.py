"""A world in which sound decides half of who plays what, and a community that no sound reveals the rest."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from musicrec.data import Features, Interactions


class FakeSounds:
    """As much of an AudioLibrary as models use: noise, loud in the low or in the high half of the bands.

    Clips of one take and half are the same, so that a network cannot tell such items apart.
    """

    def __init__(self, high, takes):
        self.labels = pd.RangeIndex(len(high))
        self.left_out = pd.Series(dtype=object)
        loud = np.where((np.arange(16) >= 8) == high[:, None], -10.0, -50.0)
        noise = np.random.default_rng(1).standard_normal((takes.max() + 1, 16, 24))[takes]
        self.clips = (loud[:, :, None] + 6 * noise).astype(np.float32)

    def mel(self, labels):
        return self.clips[self.labels.get_indexer(labels)]


@dataclass(frozen=True)
class SoundingWorld:
    """Half of the listeners prefer what sounds high; across that, half are of one community, half of another.

    Attributes
    ----------
    train
        The plays: none of the last forty items.
    sounds, kinds
        The sound of each item, and whether it is high and whether it is fast, as flags; fast decides nothing.
    high, scene
        What decides, of each item.
    high_ears, circle
        And of each listener.
    """

    train: Interactions
    sounds: FakeSounds
    kinds: Features
    high: np.ndarray
    scene: np.ndarray
    high_ears: np.ndarray
    circle: np.ndarray
    known = np.arange(80)
    cold = np.arange(80, 120)

    @property
    def by_lot(self):
        """The same world with the sounds and kinds dealt out by lot: they tell nothing."""
        order = np.random.default_rng(5).permutation(len(self.high))
        kinds = Features("kind", self.kinds.items, self.kinds.names, self.kinds.matrix[order])
        return replace(self, sounds=FakeSounds(self.high[order], np.arange(len(order)) // 4), kinds=kinds)

    def fit(self, model, **changed):
        """The model, fitted on plays, sounds and kinds, some of them changed."""
        given = {"train": self.train, "item_audio": self.sounds, "item_features": self.kinds, **changed}
        return model.fit(given.pop("train"), **given)

    def found(self, model, items):
        """Of five items listed first among some: the shares of those that suit her ears, and her circle."""
        lists = model.recommend(range(120), k=5, exclude=self.train, candidates=items)
        suits_ears = self.high[lists] == self.high_ears[:, None]
        return suits_ears.mean(), (self.scene[lists] == self.circle[:, None]).mean()


@pytest.fixture(scope="session")
def sounding():
    """The world, made once."""
    places = np.arange(120)
    side, group = places % 2 == 1, places // 2 % 2 == 1  # of items and of listeners alike
    suits = (side[:, None] == side).astype(int) + (group[:, None] == group)
    played = np.random.default_rng(0).random(suits.shape) < np.array([0.02, 0.2, 0.6])[suits]
    user, item = np.nonzero(played[:, :80])
    train = Interactions(pd.RangeIndex(120), pd.RangeIndex(120), pd.DataFrame({"user": user, "item": item}))
    flags = np.stack([side, places // 4 % 2], axis=1).astype(float)
    kinds = Features("kind", train.items, ["high", "fast"], flags)
    return SoundingWorld(train, FakeSounds(side, places // 4), kinds, side, group, side, group)
