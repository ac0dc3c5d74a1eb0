"""Models by name, for commands and loops over all of them."""

import importlib

from musicrec.errors import UnknownName
from musicrec.models.base import Recommender

_NAMES = (
    *("Random", "Popularity"),
    *("UserKNN", "ItemKNN", "PureSVD", "ALS", "BPR", "EASE"),
    *("ContentKNN", "Rocchio", "LatentFactorRidge", "LatentFactorCNN", "PreferenceCNN"),
    *("WeightedHybrid", "CollectiveEASE"),
)


def names() -> list[str]:
    """The names of all models, from the simplest on, family by family."""
    return list(_NAMES)


def by_name(name: str) -> type[Recommender]:
    """The class of a model; UnknownName lists those there are."""
    if name not in _NAMES:
        raise UnknownName(f"There is no model {name!r}. There are: {', '.join(_NAMES)}.")
    return getattr(importlib.import_module("musicrec.models"), name)
