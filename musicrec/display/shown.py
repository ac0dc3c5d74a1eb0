"""What a cell shows: rich in a notebook, one line elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from musicrec.study.glue import in_notebook


class Shown:
    """Something on the page: shown in the cell that makes it, also from within an ``if`` or a loop.

    Attributes
    ----------
    bundle
        The forms of it, by MIME type: "text/html" or "text/markdown", and always "text/plain", which is what
        a plain Python program sees.
    """

    def __init__(self, bundle: dict[str, str]) -> None:
        self.bundle = bundle
        self._cell: int | None = None
        if in_notebook():
            self._show()

    def _show(self) -> None:
        from IPython.display import display

        self._cell = _cell_number()
        display(self.bundle, raw=True)

    def _ipython_display_(self) -> None:
        """Called by IPython for the last expression of a cell: shows it, unless the cell has done so."""
        if self._cell != _cell_number():
            self._show()

    def __repr__(self) -> str:
        return self.bundle["text/plain"]


def _cell_number() -> int:
    shell: Any = sys.modules["IPython"].get_ipython()
    return int(shell.execution_count)
