"""Written music becomes notes: repeats, ties, upbeats, keys, words; and what cannot be read says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from music21 import converter, note, stream

from musicrec.audio import corpus, notation
from musicrec.errors import CorruptData, DataUnavailable


def test_a_tune_is_read_as_by_hand(hand, hand_notes):
    found = [tuple(row) for row in hand.notes[["onset", "duration", "pitch", "position"]].tolist()]
    assert found == [pytest.approx(row, abs=1e-5) for row in hand_notes]
    assert (hand.metre, hand.key, hand.mode, hand.tonic) == ("4/4", "G", "major", 7)
    assert (hand.parts, hand.length, hand.stated_tempo, hand.lyrics) == (1, 17.0, 90.0, "")


@given(st.lists(st.tuples(st.integers(2, 3), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=15)
def test_a_section_between_repeats_lasts_twice(read_tune, sections):
    body = "c8|c8"
    for n, again in sections:
        bars = "|".join(["c8"] * n)
        body += f"|:{bars}:|" if again else bars if body.endswith(":|") else f"|{bars}"
    expected = 8 + sum(4 * n * (1 + again) for n, again in sections)
    assert read_tune(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}\n").length == expected


def test_sections_that_only_close_are_repeated(read_tune):
    # "A :| B :|" without an opening bar is common in tune books, and music21's own expander refuses it.
    found = read_tune("X:1\nM:2/4\nL:1/4\nK:D\nDE|FG:|AB|cd:|\n")
    assert found.notes["pitch"].tolist() == [62, 64, 66, 67] * 2 + [69, 71, 73, 74] * 2


def test_a_double_bar_before_a_repeat(corpus_folder):
    # music21 alone takes "||:" for a dotted bar line and would repeat from the beginning.
    (corpus_folder / "tune.abc").write_text("X:1\nM:2/4\nL:1/4\nK:D\nDE|FG||:AB|cd:|\n", encoding="utf-8")
    (found,) = corpus.read_file("tune.abc", [""])
    assert found.notes["pitch"].tolist() == [62, 64, 66, 67] + [69, 71, 73, 74] * 2


def test_a_chord_is_all_its_notes_and_voices_are_kept():
    part = converter.parse("tinyNotation: 4/4 c4 d e f")
    measure = part.recurse().getElementsByClass(stream.Measure).first()
    measure.insert(0, note.Note("C3", quarterLength=4))
    whole = stream.Score([part])
    found = notation.read_stream(whole, signed=False)
    assert sorted(found.notes["pitch"].tolist()) == [48, 60, 62, 64, 65]


@pytest.mark.parametrize(
    ("signed", "name", "mode"),
    [("Am", "A", "minor"), ("Edor", "E", "minor"), ("Amix", "A", "major"), ("Bb", "Bb", "major")],
)
def test_abc_signs_its_mode(read_tune, signed, name, mode):
    found = read_tune(f"X:1\nM:4/4\nL:1/4\nK:{signed}\nA2e2|cBA2|\n")
    assert (found.key, found.mode) == (name, mode)


def test_an_unsigned_key_is_analysed(read_tune):
    notes = read_tune("X:1\nM:4/4\nL:1/4\nK:C\nAcea|E^GBe|A2E2|A4|\n").notes
    assert notation.analysed_key(notes) == (9, "A", "minor")


def test_words_and_parts_of_a_chorale(few):
    chorale = few["bach/bwv104.6.mxl"]
    assert chorale.parts == 4 and chorale.lyrics.startswith("Allein Gott in der Höh'")
    assert np.ptp(chorale.notes["part"]) == 3


@pytest.fixture
def corpus_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corpus.common, "getCorpusFilePath", lambda: tmp_path)
    return tmp_path


def test_a_file_that_is_not_there(corpus_folder):
    with pytest.raises(DataUnavailable, match=r"no file 'bach/none.mxl'.*install music21"):
        corpus.read_file("bach/none.mxl", [""])


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.abc", b"", "no tune"),
        ("silent.abc", b"X:1\nM:4/4\nL:1/4\nK:C\nz4|z4|\n", "no notes"),
        ("unmeasured.abc", b"X:1\nL:1/4\nK:C\n", "no "),
        ("broken.mxl", b"PK\x03\x04 not a zip", "broken.mxl"),
        ("broken.xml", b"<score-partwise><part></score", "broken.xml"),
    ],
)
def test_what_cannot_be_read_is_named(corpus_folder, name, content, why):
    (corpus_folder / name).write_bytes(content)
    (error,) = corpus.read_file(name, [""])
    assert isinstance(error, CorruptData) and why in str(error) and name in str(error)


def test_a_tune_that_is_not_in_the_file_does_not_harm_the_others(corpus_folder):
    tune = "X:7\nT:Caf\xe9\nM:4/4\nL:1/4\nK:C\nCDEF|\n"
    (corpus_folder / "two.abc").write_bytes(tune.encode("latin-1"))
    there, absent = corpus.read_file("two.abc", ["7", "8"])
    assert there.notes["pitch"].tolist() == [60, 62, 64, 65]
    assert isinstance(absent, CorruptData) and "no tune X:8" in str(absent)
