"""The command `musicrec`: which datasets there are, and getting and checking their files.

Exit codes: 0 done; 1 it could not be done, and the message says why and what to do (for ``verify``: a file is
not what it must be); 2 the command was written wrongly.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from musicrec.data import catalogue, fetch, verify
from musicrec.data.entries import Entry
from musicrec.errors import DataUnavailable, MusicrecError

_out = Console()
_err = Console(stderr=True)


class _SaysErrors(TyperGroup):
    """A group of commands that turns the library's errors into one message and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MusicrecError as error:
            if ctx.params.get("debug"):
                raise
            _err.print("[bold red]Error:[/]", end=" ")
            _err.print(str(error), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="musicrec",
    cls=_SaysErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Music recommendation, explained, heard and measured: the library's command.",
    epilog="Exit codes: 0 done; 1 it could not be done, the message says why; 2 a wrongly written command.",
)
data = typer.Typer(
    no_args_is_help=True, help="The datasets: what there is, and getting and checking the files."
)
app.add_typer(data, name="data")

Name = Annotated[
    str, typer.Argument(help="Name of a dataset, as `musicrec data list` shows it.", show_default=False)
]


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"musicrec {version('musicrec')}")
        raise typer.Exit


@app.callback()
def _main(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="On an error, show where in the code it arose.")
    ] = False,
) -> None:
    pass


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


@data.command("list")
def show_list() -> None:
    """Show every dataset: what evidence it gives, how it is had, and whether it is here."""
    table = Table("name", "what it is", "listeners", "how it is had", "here")
    for name in catalogue.names():
        found = catalogue.entry(name)
        table.add_row(name, found.title, found.evidence, found.access, escape(_here(found)[0]))
    _out.print(table)


@data.command("info")
def show_info(name: Name) -> None:
    """Show what the catalogue says of a dataset: licence, citation, source, files and their columns."""
    found = catalogue.entry(name)
    facts = {
        "title": found.title,
        "listeners": found.evidence,
        "licence": found.licence,
        "homepage": found.homepage,
        "cite": f"{found.citation.text} [{found.citation.key}]" if found.citation else None,
        "access": found.access,
        "how": found.how,
        "archive": f"{found.archive.url} (sha256 {found.archive.sha256})" if found.archive else None,
        "here": _here(found)[1],
    }
    for key, value in facts.items():
        if value:
            _out.print(f"{key}:", style="bold", end=" ")
            _out.print(value, markup=False, highlight=False, soft_wrap=True)
    for file in found.files:
        _out.print(f"\n{file.name}", style="bold", end=": ")
        _out.print(
            f"{file.about}; {file.rows:,} rows, {file.encoding}, {file.bytes:,} bytes", highlight=False
        )
        for column, meaning in file.columns.items():
            _out.print(f"  {column}: {meaning}", markup=False, highlight=False)


@data.command("fetch")
def get(name: Name) -> None:
    """Get the files of a dataset, if they are not here, and say where they are.

    They are looked for under $MUSICREC_DATA, then in the cache, then downloaded. A download that broke off
    goes on where it stopped.
    """
    found = catalogue.entry(name)
    if found.folder is None:
        _out.print(f"{name} comes with the library: there is nothing to fetch.", highlight=False)
        return
    _out.print(f"{name} is in {fetch.fetch(found)}", highlight=False, soft_wrap=True)


@data.command("verify")
def check(name: Name) -> None:
    """Check every file of a dataset against the catalogue: rows, columns and checksum. Downloads nothing."""
    found = catalogue.entry(name)
    if found.folder is None:
        _out.print(f"{name} comes with the library: it has no files to check.", highlight=False)
        return
    folder = fetch.find(found)
    if folder is None:
        _err.print(
            f"{name} is not on this machine. Run `musicrec data fetch {name}`. {fetch.by_hand(found)}",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    reports = verify.check(found, folder)
    _out.print(f"{name} in {folder}", markup=False, highlight=False, soft_wrap=True)
    table = Table("file", "rows", "expected", "verdict")
    for report in reports:
        rows = "" if report.rows is None else f"{report.rows:,}"
        colour = "green" if report.sound else "red"
        table.add_row(report.file.name, rows, f"{report.file.rows:,}", f"[{colour}]{report.status}[/]")
    _out.print(table)
    for report in reports:
        if report.detail:
            _out.print(f"{report.file.name}: {report.detail}", markup=False, highlight=False, soft_wrap=True)
    if not all(report.sound for report in reports):
        _err.print(
            f"Move {folder} away and run `musicrec data fetch {name}`.", highlight=False, soft_wrap=True
        )
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
