"""Two processes that share each batch take the steps of one."""

import json
import pickle
import subprocess
import sys
from types import SimpleNamespace

import hypothesis.strategies as st
import pandas as pd
import pytest
import torch
from hypothesis import given

from musicrec.errors import InvalidArgument, TrainingFailed
from musicrec.training import train
from musicrec.training.devices import launch, share_of
from musicrec.training.job import Job, Settings

SCRIPT = """
import json
import pickle
import torch
from torch import nn
from musicrec.training import train

def trained(devices):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(60, 6, generator=generator)
    y = (x @ torch.randn(6, 1, generator=generator)).tanh()
    module = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1))

    def loss(module, batch):  # nested, as a notebook's or a model's would be
        return nn.functional.mse_loss(module(batch[0]), batch[1])

    def batches(epoch, generator):  # of odd rows: the processes take shares of unequal length
        return [(x[rows], y[rows]) for rows in torch.randperm(60, generator=generator).split(17)]

    history = train(
        module, loss, batches, epochs=3, lr=0.02, devices=devices, seed=4,
        validate=lambda module: -nn.functional.mse_loss(module(x), y).item(),
    )
    return [weight.tolist() for weight in module.parameters()], history.epochs.to_dict("list")

if __name__ == "__main__":
    print(json.dumps([trained(1), trained(2)]))
"""


@pytest.mark.slow
def test_two_processes_find_what_one_finds(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, tmp_path / "script.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    (weights, epochs), (theirs, their_epochs) = json.loads(done.stdout)
    for ours, other in zip(weights, theirs, strict=True):
        torch.testing.assert_close(torch.tensor(ours), torch.tensor(other), rtol=0, atol=1e-6)
    pd.testing.assert_frame_equal(pd.DataFrame(epochs), pd.DataFrame(their_epochs), rtol=1e-5)
    assert epochs["loss"][-1] < epochs["loss"][0]


def test_an_error_in_the_processes_arrives_as_itself(task):
    settings = Settings(epochs=1, lr=0.1, weight_decay=0.0, patience=None, precision="32-true", seed=0)
    job = Job(task.network(), task.loss, task.batches, None, settings, None, "", "Training")

    def run(fabric, job):
        with torch.no_grad():
            job.module[0].weight.zero_()
        raise TrainingFailed("Lower lr.")

    fabric = SimpleNamespace(world_size=2)
    fabric.launch = lambda work: pickle.loads(pickle.dumps(work))(fabric)
    with pytest.raises(TrainingFailed, match="Lower lr"):
        launch(run, job, fabric)
    assert not job.module[0].weight.any()  # the weights came with it


@given(rows=st.integers(1, 40), processes=st.integers(1, 8))
def test_each_row_goes_to_one_process(rows, processes):
    batch = (torch.arange(rows), torch.arange(rows) * 10)
    fabrics = [SimpleNamespace(world_size=processes, global_rank=rank) for rank in range(processes)]
    if rows < processes:
        with pytest.raises(InvalidArgument, match=f"{rows} rows, fewer than the {processes} processes"):
            share_of(batch, fabrics[0])
        return
    shares = [share_of(batch, fabric) for fabric in fabrics]
    taken = torch.cat([share[0] for share, _, _ in shares])
    assert sorted(taken.tolist()) == list(range(rows))
    for rank, (share, mine, total) in enumerate(shares):
        assert torch.equal(share[1], share[0] * 10)
        assert share[0].tolist() == list(range(rank, rows, processes))
        assert (mine, total) == (len(share[0]), rows)
    assert torch.equal(share_of(batch[0], fabrics[0])[0], shares[0][0][0])


def test_a_notebook_cannot_start_processes(task, monkeypatch):
    monkeypatch.setattr("lightning_fabric.connector._IS_INTERACTIVE", True)
    with pytest.raises(InvalidArgument, match=r"devices=2 cannot be had here.*run it as a script"):
        train(task.network(), task.loss, task.batches, epochs=1, devices=2)
