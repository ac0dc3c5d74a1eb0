"""A dataset: interactions with all that is known of their users and items, under one name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from musicrec.data.columns import hashable
from musicrec.data.features import Features
from musicrec.data.interactions import Interactions
from musicrec.data.session_split import SessionSplit
from musicrec.data.sessions import Sessions
from musicrec.data.split import Split
from musicrec.errors import InvalidArgument, InvalidData, UnknownName


class Splits(Mapping[str, Split | SessionSplit]):
    """Cuts that others have published, by name; UnknownName lists those there are.

    Each is a `Split` of interactions, or a `SessionSplit` where sessions are what is cut.
    """

    def __init__(self, splits: Mapping[str, Split | SessionSplit]) -> None:
        named = isinstance(splits, Mapping)
        if not named or not all(isinstance(part, Split | SessionSplit) for part in splits.values()):
            raise InvalidData(
                f"Splits must be a dict from names to data.Split or data.SessionSplit, found {splits!r}. "
                "Leave them out where none are published."
            )
        self._splits = dict(splits)

    def __getitem__(self, name: str) -> Split | SessionSplit:
        if not hashable(name) or name not in self._splits:
            raise UnknownName(
                f"No split {name!r}: this dataset has {sorted(self._splits) or 'no published splits'}. "
                "Make one with data.holdout, leave_last_out, by_time, cold_items or cold_users."
            )
        return self._splits[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._splits)

    def __len__(self) -> int:
        return len(self._splits)

    def __repr__(self) -> str:
        return f"Splits({', '.join(self._splits) or 'none published'})"


class _Table:
    """A field of a dataset that holds a table: taken as a copy and handed out as one.

    Models share a dataset, so what one of them writes into its table must not reach the next.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, dataset: "Dataset | None", owner: type) -> pd.DataFrame:
        if dataset is None:
            raise AttributeError(self._name)  # so that the dataclass sees a field without a default
        return vars(dataset)[self._name].copy()

    def __set__(self, dataset: "Dataset", table: pd.DataFrame) -> None:
        vars(dataset)[self._name] = table.copy() if isinstance(table, pd.DataFrame) else table


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Interactions, what is known of their users and items, and where it all comes from.

    A dataset does not change: `items`, `users` and what `table` returns are copies. Explained in chapter
    01_listening_data.

    Parameters
    ----------
    name, title : str
        The name it is loaded by, and one for people.
    evidence : {"real", "simulated"}
        Whether people listened or a program did. A finding rests on one or the other.
    interactions : Interactions
        The events.
    items, users : pandas.DataFrame
        One row an item or user, indexed by label in the order of `interactions.items` and
        `interactions.users`; items have at least the columns title and artist.
    sessions : Sessions, optional
        The events in the order in which they were heard.
    splits : Splits
        Published cuts.
    audio : object, optional
        The sound of the items.
    truth : object, optional
        What simulated listeners really like. It is kept apart from all that a model is given.
    feature_makers : dict
        Functions of the dataset that make the features of each kind, called when first asked for.
    said_by_listeners : frozenset of str
        The kinds of features that the listeners themselves wrote. Their makers take, after the dataset, the
        interactions of which they must not tell.
    tables : dict
        Further tables by name, such as friends or tags.
    provenance : dict
        Source, licence, version and the like, as text.

    Raises
    ------
    InvalidArgument
        Where `evidence` is neither word.
    InvalidData
        Where items, users or sessions do not match the interactions.
    """

    name: str
    title: str
    evidence: Literal["real", "simulated"]
    interactions: Interactions
    items: _Table = _Table()
    users: _Table = _Table()
    sessions: Sessions | None = None
    splits: Splits = field(default_factory=lambda: Splits({}))
    audio: Any = None
    truth: Any = None
    feature_makers: Mapping[str, Callable[..., Features]] = field(default_factory=dict)
    said_by_listeners: frozenset[str] = frozenset()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    _made: dict[str, Features] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        own = vars(self)
        for name, part, wanted in (
            ("interactions", self.interactions, Interactions),
            ("items", own["_items"], pd.DataFrame),
            ("users", own["_users"], pd.DataFrame),
            ("sessions", self.sessions, Sessions | None),
        ):
            if not isinstance(part, wanted):
                raise InvalidData(
                    f"{name} of the dataset {self.name} must be of type "
                    f"{getattr(wanted, '__name__', 'Sessions or None')}, found {type(part).__name__}. See "
                    "the parameters of data.Dataset."
                )
        if self.evidence not in ("real", "simulated"):
            raise InvalidArgument(f"evidence is {self.evidence!r}; it must be 'real' or 'simulated'.")
        for kind, frame, labels in (
            ("items", self.items, self.interactions.items),
            ("users", self.users, self.interactions.users),
        ):
            if not frame.index.equals(labels):
                raise InvalidData(
                    f"The {kind} table of {self.name} has {len(frame):,} rows that are not the "
                    f"{len(labels):,} labels of interactions.{kind} in their order; use "
                    f"frame.reindex(interactions.{kind})."
                )
        absent = [name for name in ("title", "artist") if name not in self.items]
        if absent:
            raise InvalidData(
                f"The items table of {self.name} lacks the columns {absent}; it has {list(self.items)}. "
                "Add them, with None where they are not known."
            )
        if self.sessions is not None:
            self.sessions.check_codes(self.interactions.n_items, self.interactions.n_users)

    def features(self, kind: str, *, hidden: Split | None = None) -> Features:
        """What is known of each item, as numbers: kinds are such as "tags", "style" and "descriptors".

        Parameters
        ----------
        kind : str
            Which.
        hidden : Split, optional
            Leave out what listeners said of items whose play this split hides from a model (in `valid` or
            `test`). It makes a difference where those who play also wrote the features, as the tags of
            Last.fm-2k; elsewhere none.

        Returns
        -------
        Features
            One row an item, in the order of `items`. What nothing is hidden from is made once and kept.

        Raises
        ------
        UnknownName
            Where the dataset has no such kind; the message lists those it has.
        InvalidArgument
            Where `hidden` is no Split.
        """
        if not hashable(kind) or kind not in self.feature_makers:
            raise UnknownName(
                f"{self.name} has no features {kind!r}; it has {sorted(self.feature_makers) or 'none'}. "
                "Choose one of those."
            )
        if hidden is not None and not isinstance(hidden, Split):
            raise InvalidArgument(
                f"hidden must be the split whose valid and test no model may know of, found "
                f"{type(hidden).__name__}. Make one with data.holdout."
            )
        if hidden is not None and kind in self.said_by_listeners:
            parts = (part for part in (hidden.valid, hidden.test) if part is not None)
            return self._aligned(kind, self.feature_makers[kind](self, *parts))
        if kind not in self._made:
            self._made[kind] = self._aligned(kind, self.feature_makers[kind](self))
        return self._made[kind]

    def _aligned(self, kind: str, made: Features) -> Features:
        if not made.items.equals(self.interactions.items):
            raise InvalidData(
                f"The features {kind!r} of {self.name} are not aligned to its items; use Features.align."
            )
        return made

    def table(self, name: str) -> pd.DataFrame:
        """A further table of the dataset (a copy), such as "friends"; UnknownName lists those there are."""
        if not hashable(name) or name not in self.tables:
            raise UnknownName(
                f"{self.name} has no table {name!r}; it has {sorted(self.tables) or 'none'}. Choose one of "
                "those."
            )
        return self.tables[name].copy()

    def _summary(self) -> dict[str, str]:
        x = self.interactions
        summary = {
            "evidence": f"{self.evidence} {'listeners' if x.n_users else 'recordings, no listeners'}",
            "users": f"{x.n_users:,}",
            "items": f"{x.n_items:,}",
            "events": f"{len(x):,}",
            "pairs": f"{x.n_pairs:,}",
            "density": f"{x.density:.3%}",
            "sessions": "none" if self.sessions is None else f"{len(self.sessions):,}",
            "features": ", ".join(sorted(self.feature_makers)) or "none",
            "tables": ", ".join(sorted(self.tables)) or "none",
            "splits": ", ".join(self.splits) or "none published",
            "audio": "none" if self.audio is None else "yes",
            "truth": "none" if self.truth is None else "known, kept apart from models",
        }
        return summary | {key: str(value) for key, value in self.provenance.items()}

    def __repr__(self) -> str:
        s = self._summary()
        return (
            f"Dataset {self.name}: {self.title} ({s['evidence']}; {s['users']} users, {s['items']} items, "
            f"{s['events']} events, {s['pairs']} pairs, density {s['density']})"
        )

    def _repr_html_(self) -> str:
        return pd.DataFrame({self.title: self._summary()}).to_html()
