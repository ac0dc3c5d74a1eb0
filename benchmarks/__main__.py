"""`make bench`: how long this library takes beside others, as ratios from one run.

Seven tables: measuring ranked lists (benchmarks.evaluation says what is timed), fitting models
(benchmarks.fits), sound (benchmarks.audio), training networks (benchmarks.training), the next play by session
neighbours (benchmarks.session_neighbours) and by GRU4Rec (benchmarks.recurrent), and Mult-VAE
(benchmarks.variational). Both sides of a pair run in every round (benchmarks.rounds), on one thread, and in
this process; only RecBole has one of its own, since it needs other versions (benchmarks.recbole_environment),
and waits there while it is not its turn. So has ours for Mult-VAE, where memory is compared. The run takes a
quarter of an hour or more, and then Mult-VAE takes longer than all others together, since RecBole trains to
two goals. A peer that is not installed is left out in a line that says so; sides that compute other values
stop the run.
`make bench KEEP=1` also writes data/results/cost/benchmarks.json.
"""

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

from workflow.execute import ONE_THREAD
from workflow.plan import ROOT

KEPT = ROOT / "data" / "results" / "cost" / "benchmarks.json"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Print ratios to other libraries."
    )
    parser.add_argument("--keep", action="store_true", help=f"also write {KEPT.relative_to(ROOT)}")
    keep: Path | None = KEPT if parser.parse_args().keep else None
    os.environ.update(ONE_THREAD)  # before NumPy and the others are loaded, which ask only once
    with tempfile.TemporaryDirectory() as compiled:
        os.environ["NUMBA_CACHE_DIR"] = compiled  # so that what compiles does so in this run, and is seen to
        from rich.console import Console

        from benchmarks import (
            audio,
            evaluation,
            fits,
            recurrent,
            report,
            session_neighbours,
            training,
            variational,
        )

        suites: report.Suites = {
            "Measuring: precision, recall, F1, MRR, NDCG, hit rate and MAP at 10 and 20": evaluation.pairs,
            "Fitting": fits.pairs,
            "Sound": audio.pairs,
            "Training": training.pairs,
            "The next play, by session neighbours": session_neighbours.pairs,
            "The next play, by GRU4Rec": recurrent.pairs,
            "Mult-VAE": variational.pairs,
        }
        warnings.filterwarnings("ignore", module="implicit")  # which warns of a call of its own
        return report.run(suites, Console(width=None if sys.stdout.isatty() else 120), keep)


if __name__ == "__main__":
    sys.exit(main())
