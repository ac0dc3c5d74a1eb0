"""A split: what a model may learn from, and what it is then asked about."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from musicrec.data.columns import counted
from musicrec.data.interactions import Interactions
from musicrec.errors import InvalidArgument, InvalidData

_PARTS = ("train", "valid", "test", "history")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Split:
    """Parts of one set of interactions, over the same users and items.

    Any interactions will do, such as the two files of a published split; the five functions of
    `musicrec.data.splits` make the usual ones. Explained in chapter 01_listening_data.

    Parameters
    ----------
    train : Interactions
        What a model learns from.
    valid : Interactions, optional
        What its settings are chosen by; drawn so that it looks like `test`. None where none was asked for.
    test : Interactions
        What it is judged by.
    history : Interactions, optional
        What is revealed, when a model is asked, of users who are absent from `train`; None where nothing is.

    Raises
    ------
    InvalidData
        Where `train` or `test` is absent, the parts are not over the same users and items, `train` or
        `history` holds no event of a weight above 0, or a user of `history` is also in `train`.
    """

    train: Interactions
    valid: Interactions | None = None
    test: Interactions
    history: Interactions | None = None

    def __post_init__(self) -> None:
        for name in _PARTS:
            part = getattr(self, name)
            if part is None and name in ("valid", "history"):
                continue
            if not isinstance(part, Interactions):
                optional = "; valid and history may be None" if part is None else ""
                raise InvalidData(
                    f"{name} is of type {type(part).__name__}; each part of a split must be data.Interactions"
                    f"{optional}. Make them with Interactions.from_frame, or cut with data.holdout."
                )
        for name, part in self._parts().items():
            for kind in ("users", "items"):
                ours, theirs = getattr(self.train, kind), getattr(part, kind)
                if not ours.equals(theirs):
                    raise InvalidData(
                        f"{name} is over {len(theirs):,} {kind} and train over {len(ours):,}, or in another "
                        f"order. Build all parts over one index: Interactions.from_frame(..., {kind}={kind})."
                    )
        if not self.train.n_pairs:
            raise InvalidData(
                "train holds no event of a weight above 0, so there is nothing to learn from. "
                "Leave some there."
            )
        if self.history is not None:
            if not self.history.n_pairs:
                raise InvalidData(
                    "history holds no event of a weight above 0; pass history=None where nothing is revealed."
                )
            both = np.intersect1d(_codes(self.history, "user"), _codes(self.train, "user"))
            if len(both):
                first = self.train.users[both[:1]].tolist()
                raise InvalidData(
                    f"{counted(len(both), 'user')} found in history and in train, first {first}. "
                    "History is for users whom no model was trained on; move their events to train."
                )

    def _parts(self) -> dict[str, Interactions]:
        return {name: getattr(self, name) for name in _PARTS if getattr(self, name) is not None}

    @property
    def cold_users(self) -> np.ndarray:
        """Codes, ascending, of the users with events in `test` and none in `train`."""
        return np.setdiff1d(_codes(self.test, "user"), _codes(self.train, "user"))

    @property
    def cold_items(self) -> np.ndarray:
        """Codes, ascending, of the items with events in `test` and none in `train`."""
        return np.setdiff1d(_codes(self.test, "item"), _codes(self.train, "item"))

    def refit(self) -> "Split":
        """The same split with `valid` joined to `train`, for a final fit once settings are chosen.

        What `history` holds of users of `valid` joins `train` too, since they are no longer strangers there.
        """
        if self.valid is None:
            return self
        joined, history = [self.train, self.valid], self.history
        if history is not None:
            known = np.isin(history.events["user"], _codes(self.valid, "user"))
            joined.append(history.where(known))
            history = None if known.all() else history.where(~known)
        return replace(self, train=_join(joined), valid=None, history=history)

    def leakage(self, part: Literal["test", "valid"] = "test") -> pd.Series:
        """Counts of what would tell a model more about `part` than it could know.

        Returns
        -------
        pandas.Series
            `shared pairs`: pairs of the part that are in train too (evaluation masks them). `before own
            train` and `before any train`: events of the part that are earlier than the last training event of
            the same user, or of anybody; absent where there are no times. `cold users`, `cold items`: how
            many of the part's users and items train lacks, which is no leak but is what tells the kinds of
            split apart.
        """
        asked = self._parts().get(part) if part in ("test", "valid") else None
        if asked is None:
            raise InvalidArgument(f"part is {part!r}; this split can be asked about {[*self._askable()]}.")
        counts = {"shared pairs": int(self.train.binary.multiply(asked.binary).nnz)}
        train, later = self.train.events, asked.events
        if "time" in train and "time" in later:
            last = train.groupby("user")["time"].max()
            known = later[later["user"].isin(last.index)]
            own = last.loc[known["user"]].to_numpy()
            counts["before own train"] = int((known["time"].to_numpy() < own).sum())
            counts["before any train"] = int((later["time"] < last.max()).sum())
        for kind in ("user", "item"):
            counts[f"cold {kind}s"] = len(np.setdiff1d(_codes(asked, kind), _codes(self.train, kind)))
        return pd.Series(counts, name=part)

    def _askable(self) -> list[str]:
        return [name for name in ("test", "valid") if name in self._parts()]

    def summary(self) -> pd.DataFrame:
        """Events, pairs, and users and items with events: one row a part."""
        rows = {
            name: {
                "events": len(part),
                "pairs": part.n_pairs,
                "users": len(_codes(part, "user")),
                "items": len(_codes(part, "item")),
            }
            for name, part in self._parts().items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(part):,}" for name, part in self._parts().items())
        cold = f"{len(self.cold_users):,} cold users, {len(self.cold_items):,} cold items"
        return f"Split({sizes} events; {cold} in test)"

    def _repr_html_(self) -> str:
        return self.summary().to_html()


def _codes(x: Interactions, kind: str) -> np.ndarray:
    return np.unique(x.events[kind].to_numpy())


def _join(parts: list[Interactions]) -> Interactions:
    columns = {tuple(part.events.columns) for part in parts}
    if len(columns) > 1:
        raise InvalidData(
            f"The parts train and valid have different columns, {sorted(columns)}; build them with the same."
        )
    first = parts[0]
    return Interactions(
        first.users, first.items, pd.concat([part.events for part in parts], ignore_index=True)
    )
