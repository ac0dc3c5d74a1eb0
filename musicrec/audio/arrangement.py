"""Who plays a piece, and how: drawn without looking at the piece, so that timbre does not tell its style.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from musicrec.audio.score import Score
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.listeners import draws

SOUNDING = np.dtype(
    [
        ("onset", "f8"),  # seconds
        ("duration", "f8"),  # seconds
        ("pitch", "i2"),  # MIDI number
        ("velocity", "i2"),  # MIDI velocity
        ("program", "i2"),  # General MIDI program, 0..127
        ("part", "i2"),  # the written part that is played
    ]
)
LOWEST, HIGHEST = 24, 103  # pitches beyond are moved by octaves: C1 to G7


class Instrument(NamedTuple):
    """An instrument of General MIDI."""

    name: str
    family: str
    centroid: float  # Hz: spectral centroid (power) of middle C, measured on TimGM6mb.sf2 with symusic 0.5.8
    struck: bool  # plucked or struck: the sound fades from its beginning


INSTRUMENTS = {
    40: Instrument("violin", "strings", 933, False),
    41: Instrument("viola", "strings", 1145, False),
    42: Instrument("cello", "strings", 313, False),
    43: Instrument("double bass", "strings", 532, False),
    24: Instrument("guitar", "plucked", 837, True),
    46: Instrument("harp", "plucked", 267, True),
    105: Instrument("banjo", "plucked", 1763, True),
    15: Instrument("dulcimer", "plucked", 1312, True),
    0: Instrument("piano", "keyboard", 1141, True),
    6: Instrument("harpsichord", "keyboard", 763, True),
    8: Instrument("celesta", "keyboard", 1605, True),
    19: Instrument("organ", "keyboard", 1230, False),
    21: Instrument("accordion", "keyboard", 1310, False),
    73: Instrument("flute", "woodwind", 534, False),
    68: Instrument("oboe", "woodwind", 1036, False),
    71: Instrument("clarinet", "woodwind", 645, False),
    70: Instrument("bassoon", "woodwind", 562, False),
    56: Instrument("trumpet", "brass", 1461, False),
    60: Instrument("horn", "brass", 706, False),
    57: Instrument("trombone", "brass", 937, False),
    12: Instrument("marimba", "mallet", 527, True),
    11: Instrument("vibraphone", "mallet", 646, True),
}
COLUMNS = {
    "family": "str", "programs": "str", "instruments": "str", "tempo_factor": "f8", "transposition": "i8",
    "octave": "i8", "gate": "f8", "strokes": "i8", "doubling": "i8", "dynamics": "f8",
}  # fmt: skip
# Values with the chance of each value or one before it.
_SIZE = ((1, 0.5), (2, 0.8), (3, 1.0))
_OCTAVE = ((-1, 0.25), (0, 0.75), (1, 1.0))
_STROKES = ((1, 0.6), (2, 0.85), (4, 1.0))
_DOUBLING = ((0, 0.5), (1, 0.8), (2, 1.0))


def draw(pieces: Iterable[str], seed: int = 0) -> pd.DataFrame:
    """An arrangement for each piece, drawn from the seed and the piece's name alone.

    A piece gets the same arrangement whichever others it is drawn with.

    Parameters
    ----------
    pieces
        Names of pieces.
    seed
        0 or more; another seed, another set of arrangements.

    Returns
    -------
    DataFrame
        Indexed by ``piece``. ``programs``: one to three General MIDI programs of one ``family``, as in
        ``"40 42"``; ``instruments``: their names, as in ``"violin; cello"``. ``tempo_factor``: 0.75 to 1.333
        times the written tempo. ``transposition``: -5 to 6 semitones. ``octave``: -1, 0 or 1. ``gate``: 0.35
        (staccato) to 1 (legato), the share of a written duration that sounds. ``strokes``: 1, 2 or 4 equal
        strokes, into which a note of a quarter or longer is divided. ``doubling``: 0 to 2, the octaves that
        double the highest part (above, then below as well). ``dynamics``: MIDI velocity, 50 to 110.

    Raises
    ------
    InvalidArgument
        A negative seed.
    """
    if seed < 0:
        raise InvalidArgument(f"seed={seed}: give 0 or a positive integer.")
    names = list(pieces)
    rows = [_draw_one(piece, seed) for piece in names]
    return pd.DataFrame(rows, index=pd.Index(names, name="piece"), columns=list(COLUMNS)).astype(COLUMNS)


def _draw_one(piece: str, seed: int) -> dict[str, object]:
    own = int.from_bytes(hashlib.sha256(piece.encode()).digest()[:8], "big")
    rng = draws.generator(seed, draws.ARRANGEMENT, own)
    u = rng.random(9)
    lead = list(INSTRUMENTS)[int(u[0] * len(INSTRUMENTS))]
    family = INSTRUMENTS[lead].family
    others = [p for p, instrument in INSTRUMENTS.items() if instrument.family == family and p != lead]
    shuffled = np.argsort(rng.random(len(others)), kind="stable")
    programs = [lead, *(others[i] for i in shuffled[: _value(_SIZE, u[1]) - 1])]
    return {
        "family": family,
        "programs": " ".join(map(str, programs)),
        "instruments": "; ".join(INSTRUMENTS[p].name for p in programs),
        "tempo_factor": round(float((4 / 3) ** (2 * u[2] - 1)), 3),
        "transposition": int(u[3] * 12) - 5,
        "octave": _value(_OCTAVE, u[4]),
        "gate": round(float(0.35 + 0.65 * u[5]), 2),
        "strokes": _value(_STROKES, u[6]),
        "doubling": _value(_DOUBLING, u[7]),
        "dynamics": float(50 + int(u[8] * 61)),
    }


def _value(steps: tuple[tuple[int, float], ...], uniform: float) -> int:
    return next(value for value, below in steps if uniform < below)


def arrange(score: Score, row: pd.Series) -> np.ndarray:
    """The notes that sound when a piece is played as arranged.

    Every instrument plays and every part is played: with more instruments than parts, some share a part;
    with more parts than instruments, some instruments play several.

    Parameters
    ----------
    score
        A piece as written.
    row
        Its row of `draw`.

    Returns
    -------
    numpy.ndarray
        Structured array of type `SOUNDING`, times in seconds, in order of onset.

    Raises
    ------
    InvalidData
        The row lacks a column or names a program that is not in `INSTRUMENTS`.
    """
    missing = [column for column in COLUMNS if column not in row.index]
    if missing:
        raise InvalidData(f"The arrangement lacks {', '.join(missing)}. Make it with arrangement.draw.")
    programs = [int(p) for p in str(row["programs"]).split()]
    if not programs or not set(programs) <= set(INSTRUMENTS):
        raise InvalidData(
            f"The arrangement of {score.piece!r} names the programs {row['programs']!r}. "
            f"Known are {', '.join(map(str, sorted(INSTRUMENTS)))}."
        )
    quarter = 60.0 / (score.tempo * float(row["tempo_factor"]))
    parts = np.unique(score.notes["part"])
    shift = int(row["transposition"]) + 12 * int(row["octave"])
    layers = []
    for voice in range(max(len(parts), len(programs))):
        part, program = parts[voice % len(parts)], programs[voice % len(programs)]
        written = score.notes[score.notes["part"] == part]
        layers.append(_play(written, shift, program, row, quarter))
        if voice == 0:
            octaves = (12, -12)[: int(row["doubling"])]
            layers.extend(_play(written, shift + octave, program, row, quarter) for octave in octaves)
    return np.sort(np.concatenate(layers), order=["onset", "part", "pitch", "program"])


def _play(notes: np.ndarray, shift: int, program: int, row: pd.Series, quarter: float) -> np.ndarray:
    strokes = np.where(notes["duration"] >= 1.0, int(row["strokes"]), 1)
    each = np.repeat(np.arange(len(notes)), strokes)
    stroke = np.arange(len(each)) - np.repeat(np.cumsum(strokes) - strokes, strokes)
    written = notes["duration"][each] / strokes[each]
    out = np.zeros(len(each), dtype=SOUNDING)
    out["onset"] = ((notes["onset"][each] + stroke * written) * quarter).round(6)
    out["duration"] = (written * quarter * float(row["gate"])).round(6)
    pitch = notes["pitch"][each].astype(np.int64) + shift
    pitch += 12 * np.ceil(np.maximum(LOWEST - pitch, 0) / 12).astype(np.int64)
    pitch -= 12 * np.ceil(np.maximum(pitch - HIGHEST, 0) / 12).astype(np.int64)
    out["pitch"], out["velocity"] = pitch, int(row["dynamics"])
    out["program"], out["part"] = program, notes["part"][each]
    return out
