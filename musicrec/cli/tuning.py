"""The command `musicrec tune`: a search for a model's settings, shown while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from musicrec import study
from musicrec.cli import terminal
from musicrec.study.search_spaces import NETWORK_TRIALS, SEQUENCE_TRIALS, TRIALS, trials_of


def tune(
    model: Annotated[str, typer.Argument(help='Name of a model, such as "EASE".', show_default=False)],
    dataset: Annotated[
        str, typer.Option(help="Name of a dataset, as `musicrec data list` shows it.", show_default=False)
    ],
    features: Annotated[
        str | None,
        typer.Option(help="Kind of item features to give it.", show_default="the dataset's usual one"),
    ] = None,
    cold: Annotated[bool, typer.Option("--cold", help="Search for items that nobody has played.")] = False,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many settings to try. Give every model you compare the same.",
            show_default=f"{TRIALS}, for a network {NETWORK_TRIALS}, for the next play {SEQUENCE_TRIALS}",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search, and of a split that is drawn by lot.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the file, such as DATASET/MODEL.json.",
            show_default="data/params of the checkout",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Forget an earlier search for the same.")] = False,
) -> None:
    """Search for a model's settings on validation data, and keep the best.

    Test data is never looked at. The first trial is the model's defaults. A search that was stopped goes on
    where it was when the command is given again.
    """
    ended, wanted = 0, trials or trials_of(model)
    with _bar() as bar:
        task = bar.add_task(f"{model} on {dataset}", total=wanted, best="")

        def told(tried: int, best: float | None) -> None:
            nonlocal ended
            ended = tried
            bar.update(task, completed=tried, best="" if best is None else f"best {best:.4f}")

        try:
            found = study.tune(
                model,
                dataset,
                features=features,
                cold=cold,
                trials=wanted,
                seed=seed,
                out=out,
                again=again,
                told=told,
            )
        except KeyboardInterrupt:
            bar.stop()
            terminal.err.print(
                f"Stopped after {ended} of {wanted} trials, which are kept. Give the same command"
                f"{' without --again' if again else ''} to go on.",
                highlight=False,
                soft_wrap=True,
            )
            raise typer.Exit(130) from None
    if found is None:
        terminal.out.print(f"{model} has no settings: there is nothing to tune.", highlight=False)
        return
    _show(found)


def _bar() -> Progress:
    """Progress for a person to look at; nothing where no terminal listens."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[best]}"),
        console=terminal.err,
        transient=True,
        disable=not terminal.err.is_terminal,
    )


def _show(found: study.Tuning) -> None:
    facts = {
        "settings": ", ".join(f"{name}={value!r}" for name, value in found.params.items()),
        found.metric: f"{found.score:.4f} (defaults: "
        + ("could not be fitted)" if found.default_score is None else f"{found.default_score:.4f})"),
        "trials": f"{found.trials}, {found.failed} of them refused by the model, "
        + (f"{found.stopped} given up early, " if found.stopped else "")
        + f"{found.seconds:.0f} s",
    }
    if found.at_border:
        facts["at the border of the range"] = (
            ", ".join(f"{name} ({which})" for name, which in found.at_border.items())
            + ": widen it in musicrec/study/search_spaces.py and search again, unless nothing lies beyond"
        )
    for name, value in facts.items():
        terminal.out.print(f"{name}:", style="bold", end=" ")
        terminal.out.print(value, markup=False, highlight=False, soft_wrap=True)
