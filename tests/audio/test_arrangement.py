"""Arrangements are drawn without regard to style, and every note is played."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from musicrec.audio import arrangement, score
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.listeners import draws


@pytest.fixture(scope="module")
def styles() -> pd.Series:
    return score.catalogue()["style"]


def style_is_given_away(drawn: pd.DataFrame, styles: pd.Series) -> bool:
    """Whether a logistic regression tells style from the arrangement better than the shares of the styles do.

    Judged by how much likelier it makes the style of a piece it has not seen: it does if the 95 % interval of
    the mean gain in log probability lies above 0.
    """
    table = pd.get_dummies(drawn.drop(columns="instruments"), columns=["family", "programs"])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.0005, max_iter=500))
    told = cross_val_predict(
        model, table.to_numpy(dtype=float), styles.to_numpy(), cv=5, method="predict_log_proba"
    )
    column = np.searchsorted(np.unique(styles), styles)
    shares = styles.map(styles.value_counts(normalize=True))
    gain = told[np.arange(len(styles)), column] - np.log(shares.to_numpy())
    return bool(gain.mean() - 1.96 * gain.std(ddof=1) / np.sqrt(len(gain)) > 0)


@pytest.mark.parametrize("seed", range(5))
def test_the_arrangement_does_not_tell_the_style(styles, seed):
    assert not style_is_given_away(arrangement.draw(styles.index, seed), styles)


@pytest.mark.parametrize("seed", range(5))
def test_the_test_of_style_can_fail(styles, seed):
    drawn = arrangement.draw(styles.index, seed)
    drawn.loc[styles == "jig", "gate"] *= 0.6  # one style played shorter,
    drawn.loc[styles == "chorale", "dynamics"] -= 20  # and another softer
    assert style_is_given_away(drawn, styles)


def test_a_piece_is_arranged_alike_in_any_company(styles):
    whole, part = arrangement.draw(styles.index, seed=3), arrangement.draw(styles.index[5:1:-1], seed=3)
    pd.testing.assert_frame_equal(whole.loc[part.index], part)
    assert not whole.equals(arrangement.draw(styles.index, seed=4))


def test_draws_stay_in_their_ranges_and_use_everything(styles):
    drawn = arrangement.draw(styles.index)
    assert {int(p) for row in drawn["programs"] for p in row.split()} == set(arrangement.INSTRUMENTS)
    assert drawn["tempo_factor"].between(0.75, 1.333).all() and drawn["gate"].between(0.35, 1.0).all()
    assert set(drawn["octave"]) == {-1, 0, 1} and set(drawn["strokes"]) == {1, 2, 4}
    assert set(drawn["doubling"]) == {0, 1, 2} and set(drawn["transposition"]) == set(range(-5, 7))


def test_only_uniform_numbers_are_drawn(styles, monkeypatch):
    """NumPy may change how it makes other numbers, in any version."""

    class Uniform:
        def __init__(self, whole):
            self.random = whole.random

    usual, seen = draws.generator, []

    def generator(*stream):
        seen.append(stream)
        return Uniform(usual(*stream))

    drawn = arrangement.draw(styles.index[:50])
    monkeypatch.setattr(draws, "generator", generator)
    pd.testing.assert_frame_equal(arrangement.draw(styles.index[:50]), drawn)
    assert len(set(seen)) == 50


def test_draws_come_as_often_as_stated(styles):
    drawn = pd.concat([arrangement.draw(styles.index, seed) for seed in range(5)])
    sizes = drawn["programs"].str.split().str.len()
    for values, chances in (
        (sizes, {1: 0.5, 2: 0.3, 3: 0.2}),
        (drawn["octave"], {-1: 0.25, 0: 0.5, 1: 0.25}),
        (drawn["strokes"], {1: 0.6, 2: 0.25, 4: 0.15}),
        (drawn["doubling"], {0: 0.5, 1: 0.3, 2: 0.2}),
        (drawn["transposition"], dict.fromkeys(range(-5, 7), 1 / 12)),
        (drawn["dynamics"], dict.fromkeys(range(50, 111), 1 / 61)),
    ):
        shares = values.value_counts(normalize=True)
        assert set(shares.index) == set(chances)
        for value, chance in chances.items():
            assert abs(shares[value] - chance) < 4 * np.sqrt(chance * (1 - chance) / len(drawn))
    assert np.log(drawn["tempo_factor"]).mean() == pytest.approx(0, abs=0.01)
    assert drawn["gate"].mean() == pytest.approx(0.675, abs=0.01)


def row(**changes: object) -> pd.Series:
    plain = {
        "family": "strings",
        "programs": "40",
        "instruments": "violin",
        "tempo_factor": 1.0,
        "transposition": 0,
        "octave": 0,
        "gate": 1.0,
        "strokes": 1,
        "doubling": 0,
        "dynamics": 80.0,
    }
    return pd.Series(plain | changes)


def test_played_plainly_a_tune_is_as_written(tune_score):
    tune = tune_score()
    played = arrangement.arrange(tune, row())
    assert played["pitch"].tolist() == tune.notes["pitch"].tolist()
    np.testing.assert_allclose(played["onset"], tune.notes["onset"] * 60 / 90, atol=1e-6)
    assert set(played["program"]) == {40} and set(played["velocity"]) == {80}


def test_strokes_divide_long_notes_and_keep_the_time(tune_score):
    tune = tune_score()
    played = arrangement.arrange(tune, row(strokes=4))
    long = tune.notes["duration"] >= 1
    assert len(played) == 4 * long.sum() + (~long).sum()
    assert played["duration"].sum() == pytest.approx(tune.notes["duration"].sum() * 60 / 90, abs=1e-4)


def test_doublings_are_octaves_of_the_highest_part(few):
    chorale = few["bach/bwv104.6.mxl"]
    played = arrangement.arrange(chorale, row(doubling=1))
    top = chorale.notes[chorale.notes["part"] == 0]
    assert len(played) == len(chorale.notes) + len(top)
    highest = played[played["part"] == 0]
    assert sorted(highest["pitch"]) == sorted([*top["pitch"], *(top["pitch"] + 12)])


@pytest.mark.parametrize("programs", ["40", "40 41", "40 41 42"])
def test_every_part_and_every_instrument_is_heard(few, tune_score, programs):
    for piece in (few["bach/bwv104.6.mxl"], tune_score()):
        played = arrangement.arrange(piece, row(programs=programs))
        assert " ".join(map(str, sorted(set(played["program"].tolist())))) == programs
        assert set(played["part"]) == set(piece.notes["part"])


def test_pitches_beyond_the_range_come_back_by_octaves(tune_score):
    tune = tune_score()
    played = arrangement.arrange(tune, row(octave=4))
    assert played["pitch"].max() <= arrangement.HIGHEST
    assert ((played["pitch"] - tune.notes["pitch"]) % 12 == 0).all()


def test_bad_arrangements_are_named(tune_score):
    with pytest.raises(InvalidArgument, match="seed=-1"):
        arrangement.draw(["a"], seed=-1)
    with pytest.raises(InvalidData, match="lacks gate"):
        arrangement.arrange(tune_score(), row().drop("gate"))
    for programs in ("", "40 999"):
        with pytest.raises(InvalidData, match="Known are 0, 6"):
            arrangement.arrange(tune_score(), row(programs=programs))
