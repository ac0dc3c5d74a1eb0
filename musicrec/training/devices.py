"""Where a training run computes: which device, in which precision, in how many processes."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable

import torch
from joblib import wrap_non_picklable_objects
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor

from musicrec.errors import InvalidArgument, MusicrecError
from musicrec.parameters import check_whole
from musicrec.training.history import History
from musicrec.training.job import Batch, Job

DEVICES = ("cpu", "cuda", "auto")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # its news is what the caller asked for


def make_fabric(device: str, precision: str, devices: int) -> Fabric:
    """Check where to compute, and have Fabric prepare it; errors as in `train`."""
    for name, value, known in (("device", device, DEVICES), ("precision", precision, PRECISIONS)):
        if value not in known:
            raise InvalidArgument(f"{name} is {value!r}; it must be one of {', '.join(map(repr, known))}.")
    check_whole("devices", devices, 1)
    present = torch.cuda.device_count()
    if device == "auto":
        device = "cuda" if present else "cpu"
    if device == "cuda" and present < devices:
        raise InvalidArgument(
            f"device='cuda' with devices={devices}, but PyTorch sees {present} GPUs here. Use device='cpu', "
            "or 'auto' to take a GPU only where there is one. Where there should be one, look at nvidia-smi, "
            "and at torch.version.cuda: it is None where PyTorch was installed for the CPU only."
        )
    if device == "cpu" and precision == "16-mixed":
        raise InvalidArgument("precision='16-mixed' needs a GPU; on the CPU use 'bf16-mixed' or '32-true'.")
    try:
        return Fabric(
            accelerator=device,
            devices=devices,
            precision=precision,  # type: ignore[arg-type]
            strategy="ddp_spawn" if devices > 1 else "auto",
            plugins=LightningEnvironment(),  # these processes and no others, also inside a cluster's job
        )
    except RuntimeError as error:
        raise InvalidArgument(
            f"devices={devices} cannot be had here: {str(error).partition('. ')[0]}. Use devices=1, or run "
            "it as a script."
        ) from error


def launch(run: Callable[[Fabric, Job], History], job: Job, fabric: Fabric) -> History:
    """Call `run` here, or in as many processes as `fabric` has; the module ends up trained in both cases."""
    home = next(job.module.parameters()).device

    def in_a_process(fabric: Fabric) -> bytes:
        found: History | MusicrecError
        try:
            found = run(fabric, job)
        except MusicrecError as error:
            found = error
        return pickle.dumps((found, {name: part.cpu() for name, part in job.module.state_dict().items()}))

    try:
        if fabric.world_size == 1:
            return run(fabric, job)
        # joblib's wrapper lets nested functions, such as the loss may be, travel to other processes.
        found, weights = pickle.loads(fabric.launch(wrap_non_picklable_objects(in_a_process)))
        job.module.load_state_dict(weights)
        job.module.eval()
        if isinstance(found, MusicrecError):
            raise found
        return found
    finally:
        job.module.to(home)


def share_of(batch: Batch, fabric: Fabric) -> tuple[Batch, int, int]:
    """The rows of a batch that this process takes, how many they are, and how many the batch has."""
    parts = (batch,) if isinstance(batch, Tensor) else tuple(batch)
    lengths = {len(part) if isinstance(part, Tensor) and part.ndim else 0 for part in parts}
    if len(lengths) != 1 or lengths == {0}:
        found = ", ".join(str(getattr(part, "shape", type(part).__name__)) for part in parts) or "nothing"
        raise InvalidArgument(
            "A batch must be a tensor, or a tuple of tensors of the same number of rows, one or more; found "
            f"{found}."
        )
    rows, processes = lengths.pop(), fabric.world_size
    if processes == 1:
        return batch, rows, rows
    if rows < processes:
        raise InvalidArgument(
            f"A batch has {rows} rows, fewer than the {processes} processes that share it. Make the batches "
            "larger, drop the short last one, or use fewer devices."
        )
    mine = slice(fabric.global_rank, None, processes)
    share = batch[mine] if isinstance(batch, Tensor) else tuple(part[mine] for part in parts)
    return share, len(range(rows)[mine]), rows
