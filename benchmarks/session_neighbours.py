"""The next play by session neighbours: our arrays against the dictionaries and loops of published code.

Sessions are generated (benchmarks.generated_sessions), as many as #nowplaying has for training. SKNN, V-SKNN
and STAN stand fitted, with the settings that they have if none are given; timed is the list of the 20 best
items for prefixes of other sessions. Ours scores all items and breaks ties by a hash; the peer
(benchmarks.plain_session_knn) scores only those that a neighbour holds. Both must put the same item on each
place of each list, or one of the same score.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.generated_sessions import NOWPLAYING, Listening, sessions
from benchmarks.plain_session_knn import PlainNeighbours, PlainSKNN, PlainSTAN, PlainVSKNN
from benchmarks.rounds import Pair, same_values
from musicrec.data import Sessions
from musicrec.models import SKNN, STAN, VSKNN, SequenceModel

DEPTH = 20
TOLERANCE = 1e-6  # of the highest score; ours are float32


def pairs(size: Listening = NOWPLAYING, prefixes: int = 100) -> Iterator[Pair]:
    """What to measure."""
    heard = sessions(Listening(size.sessions + prefixes, size.items))
    past = heard.take(np.arange(size.sessions))
    asked = beginnings(heard.take(np.arange(size.sessions, len(heard))))
    sknn, vsknn, stan = SKNN(), VSKNN(weighting="div", weighting_score="div", idf=0.0), STAN()
    yield pair(sknn, PlainSKNN(past, sknn.k, sknn.sample), past, asked, size)
    yield pair(vsknn, PlainVSKNN(past, vsknn.k, vsknn.sample), past, asked, size)
    decays = stan.lambda1, stan.lambda2, stan.lambda3
    yield pair(stan, PlainSTAN(past, stan.k, stan.sample, *decays), past, asked, size)


def beginnings(whole: Sessions, seed: int = 0) -> Sessions:
    """Of each session the first plays: at least one, and not all."""
    return whole.take(np.arange(len(whole)), np.random.default_rng(seed).integers(1, whole.lengths))


def pair(
    model: SequenceModel, plain: PlainNeighbours, past: Sessions, asked: Sessions, size: Listening
) -> Pair:
    model.fit(past, n_items=size.items)
    prefixes = [prefix.tolist() for prefix in asked]

    def agree(ours: np.ndarray, theirs: list[list[int]]) -> None:
        found = np.zeros((2, len(prefixes), DEPTH))  # an item that no neighbour holds scores 0
        for row, prefix in enumerate(prefixes):
            scores = plain.scores(prefix)
            best = max(scores.values(), default=1.0)
            for side, listed in enumerate((ours[row].tolist(), theirs[row])):
                found[side, row, : len(listed)] = [scores.get(item, 0.0) / best for item in listed]
        same_values({"scores": found[0]}, {"scores": found[1]}, TOLERANCE)

    return Pair(
        what=f"{type(model).__name__}, the {DEPTH} best after a prefix; {size}",
        peer="dictionaries and loops",
        ours=lambda: model.recommend_next(asked, DEPTH),
        theirs=lambda: [plain.best(prefix, DEPTH) for prefix in prefixes],
        agree=agree,
        pieces=len(prefixes),
    )
