"""A mean over seeds is that of the users' means, and its interval is that of a comparison with nothing."""

import numpy as np
import pandas as pd
import pytest

from musicrec import data, evaluation, models
from musicrec.errors import InvalidArgument
from musicrec.evaluation.resampling import two_level_interval


@pytest.fixture(scope="module")
def runs():
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((60, 40)) < 0.3)
    x = data.Interactions(pd.RangeIndex(60), pd.RangeIndex(40), pd.DataFrame({"user": user, "item": item}))
    splits = [data.holdout(x, test=0.3, valid=0, seed=seed) for seed in range(3)]
    return [
        evaluation.evaluate(models.Popularity().fit(split.train), split, k=(5, 10), seed=seed)
        for seed, split in enumerate(splits)
    ]


def test_users_are_averaged_over_seeds_first(runs):
    found = evaluation.mean_over_seeds(runs)
    by_user = pd.concat([run.per_user for run in runs]).groupby(level=0).mean()
    pd.testing.assert_series_equal(found["mean"], by_user.mean(), check_names=False)
    assert (found["low"] < found["mean"]).all() and (found["mean"] < found["high"]).all()


def test_each_interval_is_that_of_its_measure_alone(runs):
    found = evaluation.mean_over_seeds(runs, resamples=200, seed=3)
    for metric in ("ndcg@10", "recall@5"):
        of_seeds = pd.concat([run.per_user[metric] for run in runs], axis=1).to_numpy()
        alone = two_level_interval(of_seeds, 0.95, 200, 3)
        assert found.loc[metric, ["low", "high"]].to_numpy(float) == pytest.approx(alone)


def test_one_evaluation_is_one_seed(runs):
    one = evaluation.mean_over_seeds(runs[0])
    pd.testing.assert_series_equal(one["mean"], runs[0].mean(), check_names=False)


def test_evaluations_of_two_models_are_refused(runs):
    split = data.holdout(
        data.Interactions.from_frame(pd.DataFrame({"user": [0, 0, 1, 1], "item": [0, 1, 0, 2]})),
        test=0.5,
        valid=0,
    )
    other = evaluation.evaluate(models.Random().fit(split.train), split, seed=9)
    with pytest.raises(InvalidArgument, match="mixes the models"):
        evaluation.mean_over_seeds([runs[0], other])
    other_question = evaluation.evaluate(models.Popularity().fit(split.train), split, k=3, seed=9)
    with pytest.raises(InvalidArgument, match="mixes questions"):
        evaluation.mean_over_seeds([runs[0], other_question])
    unnamed = evaluation.evaluate(models.Popularity().fit(split.train), split, k=3)
    with pytest.raises(InvalidArgument, match="a seed each"):
        evaluation.mean_over_seeds([unnamed, unnamed])
    with pytest.raises(InvalidArgument, match="level"):
        evaluation.mean_over_seeds(runs, level=2)
