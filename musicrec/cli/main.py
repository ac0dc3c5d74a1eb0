"""The command itself: its version, its groups of commands, and what it does with an error."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from musicrec.cli import audio, datasets, terminal, tuning
from musicrec.errors import MusicrecError


class _SaysErrors(TyperGroup):
    """A group of commands that turns the library's errors into one message and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MusicrecError as error:
            if ctx.params.get("debug"):
                raise
            terminal.err.print("[bold red]Error:[/]", end=" ")
            terminal.err.print(str(error), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="musicrec",
    cls=_SaysErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Music recommendation, explained, heard and measured: the library's command.",
    epilog="Exit codes: 0 done; 1 it could not be done, the message says why; 2 a wrongly written command; "
    "130 stopped by the keyboard.",
)
app.add_typer(datasets.group, name="data")
app.add_typer(audio.group, name="audio")
app.command("tune")(tuning.tune)


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
