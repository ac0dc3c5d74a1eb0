"""What is heard: worked examples, and what a change of arrangement must change and what it must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec.audio import arrangement, sound
from musicrec.audio.notation import NOTE
from musicrec.errors import InvalidData


def plain(**changes: object) -> pd.DataFrame:
    row = arrangement.draw(["tune"]).iloc[0].to_dict() | {
        "programs": "40",
        "tempo_factor": 1.0,
        "transposition": 0,
        "octave": 0,
        "gate": 1.0,
        "strokes": 1,
        "doubling": 0,
        "dynamics": 80.0,
    }
    return pd.DataFrame([row | changes], index=pd.Index(["tune"], name="piece"))


def heard(tune, **changes: object) -> pd.Series:
    return sound.describe({"tune": tune}, plain(**changes)).loc["tune"]


def test_a_tune_is_described_as_by_hand(tune_score):
    found = heard(tune_score())
    # 17 quarters at 90 a minute, 14 notes, and the only third above G is b.
    assert found["length_s"] == pytest.approx(17 * 60 / 90)
    assert found["note_rate"] == pytest.approx(14 / (17 * 60 / 90), abs=1e-6)
    assert found["tempo_bpm"] == 90 and found["loudness"] == 80 and found["articulation"] == 1
    assert found["pitch_range"] == 12 and found["polyphony"] == pytest.approx(1, abs=1e-5)
    assert found["mode"] == 1 and found["triple"] == 0 and found["chromaticism"] == 0
    seconds = np.array([1, 1, 2, 1 / 3, 1 / 3, 1 / 3, 2, 1, 1, 2, 1 / 3, 1 / 3, 1 / 3, 4])
    pitches = np.array([67, 71, 74, 74, 76, 78, 79] * 2)
    assert found["register"] == pytest.approx((seconds * pitches).sum() / seconds.sum(), abs=1e-4)
    # G-b 4, b-d 3, (d-d none), d-e 2, e-f 2, f-g 1; again; and g-G 12 between the turns
    assert found["interval_size"] == pytest.approx((2 * (4 + 3 + 2 + 2 + 1) + 12) / 11, abs=1e-6)


def test_polyphony_of_a_chord_and_of_a_gap(tune_score):
    chord = tune_score("X:1\nM:4/4\nL:1/4\nK:C\n[CEG]4|z4|C4|\n")
    assert heard(chord)["polyphony"] == pytest.approx((3 * 4 + 4) / 8, abs=1e-5)


@pytest.mark.parametrize(
    ("metre", "bar", "share"),
    [
        ("4/4", "C2 D2 E2 F2", 0.0),
        ("4/4", "C D2 E2 F2 G", 3 / 5),  # quarters between the beats
        ("4/4", "C>D E<F G2 A2", 1 / 6),  # the long note of a Scotch snap
        ("6/8", "C3 D3", 0.0),
        ("6/8", "C D3 E2", 1 / 3),  # over the second beat
        ("2/4", "(3CDE F2", 0.0),
    ],
)
def test_syncopation(tune_score, metre, bar, share):
    found = heard(tune_score(f"X:1\nM:{metre}\nL:1/8\nK:C\n{bar}|{bar}|\n"))
    assert found["syncopation"] == pytest.approx(share, abs=1e-6)


def test_minor_and_chromatic(tune_score):
    minor = heard(tune_score("X:1\nM:3/4\nL:1/4\nK:Am\nAce|^Fe^G|A3|\n"))
    assert minor["mode"] == 0 and minor["triple"] == 1 and minor["chromaticism"] == 0
    chromatic = heard(tune_score("X:1\nM:4/4\nL:1/4\nK:C\nC^CD^D|\n"))
    assert chromatic["chromaticism"] == 0.5


def test_each_dial_of_the_arrangement_is_heard(tune_score):
    tune = tune_score()
    before = heard(tune)
    for change, column, expected in [
        ({"tempo_factor": 1.2}, "tempo_bpm", 108),
        ({"transposition": 5}, "register", before["register"] + 5),
        ({"octave": -1}, "register", before["register"] - 12),
        ({"gate": 0.5}, "articulation", 0.5),
        ({"dynamics": 60.0}, "loudness", 60),
        ({"doubling": 2}, "polyphony", 3),
        ({"programs": "0"}, "attack", 1),
    ]:
        assert heard(tune, **change)[column] == pytest.approx(expected, abs=1e-4), change
    assert heard(tune, strokes=4)["note_rate"] > before["note_rate"]
    assert heard(tune, programs="105")["brightness"] > before["brightness"]


def test_the_tune_itself_is_heard_through_any_arrangement(tune_score):
    kept = [
        "mode",
        "triple",
        "syncopation",
        "chromaticism",
        "interval_size",
        "rhythm_variety",
        "pitch_variety",
    ]
    tune = tune_score()
    other = heard(tune, transposition=-3, tempo_factor=0.8, gate=0.4, programs="0 6", doubling=1, strokes=2)
    pd.testing.assert_series_equal(other[kept], heard(tune)[kept])


notes = st.lists(
    st.tuples(st.integers(0, 64), st.integers(1, 32), st.integers(30, 100), st.integers(0, 3)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40)
@given(
    notes, st.sampled_from(["4/4", "6/8", "3/2"]), st.sampled_from(["major", "minor"]), st.integers(0, 2**32)
)
def test_any_score_gives_finite_rounded_numbers(tune_score, drawn, metre, mode, seed):
    array = np.zeros(len(drawn), dtype=NOTE)
    for name, column in zip(("onset", "duration", "pitch", "part"), zip(*drawn, strict=True), strict=True):
        array[name] = np.array(column) / 8 if name in ("onset", "duration") else column
    array["position"], array["beat"] = array["onset"] % 4, 1.5 if metre == "6/8" else 1.0
    array = np.sort(array, order=["onset", "part", "pitch"])
    length = float((array["onset"] + array["duration"]).max())
    made = replace(
        tune_score(), notes=array, metre=metre, mode=mode, length=length, parts=len(set(array["part"]))
    )
    arranged = arrangement.draw(["tune"], seed)
    found = sound.describe({"tune": made}, arranged)
    assert list(found.columns) == list(sound.HEARD) and (found.dtypes == "float64").all()
    assert np.isfinite(found.to_numpy()).all() and (found == found.round(6)).all(axis=None)
    shares = found[["articulation", "attack", "mode", "syncopation", "chromaticism"]]
    assert shares.ge(0).all(axis=None) and shares.le(1).all(axis=None)
    assert found["polyphony"].iloc[0] >= 1 - 1e-6
    pd.testing.assert_frame_equal(found, sound.describe({"tune": made}, arranged))


def test_statistics_do_not_know_the_arrangement(few):
    table = sound.statistics(few)
    assert list(table.index) == list(few)
    assert table.loc["bach/bwv104.6.mxl", "parts"] == 4 and table["notes"].dtype == np.int64
    assert (table.drop(columns=["lyrics"]).notna()).all(axis=None)
    assert table.loc["oneills1850/0001-0050.abc#3", "lyrics"] == ""


def test_an_arranged_piece_without_a_score(few):
    with pytest.raises(InvalidData, match=r"1 of 1 arranged pieces have no score, first 'tune'"):
        sound.describe(few, plain())
