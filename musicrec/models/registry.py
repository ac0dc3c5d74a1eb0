"""Models by name, for commands and loops over all of them."""

import importlib
from typing import Any

from musicrec.errors import UnknownName
from musicrec.models.base import Recommender
from musicrec.models.sequential import SequenceModel

_NAMES = (
    *("Random", "Popularity"),
    *("UserKNN", "ItemKNN", "PureSVD", "ALS", "BPR", "EASE"),
    *("ContentKNN", "Rocchio", "LatentFactorRidge", "LatentFactorCNN", "PreferenceCNN"),
    *("WeightedHybrid", "CollectiveEASE"),
    *("AutoRec", "CDAE", "MultDAE", "MultVAE", "ContentVAE"),
    *("SwitchingHybrid",),
    *("LightFMIdentity", "LightFM", "NeuMF", "DropoutNet"),
    *("SoftmaxMF", "HybridCNN", "MultimodalFactors"),
)
_SEQUENCE_NAMES = (
    *("MarkovChain", "ItemCoSession"),
    *("SKNN", "VSKNN", "STAN"),
    *("RNNNext", "GRU4Rec", "LSTMNext", "SASRec"),
)


def names() -> list[str]:
    """The names of all recommenders, from the simplest on, family by family."""
    return list(_NAMES)


def by_name(name: str) -> type[Recommender]:
    """The class of a recommender; UnknownName lists those there are."""
    return _class(name, _NAMES, "model")


def sequence_names() -> list[str]:
    """The names of all models of the next play, from the simplest on, family by family."""
    return list(_SEQUENCE_NAMES)


def sequence_by_name(name: str) -> type[SequenceModel]:
    """The class of a model of the next play; UnknownName lists those there are."""
    return _class(name, _SEQUENCE_NAMES, "model of the next play")


def _class(name: str, known: tuple[str, ...], kind: str) -> Any:
    if name not in known:
        raise UnknownName(f"There is no {kind} {name!r}. There are: {', '.join(known)}.")
    return getattr(importlib.import_module("musicrec.models"), name)
