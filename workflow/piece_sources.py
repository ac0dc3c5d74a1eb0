"""What may be chosen for the Songbook: pieces of music21's corpus by style, as folders and headers name them.

A file that reserves rights is passed over, and all of a book where most files do (Monteverdi's fifth).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from music21 import common
from music21.corpus.chorales import ChoraleListRKBWV

from musicrec.audio.corpus import split_tunes
from workflow.piece_titles import clean_title, person

CORPUS = Path(common.getCorpusFilePath())
RESERVED = re.compile(r"copyright|©|all rights|general public license", re.IGNORECASE)
# Said of the pages (PDF) of the encoder's site, not of the notes, which music21 has with her permission.
GREENTREE = re.compile(r"PDF © ?\d{4} Margaret Greentree[^<]*")
YEARS = {"Ryan's Mammoth Collection": 1883, "O'Neill's Music of Ireland": 1903}
# Files of O'Neill's 1,850 melodies: some of each section, each tune once.
ONEILL = ["0001-0050", "0101-0200", "0301-0350", "0626-0700", "0900-0950", "1116-1135_mh", "1136-1175"]
ONEILL += ["1276-1375", "1577-1624", "1801-1850"]
AIRD = {1: 1778, 2: 1782, 3: 1788, 4: 1794, 5: 1797, 6: 1803}
QUARTETS = {
    "beethoven/opus18no1": ("Ludwig van Beethoven", 1801),
    "beethoven/opus59no1": ("Ludwig van Beethoven", 1808),
    "beethoven/opus59no2": ("Ludwig van Beethoven", 1808),
    "beethoven/opus59no3": ("Ludwig van Beethoven", 1808),
    "haydn/opus1no1": ("Joseph Haydn", None),
    "haydn/opus74no1": ("Joseph Haydn", 1793),
    "mozart/k80": ("Wolfgang Amadeus Mozart", 1770),
    "mozart/k155": ("Wolfgang Amadeus Mozart", 1772),
    "mozart/k156": ("Wolfgang Amadeus Mozart", 1772),
    "mozart/k458": ("Wolfgang Amadeus Mozart", 1784),
    "schumann_robert/opus41no1": ("Robert Schumann", 1842),
}


@dataclass(frozen=True)
class Candidate:
    """A piece that may be chosen, with what its file or folder says of it."""

    piece: str
    style: str
    title: str
    composer: str
    collection: str
    year: int | None


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix == ".mxl":
        with zipfile.ZipFile(path) as archive:
            raw = archive.read(next(n for n in archive.namelist() if n.endswith("xml") and "META" not in n))
    return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")


def _may_be_used(content: str) -> bool:
    return not RESERVED.search(GREENTREE.sub("", content))


def _field(tune: str, letter: str) -> str:
    match = re.search(rf"(?m)^{letter}:[ \t]*(.*?)[ \t]*$", tune)
    return match.group(1) if match else ""


def fiddle_tunes() -> Iterator[Candidate]:
    """Ryan's, O'Neill's and Aird's collections: dance tunes by their rhythm or title."""
    for path in sorted((CORPUS / "ryansMammoth").glob("*.abc")):
        tune = next(iter(split_tunes(path).values()), "")
        style = _field(tune, "R").lower().replace("slipjig", "slip jig")
        if style == "jig" and _field(tune, "M") == "9/8":
            style = "slip jig"
        if style in ("reel", "hornpipe", "jig", "slip jig", "strathspey") and _may_be_used(tune):
            yield _tune(f"ryansMammoth/{path.name}", style, tune, "Ryan's Mammoth Collection")
    for name in ONEILL:
        for number, tune in split_tunes(CORPUS / f"oneills1850/{name}.abc").items():
            section = _oneill_style(int(number), tune)
            if section and _may_be_used(tune):
                yield _tune(f"oneills1850/{name}.abc#{number}", section, tune, "O'Neill's Music of Ireland")
    for book, year in AIRD.items():
        for number, tune in split_tunes(CORPUS / f"airdsAirs/book{book}.abc").items():
            match = re.search(r"\b(strathspey|march|quick ?step|reel)", _field(tune, "T"), re.IGNORECASE)
            if match and _may_be_used(tune):
                style = match.group(1).lower().replace("quickstep", "quick step")
                piece, collection = f"airdsAirs/book{book}.abc#{number}", f"Aird's Airs, vol. {book}"
                yield _tune(piece, style, tune, collection, year)


def _oneill_style(number: int, tune: str) -> str | None:
    """By the sections of O'Neill's book, which orders its tunes by kind."""
    if "Carolan" in _field(tune, "C"):
        return "planxty"
    if number >= 1800:
        return "march" if "march" in _field(tune, "T").lower() else None
    ends = {625: "air", 700: "planxty", 1115: "jig", 1175: "slip jig", 1555: "reel", 1745: "hornpipe"}
    return next((style for last, style in ends.items() if number <= last), None)


def _tune(piece: str, style: str, tune: str, collection: str, year: int | None = None) -> Candidate:
    title, composer = clean_title(_field(tune, "T")), collection
    if "Carolan" in _field(tune, "C"):
        composer = "Turlough O'Carolan"
    elif piece.startswith("ryansMammoth"):  # in O'Neill's files the field holds the collector
        composer = person(_field(tune, "C")) or collection
    return Candidate(piece, style, title, composer, collection, year or YEARS[collection])


def chorales() -> Iterator[Candidate]:
    """Bach's chorales with a number in Riemenschneider's edition; the titles are those of music21's list."""
    for number, row in ChoraleListRKBWV().byBWV.items():
        path = CORPUS / f"bach/bwv{number}.mxl"
        if path.is_file() and _may_be_used(_text(path)):
            title = clean_title(row["title"])
            composer, collection = "Johann Sebastian Bach", "Bach, chorales"
            yield Candidate(f"bach/{path.name}", "chorale", title, composer, collection, None)


def madrigals() -> Iterator[Candidate]:
    """Monteverdi's third and fourth books, one by Lusitano, and those of the fourteenth century."""
    for path in sorted((CORPUS / "monteverdi").glob("madrigal.[34].*.mxl")):
        if path.with_suffix(".rntxt").is_file() and _may_be_used(_text(path)):
            book = int(path.name.split(".")[1])
            title = clean_title(_field(path.with_suffix(".rntxt").read_text(encoding="utf-8"), "Title"))
            collection, year = f"Monteverdi, madrigals, book {book}", {3: 1592, 4: 1603}[book]
            piece, composer = f"monteverdi/{path.name}", "Claudio Monteverdi"
            yield Candidate(piece, "madrigal", title, composer, collection, year)
    title = "Allor che ignuda d'herb' et fior la terra"
    yield Candidate("lusitano/allor_che_ignuda.mxl", "madrigal", title, "Vicente Lusitano", "Lusitano", None)
    composers = {"Jacopo": "Jacopo da Bologna", "Giovanni": "Giovanni da Firenze", "Piero": "Magister Piero"}
    for path in sorted((CORPUS / "trecento").glob("PMFC_06?*.xml")):
        match = re.match(r"PMFC_06.(Jacopo|Giovanni|Piero)[-_]\d+[ab]?[-_](.+)", path.stem)
        if match and "brachi" not in path.stem and _may_be_used(_text(path)):  # "Chon brachi assai" is a hunt
            title = clean_title(re.sub("[-_]", " ", match.group(2)).capitalize())
            composer = composers[match.group(1)]
            piece, collection = f"trecento/{path.name}", "Trecento manuscripts"
            yield Candidate(piece, "madrigal", title, composer, collection, None)


def mass_movements() -> Iterator[Candidate]:
    """Mass movements of the Italian fourteenth century; where no composer is named they are anonymous."""
    kind = re.compile(r"(Kyrie|Gloria|Credo|Sanctus|Agnus Dei|Benedicamus)(.*)")
    composers = {
        "Bartholus": "Bartolo da Firenze",
        "Ciconia": "Johannes Ciconia",
        "Egardus": "Egardus",
        "Gherardello": "Gherardello da Firenze",
        "Gratiosus": "Gratiosus de Padua",
        "Lorenzo": "Lorenzo da Firenze",
    }
    shelfmarks = r"PMFC ?[\d.]+\w?|[\d_()]|\b[abf]\b|London|Rvat|Apt|Barcelona|" + "|".join(composers)
    for path in sorted((CORPUS / "trecento").glob("*.xml")):
        match = kind.search(path.stem)
        if match and not path.stem.endswith("_bak") and _may_be_used(_text(path)):
            composer = next((full for name, full in composers.items() if name in path.stem), "Anonymous")
            byname = re.sub(shelfmarks, " ", match.group(2)).replace("-", " ")
            title = clean_title(f"{match.group(1)} {byname}")
            piece, collection = f"trecento/{path.name}", "Trecento manuscripts"
            yield Candidate(piece, "mass movement", title, composer, collection, None)


def quartets() -> Iterator[Candidate]:
    """Movements of string quartets by Haydn, Mozart, Beethoven and Robert Schumann."""
    for folder, (composer, year) in QUARTETS.items():
        number = folder.split("/")[1]
        name = re.sub(r"opus(\d+)no(\d+)", r"Op. \1 No. \2", re.sub(r"^k(\d+)", r"K. \1", number))
        for path in sorted((CORPUS / folder).glob("*.mxl")):
            if _may_be_used(_text(path)):
                title = f"String Quartet {name}, movement {path.stem.removeprefix('movement')}"
                piece = f"{folder}/{path.name}"
                yield Candidate(piece, "string quartet", title, composer, "String quartets", year)


def everything() -> Iterator[Candidate]:
    """All candidates of all styles."""
    for source in (fiddle_tunes, chorales, madrigals, mass_movements, quartets):
        yield from source()
