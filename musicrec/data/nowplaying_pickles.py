"""The sessions of #nowplaying out of the pickles in which the repository of GCE-GNN keeps them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn

from musicrec.cache import atomic_write
from musicrec.data.nowplaying import TEST, TRAIN
from musicrec.errors import CorruptData

_TRAIN_PICKLE, _TEST_PICKLE = "all_train_seq.txt", "test.txt"  # pickles, in spite of their names


def convert(folder: Path) -> None:
    """Turn the pickles into the text files that `nowplaying.read` takes, in the same folder.

    Nothing in the pickles is run: the reader refuses every class, so that all they can hold is lists, tuples,
    texts and numbers. The test pickle holds no sessions but a pair of lists, prefixes and the plays that
    follow: of each session the longest prefix first, then each time one play less.

    Parameters
    ----------
    folder
        Holds all_train_seq.txt and test.txt; they are removed once the text files are written.

    Raises
    ------
    CorruptData
        A pickle is damaged or holds something else.
    """
    sessions = {
        TRAIN: _checked(_unpickled(folder / _TRAIN_PICKLE), folder / _TRAIN_PICKLE),
        TEST: _rebuilt(_unpickled(folder / _TEST_PICKLE), folder / _TEST_PICKLE),
    }
    for name, listed in sessions.items():
        with atomic_write(folder / name) as temporary:
            lines = (" ".join(map(str, session)) for session in listed)
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
    for name in (_TRAIN_PICKLE, _TEST_PICKLE):
        (folder / name).unlink()


class _OnlyLists(pickle.Unpickler):
    """A reader of pickles that knows no class and so can call nothing."""

    def find_class(self, module_name: str, global_name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, and plain lists need no class")


def _unpickled(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return _OnlyLists(file).load()
    except FileNotFoundError:
        raise _not_as_expected(path, "it is not there") from None
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise _not_as_expected(path, str(error)) from error


def _checked(found: Any, path: Path) -> list[list[int]]:
    """A list of lists of whole numbers, none of them empty."""
    if not isinstance(found, list) or not found or not all(isinstance(each, list) and each for each in found):
        raise _not_as_expected(path, "it holds something else than sessions")
    if not all(type(item) is int and item >= 1 for session in found for item in session):
        raise _not_as_expected(path, "a session holds something else than numbers of items")
    return found


def _rebuilt(found: Any, path: Path) -> list[list[int]]:
    """Sessions from their prefixes and targets."""
    if not isinstance(found, tuple) or len(found) != 2:
        raise _not_as_expected(path, "it is no pair of prefixes and targets")
    prefixes, (targets,) = _checked(found[0], path), _checked([found[1]], path)
    if len(prefixes) != len(targets):
        raise _not_as_expected(path, f"it has {len(prefixes):,} prefixes and {len(targets):,} targets")
    sessions: list[list[int]] = []
    whole: list[int] = []
    for row, (prefix, target) in enumerate(zip(prefixes, targets, strict=True)):
        if not whole:
            whole = [*prefix, target]
            sessions.append(whole)
            left = len(prefix)
        if prefix != whole[:left] or target != whole[left]:
            raise _not_as_expected(path, f"row {row} does not go on with the session of the row before")
        left -= 1
        if not left:
            whole = []
    if whole:
        raise _not_as_expected(path, "the prefixes of its last session are not complete")
    return sessions


def _not_as_expected(path: Path, why: str) -> CorruptData:
    return CorruptData(f"{path} is not the pickle of sessions that it must be: {why}. Download it again.")
