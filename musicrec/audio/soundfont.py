"""Recorded notes of all instruments, read from a soundfont.

A soundfont (SF2: "SoundFont Technical Specification", version 2.04, E-mu Systems) is a file of tables: each
instrument has zones of keys, each zone names a recording and states how it is to be played. Ours is
TimGM6mb.sf2, which comes inside the package pretty_midi. What is read is what `musicrec.audio.sampler` plays:
filters, vibrato and stereo, which a font may ask for too, are left out. Explained in chapter 04_cnn_mel.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from musicrec.audio.sampler import Zone
from musicrec.errors import CorruptData, DataUnavailable, UnknownName

_FONT = "TimGM6mb.sf2"
# What a zone of the font can state, by its number in the specification (section 8.1.2).
_ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE, _ATTENUATION = 34, 35, 36, 37, 38, 48
_INSTRUMENT, _KEYS, _COARSE, _FINE, _SAMPLE, _LOOPED, _ROOT = 41, 43, 51, 52, 53, 54, 58
_HEADER = ("start", "end", "loop", "loop_end", "rate", "pitch", "correction")  # of a recording
_AT_ONCE = -12000  # timecents: 1 ms, where a zone states no time
_LAYOUT: dict[str, Any] = {
    "phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")],
    "inst": [("name", "S20"), ("bag", "<u2")],
    "pbag": [("generator", "<u2"), ("modulator", "<u2")],
    "ibag": [("generator", "<u2"), ("modulator", "<u2")],
    "pgen": [("kind", "<u2"), ("amount", "<i2")],
    "igen": [("kind", "<u2"), ("amount", "<i2")],
    "shdr": [
        ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4"),
        ("rate", "<u4"), ("pitch", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2"),
    ],
    "smpl": "<i2",
}  # fmt: skip


def soundfont() -> Path:
    """Where the soundfont lies.

    Raises
    ------
    DataUnavailable
        It is not there.
    """
    package = find_spec("pretty_midi")
    folder = Path(package.origin).parent if package and package.origin else Path("pretty_midi")
    if not (folder / _FONT).is_file():
        raise DataUnavailable(
            f"The soundfont {_FONT} is not in {folder}. It comes inside the package pretty_midi: install "
            "that again from PyPI."
        )
    return folder / _FONT


def layers(program: int, pitch: int) -> list[Zone]:
    """What sounds together when a key is pressed.

    Parameters
    ----------
    program
        Instrument of General MIDI, 0 to 127.
    pitch
        MIDI pitch. Where the font has no recording for it, the nearest one is taken.

    Raises
    ------
    UnknownName
        The font has no such program.
    DataUnavailable
        There is no font.
    CorruptData
        The font cannot be read.
    """
    there = _zones(program)
    found = [zone for zone in there if zone.lowest <= pitch <= zone.highest]
    return found or [min(there, key=lambda zone: max(zone.lowest - pitch, pitch - zone.highest))]


@cache
def _zones(program: int) -> tuple[Zone, ...]:
    font = _read(soundfont())
    presets = font["phdr"][:-1]  # the last row only ends the table
    numbers = np.flatnonzero((presets["preset"] == program) & (presets["bank"] == 0))
    if not len(numbers):
        raise UnknownName(
            f"The soundfont has no program {program!r}; it has those of General MIDI, 0 to 127."
        )
    stated = _stated(font, font["phdr"], "p", int(numbers[0]))
    return tuple(
        _zone(font, zone)
        for instrument in (preset[_INSTRUMENT] for preset in stated if _INSTRUMENT in preset)
        for zone in _stated(font, font["inst"], "i", instrument)
        if _SAMPLE in zone
    )


def _stated(font: dict[str, np.ndarray], table: np.ndarray, kind: str, row: int) -> list[dict[int, int]]:
    """What each zone of a preset ("p") or an instrument ("i") states: amounts by number."""
    generators, bags = font[f"{kind}gen"], font[f"{kind}bag"]["generator"]
    first, last = table["bag"][row : row + 2]
    zones = [generators[bags[bag] : bags[bag + 1]] for bag in range(first, last)]
    return [dict(zip(zone["kind"].tolist(), zone["amount"].tolist(), strict=True)) for zone in zones]


def _zone(font: dict[str, np.ndarray], stated: dict[int, int]) -> Zone:
    header = {name: int(font["shdr"][name][stated[_SAMPLE]]) for name in _HEADER}
    looped = stated.get(_LOOPED, 0) & 1
    wave = font["smpl"][header["start"] : header["loop_end" if looped else "end"]].astype(np.float32) / 32768
    keys = stated.get(_KEYS, 127 << 8)
    cents = stated.get(_FINE, 0) + header["correction"]

    def seconds(kind: int) -> float:
        return float(2 ** (stated.get(kind, _AT_ONCE) / 1200))

    return Zone(
        lowest=keys & 255,
        highest=keys >> 8,
        wave=wave if looped else np.append(wave, np.float32(0)),  # then the silence at its end is repeated
        loop=header["loop_end"] - header["loop"] if looped else 1,
        rate=header["rate"],
        root=stated.get(_ROOT, header["pitch"]) - stated.get(_COARSE, 0) - cents / 100,
        gain=10 ** (-stated.get(_ATTENUATION, 0) / 200),
        attack=seconds(_ATTACK),
        hold=seconds(_HOLD),
        decay=100 / seconds(_DECAY),  # the font states the seconds for 100 dB
        sustain=stated.get(_SUSTAIN, 0) / 10,
        release=100 / seconds(_RELEASE),
    )


@cache
def _read(path: Path) -> dict[str, np.ndarray]:
    """The tables of a font and its samples, by their names in the specification."""
    content = path.read_bytes()
    try:
        chunks = _chunks(content, 0, len(content))
        return {name: np.frombuffer(chunks[name], layout) for name, layout in _LAYOUT.items()}
    except (KeyError, ValueError) as error:
        raise CorruptData(f"{path} is not a whole soundfont ({error}). Install pretty_midi again.") from error


def _chunks(content: bytes, at: int, end: int) -> dict[str, bytes]:
    """The chunks of a RIFF file by name; each has a name, a length and its content, a list holds chunks."""
    found: dict[str, bytes] = {}
    while at < end:
        name = content[at : at + 4].decode("ascii")
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        if name in ("RIFF", "LIST"):
            found |= _chunks(content, at + 12, at + 8 + length)
        else:
            found[name] = content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return found
