"""What several tests of the audio room share: a tune made by hand, and a few pieces of the corpus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from music21 import converter

from musicrec.audio import score
from musicrec.audio.notation import Notation, read_stream
from musicrec.audio.score import Score

# An upbeat, a chord symbol, a grace note, a tie, a triplet, a repeat with two endings, a rest.
HAND = """X:1
T:Hand-made
M:4/4
L:1/8
Q:1/4=90
K:G
"G"G2 | {a}B2 d2- d2 (3def |1 g4 z2 :|2 g8 |]
"""
# (onset, duration, MIDI pitch, quarter notes after the bar line), worked out by hand.
_D, _E, _F, _G = 74, 76, 78, 79
HAND_NOTES = [
    (0, 1, 67, 3), (1, 1, 71, 0), (2, 2, _D, 1), (4, 1 / 3, _D, 3), (4 + 1 / 3, 1 / 3, _E, 3 + 1 / 3),
    (4 + 2 / 3, 1 / 3, _F, 3 + 2 / 3), (5, 2, _G, 0),
    (8, 1, 67, 3), (9, 1, 71, 0), (10, 2, _D, 1), (12, 1 / 3, _D, 3), (12 + 1 / 3, 1 / 3, _E, 3 + 1 / 3),
    (12 + 2 / 3, 1 / 3, _F, 3 + 2 / 3), (13, 4, _G, 0),
]  # fmt: skip


def _read(abc: str) -> Notation:
    """A tune as the library reads it."""
    return read_stream(converter.parseData(abc, format="abc"), signed=True)


def make_score(abc: str = HAND, piece: str = "tune", tempo: float = 90.0) -> Score:
    """A score of a tune."""
    found = _read(abc)
    return Score(
        piece=piece,
        style="reel",
        title="Tune",
        composer="Nobody",
        notes=found.notes,
        parts=found.parts,
        metre=found.metre,
        tonic=found.tonic,
        key=found.key,
        mode=found.mode,
        length=found.length,
        tempo=tempo,
        lyrics=found.lyrics,
    )


@pytest.fixture(scope="session")
def hand() -> Notation:
    """The hand-made tune as it is read."""
    return _read(HAND)


@pytest.fixture(scope="session")
def hand_notes() -> list[tuple[float, float, int, float]]:
    """Its notes, worked out by hand: (onset, duration, pitch, position)."""
    return HAND_NOTES


@pytest.fixture(scope="session")
def read_tune() -> Callable[[str], Notation]:
    """Reads a tune in ABC."""
    return _read


@pytest.fixture(scope="session")
def tune_score() -> Callable[..., Score]:
    """Makes a score of a tune in ABC; of the hand-made one where none is given."""
    return make_score


FEW = [
    "bach/bwv104.6.mxl",
    "ryansMammoth/AlhambraReel.abc",
    "oneills1850/0001-0050.abc#3",
    "trecento/PMFC_12_3-Gloria Gherardello.xml",
]


@pytest.fixture(scope="session")
def few() -> dict[str, Score]:
    """A chorale, a reel, an air and a mass movement."""
    known = score.catalogue().index
    assert set(FEW) <= set(known)
    return score.read_pieces(FEW, workers=1).complete()
