"""Models judged on held-out pieces are compared as models judged on listeners are."""

import numpy as np
import pandas as pd
import pytest

from musicrec import errors, evaluation

PIECES = [f"piece {number}" for number in range(300)]


def judged(share, *, rng, model="MelCNN", seed=None, part="test", pieces=PIECES):
    """Of each piece: 1 with the chance `share`, and an error of the mood that is smaller the larger it is."""
    measures = {
        "accuracy": rng.random(len(pieces)) < share,
        "absolute error": 3 + rng.random(len(pieces)) - share,
    }
    return evaluation.judge_clips(model, pd.DataFrame(measures, index=pieces), seed=seed, part=part)


@pytest.fixture
def sides():
    """Three seeds of a model that names 80% of the styles, and of one that names 50%."""
    rng = np.random.default_rng(2)
    return (
        [judged(0.8, rng=rng, seed=seed) for seed in range(3)],
        [judged(0.5, rng=rng, seed=seed, model="tuned descriptors") for seed in range(3)],
    )


def test_a_planted_difference_is_found_and_counted_in_pieces(sides):
    found = evaluation.compare(*sides, "accuracy", smallest=0.02)
    assert found.verdict == "supported"
    assert found.interval[0] < 0.3 < found.interval[1]
    assert (found.unit, found.rows, found.seeds, found.dropped) == ("piece", 300, 3, 0)
    assert (found.treatment, found.baseline) == ("MelCNN", "tuned descriptors")
    assert "300 pieces, 3 seeds" in repr(found)
    lower = evaluation.compare(*sides, "absolute error")
    assert lower.interval[0] < -0.3 < lower.interval[1]


def test_a_model_that_is_no_better_is_not_found_better():
    rng = np.random.default_rng(1)
    supported = sum(
        evaluation.compare(judged(0.6, rng=rng), judged(0.6, rng=rng), "accuracy", resamples=300).verdict
        == "supported"
        for _ in range(200)
    )
    assert supported / 200 <= 0.06


def test_only_pieces_of_both_sides_count():
    rng = np.random.default_rng(2)
    a, b = judged(0.9, rng=rng), judged(0.1, rng=rng, pieces=PIECES[100:])
    found = evaluation.compare(a, b, "accuracy")
    assert (found.rows, found.dropped) == (200, 100)
    assert found.mean_treatment == pytest.approx(a.per_piece["accuracy"].iloc[100:].mean())
    with pytest.raises(errors.InvalidData, match="no piece is on both sides"):
        evaluation.compare(judged(0.9, rng=rng, pieces=PIECES[:100]), b, "accuracy")


def test_means_intervals_and_how_it_shows_itself(sides):
    one = sides[0][0]
    assert one.mean()["accuracy"] == one.per_piece["accuracy"].mean()
    low, high = one.interval().loc["accuracy"]
    assert low < one.mean()["accuracy"] < high
    assert repr(one).startswith("ClipEvaluation(MelCNN on test: 300 pieces, accuracy 0.")
    assert repr(one).endswith(", seed 0)")
    over_seeds = evaluation.mean_over_seeds(sides[0])
    assert over_seeds.loc["accuracy", "low"] < 0.8 < over_seeds.loc["accuracy", "high"]
    error = over_seeds.loc["absolute error"]
    assert 2 < error["low"] < error["mean"] < error["high"]  # not cut at 1: it is no measure of lists


def test_pieces_and_listeners_are_not_compared(sides, evaluation_with):
    pieces, users = sides[0][0], evaluation_with({"piece 1": 1.0}, metric="accuracy", seed=0)
    for a, b in ((pieces, users), (users, pieces)):
        with pytest.raises(
            errors.InvalidArgument, match=r"about pieces of test and|about test among 2 items and"
        ):
            evaluation.compare(a, b, "accuracy")
    with pytest.raises(errors.InvalidArgument, match="mixes questions"):
        evaluation.compare([pieces, evaluation_with({"x": 1.0}, "MelCNN", seed=1)], sides[1][:2], "accuracy")
    with pytest.raises(errors.InvalidArgument, match="about pieces of test and b about pieces of valid"):
        evaluation.compare(pieces, judged(0.5, rng=np.random.default_rng(0), part="valid"), "accuracy")


def frame(**columns):
    return pd.DataFrame(columns, index=["a", "b"])


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"model": ""}, errors.InvalidArgument, "give the model's name"),
        ({"model": object()}, errors.InvalidArgument, "give the model's name"),
        ({"seed": -1}, errors.InvalidArgument, "seed is -1"),
        ({"part": "train"}, errors.InvalidArgument, "part is 'train'"),
        ({"measures": [1, 0]}, errors.InvalidData, "found list"),
        ({"measures": frame()}, errors.InvalidData, r"one of shape \(2, 0\)"),
        ({"measures": frame(accuracy=[1.0, np.nan])}, errors.InvalidData, "of the piece 'b' is nan"),
        ({"measures": frame(accuracy=["yes", "no"])}, errors.InvalidData, "must be numbers"),
        (
            {"measures": pd.DataFrame({"accuracy": [1, 0]}, index=["a", "a"])},
            errors.InvalidData,
            "come twice, first 'a'",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(changed, error, said):
    usual = {"model": "MelCNN", "measures": frame(accuracy=[1, 0]), "seed": 0, "part": "test"}
    assert usual["measures"].shape == (2, 1)
    arguments = usual | changed
    with pytest.raises(error, match=said):
        evaluation.judge_clips(arguments.pop("model"), arguments.pop("measures"), **arguments)
