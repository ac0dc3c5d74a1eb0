"""Two made-up worlds that know who plays what: one where kinds of music decide it, one where sound does."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from musicrec.data import Features, Interactions

KINDS, USERS, ITEMS, KNOWN = 4, 160, 120, 80


@dataclass(frozen=True)
class PlantedWorld:
    """Listeners play mostly what is of their own kind; nobody played the last forty items.

    Attributes
    ----------
    train
        The plays.
    features
        The kind of each item, as flags.
    kind_of_user, kind_of_item
        What decides.
    known, cold
        Codes of the items with listeners and of those without.
    """

    train: Interactions
    features: Features
    kind_of_user: np.ndarray
    kind_of_item: np.ndarray
    known = np.arange(KNOWN)
    cold = np.arange(KNOWN, ITEMS)

    @property
    def shuffled(self):
        """The features of other items: they tell nothing."""
        return flags(np.random.default_rng(7).permutation(self.kind_of_item))

    @property
    def by_chance(self):
        """As many plays, of which no kind tells."""
        played = self.train.binary.toarray()[:, :KNOWN]
        return plays(np.random.default_rng(8).permuted(played, axis=1))

    def own_kind(self, lists):
        """The share of listed items that are of the listener's kind."""
        return (self.kind_of_item[lists] == self.kind_of_user[:, None])[lists >= 0].mean()

    def own_kind_first(self, model, candidates):
        """The same of the five items listed first among some, without those played.

        By chance a quarter of the new items; of the known ones a seventh, since half of her kind are played.
        """
        lists = model.recommend(range(USERS), k=5, exclude=self.train, candidates=candidates)
        return self.own_kind(lists)


def plays(matrix):
    user, item = np.nonzero(matrix)
    events = pd.DataFrame({"user": user, "item": item})
    return Interactions(pd.RangeIndex(USERS), pd.RangeIndex(ITEMS), events)


def flags(kinds, missing=None):
    names = [f"kind {kind}" for kind in range(KINDS)]
    return Features("kind", pd.RangeIndex(ITEMS), names, np.eye(KINDS)[kinds], missing)


@pytest.fixture(scope="session")
def planted():
    """The world, made once."""
    rng = np.random.default_rng(0)
    kind_of_user, kind_of_item = np.arange(USERS) % KINDS, np.arange(ITEMS) % KINDS
    own = kind_of_user[:, None] == kind_of_item[:KNOWN]
    played = rng.random(own.shape) < np.where(own, 0.5, 0.03)
    return PlantedWorld(plays(played), flags(kind_of_item), kind_of_user, kind_of_item)


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
