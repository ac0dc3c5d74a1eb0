"""The Songbook: real compositions, and simulated listeners who hear them.

It is built on first use and kept in the cache under a hash of all that goes in. Explained in chapter
01_listening_data; the page "How the Songbook was made" tells the whole.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from musicrec.data.dataset import Dataset
from musicrec.data.songbook import scores, store
from musicrec.data.songbook.cache import read_or_build
from musicrec.data.songbook.dataset import assemble
from musicrec.data.songbook.flaws import true_items, with_flaws
from musicrec.errors import InvalidArgument
from musicrec.listeners.dials import Dials
from musicrec.listeners.world import World, simulate
from musicrec.shipped import shipped

SEEDS = (2017, 2018, 2019)  # of worlds 0, 1 and 2
ARRANGEMENT_SEED = 0  # the pieces sound the same in all worlds
ORDER_SEED = 0  # and stand in the same order, which tells nothing
# What decides the tables of a world. How they are read, kept and handed out (dataset, truth, cache) does not.
_MAKING = ("build", "flaws", "scores", "store")  # modules of musicrec.data.songbook
_SOUNDING = ("arrangement", "sound")  # modules of musicrec.audio that decide how a piece sounds

# Digests of the finished tables of each world with its default dials: what every machine must get.
DIGESTS = {
    0: "dd508ee45c2115951ccac76baaffdcc63bbbfdea16bc03a685e5d5676c37b394",
    1: "018f06c4e8ade0c8d92a032913d3bfd470e5261b6d345be028a36657e478ee83",
    2: "ef1a685229bcbd5728858c07f4894f6528f9671e8d20e52e0cdf65a903de7ae4",
}


def load(
    world: int = 0, dials: Mapping[str, float] | None = None, n_users: int = 2000, n_pieces: int | None = None
) -> Dataset:
    """Load the Songbook; build it first if it is not in the cache.

    Parameters
    ----------
    world
        0, 1 or 2: other listeners, fame and scenes over the same pieces. The book uses 0.
    dials
        Shares of utility that differ from the defaults (`musicrec.listeners.Dials`), e.g. ``{"heard": 0.8}``;
        parts that are not named are scaled so that all sum to 1.
    n_users
        Listeners.
    n_pieces
        Pieces, spread evenly over the list; all of them by default.

    Returns
    -------
    Dataset
        ``interactions``: one row a play that was not skipped, with time and session, each of weight 1 (so
        ``matrix`` counts plays); ``items``: title, artist, style, year, instruments as a catalogue has them,
        a tenth wrong or missing; ``users``: joined, main_device; ``sessions`` with context time_of_day,
        device, mood; features "style" and "catalogue"; tables "plays" (every play, skips too) and "exposures"
        (every position of every slate: propensity but for searches, chosen, completion, skipped); ``truth``.

    Raises
    ------
    InvalidArgument
        There is no such world, a dial does not exist or does not fit, or a number is too small.
    DataUnavailable
        music21's corpus is not there, or the cache cannot be written.
    """
    chosen, pieces = _chosen(world, dials, n_users, n_pieces)
    key = _key(chosen, pieces)

    def build(folder: Path) -> dict[str, pd.DataFrame]:
        tables = _build(chosen, pieces, folder)
        if (chosen, len(pieces)) == (World(seed=chosen.seed), len(_pieces())):
            _compare(world, store.digest(tables))
        return tables

    found = read_or_build(key, build)
    provenance = {
        "source": "compositions from the music21 corpus, simulated listeners",
        "music21": importlib.metadata.version("music21"),
        "dials": ", ".join(f"{name} {share:.3g}" for name, share in asdict(chosen.dials).items()),
        "seed": chosen.seed,
        "fingerprint": key,
        "digest": found.digest,
    }
    return assemble(found.tables, chosen, provenance)


def fingerprint() -> str:
    """Hash of all that decides the default world; nothing is built and music21 is not imported."""
    return _key(*_chosen(0, None, 2000, None))


def _chosen(
    world: int, dials: Mapping[str, float] | None, n_users: int, n_pieces: int | None
) -> tuple[World, list[str]]:
    """The world and the names of its pieces, in the order of their codes."""
    if not isinstance(world, int) or isinstance(world, bool) or world not in range(len(SEEDS)):
        raise InvalidArgument(
            f"There is no world {world!r} of the Songbook. Worlds are 0, 1 and 2; the book uses 0."
        )
    chosen = World(dials=Dials().turned(dials), seed=SEEDS[world], n_users=n_users)
    names = _pieces()
    if n_pieces is None:
        return chosen, _shuffled(names)
    if not isinstance(n_pieces, int) or not 2 <= n_pieces <= len(names):
        raise InvalidArgument(f"n_pieces is a whole number from 2 to {len(names)}, found {n_pieces!r}.")
    return chosen, _shuffled([names[i * len(names) // n_pieces] for i in range(n_pieces)])


def _shuffled(names: list[str]) -> list[str]:
    """Pieces in the order of a hash: the list is in order of style, and codes would give the style away."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{ORDER_SEED} {name}".encode()).digest())


def _pieces() -> list[str]:
    return pd.read_csv(shipped("songbook_pieces.csv"), usecols=["piece"])["piece"].tolist()


def _compare(world: int, digest: str) -> None:
    """Say so where this machine made another world than the one the book was written with."""
    if digest != DIGESTS[world]:
        warnings.warn(
            f"World {world} of the Songbook has the digest {digest} here, {DIGESTS[world]} in the book: "
            "its numbers will differ. Install music21 and numpy as constraints.txt has them.",
            stacklevel=5,
        )


def _key(world: World, pieces: list[str]) -> str:
    """Hash of everything that goes into a world: sources, pieces, options and the version of music21."""
    room = Path(__file__).resolve().parents[2]
    sources = [path for path in sorted((room / "listeners").glob("*.py")) if path.name != "calibration.py"]
    sources += [room / "data" / "songbook" / f"{name}.py" for name in _MAKING]
    sources += [room / "audio" / f"{name}.py" for name in (*scores.READER, *_SOUNDING)]
    parts = [
        *(source.name.encode() + b"\0" + source.read_bytes() for source in sources),
        shipped("songbook_pieces.csv").read_bytes(),
        json.dumps([asdict(world), pieces], sort_keys=True).encode(),
        importlib.metadata.version("music21").encode(),
    ]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _build(world: World, pieces: list[str], folder: Path) -> dict[str, pd.DataFrame]:
    """Read the scores, arrange them, let the listeners listen."""
    from musicrec.audio import arrangement, score, sound  # the cached world needs none of them

    with _progress("Reading the Songbook's scores", len(pieces)) as advance:
        read = scores.read(pieces, folder / "scores", advance)
    arranged = arrangement.draw(pieces, seed=ARRANGEMENT_SEED)
    heard = sound.describe(read, arranged)
    written = sound.statistics(read)
    with _progress("Letting its listeners listen", world.n_users) as advance:
        log = simulate(world, heard, lambda: advance(1))
    items = true_items(score.catalogue().loc[pieces], arranged)
    return {
        "true_items": items.reset_index(),
        "items": with_flaws(items).reset_index(),
        "sound": heard,
        "scores": written,
        "arrangement": arranged,
        **{name: _frame(getattr(log, name)) for name in ("users", "sessions", "plays", "exposures")},
    }


def _frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """Columns of the log in the smallest types that hold them: there are a million positions of slates."""
    small = {"position": "int8", "daypart": "int8", "device": "int8", "mood": "int8", "shelf": "int8"}
    small |= {"item": "int16", "slate": "int32", "session": "int32", "user": "int32"}
    return pd.DataFrame(
        {name: column.astype(small.get(name, column.dtype)) for name, column in columns.items()}
    )


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(label, total=total)
        yield lambda more: bar.advance(task, more)
