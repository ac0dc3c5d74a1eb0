"""The library's own source, shown from its file and never pasted."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import musicrec
from musicrec.display.shown import Shown
from musicrec.errors import InvalidArgument

_ROOT = Path(musicrec.__file__).resolve().parent.parent


def source(thing: Callable[..., Any] | type) -> Shown:
    """Show the source of a function, class or method of the library, with its file and lines.

    Parameters
    ----------
    thing
        For example ``metrics.gini`` or ``data.Interactions.from_frame``.

    Returns
    -------
    Shown
        Highlighted Python in a notebook and on the page (``bundle["text/markdown"]``).

    Raises
    ------
    InvalidArgument
        Something that is no function, class or method, or is not of this library.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    found = thing.fget if isinstance(thing, property) else thing
    module = getattr(inspect.unwrap(found) if callable(found) else found, "__module__", None)
    if not callable(found) or not str(module).startswith("musicrec"):
        raise InvalidArgument(
            f"display.source shows functions, classes and methods of musicrec; found {thing!r}. Pass the "
            "object itself, such as metrics.gini, not its name or its result."
        )
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(found))
        path = Path(str(inspect.getsourcefile(inspect.unwrap(found)))).resolve().relative_to(_ROOT)
    except (TypeError, OSError, ValueError) as error:
        raise InvalidArgument(f"The source of {thing!r} cannot be found: {error}.") from error
    code = textwrap.dedent("".join(lines)).rstrip()
    place = f"{path.as_posix()}, lines {first}–{first + len(lines) - 1}"
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return Shown(
        {
            "text/markdown": f"*{path.as_posix()}, lines {first}–{first + len(lines) - 1}*\n\n"
            f"{fence}python\n{code}\n{fence}",
            "text/plain": f"<source: {place}>",
        }
    )
