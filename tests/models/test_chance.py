"""The null model draws by lot: at the level of chance, other lists for others, the same each time."""

import numpy as np
import pandas as pd

from musicrec import data, models

N_USERS, N_ITEMS = 400, 50
train = data.Interactions(
    pd.RangeIndex(N_USERS),
    pd.RangeIndex(N_ITEMS),
    pd.DataFrame({"user": np.arange(N_USERS), "item": 0}),
)
everybody = np.arange(N_USERS)


def test_each_item_is_listed_as_often_as_any_other_within_chance():
    lists = models.Random().fit(train).recommend(everybody, k=10)
    times = np.bincount(lists.ravel(), minlength=N_ITEMS)
    share = 10 / N_ITEMS
    assert abs(times.mean() - N_USERS * share) < 1e-9
    assert np.abs(times - times.mean()).max() < 5 * np.sqrt(N_USERS * share * (1 - share))


def test_lists_differ_between_users_and_seeds_and_not_between_calls():
    model = models.Random(seed=1).fit(train)
    lists = model.recommend(everybody, k=10)
    assert len(np.unique(lists, axis=0)) == N_USERS
    assert (lists[[7, 3]] == model.recommend(np.array([7, 3]), k=10)).all()
    assert (lists != models.Random(seed=2).fit(train).recommend(everybody, k=10)).any()
