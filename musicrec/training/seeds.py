"""The randomness of a training run: its own, and the same again after a resume."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from lightning_fabric import Fabric


@contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """Leave torch's random state as it was; have cuDNN take only algorithms that give the same twice."""
    devices = [device] if device.type == "cuda" else []
    cudnn = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    with torch.random.fork_rng(devices=devices), cudnn:
        yield


def epoch_generator(seed: int, epoch: int, fabric: Fabric) -> torch.Generator:
    """The generator for the batches of an epoch; also seeds what modules draw from (dropout), by process.

    Both depend on the seed and the epoch alone, so a resumed run needs no stored random state.
    """
    batches, *own = np.random.SeedSequence([seed, epoch]).generate_state(2 + fabric.global_rank, np.uint64)
    torch.default_generator.manual_seed(int(own[-1]))
    if fabric.device.type == "cuda":
        torch.cuda.manual_seed(int(own[-1]))
    return torch.Generator().manual_seed(int(batches))
