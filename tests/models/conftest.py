"""A world in which kinds of music decide who plays what: for models that read features, and that do not."""

from dataclasses import dataclass

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
