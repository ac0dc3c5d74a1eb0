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
from musicrec.data.songbook import build, scores

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, **arrays):
    open(path, "wb").write(b"PK" * 1000)
    die()

where = sys.argv[1]
if where == "listening":
    build.simulate = die
elif where == "writing":
    np.savez = half

whole, batches = scores.score.read_pieces, []
def read(pieces, **options):
    if where == "reading" and batches:
        die()
    batches.append(len(pieces))
    print(len(pieces), flush=True)
    return whole(pieces, **options)
scores.score.read_pieces = read
scores._BATCH = 4
data.load("songbook", n_users=5, n_pieces=12)
"""


def reads(where: str, cache: Path) -> int:
    """How many pieces a run read that died at a place; a run that dies while reading counts none."""
    environment = {**os.environ, "MUSICREC_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, where], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not [path for path in (cache / "songbook").glob("*.npz") if not path.name.startswith(".")]
    return sum(map(int, done.stdout.split()))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_run_that_is_killed_again_and_again_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reads("reading", tmp_path) == 4
    assert reads("listening", tmp_path) == 8, "the four that were read before are kept"
    assert reads("writing", tmp_path) == 0, "all were kept before the listeners listened"
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path))
    monkeypatch.setattr(score, "read_pieces", lambda *a, **k: pytest.fail("read again"))
    assert len(data.load("songbook", n_users=5, n_pieces=12).interactions) > 0
