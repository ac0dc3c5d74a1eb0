"""What data there is: the names, the facts behind each name, and the one way to load any of it.

The facts stand in ``data/catalogue.toml``, which ships with the library. This module looks them up and calls
the loader that an entry names; it knows nothing of any one dataset.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicrec.data.entries import Entry, read_catalogue
from musicrec.errors import InvalidArgument, UnknownName
from musicrec.shipped import shipped

if TYPE_CHECKING:
    from musicrec.data.dataset import Dataset

_loaded: dict[str, list[str]] = {}


def names() -> list[str]:
    """Names of all datasets, in the order of the catalogue."""
    return list(_entries())


def entry(name: str) -> Entry:
    """What the catalogue says of a dataset.

    Raises
    ------
    UnknownName
        There is no such dataset. The message shows those that there are, the nearest first.
    """
    entries = _entries()
    if isinstance(name, str) and name in entries:
        return entries[name]
    near = difflib.get_close_matches(str(name).lower(), entries, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(repr(each) for each in near)}? " if near else ""
    raise UnknownName(
        f"There is no dataset {name!r}. {hint}`musicrec data list` shows what there is: {', '.join(entries)}."
    )


def load(name: str, **options: Any) -> Dataset:
    """Load a dataset by its name.

    Parameters
    ----------
    name
        One of `names()`.
    options
        What the dataset's own loader takes: most take nothing.

    Returns
    -------
    Dataset
        Listening events, items, listeners and what else there is, as said in the data card of that name. Its
        provenance holds its own fingerprint, and the options that are not the loader's defaults.

    Raises
    ------
    UnknownName
        There is no such dataset.
    InvalidArgument
        The loader does not take one of the options.
    DataUnavailable
        The files are not here and cannot be downloaded. The message says how to get them. No other dataset
        ever takes the place of the one asked for.
    CorruptData, InvalidData
        The files are here but do not hold what they must.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    found = entry(name)
    loader = _loader(found)
    try:
        arguments = inspect.signature(loader).bind(**options)
    except TypeError as error:
        taken = ", ".join(inspect.signature(loader).parameters) or "none"
        raise InvalidArgument(f"Options of {name!r}: {error}. It takes: {taken}.") from None
    dataset = loader(**options)
    own = {"fingerprint": fingerprint(name), **dataset.provenance}
    if chosen := _chosen(arguments):
        own["options"] = chosen
    known = _loaded.setdefault(name, [])
    if own["fingerprint"] not in known:
        known.append(own["fingerprint"])
    return replace(dataset, provenance=own)


def fingerprint(name: str) -> str:
    """Hash of what `load(name)` would return, without loading it: equal as long as the dataset is the same.

    Of a real dataset it is made from the checksums in the catalogue and from the source of the loader's
    module. `load` holds tables to their checksums; of recordings, the catalogue knows those of the downloads,
    and `load` trusts a folder that a person put there. A dataset that is built rather than read gives its
    own. What was loaded with options has a fingerprint in its provenance.

    Parameters
    ----------
    name
        One of `names()`.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    found = entry(name)
    module, _, _ = found.loader.partition(":")
    if found.access == "embedded":
        return str(importlib.import_module(module).fingerprint())
    checksums = [f"{each.name} {each.sha256_text}" for each in found.files]
    beside_tables = found.kept_downloads if found.recordings is None else found.downloads
    checksums += [f"{each.url} {each.checksum}" for each in beside_tables]
    return hashlib.sha256("\n".join([name, *checksums, _source(module)]).encode()).hexdigest()


def loaded() -> dict[str, list[str]]:
    """Datasets that this process has loaded, with the fingerprints of all that was loaded under each name.

    One name may stand for several: options make another dataset of it.
    """
    return {name: list(known) for name, known in _loaded.items()}


@functools.cache
def _entries() -> dict[str, Entry]:
    return read_catalogue(shipped("catalogue.toml"))


def _loader(found: Entry) -> Callable[..., Dataset]:
    module, _, function = found.loader.partition(":")
    return getattr(importlib.import_module(module), function)


def _chosen(arguments: inspect.BoundArguments) -> str:
    """Options that are not the defaults, as in "world=1 n_users=25"."""
    defaults = arguments.signature.parameters
    return " ".join(f"{k}={v!r}" for k, v in arguments.arguments.items() if v != defaults[k].default)


def _source(module: str) -> str:
    """Source text of a module, which is not run."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")
