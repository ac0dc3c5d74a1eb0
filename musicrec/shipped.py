"""Where the small files are that come with the library: the catalogue of datasets, tuned settings, ...

In an installed wheel they lie inside the package, in ``musicrec/_shipped``; in a checkout they lie in
``data/``, where a person edits them. Both are found here and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from musicrec.errors import DataUnavailable, UnknownName

NAMES = ("catalogue.toml", "claims.toml", "published.toml", "songbook_pieces.csv", "params")
_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Path of a file or folder that comes with the library, in an installed wheel or in a checkout.

    Parameters
    ----------
    name
        One of `NAMES`.

    Returns
    -------
    Path
        It exists.

    Raises
    ------
    UnknownName
        The library ships nothing of that name.
    DataUnavailable
        It should be there but is not: the installation is damaged.
    """
    if name not in NAMES:
        raise UnknownName(f"The library ships no file {name!r}. It ships: {', '.join(NAMES)}.")
    places = (_PACKAGE / "_shipped" / name, _PACKAGE.parent / "data" / name)
    for place in places:
        if place.exists():
            return place
    raise DataUnavailable(
        f"{name} comes with the library but is neither at {places[0]} nor at {places[1]}. "
        "Install musicrec again, or check it out from the repository."
    )
