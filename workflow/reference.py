"""The pages of the API reference: one a room of the library, made from what the room exports.

What a room exports stands in its `__init__.pyi`, or is all that is public in its one module. The pages name
it; Sphinx fills in the docstrings. Nothing is listed by hand, so no page falls behind the code.
"""

from __future__ import annotations

import ast
from pathlib import Path

import musicrec
from workflow import WorkflowError

PACKAGE = Path(musicrec.__file__).parent


def page(room: str) -> str:
    """Text of a room's reference page, as a MyST page.

    Parameters
    ----------
    room
        A module or package of `musicrec`, for example "data".

    Raises
    ------
    WorkflowError
        If there is no such room, or it exports from a module that is not there.
    """
    if (PACKAGE / f"{room}.py").is_file():
        parts = [_automodule(room, "members", "show-inheritance")]
    else:
        parts = [_automodule(room)]
        for module, names in _exports(PACKAGE / room).items():
            parts.append(f"## {module.replace('_', ' ').replace('.', ': ').capitalize()}\n")
            parts.append(
                _automodule(f"{room}.{module}", f"members: {', '.join(names)}" if names else "members")
            )
    return "\n".join([f"# musicrec.{room}\n", *parts])


def _automodule(name: str, *options: str) -> str:
    lines = [
        f".. automodule:: musicrec.{name}",
        *(f"   :{option}" + ":" * (": " not in option) for option in options),
    ]
    return "\n".join(["```{eval-rst}", *lines, "```", ""])


def _exports(room: Path) -> dict[str, list[str]]:
    """Exported names by the module that defines them; none for a module that is exported as a whole."""
    stub = room / "__init__.pyi"
    if not stub.is_file():
        raise WorkflowError(
            f"There is no room musicrec.{room.name}: found neither {room.name}.py nor {stub}."
        )
    found: dict[str, list[str]] = {}
    whole: dict[str, list[str]] = {}
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.setdefault(node.module, []).extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole.update({alias.name: [] for alias in node.names})
    for name in whole:
        if (room / name).is_dir():
            found |= {f"{name}.{module}": names for module, names in _exports(room / name).items()}
        else:
            found[name] = []
    absent = [name for name in found if not (room / name.replace(".", "/")).with_suffix(".py").is_file()]
    if absent:
        raise WorkflowError(f"{stub} exports from {', '.join(absent)}, for which there is no file in {room}.")
    return found
