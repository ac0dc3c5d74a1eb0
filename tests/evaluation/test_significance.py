"""Comparisons: who is paired with whom, and whether the verdicts can be trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec import errors, evaluation


@pytest.fixture
def sides(evaluation_with):
    """Both sides of a study, one evaluation a seed: a baseline, and a treatment better by `gain`."""

    def make(rng, gain, n_users=150, n_seeds=3):
        taste = 0.035 * rng.standard_normal(n_users)
        pairs = []
        for seed in range(n_seeds):
            level = rng.random(n_users) * 0.4
            shift = 0.0006 * rng.standard_normal()  # as between the seeds of Last.fm-2k
            other = level + gain + taste + shift + 0.085 * rng.standard_normal(n_users)
            users = [f"u{u}" for u in range(n_users)]
            pairs.append(
                [
                    evaluation_with(dict(zip(users, values, strict=True)), model=model, seed=seed)
                    for values, model in ((other, "EASE(l2=1.0)"), (level, "ItemKNN(k=5)"))
                ]
            )
        return map(list, zip(*pairs, strict=True))

    return make


def test_a_planted_true_claim_is_supported(sides):
    a, b = sides(np.random.default_rng(0), gain=0.04)
    found = evaluation.compare(a, b, smallest=0.005)
    assert found.verdict == "supported" and found.interval[0] > 0.005 and found.p < 0.01
    assert found.interval[0] < 0.04 < found.interval[1]


def test_the_same_claim_turned_round_is_not_supported(sides):
    a, b = sides(np.random.default_rng(0), gain=0.04)
    there, back = evaluation.compare(a, b, smallest=0.005), evaluation.compare(b, a, smallest=0.005)
    assert back.verdict == "not supported" and back.p == there.p
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))


@pytest.mark.parametrize("smallest", [0.0, 0.01])
def test_what_is_not_there_is_almost_never_supported(sides, smallest):
    """A gain of just `smallest` is not more than it: 2.5% of 95% intervals would still lie above."""
    rng = np.random.default_rng(7)
    supported = 0
    for _ in range(240):
        a, b = sides(rng, gain=smallest, n_users=80)
        supported += evaluation.compare(a, b, smallest=smallest, resamples=300).verdict == "supported"
    assert supported / 240 <= 0.05


def test_a_gain_too_small_to_name_is_not_supported(sides):
    a, b = sides(np.random.default_rng(1), gain=0.001, n_users=1500)
    assert evaluation.compare(a, b, smallest=0.02).verdict == "not supported"
    assert evaluation.compare(a, b, smallest=0.001).verdict == "inconclusive"


def test_differences_are_averaged_per_user_over_the_seeds_that_have_her(evaluation_with):
    a = [evaluation_with({"x": 1, "y": 0.5, "z": 0}, seed=0), evaluation_with({"y": 0.2, "x": 0.4}, seed=1)]
    b = [evaluation_with({"y": 0, "x": 0, "w": 1}, seed=0), evaluation_with({"x": 0.2, "v": 0.3}, seed=1)]
    found = evaluation.compare(a, b)
    # x: (1 + 0.2) / 2; y: 0.5, in seed 0 alone; z, w, y of seed 1 and v stand on one side only
    assert found.difference == pytest.approx((0.6 + 0.5) / 2)
    assert found.mean_treatment == pytest.approx((0.7 + 0.5) / 2)
    assert found.mean_baseline == pytest.approx((0.1 + 0) / 2)
    assert (found.rows, found.seeds, found.dropped) == (2, 2, 4)


def test_users_are_paired_by_label_and_not_by_row(evaluation_with):
    values = {f"u{u}": u / 10 for u in range(9)}
    turned = dict(reversed(values.items()))
    found = evaluation.compare(evaluation_with(values), evaluation_with(turned))
    assert found.interval == (0, 0) and found.p == 1 and found.verdict == "inconclusive"


def test_a_comparison_says_what_was_compared(sides):
    a, b = sides(np.random.default_rng(0), gain=0.04)
    found = evaluation.compare(a, b, smallest=0.005, level=0.9, seed=3)
    assert (found.treatment, found.baseline) == ("EASE(l2=1.0)", "ItemKNN(k=5)")
    assert (found.metric, found.level, found.smallest) == ("ndcg@10", 0.9, 0.005)
    assert (found.rows, found.seeds, found.dropped) == (150, 3, 0)
    assert found.difference == pytest.approx(found.mean_treatment - found.mean_baseline)
    assert "supported; 150 users, 3 seeds" in repr(found)
    assert found == evaluation.compare(a, b, smallest=0.005, level=0.9, seed=3)
    assert found != evaluation.compare(a, b, smallest=0.005, level=0.9, seed=4)


def test_settings_that_differ_from_seed_to_seed_are_left_out_of_the_name(evaluation_with):
    a = [evaluation_with({"x": 1, "y": 0}, model=f"PureSVD(seed={seed})", seed=seed) for seed in (0, 1)]
    assert evaluation.compare(a, a).treatment == "PureSVD"


def test_sides_that_cannot_be_paired_are_refused(evaluation_with):
    def one(values=None, **others):
        return evaluation_with({"x": 1, "y": 0} if values is None else values, **others)

    refused = errors.InvalidArgument
    for a, b, says in (
        ([one(seed=0), one(seed=1)], [one()], "a holds 2 evaluations and b 1"),
        ([one(), one()], [one(), one()], "several need a seed each"),
        ([], one(), "a must be what evaluate, evaluate_next or judge_clips returns"),
        (one(), [one(), "e"], "b must be what evaluate, evaluate_next or judge_clips returns"),
        ({"ndcg@10": 1}, one(), "a must be what evaluate, evaluate_next or judge_clips returns"),
        (one(), one(metric="ndcg@20"), "no metric 'ndcg@10'"),
        (one(), one(part="valid"), "about test among 2 items and b about valid"),
        (one(), one(candidates=(0, 2)), "same items"),
        ([one(seed=0), one(seed=1)], [one(seed=1), one(seed=0)], "seed 0 stands opposite b's of seed 1"),
        ([one(seed=1), one(seed=1)], [one(seed=0), one(seed=1)], "a seed each, all different"),
        ([one(seed=0), one(seed=1, model="B()")], [one(seed=0), one(seed=1)], "mixes the models"),
    ):
        with pytest.raises(refused, match=says):
            evaluation.compare(a, b)
    for others in ([one({"z": 1}, seed=0)], [one(seed=0), one({"z": 1}, seed=1)]):
        with pytest.raises(errors.InvalidData, match="no user is on both sides"):
            evaluation.compare([one(seed=s) for s in range(len(others))], others)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"metric": "accuracy"}, "no metric 'accuracy'"),
        ({"smallest": float("nan")}, "smallest is nan"),
        ({"smallest": "0.1"}, "smallest is '0.1'"),
        ({"smallest": "little"}, "smallest is 'little'"),
        ({"metric": ["ndcg@10"]}, "it must be the name of one"),
        ({"level": 95}, "level is 95"),
        ({"resamples": 0}, "resamples is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_numbers_out_of_range_are_refused(evaluation_with, asked, says):
    e = evaluation_with({"x": 1, "y": 0})
    with pytest.raises(errors.InvalidArgument, match=says):
        evaluation.compare(e, e, **asked)


@pytest.mark.parametrize(
    ("interval", "smallest", "verdict"),
    [
        ((0.01, 0.02), 0.005, "supported"),
        ((0.005, 0.02), 0.005, "inconclusive"),
        ((-0.02, 0.004), 0.005, "not supported"),
        ((-0.02, 0.005), 0.005, "inconclusive"),
        ((0.001, 0.02), 0.005, "inconclusive"),
        ((-0.002, 0.001), -0.005, "supported"),
        ((-0.02, -0.01), 0, "not supported"),
    ],
)
def test_the_rule_of_the_verdict(interval, smallest, verdict):
    assert evaluation.verdict_of(interval, smallest) == verdict


@pytest.mark.parametrize("interval", [(2, 1), (0, float("nan")), (0, float("inf")), (1,), (1, 2, 3)])
def test_what_is_no_interval_has_no_verdict(interval):
    with pytest.raises(errors.InvalidArgument, match="two finite numbers"):
        evaluation.verdict_of(interval, 0)


def test_holm_by_hand():
    # sorted .005, .01, .03, .04 times 4, 3, 2, 1: .02, .03, .06, .04, of which the last is raised to .06
    assert evaluation.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert evaluation.holm([0.5, 0.9]).tolist() == [1, 1]
    assert evaluation.holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.999))
def test_holm_raises_keeps_the_order_and_rejects_as_the_procedure_does(raw, level):
    adjusted, order = evaluation.holm(raw), np.argsort(raw, kind="stable")
    assert (adjusted >= raw).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[order]) >= 0).all()
    rejected = set()
    for step, place in enumerate(order):  # from the smallest on, until one is above its share of the level
        if raw[place] * (len(raw) - step) > level:
            break
        rejected.add(int(place))
    assert {int(place) for place in np.flatnonzero(adjusted <= level)} == rejected


@pytest.mark.parametrize("raw", [[0.5, 1.1], [-0.1], [float("nan")], [[0.1, 0.2]]])
def test_what_are_no_p_values_are_refused(raw):
    with pytest.raises(errors.InvalidData, match="from 0 to 1"):
        evaluation.holm(raw)
