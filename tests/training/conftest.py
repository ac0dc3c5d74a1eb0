"""A small task with an answer: which of three directions a point lies furthest along."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn


class Task:
    """400 points to learn from and 200 to be judged by; with `null`, the answers are drawn at random."""

    def __init__(self, null: bool = False) -> None:
        generator = torch.Generator().manual_seed(3)
        self.x = torch.randn(600, 12, generator=generator)
        self.y = (self.x @ torch.randn(12, 3, generator=generator)).argmax(1)
        if null:
            self.y = torch.randint(3, (600,), generator=generator)

    def network(self, seed: int = 0, hidden: int = 16) -> nn.Sequential:
        """A network with what makes resuming hard: dropout, which draws, and batch norm, which remembers."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return nn.Sequential(
                nn.Linear(12, hidden),
                nn.BatchNorm1d(hidden),
                nn.ReLU(),
                nn.Dropout(0.2),
                nn.Linear(hidden, 3),
            )

    def batches(self, epoch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        for rows in torch.randperm(400, generator=generator).split(32):
            yield self.x[rows], self.y[rows]

    def loss(self, module: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(module(batch[0]), batch[1])

    def accuracy(self, module: nn.Module) -> float:
        return (module(self.x[400:]).argmax(1) == self.y[400:]).double().mean().item()


@pytest.fixture
def task() -> Task:
    return Task()


@pytest.fixture
def null_task() -> Task:
    return Task(null=True)


@pytest.fixture
def same():
    """Whether all weights and buffers of two networks are equal, bit by bit."""

    def compared(a: nn.Module, b: nn.Module) -> bool:
        theirs = b.state_dict()
        return all(torch.equal(value, theirs[name]) for name, value in a.state_dict().items())

    return compared
