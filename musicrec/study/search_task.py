"""What a search for settings is for, and the name of the file that keeps what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from musicrec.errors import InvalidArgument
from musicrec.study.search_spaces import READ_FEATURES, SEQUENCE_SPACES

ITEM_FEATURES = {"lastfm-2k": "tags", "songbook": "catalogue"}  # the kind that models of content are given


@dataclass(frozen=True)
class Task:
    """What a search was for: one model on one dataset, given some features, for all items or for cold ones.

    Raises
    ------
    InvalidArgument
        Where features are named for a model that reads none, or cold items for a model of the next play.
    """

    model: str
    dataset: str
    features: str | None = None
    cold: bool = False

    def __post_init__(self) -> None:
        if self.features is not None and self.model not in READ_FEATURES:
            raise InvalidArgument(
                f"features is {self.features!r}, but {self.model} reads no features. Leave it out; models "
                f"that read some are {', '.join(READ_FEATURES)}."
            )
        if self.cold and self.of_sessions:
            raise InvalidArgument(
                f"{self.model} names the next play of a session, and cannot name an item that nobody has "
                "played. Leave cold out."
            )

    @property
    def of_sessions(self) -> bool:
        """Whether the model is one of the next play."""
        return self.model in SEQUENCE_SPACES

    @property
    def kind(self) -> str | None:
        """The kind of features that the model is given; None where it is given none."""
        return None if self.of_sessions else self.features or ITEM_FEATURES.get(self.dataset)

    @property
    def file(self) -> str:
        """The file of the search, below data/params."""
        special = self.features if self.features != ITEM_FEATURES.get(self.dataset) else None
        marks = [mark for mark in (special, "cold" if self.cold else None) if mark]
        return f"{self.dataset}/{'.'.join([self.model, *marks])}.json"

    @property
    def command(self) -> str:
        """The command that searches."""
        features = f" --features {self.features}" if self.features else ""
        return f"musicrec tune {self.model} --dataset {self.dataset}{features}{' --cold' * self.cold}"


@dataclass(frozen=True)
class Judge:
    """By what a search judges settings.

    Attributes
    ----------
    score
        From settings and a share of the effort (see `search`), what they come to.
    metric
        The name of what the score is.
    split
        What was learnt from and asked about, as `Tuning.split` keeps it.
    shares
        Of the effort, as `search` takes them.
    """

    score: Callable[[dict[str, Any], float], float]
    metric: str
    split: dict[str, Any]
    shares: tuple[float, ...] = (1.0,)


def with_share(settings: dict[str, Any], share: float) -> dict[str, Any]:
    """Settings of a network with a share of its epochs, one at least."""
    return {**settings, "epochs": max(1, round(share * settings["epochs"]))}
