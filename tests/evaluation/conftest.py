"""Models whose scores are given, and evaluations whose figures are."""

import numpy as np
import pandas as pd
import pytest

from musicrec import data, evaluation
from musicrec.models import Recommender


class Given(Recommender):
    """Scores (n_users, n_items) that are given; a listener's history is scored by what `of_history` holds."""

    def __init__(self, scores, of_history=None, cold=False):
        self.scores, self.of_history = np.asarray(scores, dtype=np.float32), of_history
        self.can_score_cold_items = cold
        self.can_score_history = of_history is not None

    def __repr__(self):
        return f"Given(shape={self.scores.shape})"

    def _fit(self, train, side):
        pass

    def _score(self, users):
        return self.scores[users]

    def _score_history(self, matrix):
        return (matrix @ self.of_history).astype(np.float32)


@pytest.fixture
def given_scores():
    return Given


@pytest.fixture
def interactions_of():
    """Interactions from pairs of codes; users are named u0, u1, ..., items i0, i1, ..."""

    def make(pairs, n_users, n_items, weight=None):
        frame = pd.DataFrame(pairs, columns=["user", "item"])
        if weight is not None:
            frame["weight"] = weight
        users = pd.Index([f"u{u}" for u in range(n_users)])
        items = pd.Index([f"i{i}" for i in range(n_items)])
        return data.Interactions(users, items, frame)

    return make


@pytest.fixture
def evaluation_with():
    """An Evaluation with given figures of one metric, by user label."""

    def make(values, model="A()", metric="ndcg@10", seed=None, part="test", candidates=(0, 1)):
        per_user = pd.DataFrame({metric: pd.Series(values, dtype=np.float64)})
        return evaluation.Evaluation(
            model=model,
            per_user=per_user,
            lists=np.zeros((len(per_user), 1), dtype=np.int64),
            users=np.arange(len(per_user)),
            candidates=np.array(candidates),
            part=part,
            left_out=0,
            masked=0,
            by_construction=False,
            seed=seed,
        )

    return make
