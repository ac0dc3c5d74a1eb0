"""A run killed while the Songbook is being built leaves nothing half written, and the next goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from musicrec import data
from musicrec.audio import score

# Dies like a machine that loses power: at the first write of a world, in the middle of it; or before the
# listeners have listened, when all scores are kept; or after the first batch of scores.
KILLED = """
import os, signal, sys
import numpy as np
from musicrec import data
from musicrec.data import songbook, songbook_scores

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, **arrays):
    open(path, "wb").write(b"PK" * 1000)
    die()

where = sys.argv[1]
if where == "listening":
    songbook.simulate = die
elif where == "writing":
    np.savez = half
else:
    songbook_scores._BATCH = 4
    whole, reads = songbook_scores.score.read_pieces, []
    def read(*args, **kwargs):
        reads.append(1)
        return die() if len(reads) > 1 else whole(*args, **kwargs)
    songbook_scores.score.read_pieces = read
data.load("songbook", n_users=5, n_pieces=12)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(("where", "kept"), [("reading", 4), ("listening", 12), ("writing", 12)])
def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, kept: int) -> None:
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", KILLED, where], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not [path for path in (tmp_path / "songbook").glob("*.npz") if not path.name.startswith(".")]

    read: list[str] = []
    whole = score.read_pieces

    def counting(pieces: list[str], **options: int) -> score.Reading:
        read.extend(pieces)
        return whole(pieces, **options)

    monkeypatch.setattr(score, "read_pieces", counting)
    ds = data.load("songbook", n_users=5, n_pieces=12)
    assert 12 - len(read) >= kept
    assert len(ds.interactions) > 0
