"""One loop for every network: it learns, keeps the best weights, repeats itself, and says what went wrong."""

import copy
import io
import math
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from musicrec.errors import InvalidArgument, TrainingFailed
from musicrec.training import History, train
from musicrec.training.job import State


class OneNumber(nn.Module):
    """The smallest network there is, for tests of what happens around it."""

    def __init__(self) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.number


def distance(module, batch):
    return (module(batch) - 1).square().mean()


def ones(epoch, generator):
    return [torch.ones(4)]


def test_a_planted_answer_is_found_and_random_answers_are_not(task, null_task):
    module = task.network()
    before = task.accuracy(module.eval())
    history = train(module, task.loss, task.batches, epochs=12, lr=0.02, validate=task.accuracy)
    assert before < 0.6
    assert history.best > 0.85
    assert history.epochs["loss"].iloc[-1] < history.epochs["loss"].iloc[0] / 2

    history = train(
        task.network(), null_task.loss, null_task.batches, epochs=12, lr=0.02, validate=null_task.accuracy
    )
    assert history.best < 0.45


def test_it_does_what_a_plain_loop_does():
    inputs = torch.randn(96, 5, generator=torch.Generator().manual_seed(1))
    answers = inputs.sum(1, keepdim=True).sin()

    def batches(epoch, generator):
        return zip(inputs.split(20), answers.split(20), strict=True)  # the last batch is shorter

    def loss(module, batch):
        return nn.functional.mse_loss(module(batch[0]), batch[1])

    ours = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
    plain = copy.deepcopy(ours)
    history = train(ours, loss, batches, epochs=6, lr=0.01, weight_decay=0.1)

    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
    losses = []
    for epoch in range(6):
        total = 0.0
        for batch in batches(epoch, None):
            optimizer.zero_grad()
            value = loss(plain, batch)
            value.backward()
            optimizer.step()
            total += value.item() * len(batch[0])
        schedule.step()
        losses.append(total / len(inputs))
    for mine, other in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-6)
    np.testing.assert_allclose(history.epochs["loss"], losses, rtol=1e-5)


@settings(max_examples=40)
@given(
    metrics=st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75]), min_size=1, max_size=8),
    patience=st.none() | st.integers(1, 4),
)
def test_the_best_weights_are_kept_and_waiting_ends(metrics, patience):
    module, seen = OneNumber(), []

    def validate(module):
        assert not module.training
        assert not torch.is_grad_enabled()
        seen.append(module.number.item())
        return metrics[len(seen) - 1]

    epochs = len(metrics)
    history = train(module, distance, ones, epochs=epochs, lr=0.1, validate=validate, patience=patience)
    best, last = 0, 0
    for epoch, metric in enumerate(metrics):  # the rule once more, step by step
        last = epoch
        if metric > metrics[best]:
            best = epoch
        if patience is not None and epoch - best >= patience:
            break
    assert history.best_epoch == best + 1
    assert history.best == metrics[best]
    assert module.number.item() == seen[best]
    assert history.epochs["epoch"].tolist() == list(range(1, last + 2))
    assert history.epochs["metric"].tolist() == metrics[: last + 1]
    assert history.stopped_early == (last + 1 < epochs)
    assert not module.training


def test_without_a_metric_the_last_epoch_is_kept():
    module = OneNumber()
    history = train(module, distance, ones, epochs=3, lr=0.1)
    assert history.best_epoch == 3
    assert math.isnan(history.best)
    assert not history.stopped_early
    assert history.epochs["loss"].is_monotonic_decreasing
    assert "3 epochs" in repr(history)


def test_the_same_seed_gives_the_same_weights_and_leaves_randomness_alone(task, same):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    first, again, other = task.network(), task.network(), task.network()
    train(first, task.loss, task.batches, epochs=2, seed=5)
    assert torch.equal(torch.rand(3), expected)
    train(again, task.loss, task.batches, epochs=2, seed=5)
    train(other, task.loss, task.batches, epochs=2, seed=6)
    assert same(first, again)
    assert not same(first, other)


def test_each_epoch_has_a_generator_of_its_own():
    drawn = []

    def batches(epoch, generator):
        drawn.append((epoch, torch.rand(1, generator=generator).item()))
        return ones(epoch, generator)

    train(OneNumber(), distance, batches, epochs=3, seed=0)
    assert [epoch for epoch, _ in drawn] == [0, 1, 2]
    assert len({number for _, number in drawn}) == 3


def test_half_precision_on_the_cpu_learns_too(task):
    modules = {precision: task.network() for precision in ("32-true", "bf16-mixed")}
    found = {
        precision: train(
            module, task.loss, task.batches, epochs=8, lr=0.02, validate=task.accuracy, precision=precision
        )
        for precision, module in modules.items()
    }
    assert found["bf16-mixed"].best > 0.8
    assert abs(found["bf16-mixed"].best - found["32-true"].best) < 0.1
    losses = [history.epochs["loss"] for history in found.values()]
    assert not np.array_equal(*losses)  # it was another arithmetic
    assert all(weight.dtype == torch.float32 for weight in modules["bf16-mixed"].parameters())


def test_frozen_parameters_stay_and_any_method_may_serve_the_loss(task):
    class TwoParts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.Linear(12, 8), nn.Linear(8, 3)

        def embed(self, x):
            return self.body(x).relu()

    module = TwoParts()
    module.body.requires_grad_(False)
    before = copy.deepcopy(module)
    train(
        module,
        lambda module, batch: nn.functional.cross_entropy(module.head(module.embed(batch[0])), batch[1]),
        task.batches,
        epochs=1,
        weight_decay=0.5,
    )
    assert torch.equal(module.body.weight, before.body.weight)
    assert not torch.equal(module.head.weight, before.head.weight)
    copy.deepcopy(module)  # nothing of the loop hangs on to it


@pytest.mark.parametrize("diverges_in", [1, 3])
def test_a_loss_that_is_nan_names_the_setting_and_leaves_the_best_weights(diverges_in):
    module, seen = OneNumber(), [0.0]

    def batches(epoch, generator):
        return [torch.full((4,), math.nan if epoch + 1 == diverges_in else 1.0)]

    def validate(module):
        seen.append(module.number.item())
        return -len(seen)  # the first epoch is the best

    with pytest.raises(TrainingFailed, match=rf"nan in epoch {diverges_in} of 5.*Lower lr, which is 0\.1"):
        train(module, distance, batches, epochs=5, lr=0.1, validate=validate)
    assert module.number.item() == (seen[1] if diverges_in > 1 else 0.0)


def test_a_weight_that_is_infinite_is_noticed_before_it_is_kept():
    module = OneNumber()
    with pytest.raises(TrainingFailed, match="weight is not finite in epoch 1"):
        train(
            module, lambda module, batch: module(batch).abs().sqrt().mean(), ones, epochs=1
        )  # slope 0 * inf
    assert module.number.item() == 0


@pytest.mark.parametrize(("weight_decay", "said"), [(1e30, "or weight_decay, which is 1e+30"), (1.0, None)])
def test_a_decay_that_makes_weights_grow_is_named_beside_the_learning_rate(weight_decay, said):
    def loss(module, batch):
        return distance(module, batch) * (1 if said else math.nan)

    with pytest.raises(TrainingFailed) as stopped:
        train(OneNumber(), loss, ones, epochs=5, lr=0.1, weight_decay=weight_decay)
    assert "Lower lr, which is 0.1" in str(stopped.value)
    assert said in str(stopped.value) if said else "weight_decay" not in str(stopped.value)


def test_a_metric_that_is_nan_is_no_best():
    with pytest.raises(TrainingFailed, match="validate returned nan after epoch 1"):
        train(OneNumber(), distance, ones, epochs=2, validate=lambda module: math.nan)


def test_an_interrupted_run_leaves_the_best_weights():
    module = OneNumber()

    def batches(epoch, generator):
        if epoch == 2:
            raise KeyboardInterrupt
        return ones(epoch, generator)

    metrics = iter([2.0, 1.0])
    kept = []

    def validate(module):
        kept.append(module.number.item())
        return next(metrics)

    with pytest.raises(KeyboardInterrupt):
        train(module, distance, batches, epochs=5, validate=validate)
    assert module.number.item() == kept[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"lr": math.nan}, "lr is nan"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"patience": 0, "validate": lambda module: 0.0}, "patience is 0"),
        ({"patience": 2}, "without validate"),
        ({"seed": -1}, "seed is -1"),
        ({"devices": 0}, "devices is 0"),
        ({"device": "gpu"}, "device is 'gpu'; it must be one of 'cpu', 'cuda', 'auto'"),
        ({"precision": "16"}, "precision is '16'; it must be one of '32-true'"),
        ({"precision": "16-mixed"}, "needs a GPU"),
        ({"validate": lambda module: None}, "validate returned None of type NoneType"),
        ({"batches": lambda epoch, generator: []}, "gave no batch"),
        ({"batches": lambda epoch, generator: [np.ones(3)]}, "must be a tensor"),
        ({"batches": lambda epoch, generator: [torch.ones(0)]}, r"found torch.Size\(\[0\]\)"),
        ({"batches": lambda epoch, generator: [(torch.ones(3), torch.ones(2))]}, "same number of rows"),
        ({"loss": lambda module, batch: module(batch)}, r"a tensor of shape \(4,\)"),
        ({"loss": lambda module, batch: 0.5}, "returned 0.5"),
        ({"loss": lambda module, batch: batch.mean()}, "depends on the parameters"),
        ({"module": nn.ReLU()}, "nothing to train"),
        ({"module": OneNumber().requires_grad_(False)}, "nothing to train"),
    ],
)
def test_a_wrong_argument_is_named(changed, said):
    usual = {"module": OneNumber(), "loss": distance, "batches": ones, "epochs": 1}
    with pytest.raises(InvalidArgument, match=said):
        train(**(usual | changed))


def test_batches_that_run_dry_are_an_error():
    once = iter([torch.ones(4)])
    with pytest.raises(InvalidArgument, match="anew at each call"):
        train(OneNumber(), distance, lambda epoch, generator: once, epochs=2)


def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InvalidArgument, match=r"PyTorch sees 0 GPUs here. Use device='cpu'"):
        train(OneNumber(), distance, ones, epochs=1, device="cuda")
    assert isinstance(train(OneNumber(), distance, ones, epochs=1, device="auto"), History)


def test_inside_a_job_of_a_cluster_it_is_still_one_process(monkeypatch):
    for name, value in (("SLURM_NTASKS", "4"), ("SLURM_JOB_NAME", "book"), ("SLURM_PROCID", "2")):
        monkeypatch.setenv(name, value)
    assert len(train(OneNumber(), distance, ones, epochs=1).epochs) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="tests of training on a GPU need one")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_a_gpu_agrees_with_the_cpu(task, same, precision):
    def accuracy(module):
        device = next(module.parameters()).device
        return (module(task.x[400:].to(device)).argmax(1).cpu() == task.y[400:]).double().mean().item()

    def trained(device, precision):
        module = task.network()
        found = train(
            module, task.loss, task.batches, epochs=8, lr=0.02, validate=accuracy, device=device,
            precision=precision,
        )  # fmt: skip
        assert next(module.parameters()).device.type == "cpu"
        return module, found

    (module, found), (again, _), (_, expected) = (
        trained("cuda", precision), trained("cuda", precision), trained("cpu", "32-true")
    )  # fmt: skip
    assert same(module, again)
    assert abs(found.best - expected.best) < 0.05


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("where", [Terminal, io.StringIO])
def test_progress_is_for_terminals_only(monkeypatch, where):
    screen = where()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    train(OneNumber(), distance, ones, epochs=2, validate=lambda module: 0.5, label="Latent factors")
    assert ("Latent factors: loss" in screen.getvalue()) == (where is Terminal)
    assert ("metric 0.5" in screen.getvalue()) == (where is Terminal)
    if where is io.StringIO:
        assert not screen.getvalue()


def test_the_best_weights_are_copied_into_the_same_memory():
    module = OneNumber()
    state = State.start(module)
    held = state.best_weights["number"]
    with torch.no_grad():
        for number, metric in ((1.0, 0.5), (2.0, 0.9), (3.0, 0.1)):
            module.number.fill_(number)
            state.note(module, 0.0, metric)
    assert state.best_weights["number"] is held and held.item() == 2.0
    assert held.data_ptr() != module.number.data_ptr()
