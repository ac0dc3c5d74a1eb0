"""The commands `musicrec data ...`: which datasets there are, and getting and checking their files."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from musicrec.cli import terminal
from musicrec.data import catalogue, fetch, verify
from musicrec.data.entries import Entry
from musicrec.errors import DataUnavailable

group = typer.Typer(
    no_args_is_help=True, help="The datasets: what there is, and getting and checking the files."
)

Name = Annotated[
    str, typer.Argument(help="Name of a dataset, as `musicrec data list` shows it.", show_default=False)
]


def _here(found: Entry) -> tuple[str, str]:
    """Whether the files of a dataset are here, and where; a wrong MUSICREC_DATA says so in both."""
    if found.folder is None:
        return "yes", "comes with the library"
    try:
        folder = fetch.find(found)
    except DataUnavailable as error:
        return f"no: {error}", f"no: {error}"
    if folder is None:
        return "no", "no"
    if lacking := fetch.missing(found, folder):
        return "incomplete", f"{folder}, which lacks {', '.join(lacking)}"
    return "yes", str(folder)


def _listeners(found: Entry) -> str:
    return found.evidence if found.listeners else "none"


@group.command("list")
def show_list() -> None:
    """Show every dataset: what evidence it gives, how it is had, and whether it is here."""
    table = Table("name", "what it is", "listeners", "how it is had", "here")
    for name in catalogue.names():
        found = catalogue.entry(name)
        table.add_row(name, found.title, _listeners(found), found.access, escape(_here(found)[0]))
    terminal.out.print(table)


@group.command("info")
def show_info(name: Name) -> None:
    """Show what the catalogue says of a dataset: licence, citation, source, files and their columns."""
    found = catalogue.entry(name)
    facts = {
        "title": found.title,
        "listeners": _listeners(found),
        "licence": found.licence,
        "homepage": found.homepage,
        "cite": f"{found.citation.text} [{found.citation.key}]" if found.citation else None,
        "access": found.access,
        "how": found.how,
        "here": _here(found)[1],
    }
    downloads = [("download", f"{each.url} ({each.checksum})") for each in found.downloads]
    for key, value in [*facts.items(), *downloads]:
        if value:
            terminal.out.print(f"{key}:", style="bold", end=" ")
            terminal.out.print(value, markup=False, highlight=False, soft_wrap=True)
    if found.recordings:
        terminal.out.print("recordings:", style="bold", end=" ")
        terminal.out.print(f"{found.recordings.count:,} in {found.recordings.folder}/", highlight=False)
    for file in found.files:
        terminal.out.print(f"\n{file.name}", style="bold", end=": ")
        terminal.out.print(
            f"{file.about}; {file.rows:,} rows, {file.encoding}, {file.bytes:,} bytes", highlight=False
        )
        for column, meaning in file.columns.items():
            terminal.out.print(f"  {column}: {meaning}", markup=False, highlight=False)


@group.command("fetch")
def get(name: Name) -> None:
    """Get the files of a dataset, if they are not here, and say where they are.

    They are looked for under $MUSICREC_DATA, then in the cache, then downloaded. A download that broke off
    goes on where it stopped.
    """
    found = catalogue.entry(name)
    if found.folder is None:
        terminal.out.print(f"{name} comes with the library: there is nothing to fetch.", highlight=False)
        return
    terminal.out.print(f"{name} is in {fetch.fetch(found)}", highlight=False, soft_wrap=True)


@group.command("verify")
def check(name: Name) -> None:
    """Check every file of a dataset against the catalogue: rows, columns and checksum. Downloads nothing.

    Recordings that come in an archive are counted.
    """
    found = catalogue.entry(name)
    if found.folder is None:
        terminal.out.print(f"{name} comes with the library: it has no files to check.", highlight=False)
        return
    folder = fetch.find(found)
    if folder is None:
        terminal.err.print(
            f"{name} is not on this machine. Run `musicrec data fetch {name}`. {fetch.by_hand(found)}",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    reports = verify.check(found, folder)
    terminal.out.print(f"{name} in {folder}", markup=False, highlight=False, soft_wrap=True)
    table = Table("file", "found", "expected", "verdict")
    for report in reports:
        counts = ("" if count is None else f"{count:,}" for count in (report.found, report.expected))
        colour = "green" if report.sound else "red"
        table.add_row(escape(report.name), *counts, f"[{colour}]{report.status}[/]")
    terminal.out.print(table)
    for report in reports:
        if report.detail:
            terminal.out.print(
                f"{report.name}: {report.detail}", markup=False, highlight=False, soft_wrap=True
            )
    if not all(report.sound for report in reports):
        terminal.err.print(
            f"Move {folder} away and run `musicrec data fetch {name}`.", highlight=False, soft_wrap=True
        )
        raise typer.Exit(1)
