"""Other libraries that measure ranked lists, each in the quickest form it offers."""

import importlib
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import scipy.sparse as sp

CUTOFFS = (10, 20)
DEPTH = max(CUTOFFS)
RANX = {name: name for name in ("precision", "recall", "f1", "mrr", "ndcg", "map")} | {"hit": "hit_rate"}
IR_MEASURES = {"precision": "P", "recall": "R", "ndcg": "nDCG", "hit": "Success", "map": "AP"}
PYTREC_EVAL = {"precision": "P", "recall": "recall", "ndcg": "ndcg_cut", "hit": "success", "map": "map_cut"}


class MetricPeer(ABC):
    """A library that measures lists of item codes against the relevant items of each user.

    Parameters
    ----------
    relevant : CSR, shape (n, n_items)
        Turned here into the form that the library takes; that is never timed.
    """

    module: str
    """What to import."""
    name: str
    """How the table names it."""
    compiles = False
    """Whether its first call compiles."""

    @abstractmethod
    def __init__(self, relevant: sp.csr_matrix) -> None: ...

    @abstractmethod
    def prepared(self, lists: np.ndarray) -> Any:
        """Lists, shape (n, DEPTH), in the form that the library takes."""

    @abstractmethod
    def measured(self, run: Any) -> Any:
        """What the library finds for each user, in its own form."""

    @abstractmethod
    def values(self, found: Any) -> dict[str, np.ndarray]:
        """The same as one array a measure, under our names."""


class RanxArrays(MetricPeer):
    """ranx on plain arrays, which spares it its dictionaries of strings."""

    module, name, compiles = "ranx", "ranx, arrays", True

    def __init__(self, relevant: sp.csr_matrix) -> None:
        self._ranx = importlib.import_module(self.module)
        self._names = {f"{RANX[ours]}@{cut}": f"{ours}@{cut}" for ours in RANX for cut in CUTOFFS}
        self._relevant = self._judgements(relevant)

    def _judgements(self, relevant: sp.csr_matrix) -> Any:
        count = np.diff(relevant.indptr)
        padded = np.zeros((len(count), count.max(), 2))  # code and relevance; ranx skips a relevance of 0
        padded[..., 0] = -1  # a code of no item, or filled places would count as hits of item 0
        row = np.repeat(np.arange(len(count)), count)
        place = np.arange(len(row)) - np.repeat(relevant.indptr[:-1], count)
        padded[row, place] = np.column_stack([relevant.indices, relevant.data])
        return padded

    def prepared(self, lists: np.ndarray) -> Any:
        run = np.empty((*lists.shape, 2))
        run[..., 0], run[..., 1] = lists, np.arange(lists.shape[1], 0, -1)
        return run

    def measured(self, run: Any) -> dict[str, np.ndarray]:
        return self._ranx.evaluate(
            self._relevant, run, [*self._names], return_mean=False, save_results_in_run=False
        )

    def values(self, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {ours: found[theirs] for theirs, ours in self._names.items()}


class RanxRun(RanxArrays):
    """ranx as its documentation shows it: Qrels and Run made from dictionaries."""

    name = "ranx, Run"

    def _judgements(self, relevant: sp.csr_matrix) -> Any:
        return self._ranx.Qrels(_judged(relevant))

    def prepared(self, lists: np.ndarray) -> Any:
        return self._ranx.Run(_ranked(lists))


class IrMeasures(MetricPeer):
    """ir_measures with its provider pytrec_eval, built once.

    That has no F1 and no reciprocal rank at a cut-off. It is not asked for F1, and for the reciprocal rank
    once, of the whole list, which is that at 20: it does three figures less than we do.
    """

    module, name = "ir_measures", "ir_measures"

    def __init__(self, relevant: sp.csr_matrix) -> None:
        library = importlib.import_module(self.module)
        self._names = {library.RR: f"mrr@{DEPTH}"} | {
            getattr(library, IR_MEASURES[ours]) @ cut: f"{ours}@{cut}"
            for ours in IR_MEASURES
            for cut in CUTOFFS
        }
        self._evaluator = library.pytrec_eval.evaluator([*self._names], _judged(relevant))
        self._n = relevant.shape[0]

    def prepared(self, lists: np.ndarray) -> Any:
        return _ranked(lists)

    def measured(self, run: Any) -> list[Any]:
        return list(self._evaluator.iter_calc(run))

    def values(self, found: list[Any]) -> dict[str, np.ndarray]:
        arrays = {name: np.full(self._n, np.nan) for name in self._names.values()}
        for one in found:
            arrays[self._names[one.measure]][int(one.query_id)] = one.value
        return arrays


class PytrecEval(MetricPeer):
    """pytrec_eval called directly, for the same figures: trec_eval's C code, which ir_measures drives."""

    module, name = "pytrec_eval", "pytrec_eval"

    def __init__(self, relevant: sp.csr_matrix) -> None:
        library = importlib.import_module(self.module)
        self._names = {"recip_rank": f"mrr@{DEPTH}"} | {
            f"{PYTREC_EVAL[ours]}_{cut}": f"{ours}@{cut}" for ours in PYTREC_EVAL for cut in CUTOFFS
        }
        cuts = ",".join(str(cut) for cut in CUTOFFS)
        asked = {"recip_rank", *(f"{theirs}.{cuts}" for theirs in PYTREC_EVAL.values())}
        self._evaluator = library.RelevanceEvaluator(_judged(relevant), asked)

    def prepared(self, lists: np.ndarray) -> Any:
        return _ranked(lists)

    def measured(self, run: Any) -> dict[str, dict[str, float]]:
        return self._evaluator.evaluate(run)

    def values(self, found: dict[str, dict[str, float]]) -> dict[str, np.ndarray]:
        users = sorted(found)
        return {
            ours: np.array([found[user][theirs] for user in users]) for theirs, ours in self._names.items()
        }


PEERS: tuple[type[MetricPeer], ...] = (RanxArrays, RanxRun, IrMeasures, PytrecEval)


def _judged(relevant: sp.csr_matrix) -> dict[str, dict[str, int]]:
    """Relevant items by user; their names are padded, so that sorted they stand in the order of the rows."""
    ends = zip(relevant.indptr, relevant.indptr[1:], strict=False)
    codes = [relevant.indices[start:stop].tolist() for start, stop in ends]
    return {f"{user:08d}": {str(item): 1 for item in row} for user, row in enumerate(codes)}


def _ranked(lists: np.ndarray) -> dict[str, dict[str, float]]:
    """Lists by user, with falling scores."""
    falling = [float(place) for place in range(lists.shape[1], 0, -1)]
    return {
        f"{user:08d}": dict(zip(map(str, row), falling, strict=True))
        for user, row in enumerate(lists.tolist())
    }
