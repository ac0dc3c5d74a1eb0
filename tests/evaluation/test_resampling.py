"""Do the intervals hold what they promise, and are p-values uniform where nothing is there?"""

import itertools

import numpy as np
import pytest
from scipy import stats

from musicrec import errors
from musicrec.evaluation import resampling

TASTE, NOISE = (
    0.035,
    0.085,
)  # of EASE less ItemKNN, NDCG@10 on Last.fm-2k: between users, and from seed to seed


def study(rng, mean=0.0, n_users=200, n_seeds=3, between_seeds=0.0):
    """Differences (n_users, n_seeds), most of them 0 as with real lists; deviation between seeds in units of
    what the users' noise makes of a seed's mean.
    """
    changed = rng.random((n_users, n_seeds)) < 0.4
    noise = NOISE / np.sqrt(0.4) * changed * rng.standard_normal((n_users, n_seeds))
    shift = between_seeds * NOISE / np.sqrt(n_users) * rng.standard_normal(n_seeds)
    return mean + TASTE * rng.standard_normal((n_users, 1)) + noise + shift


def covered(rng, studies=250, absent=0.0, **of_study):
    """Share of studies whose 95% interval holds the true mean."""
    hits = 0
    for seed in range(studies):
        differences = study(rng, mean=0.01, **of_study)
        differences[rng.random(differences.shape) < absent] = np.nan
        differences = differences[~np.isnan(differences).all(axis=1)]
        low, high = resampling.two_level_interval(differences, 0.95, 400, seed)
        hits += low <= 0.01 <= high
    return hits / studies


@pytest.mark.parametrize("n_seeds", [3, 5])
@pytest.mark.parametrize("between_seeds", [0, 1, 3])
def test_the_interval_over_users_and_seeds_covers_what_it_says(n_seeds, between_seeds):
    rng = np.random.default_rng(10 * n_seeds + between_seeds)
    assert 0.90 <= covered(rng, n_seeds=n_seeds, between_seeds=between_seeds) <= 0.99


def test_it_does_so_where_users_are_absent_from_seeds():
    assert 0.90 <= covered(np.random.default_rng(1), n_seeds=4, absent=0.3) <= 0.99


def test_with_one_seed_it_covers_what_another_drawing_of_users_would_change():
    assert 0.90 <= covered(np.random.default_rng(2), n_seeds=1) <= 0.99


def test_users_alone_would_not_cover_what_seeds_change():
    """The null model of the test above: an interval that ignores seeds fails it."""
    rng, hits = np.random.default_rng(3), 0
    for seed in range(100):
        own = study(rng, mean=0.01, between_seeds=3).mean(axis=1, keepdims=True)
        low, high = resampling.bootstrap_interval(own, 0.95, 400, seed)
        hits += low[0] <= 0.01 <= high[0]
    assert hits < 75


def test_one_seed_is_the_plain_bootstrap():
    values = np.random.default_rng(0).random((50, 1))
    low, high = resampling.bootstrap_interval(values, 0.9, 300, seed=4)
    assert resampling.two_level_interval(values, 0.9, 300, seed=4) == (low[0], high[0])


def test_each_user_in_one_seed_alone_leaves_the_bootstrap_of_users():
    values = np.random.default_rng(0).random(40)
    apart = np.full((40, 2), np.nan)
    apart[:20, 0], apart[20:, 1] = values[:20], values[20:]
    alone = resampling.two_level_interval(values[:, None], 0.9, 300, seed=4)
    assert resampling.two_level_interval(apart, 0.9, 300, seed=4) == alone


def test_the_bootstrap_agrees_with_scipy():
    values = np.random.default_rng(0).exponential(size=(60, 2))
    low, high = resampling.bootstrap_interval(values, 0.9, 20_000, seed=0)
    theirs = stats.bootstrap(
        (values,), np.mean, axis=0, confidence_level=0.9, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert low == pytest.approx(theirs.low, abs=0.01) and high == pytest.approx(theirs.high, abs=0.01)


def test_a_block_more_or_less_gives_the_same_means(monkeypatch):
    values = np.random.default_rng(0).random((30, 1))
    whole = resampling.bootstrap_interval(values, 0.9, 100, seed=0)
    monkeypatch.setattr(resampling, "_BLOCK", 70)
    assert resampling.bootstrap_interval(values, 0.9, 100, seed=0) == whole


def test_sign_flips_agree_with_all_flips():
    differences = np.random.default_rng(0).standard_normal(10) + 0.5
    flips = np.array([*itertools.product([-1, 1], repeat=10)]) @ differences
    exact = (np.abs(flips) >= abs(differences.sum()) - 1e-9).mean()
    assert resampling.sign_flip_p(differences, 40_000, seed=0) == pytest.approx(exact, abs=0.01)


def test_p_values_are_uniform_where_nothing_is_there():
    rng = np.random.default_rng(4)
    p = [resampling.sign_flip_p(study(rng, n_users=100).mean(axis=1), 400, seed) for seed in range(400)]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09


def test_p_values_are_small_where_something_is_and_never_zero():
    rng = np.random.default_rng(5)
    assert resampling.sign_flip_p(study(rng, mean=0.05).mean(axis=1), 999, seed=0) == 1 / 1000
    assert resampling.sign_flip_p(np.zeros(5), 99, seed=0) == 1


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, "0.95", None, float("nan")])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(errors.InvalidArgument, match="level is"):
        resampling.bootstrap_interval(np.ones((3, 1)), level, 10, 0)


@pytest.mark.parametrize(
    ("name", "value"), [("resamples", 0), ("resamples", 2.5), ("seed", -1), ("seed", None)]
)
def test_numbers_of_the_drawing_out_of_range_are_refused(name, value):
    asked = {"resamples": 10, "seed": 0} | {name: value}
    with pytest.raises(errors.InvalidArgument, match=f"{name} is {value}"):
        resampling.two_level_interval(np.ones((3, 2)), level=0.9, **asked)
    with pytest.raises(errors.InvalidArgument, match=f"{name} is {value}"):
        resampling.sign_flip_p(np.ones(3), **asked)
