"""What can be heard of an arranged piece, measured on its notes; and what its score alone says.

`describe` gives the variables that the Songbook's listeners hear (the generator's own, `ds.truth`);
`statistics` gives what a catalogue may know of a score. No sum goes through BLAS and results are rounded to
1e-6, so that every machine finds the same. Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from musicrec.audio.arrangement import INSTRUMENTS, arrange
from musicrec.audio.score import Score
from musicrec.errors import InvalidData

MIDDLE_C = 261.626  # Hz
# Semitones above the tonic: the major scale; natural, harmonic and melodic minor together.
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}
_TOUCH = 1e-4  # quarter notes; nearer than this two times are one
HEARD = (
    "tempo_bpm",
    "note_rate",
    "register",
    "pitch_range",
    "articulation",
    "loudness",
    "brightness",
    "attack",
    "mode",
    "triple",
    "polyphony",
    "syncopation",
    "chromaticism",
    "interval_size",
    "rhythm_variety",
    "pitch_variety",
    "length_s",
)


def describe(scores: Mapping[str, Score], arrangement: pd.DataFrame) -> pd.DataFrame:
    """What is heard of each piece as it is arranged.

    Parameters
    ----------
    scores
        Scores by piece, at least those of the arrangement.
    arrangement
        One row a piece, as `arrangement.draw` gives it.

    Returns
    -------
    DataFrame
        Indexed by piece in the order of ``arrangement``, float64, finite, rounded to 1e-6; columns `HEARD`:

        - ``tempo_bpm``: quarter notes a minute; ``length_s``: seconds;
        - ``note_rate``: beginnings a second (notes that begin together are one);
        - ``register``: MIDI pitch, mean over sounding time; ``pitch_range``: semitones, lowest to highest;
        - ``articulation``: share of the written time that sounds; ``loudness``: MIDI velocity;
        - ``brightness``: octaves from middle C up to the spectral centroid of the instruments' middle C, mean
          over sounding time; ``attack``: share of sounding time on plucked or struck instruments;
        - ``mode``: of the time on a third above the tonic, the share on the major one (0.5 if none sounds);
        - ``triple``: 1 where beats or their parts go in threes (3/4, 6/8, 9/8), else 0;
        - ``polyphony``: different pitches that sound at once, mean over the time when any does;
        - ``syncopation``: share of notes that last beyond a place in the bar stronger than that of their
          beginning (beats are stronger than their halves or thirds, these than quarters and sixths);
        - ``chromaticism``: share of the time on pitches outside the scale (of any minor form);
        - ``interval_size``: semitones between successive highest notes of a part, mean of those that move;
        - ``rhythm_variety``, ``pitch_variety``: entropy (bits) of durations and of pitch classes.

    Raises
    ------
    InvalidData
        A piece of the arrangement has no score, or the arrangement lacks a column.
    """
    absent = [piece for piece in arrangement.index if piece not in scores]
    if absent:
        raise InvalidData(
            f"{len(absent)} of {len(arrangement)} arranged pieces have no score, first {absent[0]!r}. "
            "Read them with score.read_pieces, or draw an arrangement for the pieces that were read."
        )
    rows = [_heard(scores[str(piece)], row) for piece, row in arrangement.iterrows()]
    frame = pd.DataFrame(rows, index=pd.Index(arrangement.index, name="piece"), columns=list(HEARD))
    return frame.astype("float64").round(6)


def statistics(scores: Mapping[str, Score]) -> pd.DataFrame:
    """What the score says of each piece, whoever plays it.

    Parameters
    ----------
    scores
        Scores by piece.

    Returns
    -------
    DataFrame
        Indexed by piece. ``metre``, ``key``, ``mode``, ``lyrics`` (str, "" where not sung); ``parts``,
        ``notes`` (int64); ``length_quarters``, ``tempo`` (quarter notes a minute), ``pitch_mean``,
        ``pitch_range``, ``interval_size``, ``syncopation``, ``chromaticism``, ``rhythm_variety``,
        ``pitch_variety`` (float64, as in `describe`, but of the notes as written).
    """
    rows = []
    for score in scores.values():
        written, notes = _written(score), score.notes
        rows.append(
            {
                "metre": score.metre,
                "key": score.key,
                "mode": score.mode,
                "lyrics": score.lyrics,
                "parts": score.parts,
                "notes": len(notes),
                "length_quarters": score.length,
                "tempo": score.tempo,
                "pitch_mean": _mean(notes["pitch"], notes["duration"]),
                "pitch_range": float(np.ptp(notes["pitch"])),
                **{k: written[k] for k in ("interval_size", "syncopation", "chromaticism")},
                **{k: written[k] for k in ("rhythm_variety", "pitch_variety")},
            }
        )
    return pd.DataFrame(rows, index=pd.Index(list(scores), name="piece")).round(6)


def _heard(score: Score, row: pd.Series) -> dict[str, float]:
    sounding = arrange(score, row)
    time = sounding["duration"]
    bright = {p: float(np.log2(i.centroid / MIDDLE_C)) for p, i in INSTRUMENTS.items()}
    tempo = score.tempo * float(row["tempo_factor"])
    length = score.length * 60.0 / tempo
    return {
        "tempo_bpm": tempo,
        "note_rate": len(np.unique((sounding["onset"] / 0.01).round())) / length,  # within 10 ms: together
        "register": _mean(sounding["pitch"], time),
        "pitch_range": float(np.ptp(sounding["pitch"])),
        "articulation": float(row["gate"]),
        "loudness": float(row["dynamics"]),
        "brightness": _mean(np.array([bright[int(p)] for p in sounding["program"]]), time),
        "attack": _mean(np.array([INSTRUMENTS[int(p)].struck for p in sounding["program"]]), time),
        "polyphony": _polyphony(sounding),
        "length_s": length,
        **_written(score),
    }


def _written(score: Score) -> dict[str, float]:
    """What tempo, instruments and articulation do not change."""
    notes = score.notes
    above = (notes["pitch"].astype(np.int64) - score.tonic) % 12
    classes = np.bincount(above, weights=notes["duration"], minlength=12)
    thirds = float(classes[3] + classes[4])
    outside = np.ones(12, dtype=bool)
    outside[list(_SCALES[score.mode])] = False
    numerator = int(score.metre.split("/")[0])
    _, lengths = np.unique((notes["duration"] * 48).round(), return_counts=True)
    return {
        "mode": float(classes[4]) / thirds if thirds else 0.5,
        "triple": float(numerator % 3 == 0),
        "syncopation": _syncopation(notes),
        "chromaticism": float(classes[outside].sum() / classes.sum()),
        "interval_size": _interval_size(notes),
        "rhythm_variety": _entropy(lengths),
        "pitch_variety": _entropy(classes),
    }


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    return float((values * weights).sum() / weights.sum())


def _entropy(counts: np.ndarray) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(abs((share * np.log2(share)).sum()))


def _syncopation(notes: np.ndarray) -> float:
    begin, end = notes["position"], notes["position"] + notes["duration"]
    pulse = np.where(np.isclose(notes["beat"] % 1.5, 0.0), notes["beat"] / 3, notes["beat"] / 2)
    crossed = np.zeros(len(notes), dtype=bool)
    strong = notes["beat"]
    for weak in (pulse, pulse / 2, pulse / 4):
        on_weak = np.abs(begin - (begin / weak).round() * weak) < _TOUCH
        on_strong = np.abs(begin - (begin / strong).round() * strong) < _TOUCH
        following = np.floor(begin / strong + 1) * strong
        crossed |= on_weak & ~on_strong & (end > following + _TOUCH)
        strong = weak
    return float(crossed.mean())


def _interval_size(notes: np.ndarray) -> float:
    moves = []
    for part in np.unique(notes["part"]):
        own = notes[notes["part"] == part]
        last = np.append(np.diff(own["onset"]) > _TOUCH, True)  # notes are in order of onset, then of pitch
        moves.append(np.abs(np.diff(own["pitch"][last].astype(np.int64))))
    steps = np.concatenate(moves)
    steps = steps[steps > 0]
    return float(steps.mean()) if len(steps) else 0.0


def _polyphony(sounding: np.ndarray) -> float:
    """Different pitches at once: their time in all, over the time in which any sounds."""
    alone = sum(_covered(sounding[sounding["pitch"] == pitch]) for pitch in np.unique(sounding["pitch"]))
    return alone / _covered(sounding)


def _covered(sounding: np.ndarray) -> float:
    """Seconds in which at least one of the notes sounds; they are in order of onset."""
    ends = np.maximum.accumulate(sounding["onset"] + sounding["duration"])
    before = np.concatenate([[-np.inf], ends[:-1]])
    return float(np.maximum(ends - np.maximum(sounding["onset"], before), 0.0).sum())
