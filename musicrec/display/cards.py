"""Players: cards with a title, a drawn waveform and a clip to play, alone or in a row."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from numpy.typing import ArrayLike

from musicrec.display import clips
from musicrec.display.names import check_name
from musicrec.display.shown import Shown
from musicrec.errors import InvalidArgument

# Jupyter and code hosts have no style sheet of ours: what a row needs to be a row stands in its tags.
_ROW = "display: grid; grid-template-columns: repeat(auto-fill, minmax(min(12rem, 100%), 1fr)); gap: 1rem"
_HINT = "No sound? Run this notebook: that makes the clips."  # said where they may not be, never on the pages


@dataclass(frozen=True)
class Card:
    """A piece of music on the page, as `player` makes it; alone or in a row of `players`.

    Attributes
    ----------
    title, composer, style, note
        What it says, "" where nothing is known.
    clip
        Address of its sound from the notebook's folder, or None for a card that cannot be played.
    drawing
        The waveform as SVG, "" without sound.

    Notes
    -----
    Explained in chapter 03_content_based.
    """

    title: str
    composer: str = ""
    style: str = ""
    note: str = ""
    clip: str | None = None
    drawing: str = ""

    def __str__(self) -> str:
        by = f", {self.composer}" if self.composer else ""
        return f"{self.title}{by}{f' ({self.style})' if self.style else ''}"

    def html(self) -> str:
        """The card as an element of a list."""
        about = " · ".join(html.escape(text) for text in (self.composer, self.style) if text)
        parts = [f"<strong>{html.escape(self.title)}</strong>"]
        parts += [f"<div>{about}</div>"] if about else []
        if self.clip is not None:
            label = html.escape(f"Play {self}")
            parts += [
                self.drawing,
                f'<audio controls controlslist="nodownload noplaybackrate" preload="none" src="{self.clip}" '
                f'style="width: 100%" aria-label="{label}"></audio>',
            ]
        parts += [f'<div class="musicrec-note">{html.escape(self.note)}</div>'] if self.note else []
        return f'<li class="musicrec-card">{"".join(parts)}</li>'

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        return {"text/html": _row([self], "ul", ""), "text/plain": f"<player: {self}>"}


def player(
    waveform: ArrayLike,
    sample_rate: float,
    *,
    title: str,
    composer: object = "",
    style: object = "",
    note: object = "",
) -> Card:
    """A card that plays the first 8 seconds of a sound: title, composer, style, drawn waveform, MP3 clip.

    The clip is written beside the notebook, below 50 kB, as ``_static/clips/HASH.mp3``: 22,050 Hz, mono,
    peak at -1 dB, faded in and out over 20 ms. The same samples give the same file, which is written once.
    Silence can be played too and stays silent.

    Parameters
    ----------
    waveform
        Shape (samples,), mono, real numbers on any scale.
    sample_rate
        Samples a second; another than 22,050 is resampled.
    title
        What the card says first. Texts are shown as they are, never as HTML.
    composer, style, note
        Further lines. None, NaN and "" mean that nothing is known, as in a catalogue with gaps.

    Returns
    -------
    Card
        Visible as the last expression of a cell; put several into `players`.

    Raises
    ------
    InvalidArgument
        No title; a waveform that is not one row of real numbers, such as stereo; no sample rate.
    InvalidData
        No sample, or one that is NaN or infinite.
    DataUnavailable
        The clip cannot be written.

    Notes
    -----
    Explained in chapter 03_content_based.
    """
    if not isinstance(title, str) or not title.strip():
        raise InvalidArgument(f"A player needs a title that says what is heard; found {title!r}.")
    pcm = clips.to_pcm(waveform, sample_rate, title)
    said = (title.strip(), text_or_nothing(composer), text_or_nothing(style), text_or_nothing(note))
    return Card(*said, clip=clips.keep(pcm), drawing=clips.draw(pcm))


def players(cards: Iterable[Card], *, name: str, alt: str) -> Shown:
    """Show cards side by side, as many to a line as there is room for.

    Parameters
    ----------
    cards
        As `player` and `item_card` make them.
    name
        Lower-case words joined by hyphens or underscores, an anchor of the page.
    alt
        What the row holds, in a few words, for readers who do not see it beside the text.

    Returns
    -------
    Shown
        Visible in a notebook and on the page; its ``bundle["text/html"]`` holds the row.

    Raises
    ------
    InvalidArgument
        No card, something else than cards, a name of another form, or no alt.

    Notes
    -----
    Explained in chapter 03_content_based.
    """
    return row_of_cards(list(cards), "ul", name, alt)


def row_of_cards(cards: list[Card], kind: Literal["ul", "ol"], name: str, alt: str) -> Shown:
    """`players`, as a list without an order ("ul") or a numbered one ("ol")."""
    check_name(name)
    if not cards or not all(isinstance(card, Card) for card in cards):
        types = ", ".join(sorted({type(card).__name__ for card in cards})) or "nothing"
        raise InvalidArgument(
            f"players {name!r}: expected cards as display.player makes them, found {types}. Of a waveform, "
            "make a card first."
        )
    if not isinstance(alt, str) or not alt.strip():
        raise InvalidArgument(f"players {name!r}: say in words (alt) what the row holds; found {alt!r}.")
    row = _row(cards, kind, f' id="players-{name}" aria-label="{html.escape(alt.strip())}"')
    titles = "; ".join(map(str, cards))
    return Shown({"text/html": row, "text/plain": f"<players {name}: {alt.strip()}: {titles}>"})


def _row(cards: list[Card], kind: str, attributes: str) -> str:
    """Cards as a list; an ordered one says each card's place before its title."""
    marker = "decimal inside" if kind == "ol" else "none"
    style = f"{_ROW}; padding: 0; list-style: {marker}"
    listed = "\n".join(card.html() for card in cards)
    row = f'<{kind} role="list" class="musicrec-cards" style="{style}"{attributes}>\n{listed}\n</{kind}>'
    playable = any(card.clip for card in cards)
    return row + (f'\n<p class="musicrec-unheard"><small>{_HINT}</small></p>' if playable else "")


def text_or_nothing(value: Any) -> str:
    """A text of a table, "" where it is missing."""
    return "" if pd.isna(value) else str(value).strip()
