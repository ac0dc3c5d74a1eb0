"""A training run that was killed goes on where it was."""

from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from musicrec.cache import atomic_write
from musicrec.errors import CorruptData, InvalidArgument
from musicrec.training.job import Job, State

_HELD = {"settings", "network", "weights", "optimizer", "precision", "best_weights", "best_epoch", "rows"}
_ADVICE = "Remove it to train from the start."


def save(job: Job, state: State, optimizer: Any, fabric: Fabric) -> None:
    """Write all that the next epoch depends on, under another name first: a kill leaves the file before."""
    assert job.checkpoint is not None
    content = {
        **_identity(job),
        "weights": job.module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "precision": fabric.strategy.precision.state_dict(),
        "best_weights": state.best_weights,
        "best_epoch": state.best_epoch,
        "rows": state.rows,
    }
    with atomic_write(job.checkpoint) as partial:
        torch.save(content, partial)


def resume(job: Job, state: State, optimizer: Any, fabric: Fabric) -> None:
    """Bring a run to where its checkpoint was written; nothing happens where there is none."""
    assert job.checkpoint is not None
    if not job.checkpoint.exists():
        return
    content = _read(job.checkpoint)
    try:
        _check_same(job, content)
        job.module.load_state_dict(content["best_weights"])  # which says whether they fit
        job.module.load_state_dict(content["weights"])
        optimizer.load_state_dict(content["optimizer"])
        fabric.strategy.precision.load_state_dict(content["precision"])
        rows = [(int(epoch), float(loss), float(metric)) for epoch, loss, metric in content["rows"]]
        if not 1 <= content["best_epoch"] <= len(rows):
            raise ValueError(f"the best epoch is {content['best_epoch']} of {len(rows)}")
    except InvalidArgument:
        raise
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise CorruptData(
            f"The checkpoint {job.checkpoint} holds parts that do not belong together ({reason}). {_ADVICE}"
        ) from error
    state.best_weights, state.best_epoch, state.rows = content["best_weights"], content["best_epoch"], rows


def _identity(job: Job) -> dict[str, Any]:
    """What must be the same in the run that goes on: settings, data, and names and shapes of all weights."""
    shapes = {name: list(value.shape) for name, value in job.module.state_dict().items()}
    settings = {
        **asdict(job.settings),
        "validate": "given" if job.validate else None,
        "identity": job.identity or "not said",
    }
    return {"settings": settings, "network": shapes}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)  # runs no code of the file
    except (RuntimeError, ValueError, EOFError, OSError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise CorruptData(f"The checkpoint {path} cannot be read ({reason}). {_ADVICE}") from error
    if not isinstance(content, dict) or set(content) != _HELD:
        raise CorruptData(f"{path} is no checkpoint of this library's training loop. {_ADVICE}")
    return content


def _check_same(job: Job, content: dict[str, Any]) -> None:
    found = []
    trained = sum(weight.requires_grad for weight in job.module.parameters())
    there = sum(len(group["params"]) for group in content["optimizer"]["param_groups"])
    if there != trained:
        found.append(f"{there} weights are trained there and {trained} here")
    for kind, ours in _identity(job).items():
        theirs = content[kind]
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            before, here = theirs.get(name, "absent"), ours.get(name, "absent")
            if before != here:
                found.append(f"{name} is {before} there and {here} here")
    if found:
        more = f", and {len(found) - 3} more" if len(found) > 3 else ""
        raise InvalidArgument(
            f"The checkpoint {job.checkpoint} is of another run: {'; '.join(found[:3])}{more}. Go on with "
            "the settings and the network it was made with, or remove it to train from the start."
        )
