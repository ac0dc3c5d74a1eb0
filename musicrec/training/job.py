"""What a training run is asked for, and what it carries from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from musicrec.errors import InvalidArgument
from musicrec.parameters import check_strength, check_whole
from musicrec.training.history import History, Row

Batch = Tensor | tuple[Tensor, ...] | list[Tensor]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the weights that come out, besides the network and the data: a checkpoint must agree."""

    epochs: int
    lr: float
    weight_decay: float
    patience: int | None
    precision: str
    seed: int

    def __post_init__(self) -> None:
        check_whole("epochs", self.epochs, 1)
        check_whole("seed", self.seed, 0)
        if self.patience is not None:
            check_whole("patience", self.patience, 1)
        check_strength("lr", self.lr, positive=True)
        check_strength("weight_decay", self.weight_decay)
        for name, value in asdict(self).items():
            if isinstance(value, np.generic):  # a checkpoint that holds one cannot be read back safely
                object.__setattr__(self, name, value.item())


@dataclass(frozen=True)
class Job:
    """The arguments of `train`, as they travel to each process."""

    module: nn.Module
    loss: Callable[[Any, Any], Tensor]
    batches: Callable[[int, torch.Generator], Iterable[Batch]]
    validate: Callable[[Any], float] | None
    settings: Settings
    checkpoint: Path | None
    identity: str
    label: str

    def __post_init__(self) -> None:
        if not any(weight.requires_grad for weight in self.module.parameters()):
            raise InvalidArgument(
                "The network has no parameter with requires_grad=True, so there is nothing to train. Leave "
                "at least its last layer free."
            )
        if self.settings.patience is not None and self.validate is None:
            raise InvalidArgument(
                f"patience is {self.settings.patience}, but without validate there is no metric to wait for. "
                "Give validate, or leave patience out."
            )


class Objective(nn.Module):
    """The loss of a batch as one forward pass: Fabric wraps it, and the loss may call any method inside."""

    def __init__(self, module: nn.Module, loss: Callable[[Any, Any], Tensor]) -> None:
        super().__init__()
        self.module = module
        self.loss = loss

    def forward(self, batch: Batch) -> Tensor:
        value = self.loss(self.module, batch)
        if not isinstance(value, Tensor) or value.ndim or not value.requires_grad:
            found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise InvalidArgument(
                f"loss(module, batch) returned {found}; it must be a scalar tensor that depends on the "
                "parameters, such as the mean of the losses of the rows."
            )
        return value


@dataclass
class State:
    """How far a run has come: a row an epoch, and the best weights so far, which begin with the first."""

    best_weights: dict[str, Tensor]
    best_epoch: int = 0
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def start(cls, module: nn.Module) -> State:
        return cls(_copied(module))

    def note(self, module: nn.Module, loss: float, metric: float) -> None:
        """Add an epoch; without a metric (NaN) each counts as better than those before."""
        best = self.rows[self.best_epoch - 1][2] if self.rows else -math.inf
        self.rows.append((len(self.rows) + 1, loss, metric))
        if not metric <= best:
            self.best_epoch = len(self.rows)
            for name, value in module.state_dict().items():
                self.best_weights[name].copy_(value)  # in place: a second copy is what memory would peak at

    def over(self, settings: Settings) -> bool:
        waited = len(self.rows) - self.best_epoch
        tired = settings.patience is not None and waited >= settings.patience
        return tired or len(self.rows) >= settings.epochs

    def history(self, settings: Settings) -> History:
        return History.of(self.rows, self.best_epoch, settings.epochs)


def _copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu", copy=True) for name, value in module.state_dict().items()}
