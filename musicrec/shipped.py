"""Where the small files are that come with the library, such as the catalogue of datasets.

In an installed wheel they lie inside the package, in ``musicrec/_shipped``; in a checkout they lie in
``data/``, where a person edits them. Both are found here and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from musicrec.errors import DataUnavailable, UnknownName

NAMES = ("catalogue.toml", "published.toml", "songbook_pieces.csv")
_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Path of a file that comes with the library, in an installed wheel or in a checkout.

    Parameters
    ----------
    name
        One of `NAMES`.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    UnknownName
        The library ships no file of that name.
    DataUnavailable
        The file should be there but is not: the installation is damaged.
    """
    if name not in NAMES:
        raise UnknownName(f"The library ships no file {name!r}. It ships: {', '.join(NAMES)}.")
    places = (_PACKAGE / "_shipped" / name, _PACKAGE.parent / "data" / name)
    for place in places:
        if place.is_file():
            return place
    raise DataUnavailable(
        f"{name} comes with the library but is neither at {places[0]} nor at {places[1]}. "
        "Install musicrec again, or check the file out from the repository."
    )
