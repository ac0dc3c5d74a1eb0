"""How the pieces of the Songbook were chosen from music21's corpus, once.

``python -m workflow.choose_pieces`` writes data/songbook_pieces.csv. The rule: `workflow.piece_sources` says
which pieces there are of each style. They are taken in the order of a hash of their names, so that nobody's
taste picks, until a style is full. A piece is passed over if it cannot be read, if it lasts less than 12
seconds or more than 16 minutes, or if it begins with the same 16 notes as one already chosen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from musicrec.audio.corpus import read_file
from musicrec.audio.notation import Notation
from workflow import piece_sources
from workflow.piece_titles import number_duplicates

TARGET = Path(__file__).parents[1] / "data" / "songbook_pieces.csv"


@dataclass(frozen=True)
class Style:
    """How many pieces are wanted, and the tempo where a score states none: bars or quarters a minute."""

    wanted: int
    bars: float = 0.0
    quarters: float = 0.0

    def tempo(self, read: Notation) -> float:
        """Quarter notes a minute."""
        upper, lower = map(int, read.metre.split("/"))
        return self.quarters or round(self.bars * upper * 4 / lower, 1)


STYLES = {
    "chorale": Style(125, quarters=72),
    "madrigal": Style(54, quarters=110),
    "mass movement": Style(60, quarters=110),
    "string quartet": Style(45, quarters=108),
    "reel": Style(105, bars=54),
    "hornpipe": Style(95, bars=42),
    "jig": Style(105, bars=57),
    "slip jig": Style(70, bars=38),
    "strathspey": Style(85, bars=31),
    "march": Style(85, bars=46),
    "quick step": Style(50, bars=54),
    "air": Style(95, quarters=84),
    "planxty": Style(48, quarters=120),
}


def choose() -> pd.DataFrame:
    """The list: one row a chosen piece, in order of style and name."""
    candidates = list(piece_sources.everything())
    candidates.sort(key=lambda c: hashlib.sha256(c.piece.encode()).digest())
    taken = dict.fromkeys(STYLES, 0)
    beginnings: set[bytes] = set()
    rows = []
    for candidate in candidates:
        style = STYLES[candidate.style]
        if taken[candidate.style] == style.wanted or not candidate.title:
            continue
        file, _, number = candidate.piece.partition("#")
        (read,) = read_file(file, [number])
        if not isinstance(read, Notation) or (candidate.style == "chorale" and read.parts != 4):
            continue
        stated = read.stated_tempo
        tempo, origin = (stated, "score") if stated and 40 <= stated <= 330 else (style.tempo(read), "style")
        beginning = read.notes[["onset", "pitch"]][:16].tobytes()
        if not 12 <= read.length / tempo * 60 <= 960 or beginning in beginnings:
            continue
        beginnings.add(beginning)
        taken[candidate.style] += 1
        rows.append({**vars(candidate), "tempo": tempo, "tempo_from": origin})
    frame = pd.DataFrame(rows).sort_values(["style", "piece"]).reset_index(drop=True)
    frame["title"] = number_duplicates(frame["style"], frame["title"])
    return frame.astype({"year": "Int64"})


if __name__ == "__main__":
    chosen = choose()
    chosen.to_csv(TARGET, index=False, lineterminator="\n")
    print(chosen["style"].value_counts().to_string(), f"\n{len(chosen)} pieces in {TARGET}")
