"""Titles and names as they stand in old ABC files, made readable."""

from __future__ import annotations

import html
import re
import unicodedata

import pandas as pd

_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303"}
_SMALL = {
    "a",
    "an",
    "and",
    "at",
    "by",
    "de",
    "for",
    "from",
    "in",
    "la",
    "of",
    "on",
    "or",
    "the",
    "to",
    "with",
}
_KINDS = r"reel|hornpipe|jig|slip ?jig|strathspey|clog"


def clean_title(raw: str) -> str:
    r"""A title in Unicode and mixed case.

    Examples
    --------
    >>> clean_title("BLACK-EYED LASSIE -- REEL., THE")
    'The Black-Eyed Lassie'
    >>> clean_title(r"La Nov\'ell\'e Hol\'endoise.")
    'La Novéllé Holéndoise'
    """
    title = re.sub(r"\\(['`^\"~])([A-Za-z])", lambda m: m.group(2) + _ACCENTS[m.group(1)], html.unescape(raw))
    title = re.sub(r"([aeiou])`", "\\1\u0300", title).replace("=", "-")
    title = unicodedata.normalize("NFC", title).replace("\\", "").replace("’", "'").replace('"', "")
    title = re.sub(r"(?<=[A-Za-z]):(?=[a-z])", "", title)  # "Amat:eur": a hyphen of the old print
    article = re.search(r",\s*(The|A|An)\.?\s*$", title, re.IGNORECASE)
    if article:
        title = f"{article.group(1)} {title[: article.start()]}"
    title = re.sub(rf"\s*--\s*(?:{_KINDS})\b\.?.*$", "", title, flags=re.IGNORECASE)
    title = re.sub(r"\s+", " ", title).strip(" .,;-")
    return _mixed_case(title) if title.isupper() else title[:1].upper() + title[1:]


def _mixed_case(title: str) -> str:
    words = re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)?", lambda m: m.group(0).capitalize(), title).split(" ")
    return " ".join(w.lower() if i and w.lower() in _SMALL else w for i, w in enumerate(words))


def person(raw: str) -> str:
    """A person's name from a composer's field, or "" where it names nobody.

    Examples
    --------
    >>> person("FRANK LIVINGSTON."), person("SCOTCH.")
    ('Frank Livingston', '')
    """
    name = re.sub(r"\.(?=\w)", ". ", raw.strip(' "')).rstrip(".")
    if not re.fullmatch(r"[A-Z][\w']*\.?(?: [A-Z][\w']*\.?)+", name):
        return ""
    return _mixed_case(name) if name.isupper() else name


def number_duplicates(styles: pd.Series, titles: pd.Series) -> pd.Series:
    """The same titles, the second and later ones of a style with a number."""
    count = titles.str.lower().groupby(styles).transform(lambda group: group.groupby(group).cumcount() + 1)
    return titles.where(count == 1, titles + " (" + count.astype(str) + ")")
