"""The training loop that every torch model of this book shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from musicrec.errors import InvalidArgument, TrainingFailed
from musicrec.training.checkpoints import resume, save
from musicrec.training.devices import launch, make_fabric, share_of
from musicrec.training.history import History
from musicrec.training.job import Batch, Job, Objective, Settings, State
from musicrec.training.progress import bar
from musicrec.training.seeds import epoch_generator, own_randomness


def train(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    batches: Callable[[int, torch.Generator], Iterable[Batch]],
    *,
    epochs: int,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    validate: Callable[[Any], float] | None = None,
    patience: int | None = None,
    device: str = "cpu",
    precision: str = "32-true",
    seed: int = 0,
    checkpoint: Path | str | None = None,
    identity: str = "",
    devices: int = 1,
    label: str = "Training",
) -> History:
    """Train a network, and leave it with the weights of its best epoch.

    The optimiser is AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019). Its
    learning rate falls from `lr` in the first epoch towards 0 in the last along half a cosine: large steps
    find the region, small ones settle in it. Its steps are about as long as the learning rate whatever the
    length of the gradient, so gradients are not clipped.

    Parameters
    ----------
    module : torch.nn.Module
        Trained in place. It comes back in eval mode, on the device it came from. Parameters with
        ``requires_grad=False`` stay as they are.
    loss : callable
        ``loss(module, batch)`` gives a scalar tensor, the mean over the rows of the batch.
    batches : callable
        ``batches(epoch, generator)`` gives the batches of an epoch (from 0), anew each time: tensors, or
        tuples of tensors, whose first axis is the rows. All chance in it (order, crops, noise) must come from
        the torch.Generator given, which is seeded by `seed` and the epoch. The loop moves them to the device.
    epochs : int
        How many at most.
    lr : float
        The learning rate at the start.
    weight_decay : float
        Of AdamW.
    validate : callable, optional
        ``validate(module)`` gives a number after each epoch, higher is better; it runs without gradients, in
        eval mode and in 32 bits, in the first process, and moves its data to where the module is by itself.
        Without it the last epoch counts as the best.
    patience : int, optional
        Stop after so many epochs in a row without a better metric; None to go on to the end.
    device : {"cpu", "cuda", "auto"}
        "auto" takes a GPU where there is one.
    precision : {"32-true", "bf16-mixed", "16-mixed"}
        The last one on a GPU only.
    seed : int
        Of the batches, and of what the module draws by itself (dropout). The random state of torch outside
        is left as it was. Same seed and device, same weights. The initial weights are the caller's.
    checkpoint : Path, optional
        A file written after each epoch, from which a run that was killed goes on as if it had not been. A
        run that had ended returns what it had found. The caller removes it.
    identity : str
        What data a checkpoint is of, such as a digest: the loop sees settings and the shapes of weights, and
        refuses a checkpoint of others, but of the data it knows only what is said here.
    devices : int
        Processes that share each batch, on so many GPUs or on the CPU: all draw the same batches, and process
        p of n takes rows p, p + n, p + 2n, ...; gradients are averaged, so that the steps are those of one
        device (statistics of batch normalisation aside, which each process takes of its own rows). For
        scripts only: a notebook cannot start processes.
    label : str
        What the progress bar on a terminal says. Elsewhere nothing is shown.

    Returns
    -------
    History

    Raises
    ------
    InvalidArgument
        A setting out of range; no such device or precision here; no batches; a loss that is no scalar; a
        checkpoint of a run with other settings, another network or another identity.
    TrainingFailed
        The loss, a weight or the metric is not finite. The module has the best weights so far.
    CorruptData
        A checkpoint that cannot be read, or whose parts do not belong together.
    DataUnavailable
        A checkpoint that cannot be written.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    settings = Settings(
        epochs=epochs, lr=lr, weight_decay=weight_decay, patience=patience, precision=precision, seed=seed
    )
    file = None if checkpoint is None else Path(checkpoint)
    job = Job(module, loss, batches, validate, settings, file, identity, label)
    return launch(run_epochs, job, make_fabric(device, precision, devices))


def run_epochs(fabric: Fabric, job: Job) -> History:
    """Run the epochs that are left of a job, in one of its processes."""
    module, settings = job.module, job.settings
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    # Fused, it passes over the weights once a step: with 60,000 item vectors that is five times faster.
    optimizer: Any = torch.optim.AdamW(
        weights, lr=settings.lr, weight_decay=settings.weight_decay, fused=True
    )
    state = State.start(module)
    try:
        objective, optimizer = fabric.setup(Objective(module, job.loss), optimizer)
        if job.checkpoint is not None:
            resume(job, state, optimizer, fabric)
        with own_randomness(fabric.device), bar(job.label, settings.epochs, fabric.is_global_zero) as show:
            while not state.over(settings):
                epoch = len(state.rows)
                for group in optimizer.param_groups:
                    group["lr"] = settings.lr * (1 + math.cos(math.pi * epoch / settings.epochs)) / 2
                generator = epoch_generator(settings.seed, epoch, fabric)
                module.train()
                mean_loss = one_epoch(fabric, objective, optimizer, job.batches(epoch, generator))
                _check_finite(mean_loss, weights, epoch, settings)
                metric = _validated(fabric, job, epoch)
                state.note(module, mean_loss, metric)
                if job.checkpoint is not None and fabric.is_global_zero:
                    save(job, state, optimizer, fabric)
                show(len(state.rows), mean_loss, metric)
    finally:
        module.load_state_dict(state.best_weights)
        module.eval().zero_grad()
    return state.history(settings)


def one_epoch(fabric: Fabric, objective: nn.Module, optimizer: Any, batches: Iterable[Batch]) -> float:
    """Take one optimiser step a batch; returns the mean loss of all rows of all processes."""
    total = torch.zeros(2, dtype=torch.float64, device=fabric.device)  # of the losses of rows, and the rows
    for batch in batches:
        mine, rows, all_rows = share_of(batch, fabric)
        optimizer.zero_grad()
        mean = objective(fabric.to_device(mine))
        # Averaged over processes, this is the gradient of the mean over all rows of the batch.
        fabric.backward(mean * (rows * fabric.world_size / all_rows))
        optimizer.step()
        total[0] += mean.detach() * rows
        total[1] += rows
    summed: Any = fabric.all_reduce(total, reduce_op="sum")
    if not summed[1]:
        raise InvalidArgument(
            "batches(epoch, generator) gave no batch, so there is nothing to learn from. It must give some "
            "in each epoch: make them anew at each call, not once outside."
        )
    return float(summed[0] / summed[1])


def _validated(fabric: Fabric, job: Job, epoch: int) -> float:
    """The metric after an epoch, from the first process; NaN where there is nothing to validate by."""
    if job.validate is None:
        return math.nan
    job.module.eval()
    metric: Any = None
    if fabric.is_global_zero:
        with torch.no_grad():
            metric = job.validate(job.module)
    metric = fabric.broadcast(metric)
    try:
        metric = float(metric)
    except (TypeError, ValueError):
        raise InvalidArgument(
            f"validate returned {metric!r} of type {type(metric).__name__}; it must return one number, "
            "higher is better."
        ) from None
    if not math.isfinite(metric):
        raise TrainingFailed(
            f"validate returned {metric} after epoch {epoch + 1}; it must return a finite number, higher is "
            "better. Check what it computes. The network has the best weights so far."
        )
    return metric


def _check_finite(mean_loss: float, weights: list[nn.Parameter], epoch: int, settings: Settings) -> None:
    if math.isfinite(mean_loss) and all(bool(weight.isfinite().all()) for weight in weights):
        return
    what = f"The loss is {mean_loss}" if not math.isfinite(mean_loss) else "A weight is not finite"
    grows = settings.lr * settings.weight_decay > 2  # a step multiplies the weights by 1 minus this
    decay = f", or weight_decay, which is {settings.weight_decay:g}" if grows else ""
    half = " or use precision='bf16-mixed'" if settings.precision == "16-mixed" else ""
    raise TrainingFailed(
        f"{what} in epoch {epoch + 1} of {settings.epochs}: the steps were too long, or the batches hold "
        f"NaN. Lower lr, which is {settings.lr:g}{decay}{half}; check the batches, and what the loss is "
        "multiplied by, if that does not help. The network has the best weights so far."
    )
