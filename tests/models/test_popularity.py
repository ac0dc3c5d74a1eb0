"""Popularity counts listeners, asks nobody who they are, and lists what most people played."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.data import Interactions
from musicrec.models import Popularity

PLAYS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(1, 99)), min_size=1, max_size=40)


def interactions(plays):
    events = pd.DataFrame(plays, columns=["user", "item", "weight"])
    return Interactions(pd.Index(list("abcdef")), pd.Index(list("stuvwxyz")), events)


@settings(max_examples=50)
@given(PLAYS)
def test_a_score_is_the_number_of_different_listeners(plays):
    listeners = [len({user for user, played, _ in plays if played == item}) for item in range(8)]
    model = Popularity().fit(interactions(plays))
    assert (model.score(range(6)) == listeners).all()
    assert (model.score_history(sp.csr_matrix((2, 8))) == listeners).all()


def test_many_plays_of_one_fan_do_not_make_an_item_popular():
    x = interactions([(0, 0, 5000), (0, 1, 1), (1, 1, 1)])
    assert Popularity().fit(x).recommend([3], k=2).tolist() == [[1, 0]]


def test_everybody_gets_the_same_list_a_listener_without_plays_too():
    rng = np.random.default_rng(0)
    plays = [(user, item, 1) for user in range(5) for item in range(8) if rng.random() < 0.5]
    lists = Popularity().fit(interactions(plays)).recommend(range(6), k=4)
    assert (lists == lists[0]).all()
