"""The commands `musicrec audio ...`: recordings of one's own, and what is known of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from musicrec.audio.recording_index import INDEX_NAME, MEASURED, index_folder, read_index
from musicrec.audio.recordings import Recordings
from musicrec.cli import terminal

_SHOWN = 20  # recordings left out that are listed, and values of a column

group = typer.Typer(no_args_is_help=True, help="Recordings of your own: what a folder holds.")

Folder = Annotated[Path, typer.Argument(help="Folder of recordings.", show_default=False)]


@group.command("index")
def make_index(
    folder: Folder,
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV file with a column path and what is known of each recording in others."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=f"Where to write the index; {INDEX_NAME} in the folder if not given.")
    ] = None,
) -> None:
    """Look through a folder of recordings (wav, flac, ogg, mp3, au) and write its index.

    The index says of each recording how long it is, what the labels say of it, and what is wrong with it, if
    anything. `musicrec.audio.open_folder` reads it.
    """
    index = index_folder(folder, labels, out)
    terminal.out.print(f"Index: {index}", markup=False, highlight=False, soft_wrap=True)
    _show(folder, read_index(index))


@group.command("info")
def show_info(
    folder: Folder,
    index: Annotated[
        Path | None, typer.Option(help=f"Its index; {INDEX_NAME} in the folder if not given.")
    ] = None,
) -> None:
    """Show what an index says of a folder of recordings, and which of them cannot be used, and why."""
    _show(folder, read_index(folder / INDEX_NAME if index is None else index))


def _show(folder: Path, index: pd.DataFrame) -> None:
    left_out = Recordings(folder, index).left_out
    usable = index.drop(index=list(left_out))
    rates = ", ".join(f"{rate:,} Hz" for rate in sorted(usable["sample_rate"].dropna().unique()))
    terminal.out.print(
        f"{len(usable):,} recordings, {usable['seconds'].sum() / 3600:.2f} hours"
        f"{f', {rates}' if rates else ''}; {len(left_out):,} left out",
        highlight=False,
    )
    known = [name for name in index if name not in ("path", *MEASURED)]
    if known:
        table = Table("column", "known of", "values")
        for name in known:
            counts = usable[name].value_counts()
            values = ", ".join(f"{value} ({count:,})" for value, count in counts.items())
            many = f"{len(counts):,} different ones"
            table.add_row(
                escape(str(name)), f"{counts.sum():,}", escape(values if len(counts) <= _SHOWN else many)
            )
        terminal.out.print(table)
    if left_out:
        table = Table("left out", "why")
        for label, reason in list(left_out.items())[:_SHOWN]:
            table.add_row(escape(str(label)), escape(reason))
        terminal.out.print(table)
    if len(left_out) > _SHOWN:
        terminal.out.print(f"and {len(left_out) - _SHOWN:,} more: see the column problem of the index")
