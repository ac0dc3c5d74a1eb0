"""One written piece: from what music21 parses to an array of notes.

Decisions, in one place:

- *Repeats are played.* A section between repeat bars sounds twice, with its first and second ending. Jumps
  (da capo, dal segno) are not followed.
- *Ties are joined* into one note. *Grace notes* and *chord symbols*, which have no written duration, are left
  out.
- *Key and mode* are those signed in ABC files, where ``K:`` names both; dorian, phrygian and aeolian count as
  minor, the other modes as major. Elsewhere they are analysed, because a signature does not tell A minor from
  C major: Krumhansl and Schmuckler's method, as music21 has it, on the duration of each pitch class.
- *Pitches are those written*; the pieces of the Songbook have no transposing instruments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from music21 import bar, chord, key, meter, note, pitch, spanner, stream, tempo, text

from musicrec.errors import CorruptData

NOTE = np.dtype(
    [
        ("onset", "f8"),  # quarter notes from the beginning
        ("duration", "f8"),  # quarter notes
        ("pitch", "i2"),  # MIDI number, 60 = middle C
        ("part", "i2"),  # 0 is the highest written part
        ("position", "f8"),  # quarter notes after the bar line
        ("beat", "f8"),  # length of a beat in the metre in force, quarter notes
    ]
)
_SMALLEST = 1e-6  # quarter notes; below it two times are one


@dataclass(frozen=True)
class Notation:
    """What is written in one piece: notes (type `NOTE`, in order of onset) and what applies to all of it."""

    notes: np.ndarray
    parts: int
    metre: str
    tonic: int
    key: str
    mode: str
    length: float
    stated_tempo: float | None
    lyrics: str


def read_stream(score: stream.Score, *, signed: bool) -> Notation:
    """Notes, metre, key and words of a score that music21 has parsed.

    Parameters
    ----------
    score
        One piece, with one or more parts.
    signed
        Whether the signature names the mode and can be trusted; else the key is analysed.

    Raises
    ------
    CorruptData
        The score has no notes or no time signature.
    """
    parts = [part if part.hasMeasures() else part.makeMeasures() for part in score.parts]
    measures = [list(part.getElementsByClass(stream.Measure)) for part in parts]
    bounds = [
        [float(m.offset) for m in row] + [float(part.highestTime)]
        for row, part in zip(measures, parts, strict=True)
    ]
    first_metre = next((m.timeSignature for row in measures for m in row if m.timeSignature), None)
    if first_metre is None:
        raise CorruptData("no time signature")
    # Bars are repeated in all parts at once, so only where the parts agree on where the bars lie.
    together = all(row == bounds[0] for row in bounds)
    order = playing_order(measures[0], parts[0]) if together else None
    notes = np.concatenate(
        [
            _part_notes(part, row, edges, order, first_metre)
            for part, (row, edges) in enumerate(zip(measures, bounds, strict=True))
        ]
    )
    if not len(notes):
        raise CorruptData("no notes")
    notes = np.sort(notes, order=["onset", "part", "pitch"])
    tonic, name, mode = (_signed_key(parts[0]) if signed else None) or analysed_key(notes)
    return Notation(
        notes=notes,
        parts=len(np.unique(notes["part"])),
        metre=first_metre.ratioString,
        tonic=tonic,
        key=name,
        mode=mode,
        length=round(float((notes["onset"] + notes["duration"]).max()), 6),
        stated_tempo=_stated_tempo(score),
        lyrics=next((words for part in parts if (words := _words(part))), ""),
    )


def playing_order(measures: Sequence[stream.Measure], part: stream.Stream) -> list[int]:
    """Indexes of the bars in the order in which they sound: repeats twice, endings in turn.

    music21's own expander refuses repeats that are not opened and closed as it expects, as in many ABC tunes.
    """
    endings: dict[int, set[int]] = {}
    index = {id(m): i for i, m in enumerate(measures)}
    for bracket in part.recurse().getElementsByClass(spanner.RepeatBracket):
        for m in bracket.getSpannedElements():
            if id(m) in index:
                endings.setdefault(index[id(m)], set()).update(bracket.numberRange)
    order: list[int] = []
    section, turn, i = 0, 1, 0
    while i < len(measures):
        if _repeat(measures[i].leftBarline) and i != section:
            section, turn = i, 1
        if i in endings and turn > max(endings[i]):
            i += 1
            continue
        order.append(i)
        if _repeat(measures[i].rightBarline):
            if turn == 1:
                turn, i = 2, section
                continue
            section, turn = i + 1, 1
        elif turn > 1 and i in endings and i + 1 not in endings:
            section, turn = i + 1, 1
        i += 1
    return order


def _repeat(line: bar.Barline | None) -> bool:
    return isinstance(line, bar.Repeat)


def _part_notes(
    part: int,
    measures: Sequence[stream.Measure],
    edges: Sequence[float],
    order: Iterable[int] | None,
    metre: meter.TimeSignature,
) -> np.ndarray:
    """Notes of one part as they sound, ties joined."""
    bars: list[list[tuple[float, float, int, bool, float, float]]] = []
    opens = True  # a short bar that opens a section is an upbeat: it is counted from its end
    for i, m in enumerate(measures):
        metre = m.timeSignature or metre
        full, length = float(metre.barDuration.quarterLength), edges[i + 1] - edges[i]
        upbeat = max(full - length, 0.0) if opens or _repeat(m.leftBarline) else 0.0
        beat = float(metre.beatDuration.quarterLength) if metre.numerator > 0 else full
        bars.append([(*found, upbeat + found[0], beat) for found in _sounding(m)])
        opens = _repeat(m.rightBarline)
    rows: list[list[float]] = []
    last: dict[int, list[float]] = {}  # the latest note of each pitch, to be lengthened by a tie
    begin = 0.0
    for i in range(len(bars)) if order is None else order:
        start = edges[i] if order is None else begin
        for offset, duration, midi, tied, position, beat in bars[i]:
            before, onset = last.get(midi), start + offset
            if tied and before is not None and abs(before[0] + before[1] - onset) < _SMALLEST:
                before[1] += duration
            else:
                last[midi] = [onset, duration, midi, part, position, beat]
                rows.append(last[midi])
        begin += edges[i + 1] - edges[i]
    out = np.array([tuple(row) for row in rows], dtype=NOTE)
    for name in ("onset", "duration", "position", "beat"):
        out[name] = out[name].round(6)
    return out


def _sounding(m: stream.Measure) -> list[tuple[float, float, int, bool]]:
    """(offset, duration, pitch, is tied to the note before) of each pitch in a bar, in order of offset."""
    found = []
    for voice in (m, *m.voices):
        shift = 0.0 if voice is m else float(voice.offset)
        for element in voice.getElementsByClass((note.Note, chord.Chord)):
            duration = float(element.duration.quarterLength)
            if duration <= 0 or "Harmony" in element.classes:  # grace notes; chord symbols
                continue
            for each in element.notes if isinstance(element, chord.Chord) else (element,):
                tied = each.tie is not None and each.tie.type in ("stop", "continue")
                found.append((shift + float(element.offset), duration, int(each.pitch.midi), tied))
    return sorted(found)


def _signed_key(part: stream.Stream) -> tuple[int, str, str] | None:
    found = part.recurse().getElementsByClass(key.Key).first()
    if found is None:
        return None
    return _named(
        found.tonic, "minor" if found.mode in ("minor", "dorian", "phrygian", "aeolian") else "major"
    )


def _named(tonic: pitch.Pitch, mode: str) -> tuple[int, str, str]:
    return int(tonic.pitchClass), str(tonic.name).replace("-", "b"), mode


def analysed_key(notes: np.ndarray) -> tuple[int, str, str]:
    """Tonic (pitch class 0..11), its name and the mode ("major" or "minor"), by Krumhansl and Schmuckler."""
    seconds = np.bincount(notes["pitch"] % 12, weights=notes["duration"], minlength=12)
    # The method looks only at the duration of each pitch class, so one note for each says it all.
    summary: stream.Stream = stream.Stream()
    for pitch_class in np.flatnonzero(seconds):
        summary.append(
            note.Note(60 + int(pitch_class), quarterLength=round(float(seconds[pitch_class]) * 4) / 4 or 0.25)
        )
    found = summary.analyze("key")
    return _named(found.tonic, str(found.mode))


def _stated_tempo(score: stream.Score) -> float | None:
    """Quarter notes a minute of the first metronome mark with a number; words like Allegro do not count."""
    for mark in score.recurse().getElementsByClass(tempo.MetronomeMark):
        number = mark.numberSounding if mark.numberImplicit or mark.number is None else mark.number
        if number is not None:
            return round(float(number) * float(mark.referent.quarterLength), 3)
    return None


def _words(part: stream.Stream) -> str:
    words = " ".join(text.assembleLyrics(part, lineNumber=1).split())
    return re.sub("\u00ad[\u00ad ]*", "", words)  # syllables that were joined by soft hyphens
