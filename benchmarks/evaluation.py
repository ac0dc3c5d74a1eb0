"""From scores to metrics: seven measures at two cut-offs, for as many users and items as Last.fm-2k has.

Three pieces of work, each against each peer:

- `metrics of ready lists`: the lists of the 20 best items stand ready in each library's own form, and so do
  the relevant items; only the measuring is timed.
- `scores to metrics`: scores of all items stand ready as an array. Timed are choosing the 20 best, bringing
  the lists into the library's form, and measuring. The peers choose by torch.topk, the quickest of what one
  would write by hand (numpy.argpartition takes longer); ours breaks ties by a hash as well.
- `evaluate()`: the same through our whole protocol, with a model that has its scores at hand: it masks what
  was played in train, finds out what is relevant, ranks, measures and makes a table. The peers get a copy of
  the scores in which the masked ones are minus infinity (the copy is timed: evaluate() makes one too), and
  the relevant items ready.
"""

import importlib.util
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.generated import LASTFM_2K, Size, interactions, pattern, scores
from benchmarks.metric_peers import CUTOFFS, DEPTH, PEERS, MetricPeer
from benchmarks.rounds import Pair, same_values
from musicrec.data import Split
from musicrec.evaluation import Evaluation, evaluate
from musicrec.metrics import ranking_metrics
from musicrec.models import GivenScores, tie_ranks, top_k

TOLERANCE = 1e-9


class Case:
    """Scores, what is relevant, and what was played before, over users and items of one size."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.relevant = pattern(size, 1, 19, seed=0)
        self.scores = scores(size, self.relevant, seed=1)
        played = pattern(size, size.each, size.each, seed=2)
        self.played = (played - played.multiply(self.relevant)).tocoo()
        test = self.relevant.tocoo()
        self.split = Split(
            train=interactions(size, self.played.row, self.played.col),
            test=interactions(size, test.row, test.col),
        )
        self.model = GivenScores(self.scores).fit(self.split.train)
        self.tie_rank = tie_ranks(range(size.items))
        self.lists = top_k(self.scores, DEPTH, self.tie_rank)

    def masked(self) -> np.ndarray:
        """The scores, minus infinity where something was played."""
        found = self.scores.copy()
        found[self.played.row, self.played.col] = -np.inf
        return found


def pairs(size: Size = LASTFM_2K) -> Iterator[Pair | str]:
    """What to measure; lines of text are for the reader: who is absent, how long a peer compiled."""
    case = Case(size)
    peers = []
    for peer_class in PEERS:
        if importlib.util.find_spec(peer_class.module) is None:
            yield f"left out: {peer_class.name} is not installed (pip install -e '.[bench]' brings it)"
            continue
        started = time.perf_counter()
        peer = peer_class(case.relevant)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numba, about ranx's types
            peer.measured(peer.prepared(case.lists))
        if peer.compiles:
            seconds = time.perf_counter() - started
            yield f"{peer.name}: {seconds:.0f} s for the first call, which compiles; in no ratio"
        peers.append(peer)
    for work in (metrics_of_ready_lists, scores_to_metrics, whole_evaluation):
        for peer in peers:
            yield work(case, peer)


def metrics_of_ready_lists(case: Case, peer: MetricPeer) -> Pair:
    ready = peer.prepared(case.lists)
    return Pair(
        what=f"metrics of ready lists, {case.size}",
        peer=peer.name,
        ours=lambda: ranking_metrics(case.lists, case.relevant, CUTOFFS),
        theirs=lambda: peer.measured(ready),
        agree=lambda ours, theirs: same_values(ours, peer.values(theirs), TOLERANCE),
    )


def scores_to_metrics(case: Case, peer: MetricPeer) -> Pair:
    return Pair(
        what=f"scores to metrics, {case.size}",
        peer=peer.name,
        ours=lambda: ranking_metrics(top_k(case.scores, DEPTH, case.tie_rank), case.relevant, CUTOFFS),
        theirs=lambda: peer.measured(peer.prepared(_best(case.scores))),
        agree=lambda ours, theirs: same_values(ours, peer.values(theirs), TOLERANCE),
    )


def whole_evaluation(case: Case, peer: MetricPeer) -> Pair:
    def agree(ours: Evaluation, theirs: Any) -> None:
        found = {name: ours.per_user[name].to_numpy() for name in ours.per_user.columns}
        same_values(found, peer.values(theirs), TOLERANCE)

    return Pair(
        what=f"evaluate(), {case.size}",
        peer=peer.name,
        ours=lambda: evaluate(case.model, case.split, CUTOFFS),
        theirs=lambda: peer.measured(peer.prepared(_best(case.masked()))),
        agree=agree,
    )


def _best(scores: np.ndarray) -> np.ndarray:
    return torch.topk(torch.from_numpy(scores), DEPTH).indices.numpy()
