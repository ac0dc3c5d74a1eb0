"""Items of a dataset as cards: one of them, or a listener's list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from musicrec.data.columns import hashable
from musicrec.display.cards import Card, player, row_of_cards, text_or_nothing
from musicrec.display.shown import Shown
from musicrec.errors import CorruptData, InvalidArgument, InvalidData, UnknownName
from musicrec.parameters import check_whole

if TYPE_CHECKING:
    from musicrec.data import Dataset


def item_card(ds: Dataset, label: Any, *, note: object = "") -> Card:
    """The card of an item of a dataset, with its sound where the dataset has it.

    Parameters
    ----------
    ds
        A dataset.
    label
        Of an item in ``ds.items``. Without a title the card says "untitled" and this label.
    note
        A further line, such as why it is shown.

    Returns
    -------
    Card
        Without a player where `ds.audio` is None or leaves the item out.

    Raises
    ------
    UnknownName
        There is no such item.

    Notes
    -----
    Explained in chapter 03_content_based.
    """
    items = ds.items
    if not hashable(label) or label not in items.index:
        raise UnknownName(
            f"{ds.name} has no item {label!r}. Its labels begin with {list(items.index[:3])}; the label of a "
            "code is ds.items.index[code]."
        )
    row = items.loc[label]
    title = text_or_nothing(row["title"]) or f"untitled ({label})"
    artist = text_or_nothing(row["artist"])
    composer = "" if artist == title else artist  # in Last.fm-2k the items are the artists
    said = {
        "title": title,
        "composer": composer,
        "style": text_or_nothing(row.get("style")),
        "note": text_or_nothing(note),
    }
    if ds.audio is None:
        return Card(**said)
    try:
        waveform = ds.audio.waveform(label)
    except (UnknownName, InvalidData, CorruptData):  # no recording, or one that was left out
        return Card(**said | {"note": f"{said['note']} (no sound)".strip()})
    return player(waveform, ds.audio.sample_rate, **said)


def recommendations(
    ds: Dataset,
    codes: ArrayLike,
    *,
    name: str,
    k: int = 5,
    why: Sequence[object] | None = None,
) -> Shown:
    """Show a listener's list as a numbered row of cards that play.

    Parameters
    ----------
    ds
        The dataset that the list was made for.
    codes
        Item codes, best first: a row of what a model's `recommend` returns. A code of -1, which stands where
        no item was left, is passed over.
    name
        As of `players`.
    k
        How many to show.
    why
        A line for each code, such as the reason why it was recommended.

    Returns
    -------
    Shown
        As of `players`.

    Raises
    ------
    InvalidArgument
        Codes that are not one row of integers, none to show, `k` below 1, or another number of
        reasons than codes.
    UnknownName
        A code that no item has.

    Notes
    -----
    Of real listeners this book shows no lists. Explained in chapter 03_content_based.
    """
    check_whole("k", k, 1)
    found = np.asarray(codes)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise InvalidArgument(
            f"The list {name!r} must be one row of item codes; found {found.dtype} of shape {found.shape}. "
            "Pass one listener's row, such as model.recommend([user])[0]."
        )
    reasons = [""] * len(found) if why is None else list(why)
    if len(reasons) != len(found):
        raise InvalidArgument(
            f"The list {name!r} has {len(found)} codes and {len(reasons)} reasons (why). Give one a "
            "code, an empty one where there is none."
        )
    shown = [(code, reason) for code, reason in zip(found.tolist(), reasons, strict=True) if code != -1][:k]
    if not shown:
        raise InvalidArgument(
            f"The list {name!r} holds no item, only {found.tolist()}: nothing was left to "
            "recommend. Leave items in, or exclude fewer."
        )
    for code, _ in shown:
        if not 0 <= code < len(ds.items):
            raise UnknownName(
                f"The list {name!r} has the code {code}; {ds.name} has items 0 to {len(ds.items) - 1:,}."
            )
    cards = [item_card(ds, ds.items.index[code], note=reason) for code, reason in shown]
    return row_of_cards(cards, "ol", name, f"{len(cards)} recommendations, the best first")
