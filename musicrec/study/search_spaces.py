"""What a search for a model's settings may try, and how often: one table for all models.

A range should hold the best value well inside it. Where a search ends within 5 % of a border, the file that
it writes says so under "at_border": widen the range here and search again, unless nothing lies beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from musicrec.errors import UnknownName

if TYPE_CHECKING:
    import optuna  # only a search needs it; reading what one found does not

TRIALS = 40  # the same for every recommender, or a comparison of tuned models would be one of efforts
NETWORK_TRIALS = 16  # fewer, where one fit takes as long as a whole search does for the others
HALVED = (  # searched by successive halving: few settings are trained to the end
    *("AutoRec", "CDAE", "MultDAE", "MultVAE", "ContentVAE"),
    *("LightFMIdentity", "LightFM", "NeuMF", "DropoutNet", "SoftmaxMF", "HybridCNN", "MultimodalFactors"),
)
_NETWORKS = (
    *("LatentFactorCNN", "PreferenceCNN"),
    *("ContentVAE", "NeuMF", "DropoutNet"),
    "LightFM",  # no network, but as slow: it runs on one thread and gains from many epochs
    *("SoftmaxMF", "HybridCNN"),  # twins: equal effort
    "MultimodalFactors",
)
NEW_ITEMS = 1000  # that a search for cold items is judged on at least, over several cuts if need be
FEWER_NEW_ITEMS = {"HybridCNN": 300, "MultimodalFactors": 300}  # each cut costs a training that listens
SEQUENCE_TRIALS = 12  # of models of the next play, networks and neighbours alike, by successive halving
_SCALES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "log": (math.log, math.exp),
    "log1p": (math.log1p, math.expm1),
    "linear": (float, float),
}
NEAR = 0.05  # share of a range, on its own scale, that counts as its border
_DIGITS = 3  # of a tuned number: more would claim a precision that no search has


@dataclass(frozen=True)
class Span:
    """Numbers from `low` to `high`, both included: whole ones where both are whole.

    Attributes
    ----------
    low, high
        The borders.
    scale
        On which the search goes over the range: "log" where equal ratios count alike, "log1p" for the same
        from 0 on, "linear".
    when
        The setting of another parameter under which alone this one means anything, as (name, value).
    """

    low: float | int
    high: float | int
    scale: Literal["log", "log1p", "linear"] = "log"
    when: tuple[str, str] | None = None

    def at(self, share: float) -> float | int:
        """The number at a share of the range, 0 for `low` and 1 for `high`, to three digits."""
        forth, back = _SCALES[self.scale]
        value = back(forth(self.low) + share * (forth(self.high) - forth(self.low)))
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        return round(value) if whole else float(f"{value:.{_DIGITS}g}")

    def share_of(self, value: float | int) -> float:
        """Where in the range a number lies: the inverse of `at`."""
        low, high, place = (_SCALES[self.scale][0](each) for each in (self.low, self.high, value))
        return (place - low) / (high - low)


@dataclass(frozen=True)
class Choice:
    """One of a few words; `when` as in `Span`."""

    of: tuple[str, ...]
    when: tuple[str, str] | None = None


Space = Mapping[str, Span | Choice]

_WEIGHT = Choice(("binary", "log", "raw"))
_WEIGHTING = Choice(("tfidf", "none"))
_NEIGHBOURS: Space = {
    "k": Span(5, 5000),
    "similarity": Choice(("cosine", "jaccard", "asymmetric")),
    "alpha": Span(0.0, 1.0, "linear", when=("similarity", "asymmetric")),
    "shrinkage": Span(0.0, 1000.0, "log1p"),
}
_FACTORS_OF_PLAYS: Space = {"factors": Span(4, 256), "l2": Span(1e-3, 1e3), "alpha": Span(0.1, 100.0)}
_TRAINING: Space = {  # more epochs than this would cost more than a chapter has to spend
    "epochs": Span(5, 20),
    "lr": Span(1e-4, 1e-2),
    "weight_decay": Span(1e-3, 10.0),
}
_ROWS: Space = {  # of networks on rows of plays
    "hidden": Span(32, 300),
    "epochs": Span(5, 40),
    "lr": Span(1e-3, 3e-2),
    "weight_decay": Span(1e-2, 30.0),
}
_LEFT_OUT = Span(0.0, 0.8, "linear")
_VARIATIONAL: Space = {
    **_ROWS,
    "dropout": _LEFT_OUT,
    "latent": Span(16, 200),
    "beta": Span(0.01, 10.0),
}
_LIGHTFM: Space = {  # more would take minutes a fit: it runs on one thread
    "factors": Span(4, 128),
    "lr": Span(3e-3, 0.5),
    "l2": Span(1e-8, 1e-2),
    "epochs": Span(3, 60),
}

SPACES: dict[str, Space] = {
    "Random": {},
    "Popularity": {},
    "UserKNN": {**_NEIGHBOURS, "weight": _WEIGHT},
    "ItemKNN": {**_NEIGHBOURS, "weight": _WEIGHT},
    "ContentKNN": {
        **_NEIGHBOURS,
        "k": Span(5, 1000),  # most items share some feature with most others, so that memory grows with k
        "weighting": _WEIGHTING,
    },
    "PureSVD": {"factors": Span(4, 512), "weight": _WEIGHT},
    "ALS": {
        **_FACTORS_OF_PLAYS,
        "iterations": Span(3, 30),
        "weight": _WEIGHT,
    },
    "BPR": {
        "factors": Span(4, 128),
        "lr": Span(3e-4, 0.3),
        "l2": Span(1e-7, 1.0),
        "epochs": Span(10, 1000),
    },
    "EASE": {"l2": Span(1.0, 1e5), "weight": _WEIGHT},
    "Rocchio": {"gamma": Span(0.0, 10.0, "log1p"), "weighting": _WEIGHTING, "weight": _WEIGHT},
    "LatentFactorRidge": {**_FACTORS_OF_PLAYS, "ridge": Span(1.0, 1e5)},
    "LatentFactorCNN": {**_FACTORS_OF_PLAYS, **_TRAINING},
    "PreferenceCNN": {"factors": Span(4, 256), **_TRAINING, "dropout": Span(0.0, 0.8, "linear")},
    "WeightedHybrid": {"weight": Span(0.0, 1.0, "linear")},
    "CollectiveEASE": {
        "l2": Span(1.0, 1e6),
        "alpha": Span(0.1, 1000.0),
        "weighting": _WEIGHTING,
        "weight": _WEIGHT,
    },
    "AutoRec": _ROWS,
    "CDAE": {**_ROWS, "dropout": _LEFT_OUT},
    "MultDAE": {**_ROWS, "dropout": _LEFT_OUT},
    "MultVAE": _VARIATIONAL,
    "ContentVAE": {**_VARIATIONAL, "hidden": Span(16, 300), "latent": Span(4, 200), "weighting": _WEIGHTING},
    "SwitchingHybrid": {"least": Span(1, 100)},
    "LightFMIdentity": _LIGHTFM,
    "LightFM": {**_LIGHTFM, "weighting": _WEIGHTING},
    "NeuMF": {
        **_TRAINING,
        "factors": Span(4, 64),
        "layers": Span(1, 5),
        "negatives": Span(1, 20),
        "batch": Span(128, 8192),
    },
    "DropoutNet": {
        **_FACTORS_OF_PLAYS,
        **_TRAINING,
        "hidden": Span(32, 1024),
        "dropout": Span(0.0, 1.0, "linear"),
        "weighting": _WEIGHTING,
    },
    "SoftmaxMF": {"factors": Span(4, 256), **_TRAINING, "epochs": Span(5, 100)},
    "HybridCNN": {
        "factors": Span(4, 256),
        **_TRAINING,
        "dropout": Span(0.0, 0.8, "linear"),
        "item_dropout": Span(0.0, 0.95, "linear"),
    },
    "MultimodalFactors": {
        **_FACTORS_OF_PLAYS,
        **_TRAINING,
        "hidden": Span(16, 512),
        "weighting": _WEIGHTING,
    },
}

_SESSIONS: Space = {"k": Span(20, 5000), "sample": Span(200, 20_000)}
_PLAY_WEIGHTING = Choice(("same", "div", "linear", "quadratic", "log"))
_NEXT_NETWORK: Space = {  # of losses only the sampled softmax: the full one takes hours with 60,000 items
    "factors": Span(32, 128),
    "negatives": Span(256, 2048),
    "alpha": Span(0.0, 1.0, "linear"),
    "dropout": Span(0.0, 0.7, "linear"),
    "batch": Span(512, 8192),
    "epochs": Span(3, 12),  # with the factors, what a search of all four networks in two hours allows
    "lr": Span(1e-3, 3e-2),
}

SEQUENCE_SPACES: dict[str, Space] = {
    "MarkovChain": {
        "steps": Span(1, 50),
        "decay": Span(0.0, 5.0, "linear"),
        "smoothing": Span(0.0, 1000.0, "log1p"),
    },
    "ItemCoSession": {
        **_NEIGHBOURS,
        "shrinkage": Span(0.0, 10_000.0, "log1p"),
    },  # high: a mere count of sessions
    "SKNN": _SESSIONS,
    "VSKNN": {
        **_SESSIONS,
        "weighting": _PLAY_WEIGHTING,
        "weighting_score": _PLAY_WEIGHTING,
        "idf": Span(0.0, 10.0, "log1p"),
    },
    "STAN": {
        **_SESSIONS,
        "lambda1": Span(0.05, 50.0),
        "lambda2": Span(0.01, 100.0),
        "lambda3": Span(0.05, 50.0),
    },
    "RNNNext": _NEXT_NETWORK,
    "GRU4Rec": _NEXT_NETWORK,
    "LSTMNext": _NEXT_NETWORK,
    "SASRec": {**_NEXT_NETWORK, "blocks": Span(1, 4)},
}
"""The same for models of the next play."""

READ_FEATURES = (
    *("ContentKNN", "Rocchio", "LatentFactorRidge", "WeightedHybrid", "CollectiveEASE"),
    *("ContentVAE", "SwitchingHybrid", "LightFM", "DropoutNet", "MultimodalFactors"),
)
PARTS = {
    "WeightedHybrid": {"collaborative": "EASE", "content": "ContentKNN"},
    "SwitchingHybrid": {"collaborative": "EASE", "content": "ContentKNN"},
}
"""The models within a model, by parameter: a search takes them as they were tuned alone."""


def space_of(model: str) -> Space:
    """What a search may try for a model; empty where the model has nothing to set.

    Raises
    ------
    UnknownName
        The table has no such model.
    """
    spaces = {**SPACES, **SEQUENCE_SPACES}
    if model not in spaces:
        raise UnknownName(
            f"There is no search space for {model!r}. There is one for: {', '.join(spaces)}. "
            "Add the model to its table in musicrec/study/search_spaces.py."
        )
    return spaces[model]


def trials_of(model: str) -> int:
    """How many settings a search tries for a model, if nobody says otherwise."""
    if model in SEQUENCE_SPACES:
        return SEQUENCE_TRIALS
    return NETWORK_TRIALS if model in _NETWORKS else TRIALS


def applies(part: Span | Choice, settings: Mapping[str, Any]) -> bool:
    """Whether a parameter means anything, given the settings of those before it in the table."""
    return part.when is None or settings.get(part.when[0]) == part.when[1]


def propose(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Settings for one trial, one value for each parameter that applies.

    The search sees every range as shares from 0 to 1, and knows nothing of its scale.
    """
    settings: dict[str, Any] = {}
    for name, part in space.items():
        if applies(part, settings):
            settings[name] = (
                trial.suggest_categorical(name, part.of)
                if isinstance(part, Choice)
                else part.at(trial.suggest_float(name, 0.0, 1.0))
            )
    return settings


def fixed(settings: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """What `propose` has to draw so that it comes to these settings."""
    return {
        name: value if isinstance(part, Choice) else part.share_of(value)
        for name, part in space.items()
        if (value := settings.get(name)) is not None
    }


def at_border(settings: Mapping[str, Any], space: Space) -> dict[str, str]:
    """The parameters whose value lies at the border of its range, and which border it is: "low", "high"."""
    found = {}
    for name, value in settings.items():
        part = space[name]
        share = 0.5 if isinstance(part, Choice) else part.share_of(value)
        if not NEAR <= share <= 1 - NEAR:
            found[name] = "low" if share < NEAR else "high"
    return found


def described(space: Space) -> dict[str, Any]:
    """The space as plain values, for a file."""
    return {name: asdict(part) for name, part in space.items()}
