"""Processes of other environments: when they are taken, what they answer, what they say of memory."""

import mmap
import sys

import numpy as np
import pytest

from benchmarks import recbole_environment, worker
from benchmarks.generated import Size, plays
from benchmarks.variational import OURS
from benchmarks.worker_process import Worker
from musicrec.models import MultVAE

SMALL = {**OURS, "latent": 4, "hidden": 8}
needs_proc = pytest.mark.skipif(not worker.FORGET.exists(), reason="only Linux tells the peak of a call")


def arrays(train):
    pairs = train.binary.tocoo()
    return {"user": pairs.row, "item": pairs.col, "shape": np.array(train.binary.shape)}


def test_an_environment_made_for_other_versions_is_not_taken(tmp_path, monkeypatch):
    assert recbole_environment.python(tmp_path) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert recbole_environment.python(tmp_path) is None  # it was never finished
    (tmp_path / ".made-for").write_text(recbole_environment._wanted(), encoding="utf-8")
    assert recbole_environment.python(tmp_path) == tmp_path / "bin" / "python"
    monkeypatch.setattr(recbole_environment, "PACKAGES", ("recbole==0",))
    assert recbole_environment.python(tmp_path) is None


def hold(size):
    """Take new memory of the system and write to each page: an array might get what was free already."""
    with mmap.mmap(-1, size) as pages:
        pages[:: mmap.PAGESIZE] = b"1" * len(range(0, size, mmap.PAGESIZE))


@needs_proc
def test_the_memory_of_a_call_is_its_own_and_that_of_the_process_all():
    large = worker.cost(lambda: hold(100_000_000))
    assert 95e6 < large["call"] < 120e6  # the kernel counts pages in lots
    small = worker.cost(lambda: hold(10_000_000))
    assert 8e6 < small["call"] < 30e6
    assert small["process"] >= large["process"] > 95e6
    assert large["seconds"] > small["seconds"] > 0


def test_memory_is_none_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(worker, "FORGET", tmp_path / "clear_refs")
    found = worker.cost(lambda: None)
    assert found.pop("seconds") >= 0
    assert found == {"process": None, "call": None}


def test_our_worker_is_our_model():
    train = plays(Size(40, 30, 6), groups=3)
    model = MultVAE(**SMALL, epochs=2).fit(train)
    with Worker(sys.executable, "our_multvae", arrays(train), SMALL) as ours:
        told = ours.train(2)
        assert told["loss"] == pytest.approx(model.history_.epochs["loss"].iloc[-1])
        assert np.allclose(ours.scores(), model.score(np.arange(40)), atol=1e-5)
        assert ours.train(1)["loss"] != pytest.approx(told["loss"])
        with pytest.raises(RuntimeError, match=r"(?s)process of our_multvae ended.*no attribute 'further'"):
            ours.further(1)
