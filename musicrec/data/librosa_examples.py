"""The loader of librosa's example recordings: eight real pieces of music, small enough to listen to all.

Source: the examples that librosa hands out (McFee and others, "librosa: Audio and Music Signal Analysis in
Python", 2015), of which we take those that are music. What is said of each stands in the notice beside it;
the data card data/cards/librosa-examples.md repeats the licences.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from musicrec.data.catalogue import entry
from musicrec.data.dataset import Dataset
from musicrec.data.fetch import fetch
from musicrec.data.recordings import without_listeners
from musicrec.data.verify import read_verified

_NAME = "librosa-examples"
_BY, _BY_NC, _PD = "CC BY 3.0", "CC BY-NC 3.0", "Public Domain"


class _Example(NamedTuple):
    """A recording: librosa's name for it, its file, and what its notice says; no style if that names none."""

    item: str
    file: str
    title: str
    artist: str
    style: str | None
    licence: str
    source: str


_EXAMPLES = (
    _Example(
        "vibeace",
        "Kevin_MacLeod_-_Vibe_Ace",
        "Vibe Ace",
        "Kevin MacLeod",
        "jazz",
        _BY,
        "https://freemusicarchive.org/music/Kevin_MacLeod/Jazz_Sampler/Vibe_Ace",
    ),
    _Example(
        "choice",
        "admiralbob77_-_Choice_-_Drum-bass",
        "Choice (drums and bass only)",
        "Admiral Bob",
        None,
        _BY_NC,
        "http://dig.ccmixter.org/files/admiralbob77/61638",
    ),
    _Example(
        "nutcracker",
        "Kevin_MacLeod_-_P_I_Tchaikovsky_Dance_of_the_Sugar_Plum_Fairy",
        "P. I. Tchaikovsky: Dance of the Sugar Plum Fairy",
        "Kevin MacLeod",
        "classical",
        _BY,
        "https://freemusicarchive.org/music/Kevin_MacLeod/Classical_Sampler/Dance_of_the_Sugar_Plum_Fairy",
    ),
    _Example(
        "brahms",
        "Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra)",
        "Johannes Brahms: Hungarian Dance number 5",
        "US Army Strings",
        None,
        _PD,
        "https://musopen.org/music/43805-hungarian-dance-no-5-in-f-sharp-minor-woo-1-string-orchestra-arr/",
    ),
    _Example(
        "trumpet",
        "sorohanro_-_solo-trumpet-06",
        "Part of Jazz Trumpet Loops Pack in F 90 bpm",
        "Mihai Sorohan",
        "jazz",
        _BY,
        "https://freesound.org/s/77711/",
    ),
    _Example(
        "fishin",
        "Karissa_Hobbs_-_Lets_Go_Fishin",
        "Let's Go Fishin'",
        "Karissa Hobbs",
        None,
        _BY,
        "https://freemusicarchive.org/music/Karissa_Hobbs/Age_of_Flowers/09_Lets_Go_Fishin",
    ),
    _Example(
        "sweetwaltz",
        "147793__setuniman__sweet-waltz-0i-22mi",
        "sweet waltz 0I_22mi",
        "Setuniman",
        "waltz",
        _BY_NC,
        "https://freesound.org/people/Setuniman/sounds/147793/",
    ),
    _Example(
        "pistachio",
        "442789__lena-orsa__happy-music-pistachio-ice-cream-ragtime",
        "Pistachio Ice Cream Ragtime",
        "The Piano Lady (Lena Orsa)",
        "ragtime",
        _BY_NC,
        "https://freesound.org/people/lena_orsa/sounds/442789/",
    ),
)


def load() -> Dataset:
    """Load librosa's example recordings from ``$MUSICREC_DATA``, the cache or the network.

    Returns
    -------
    Dataset
        As `read` makes it, from files that are those of the catalogue.

    Raises
    ------
    DataUnavailable
        The recordings are not here and cannot be downloaded.
    CorruptData
        They are here but not what they must be.

    Notes
    -----
    Explained in chapter 04_cnn_mel.
    """
    found = entry(_NAME)
    return read_verified(found, fetch(found), read)


def read(folder: Path) -> Dataset:
    """Read a folder with librosa's example recordings, whatever their checksums.

    Parameters
    ----------
    folder
        Holds audio/Kevin_MacLeod_-_Vibe_Ace.hq.ogg and so on.

    Returns
    -------
    Dataset
        - items: the eight recordings by librosa's names for them, with title, artist, style (missing where
          the recording's notice names none), licence and source.
        - audio: the recordings, in librosa's higher quality (stereo, 44.1 kHz). One that is missing or
          unreadable is left out, with the reason in ``audio.left_out``.
        - interactions: none; there are no listeners.
    """
    found = entry(_NAME)
    assert found.recordings is not None
    table = pd.DataFrame(_EXAMPLES).set_index("item")
    return without_listeners(
        found,
        Path(folder) / found.recordings.folder,
        table.drop(columns="file"),
        table["file"] + ".hq.ogg",
    )
