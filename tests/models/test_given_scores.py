"""Scores from elsewhere are ranked as they are, for whomever and whatever they are given."""

import numpy as np
import pandas as pd
import pytest

from musicrec import data, evaluation, models
from musicrec.errors import InvalidData

N_USERS, N_ITEMS = 6, 9
PLAYED = pd.DataFrame({"user": [0, 1, 2, 3], "item": [0, 1, 2, 3]})
train = data.Interactions(pd.RangeIndex(N_USERS), pd.RangeIndex(N_ITEMS), PLAYED)
scores = np.random.default_rng(0).permutation(N_USERS * N_ITEMS).reshape(N_USERS, N_ITEMS)


def test_lists_follow_the_scores_of_everybody_and_everything():
    lists = models.GivenScores(scores).fit(train).recommend(np.arange(N_USERS), k=N_ITEMS)
    np.testing.assert_array_equal(lists, np.argsort(-scores, axis=1))


def test_who_knows_what_is_asked_for_is_right_each_time():
    split = data.Split(train=train, test=data.Interactions(train.users, train.items, PLAYED.assign(item=7)))
    truth = split.test.binary.toarray()
    assert evaluation.evaluate(models.GivenScores(truth).fit(train), split, k=1).mean()["ndcg@1"] == 1


def test_it_is_said_by_its_size():
    assert repr(models.GivenScores(scores)) == "GivenScores(6 x 9)"


@pytest.mark.parametrize("wrong", [scores[0], scores.astype(str), np.full((N_USERS, N_ITEMS), np.nan)])
def test_what_is_no_table_of_numbers_is_refused(wrong):
    with pytest.raises(InvalidData, match="finite numbers"):
        models.GivenScores(wrong)


def test_scores_of_others_are_refused():
    with pytest.raises(InvalidData, match=r"GivenScores\(6 x 8\) was fitted to 6 users and 9 items"):
        models.GivenScores(scores[:, 1:]).fit(train)
