"""Training: the shared loop against a plain PyTorch loop.

A small convolutional network learns to tell four kinds of noise apart, from spectrograms of 64 bands and 64
frames, on one thread. Both loops take the same batches in the same order, AdamW and the same falling learning
rate, and must end with the same weights. Ours also writes down each epoch and keeps the best weights. All of
it is timed, from a copy of the untrained network to the trained one.
"""

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.rounds import Pair, same_values
from musicrec.training import train

EPOCHS, BATCH, LR = 3, 32, 1e-3
TOLERANCE = 1e-6

Batch = tuple[Tensor, Tensor]


def pairs(clips: int = 256) -> Iterator[Pair]:
    """What to measure."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.randint(4, (clips,), generator=generator)
    mels = torch.randn(clips, 1, 64, 64, generator=generator) * (1 + kinds[:, None, None, None])
    order = torch.stack([torch.randperm(clips, generator=generator) for _ in range(EPOCHS)])

    def batches(epoch: int, _: torch.Generator | None = None) -> Iterator[Batch]:
        for rows in order[epoch].split(BATCH):
            yield mels[rows], kinds[rows]

    untrained = network()

    def ours() -> nn.Module:
        module = copy.deepcopy(untrained)
        train(module, loss, batches, epochs=EPOCHS, lr=LR)
        return module

    def plain() -> nn.Module:
        module = copy.deepcopy(untrained)
        optimizer = torch.optim.AdamW(module.parameters(), lr=LR, weight_decay=0.0, fused=True)
        module.train()
        for epoch in range(EPOCHS):
            for group in optimizer.param_groups:
                group["lr"] = LR * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
            for batch in batches(epoch):
                optimizer.zero_grad()
                loss(module, batch).backward()
                optimizer.step()
        return module.eval()

    yield Pair(
        what=f"training a small CNN, {EPOCHS} epochs of {clips} clips",
        peer="PyTorch, a plain loop",
        ours=ours,
        theirs=plain,
        agree=lambda mine, other: same_values(_weights(mine), _weights(other), TOLERANCE),
    )


def network() -> nn.Module:
    """Three blocks of convolution, batch norm and pooling, then a linear layer: 24,000 weights."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        blocks = [
            layer
            for before, after in ((1, 16), (16, 32), (32, 64))
            for layer in (
                nn.Conv2d(before, after, 3, padding=1),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            )
        ]
        return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 4))


def loss(module: nn.Module, batch: Batch) -> Tensor:
    return nn.functional.cross_entropy(module(batch[0]), batch[1])


def _weights(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in module.state_dict().items()}
