"""Session neighbours from dictionaries and loops, as in published code: a peer that needs no library."""

import heapq
import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence

from musicrec.data import Sessions

Behind = dict[int, int]
"""Each item of a prefix, with the number of plays after its last one."""
Places = dict[int, int]
"""Each item of a past session, with the place of its last play."""


class PlainNeighbours(ABC):
    """Past sessions by item and items by session, in dictionaries; a prefix is compared with one at a time.

    The steps are those of session-rec, the code that Ludewig and Jannach published with their comparisons:
    the set of all past sessions that share an item, the latest `sample` of them, the k most similar of those,
    and the sum of their votes. What is computed is said in `musicrec.models.SKNN`, `VSKNN` and `STAN`.

    Parameters
    ----------
    past : Sessions
        In the order of time, of two plays or more each.
    k, sample : int
    """

    def __init__(self, past: Sessions, k: int, sample: int) -> None:
        self.k, self.sample = k, sample
        self.places: list[Places] = [{item: place for place, item in enumerate(one.tolist())} for one in past]
        self.holders: defaultdict[int, set[int]] = defaultdict(set)
        for number, places in enumerate(self.places):
            for item in places:
                self.holders[item].add(number)

    @abstractmethod
    def similarity(self, behind: Behind, length: int, shared: list[int], number: int) -> float:
        """Of a prefix of so many plays to a past session, by the items that both hold."""

    @abstractmethod
    def vote(
        self, scores: defaultdict[int, float], similarity: float, behind: Behind, places: Places
    ) -> None:
        """Add what a neighbour says."""

    def scores(self, prefix: Sequence[int]) -> dict[int, float]:
        """The score of each item that a neighbour holds."""
        last = {item: len(prefix) - 1 - place for place, item in enumerate(prefix)}
        behind = dict(sorted(last.items()))  # so that sums are made in one order, and ties are ties
        candidates: set[int] = set()
        for item in behind:
            candidates |= self.holders.get(item, set())
        similar = []
        for number in heapq.nlargest(self.sample, candidates):
            shared = [item for item in behind if item in self.places[number]]
            similar.append((self.similarity(behind, len(prefix), shared, number), number))
        scores: defaultdict[int, float] = defaultdict(float)
        for similarity, number in heapq.nlargest(self.k, similar):
            self.vote(scores, similarity, behind, self.places[number])
        return scores

    def best(self, prefix: Sequence[int], n: int) -> list[int]:
        """The n items of the highest scores, or as many as were scored."""
        scores = self.scores(prefix)
        return heapq.nlargest(n, scores, key=scores.__getitem__)


class PlainSKNN(PlainNeighbours):
    """`musicrec.models.SKNN`, plainly."""

    def similarity(self, behind: Behind, length: int, shared: list[int], number: int) -> float:
        return len(shared) / math.sqrt(len(behind) * len(self.places[number]))

    def vote(
        self, scores: defaultdict[int, float], similarity: float, behind: Behind, places: Places
    ) -> None:
        for item in places:
            scores[item] += similarity


class PlainVSKNN(PlainNeighbours):
    """`musicrec.models.VSKNN`, plainly, with both weights "div" and no weight for rare items."""

    def similarity(self, behind: Behind, length: int, shared: list[int], number: int) -> float:
        total = 0.0
        for item in shared:
            total += (length - behind[item]) / length
        return total / len(behind)

    def vote(
        self, scores: defaultdict[int, float], similarity: float, behind: Behind, places: Places
    ) -> None:
        step = 1 + min(plays for item, plays in behind.items() if item in places)
        for item in places:
            scores[item] += similarity / step


class PlainSTAN(PlainNeighbours):
    """`musicrec.models.STAN`, plainly.

    Parameters
    ----------
    lambda1, lambda2, lambda3 : float
        As there.
    others
        Of `PlainNeighbours`.
    """

    def __init__(
        self, past: Sessions, k: int, sample: int, lambda1: float, lambda2: float, lambda3: float
    ) -> None:
        super().__init__(past, k, sample)
        self.lambda1, self.lambda2, self.lambda3 = lambda1, lambda2, lambda3

    def similarity(self, behind: Behind, length: int, shared: list[int], number: int) -> float:
        total = 0.0
        for item in shared:
            total += math.exp(-behind[item] / self.lambda1)
        age = (len(self.places) - 1 - number) / max(1, len(self.places) - 1)
        size = len(behind) * len(self.places[number])
        return total / math.sqrt(size) * math.exp(-age / self.lambda2)

    def vote(
        self, scores: defaultdict[int, float], similarity: float, behind: Behind, places: Places
    ) -> None:
        last = max(place for item, place in places.items() if item in behind)
        for item, place in places.items():
            scores[item] += similarity * math.exp(-abs(place - last) / self.lambda3)
