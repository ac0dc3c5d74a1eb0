"""Names of things on a page: they become anchors and file names."""

from __future__ import annotations

import re

from musicrec.errors import InvalidArgument

_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


def check_name(name: str) -> None:
    """Raise InvalidArgument unless `name` is lower-case words joined by hyphens or underscores."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} cannot name a table or figure. Use lower-case words joined by hyphens or underscores, "
            "such as 'long-tail': the name becomes an anchor of the page and a file name."
        )
