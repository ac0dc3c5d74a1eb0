"""A recommender asked for the next play is the recommender, sessions being its listeners."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from musicrec.data import Interactions, Sessions
from musicrec.errors import InvalidArgument
from musicrec.models import ALS, BPR, EASE, ContentKNN, ItemKNN, MarkovChain, Popularity, StaticNext

LISTS = [[0, 1, 2], [0, 1, 1], [3, 4], [3, 4, 5, 3], [2]]


def sessions():
    return Sessions(np.concatenate(LISTS), np.cumsum([0, *map(len, LISTS)][:-1]))


@pytest.mark.parametrize(
    "recommender", [Popularity(), ItemKNN(weight="raw"), EASE(), ALS(factors=2)], ids=repr
)
def test_scores_are_those_of_the_recommender_with_sessions_as_listeners(recommender):
    table = pd.DataFrame(
        [(n, item) for n, items in enumerate(LISTS) for item in items], columns=["user", "item"]
    )
    x = Interactions(pd.RangeIndex(5), pd.RangeIndex(7), table)
    history = sp.csr_matrix(np.array([[1, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0]], dtype=np.float32))
    expected = type(recommender)(**recommender.params).fit(x).score_history(history)
    model = StaticNext(recommender).fit(sessions(), n_items=7)
    np.testing.assert_allclose(model.score_next([[3, 0, 3], [4]]), expected, rtol=1e-5)


def test_the_order_of_a_prefix_makes_no_difference():
    model = StaticNext(ItemKNN()).fit(sessions())
    assert (model.score_next([[0, 3, 4]]) == model.score_next([[4, 0, 3]])).all()


def test_the_recommender_given_is_left_as_it_is():
    given = Popularity()
    StaticNext(given).fit(sessions())
    with pytest.raises(InvalidArgument, match="has not been fitted"):
        given.score([0])


def test_what_cannot_score_a_session_is_refused():
    with pytest.raises(InvalidArgument, match="BPR cannot score what a new listener played"):
        StaticNext(BPR())
    with pytest.raises(InvalidArgument, match="needs a Recommender, found MarkovChain"):
        StaticNext(MarkovChain())
    with pytest.raises(InvalidArgument, match="features"):
        StaticNext(ContentKNN()).fit(sessions())
