"""Getting the files of a dataset: from the folder of real data, from the cache, or over the network.

The order is fixed: ``$MUSICREC_DATA/<folder>``, then the cache, then a download. A download is resumed where
it broke off, held to its checksum, unpacked with distrust (and converted, where the catalogue names a
converter) in a temporary folder that is renamed when whole, by one process at a time. Where none of it works,
the error says how to get the files.
"""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

import filelock

from musicrec.cache import absolute, cache_dir, cache_location, writing
from musicrec.data.archive import extract
from musicrec.data.download import download
from musicrec.data.entries import Entry
from musicrec.errors import CorruptData, DataUnavailable

_PATIENCE = 1800.0  # seconds to wait while another process fetches the same dataset


def find(found: Entry) -> Path | None:
    """Folder of a dataset's files, if there is one on this machine; the network is left alone.

    Parameters
    ----------
    found
        The dataset's entry in the catalogue.

    Returns
    -------
    Path or None
        An absolute path. None where the folder is neither under ``$MUSICREC_DATA`` nor in the cache, or where
        the dataset has no files because it comes with the library.

    Raises
    ------
    DataUnavailable
        ``MUSICREC_DATA`` names no folder.
    """
    if found.folder is None:
        return None
    places = [cache_location() / "datasets" / found.folder]
    if named := os.environ.get("MUSICREC_DATA"):
        root = absolute(named)
        if not _is_folder(root):
            raise DataUnavailable(
                f"MUSICREC_DATA is {named!r}, which means {root}, and that is no folder. "
                f"Set it to the folder that holds {found.folder}/, or unset it to use the cache."
            )
        places.insert(0, root / found.folder)
    return next((place for place in places if _is_folder(place)), None)


def missing(found: Entry, folder: Path) -> list[str]:
    """Names of the parts of a dataset, files and folders of recordings, that a folder lacks."""
    return [part for part in found.parts if not (folder / part).exists()]


def fetch(found: Entry) -> Path:
    """Folder of a dataset's files, downloaded if they are not on this machine.

    Parameters
    ----------
    found
        The dataset's entry in the catalogue.

    Returns
    -------
    Path
        An absolute path to a folder that holds every part of the entry.

    Raises
    ------
    DataUnavailable
        The folder is here but lacks parts; or it is not here and cannot be downloaded: no network, no
        address, a full disk, a cache that cannot be written.
    CorruptData
        What was downloaded is not what the catalogue describes.
    """
    if here := find(found):
        return _whole(found, here)
    if found.folder is None or not found.downloads:
        raise DataUnavailable(f"{found.name} cannot be downloaded. {by_hand(found)}")
    cache = cache_dir()
    lock = filelock.FileLock(cache / f".{found.name}.lock")
    try:
        with writing(Path(lock.lock_file)), lock.acquire(timeout=_PATIENCE):
            if here := find(found):  # another process was faster
                return here
            downloads = cache / "downloads" / found.name
            arrived = [
                download(
                    each.url,
                    checksum=each.checksum,
                    folder=downloads / Path(each.file or "").parent,  # two may have one name
                    label=found.name,
                    advice=by_hand(found),
                )
                for each in found.downloads
            ]
            _put_together(found, arrived, cache / "datasets" / found.folder)
            shutil.rmtree(downloads, ignore_errors=True)
            return cache / "datasets" / found.folder
    except filelock.Timeout:
        raise DataUnavailable(
            f"Another process has been fetching {found.name} for {_PATIENCE / 60:.0f} minutes and holds "
            f"{lock.lock_file}. Wait for it or end it, then try again."
        ) from None


def by_hand(found: Entry) -> str:
    """What a person does to get the files, in a few sentences."""
    if found.folder is None:
        return found.how
    root = os.environ.get("MUSICREC_DATA")
    where = f"Put it in {absolute(root)}." if root else "Set MUSICREC_DATA to the folder that you put it in."
    page = f" ({found.homepage})" if found.homepage else ""
    return f"By hand{page}: {found.how} {where}"


def _is_folder(place: Path) -> bool:
    """Whether there is a folder; one that we may not look into, or whose name is too long, is none."""
    try:
        return place.is_dir()
    except OSError:
        return False


def _whole(found: Entry, folder: Path) -> Path:
    if lacking := missing(found, folder):
        raise DataUnavailable(
            f"{folder} lacks {', '.join(lacking)} of {found.name}. Put the files there, or move the folder "
            f"away and run `musicrec data fetch {found.name}`."
        )
    return folder


def _put_together(found: Entry, arrived: list[Path], target: Path) -> None:
    """Unpack, move and convert what was downloaded so that `target` is either whole or not there."""
    temporary = target.parent / f".{target.name}.unpacking"
    with writing(target):
        shutil.rmtree(temporary, ignore_errors=True)  # we hold the lock: it is of a killed run
        temporary.mkdir(parents=True)
        try:
            for each, path in zip(found.downloads, arrived, strict=True):
                if each.file is None:
                    extract(path, temporary)
                else:
                    (temporary / each.file).parent.mkdir(parents=True, exist_ok=True)
                    path.replace(temporary / each.file)
            if found.converter:
                module, _, function = found.converter.partition(":")
                getattr(importlib.import_module(module), function)(temporary)
            inner = [path for path in temporary.iterdir() if path.is_dir()]
            places = [temporary, *(inner if len(inner) == 1 else [])]  # some archives hold one folder
            whole = [place for place in places if not missing(found, place)]
            if not whole:
                raise CorruptData(
                    f"{', '.join(map(str, arrived))} does not hold the files of {found.name} "
                    f"({', '.join(found.parts)}). {by_hand(found)}"
                )
            whole[0].replace(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
