"""What a search for settings is for, and the name of the file that keeps what it found."""

from __future__ import annotations

from dataclasses import dataclass

from musicrec.errors import InvalidArgument
from musicrec.study.search_spaces import READ_FEATURES

ITEM_FEATURES = {"lastfm-2k": "tags", "songbook": "catalogue"}  # the kind that models of content are given


@dataclass(frozen=True)
class Task:
    """What a search was for: one model on one dataset, given some features, for all items or for cold ones.

    Raises
    ------
    InvalidArgument
        Where features are named for a model that reads none.
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

    @property
    def kind(self) -> str | None:
        """The kind of features that the model is given, None where the dataset has no usual one."""
        return self.features or ITEM_FEATURES.get(self.dataset)

    @property
    def file(self) -> str:
        """The file of the search, below data/params."""
        special = self.features if self.kind != ITEM_FEATURES.get(self.dataset) else None
        marks = [mark for mark in (special, "cold" if self.cold else None) if mark]
        return f"{self.dataset}/{'.'.join([self.model, *marks])}.json"

    @property
    def command(self) -> str:
        """The command that searches."""
        features = f" --features {self.features}" if self.features else ""
        return f"musicrec tune {self.model} --dataset {self.dataset}{features}{' --cold' * self.cold}"
