"""The index of a folder of recordings: which there are, how long each is, and what people say of them.

An index is a CSV file with one row a recording. ``label`` names it, ``path`` is where it lies in the folder,
``seconds``, ``sample_rate`` and ``channels`` are what its header promises, and ``problem`` says why it cannot
be used, or nothing. Between them stand the columns of the labels that were joined: title, artist, style or
whatever there is. Explained in chapter 04_cnn_mel.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pandas as pd
import soundfile as sf
from rich.console import Console
from rich.progress import track

from musicrec.audio.path_table import SUFFIXES, leads_out, read_csv, recordings_in, refuse_twice
from musicrec.cache import atomic_write
from musicrec.errors import DataUnavailable, InvalidData

INDEX_NAME = "recordings.csv"  # of the index that lies in its folder
MEASURED = ("seconds", "sample_rate", "channels", "problem")
_YEAR = 366 * 24 * 3600.0  # seconds; no recording is longer


def index_folder(folder: Path | str, labels: Path | str | None = None, out: Path | str | None = None) -> Path:
    """Look through a folder of recordings and write its index.

    Parameters
    ----------
    folder
        Holds recordings (wav, flac, ogg, mp3, au), in folders of any depth. Hidden files are passed over,
        and links to folders are not followed.
    labels
        A CSV file in UTF-8 with a column ``path`` and what is known of each recording in others. A path is
        relative to the folder, or a bare file name where only one file is so called. A column ``label`` holds
        the names by which recordings are asked for; without it the path is the name. A recording without a
        row stays in the index, with nothing known of it.
    out
        Where to write; ``recordings.csv`` in the folder if not given.

    Returns
    -------
    Path
        The index. It is replaced as a whole or not at all.

    Raises
    ------
    DataUnavailable
        There is no such folder or file of labels, or the index cannot be written.
    CorruptData
        The file of labels is not UTF-8 text.
    InvalidData
        There are no recordings in the folder; or the labels have no column ``path``, name a recording twice
        or in a way that fits several, use a name of the index, or lead out of the folder.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    folder = Path(folder)
    there = recordings_in(folder)
    if not there:
        raise InvalidData(
            f"{folder} holds no recording. Expected files that end in {', '.join(SUFFIXES)}, in it or in the "
            "folders below it."
        )
    listed = pd.DataFrame({"path": there}) if labels is None else _joined(Path(labels), there)
    if "label" not in listed:
        listed["label"] = listed["path"]
    index = measured(folder, listed.set_index("label"))
    out = folder / INDEX_NAME if out is None else Path(out)
    try:
        with atomic_write(out) as temporary:
            index.to_csv(temporary, encoding="utf-8", errors="backslashreplace", lineterminator="\n")
    except DataUnavailable as error:
        raise DataUnavailable(
            f"The index cannot be written to {out.absolute()} ({error.__cause__}). Name another place for "
            "it: out=, on the command line --out."
        ) from error
    return out


def measured(folder: Path, listed: pd.DataFrame, *, at_least: float = 0.0) -> pd.DataFrame:
    """Read the header of each listed recording.

    Parameters
    ----------
    folder
        What the paths are relative to.
    listed
        One row a recording, indexed by label, with a column ``path``.
    at_least
        Seconds; a recording whose header promises less has a problem.

    Returns
    -------
    DataFrame
        The same rows and columns, and after them ``seconds``, ``sample_rate`` and ``channels`` (missing
        where there is no header), and ``problem`` ("" where there is none).
    """
    quiet = not sys.stderr.isatty()
    rows = track(
        listed["path"], "Reading headers", console=Console(stderr=True), transient=True, disable=quiet
    )
    found = [_header(folder, path, at_least) for path in rows]
    header = pd.DataFrame(found, columns=list(MEASURED), index=listed.index)
    header = header.astype({"seconds": "float64", "sample_rate": "Int64", "channels": "Int64"})
    return listed.join(header)


def read_index(path: Path | str) -> pd.DataFrame:
    """Read an index that `index_folder` has written.

    Returns
    -------
    DataFrame
        Indexed by label, as `measured` gives it; a label that is not known is missing.

    Raises
    ------
    DataUnavailable
        There is no such file.
    CorruptData
        It is not UTF-8 text.
    InvalidData
        It is no index: columns are missing, a label or a path stands in it twice, a number is none, or a path
        would lead out of the folder.
    """
    path = Path(path)
    table = read_csv(path, "`musicrec audio index FOLDER` writes one")
    absent = [name for name in ("label", "path", *MEASURED) if name not in table]
    if absent:
        raise InvalidData(
            f"{path} is no index of recordings: it lacks {', '.join(absent)}, found {list(table)}. Write it "
            "anew with `musicrec audio index FOLDER`."
        )
    refuse_twice(path, table, "label")
    table = table.where(table != "")
    table["problem"] = table["problem"].fillna("")
    try:
        for name in MEASURED[:-1]:
            table[name] = pd.to_numeric(table[name])
        table = table.astype({"seconds": "float64", "sample_rate": "Int64", "channels": "Int64"})
    except (ValueError, TypeError) as error:
        raise InvalidData(
            f"{path}, column {name}: {error}. Write it anew with `musicrec audio index FOLDER`."
        ) from error
    if not (table["seconds"].isna() | table["seconds"].between(0, _YEAR)).all():
        raise InvalidData(f"{path}, column seconds: a length is negative or endless. Write it anew.")
    return table.set_index("label")


def _header(folder: Path, path: str, at_least: float) -> tuple[float | None, int | None, int | None, str]:
    """Seconds, sample rate, channels and problem of a recording."""
    if any(
        "\ud800" <= letter <= "\udfff" for letter in path
    ):  # Python's stand-ins for bytes that are no text
        return None, None, None, "its name is not text: rename it"
    if leads_out(folder, path):
        return None, None, None, "a link that leads out of the folder"
    if not (folder / path).is_file():
        return None, None, None, "there is no such file"
    try:
        header = sf.info(folder / path)
    except (sf.LibsndfileError, OSError):  # its own words are of little use: text named .mp3 "does not exist"
        return None, None, None, "not a recording that can be read"
    if header.format == "RAW":  # what libsndfile takes any bytes named .au for
        return None, None, None, "not a recording that can be read"
    problem = ""
    if not header.frames:
        problem = "no sound in it"
    elif header.duration < at_least:
        problem = f"too short: {header.duration:.1f} s where at least {at_least:g} s are expected"
    return round(header.duration, 3), header.samplerate, header.channels, problem


def _joined(labels: Path, there: list[str]) -> pd.DataFrame:
    """The rows of a file of labels with the paths of what they name, then the recordings without a row."""
    table = read_csv(labels, "Labels are a CSV file whose column path says which recording a row is about")
    if taken := [name for name in MEASURED if name in table]:
        raise InvalidData(
            f"{labels} has the columns {taken}, which the index measures itself. Rename or drop them."
        )
    by_name: dict[str, list[str]] = {}
    for path in there:
        by_name.setdefault(PurePosixPath(path).name, []).append(path)
    known = set(there)
    for row, path in table["path"].items():
        fitting = [path] if path in known or "/" in path else by_name.get(path, [path])
        if len(fitting) > 1:
            raise InvalidData(
                f"{labels}, row {row}: {path!r} may be {' or '.join(fitting[:3])}. Give the path from the "
                "folder."
            )
        table.loc[row, "path"] = fitting[0]
    refuse_twice(labels, table, "path")
    unlabelled = [path for path in there if path not in set(table["path"])]
    rest = pd.DataFrame({"path": unlabelled})
    if "label" in table:
        rest["label"] = unlabelled
    joined = pd.concat([table, rest], ignore_index=True).fillna("")
    joined.index += 1
    if "label" in table:
        refuse_twice(labels, joined, "label")
    return joined
