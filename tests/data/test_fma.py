"""The loader of FMA small, on small recordings made in its layout."""

import csv
import shutil

import numpy as np
import pytest
import soundfile

from musicrec import data
from musicrec.data import fma
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

RATE = 44100
HEAD = [
    ["", "album", "artist", "set", "set", "track", "track", "track", "track"],
    ["", "title", "name", "split", "subset", "genre_top", "license", "title", "tags"],
    ["track_id", "", "", "", "", "", "", "", ""],
]
TRACKS = [
    ["2", "A Way of\nLife", "AWOL", "training", "small", "Hip-Hop", "CC BY", "Food", "[]"],
    ["10", "Constant Hitmaker", 'Kurt "K" Vile', "training", "full", "Pop", "CC BY", "Freeway", "[]"],
    ["1040", "Where, is it", "Björk", "validation", "small", "Rock", "CC BY-NC", "NA", "[]"],
    ["99134", "Odd", "Nobody", "test", "small", "Rock", "CC BY", "", "[]"],
    ["108925", "Odd", "Nobody", "test", "small", "Folk", "CC BY", "Text", "[]"],
    ["133297", "Odd", "Nobody", "test", "small", "Folk", "", "Cut", "[]"],
    ["143992", "Odd", "Nobody", "test", "small", "Folk", "CC BY", "Gone", "[]"],
]


def write(folder, tracks, head=HEAD, encoding="utf-8"):
    (folder / "fma_metadata").mkdir(exist_ok=True)
    with (folder / "fma_metadata" / "tracks.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*head, *tracks])


def tone(path, seconds, hz=440.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * time), RATE)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two good clips; one of 1.6 s, a text, one cut off and one that is not there."""
    sound = tmp_path_factory.mktemp("clips") / "fma_small"
    tone(sound / "000" / "000002.mp3", 30, hz=300)
    tone(sound / "001" / "001040.mp3", 30, hz=400)
    tone(sound / "099" / "099134.mp3", 1.6)
    (sound / "108").mkdir()
    (sound / "108" / "108925.mp3").write_text("<html>404 not found</html>")
    cut = tone(sound / "133" / "133297.mp3", 30)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 4])
    return sound


@pytest.fixture
def folder(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "real" / "fma"
    shutil.copytree(clips, made / "fma_small")
    write(made, TRACKS)
    return made


def test_the_tracks_of_the_subset_become_items(folder):
    ds = fma.read(folder)
    assert ds.items.index.tolist() == [2, 1040, 99134, 108925, 133297, 143992]
    assert ds.items.loc[2].to_dict() == {
        "title": "Food",
        "artist": "AWOL",
        "album": "A Way of\nLife",
        "style": "Hip-Hop",
        "split": "training",
        "licence": "CC BY",
    }
    assert ds.items.loc[1040, ["title", "artist"]].tolist() == ["NA", "Björk"]
    assert ds.items["title"].isna().tolist() == [False, False, True, False, False, False]
    assert ds.items["split"].value_counts().to_dict() == {"test": 4, "training": 1, "validation": 1}


def test_clips_that_cannot_be_used_are_left_out_with_a_reason_and_the_rest_is_heard(folder):
    ds = fma.read(folder)
    assert set(ds.audio.left_out.index) == {99134, 108925, 143992}
    assert ds.provenance["left out"] == {"recordings that are missing, unreadable or too short": 3}
    assert ds.audio.mel([2, 1040]).shape[0] == 2
    with pytest.raises(InvalidData, match="133297"):
        ds.audio.mel([133297])
    why = ds.audio.left_out
    assert "1.6 s where at least 29 s" in why[99134]
    assert "not a recording" in why[108925]
    assert "ends early" in why[133297]
    assert "no such file" in why[143992]
    spectrum = np.abs(np.fft.rfft(ds.audio.waveform(1040)))
    assert spectrum.argmax() * ds.audio.sample_rate / len(ds.audio.waveform(1040)) == pytest.approx(
        400, abs=1
    )


def test_nobody_listens(folder):
    ds = fma.read(folder)
    assert ds.interactions.n_users == len(ds.users) == len(ds.interactions) == 0
    assert ds.interactions.n_items == 6
    assert "real recordings, no listeners" in repr(ds)
    with pytest.raises(InvalidData, match="no events"):
        data.holdout(ds.interactions)


def test_it_is_loaded_by_its_name(folder, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", str(folder.parent))
    ds = data.load("fma-small")
    assert ds.name == "fma-small"
    assert ds.provenance["fingerprint"] == data.fingerprint("fma-small")
    (folder / "fma_metadata" / "tracks.csv").unlink()
    with pytest.raises(DataUnavailable, match=r"lacks fma_metadata/tracks\.csv of fma-small"):
        data.load("fma-small")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: [["x", *rows[0][1:]], *rows[1:]], "track 'x' of the subset small"),
        (lambda rows: [rows[0], rows[0], *rows[1:]], "track '2' of the subset small"),
        (lambda rows: [[*rows[0][:5], "", *rows[0][6:]]], "track '2' of the subset small"),
        (lambda rows: [[*rows[0][:3], "train", *rows[0][4:]]], "track '2' of .* training, validation, test"),
        (lambda rows: rows[1:2], "no track in the subset small"),
        (lambda rows: [], "not the table|no track in the subset small"),
    ],
)
def test_a_bad_table_is_said(folder, change, why):
    write(folder, change(TRACKS))
    with pytest.raises(InvalidData, match=why) as caught:
        fma.read(folder)
    assert str(folder / "fma_metadata" / "tracks.csv") in str(caught.value)
    assert "Unpack fma_metadata.zip again" in str(caught.value)


@pytest.mark.parametrize("lines", [0, 1])
def test_a_table_without_its_columns_is_said(folder, lines):
    write(folder, TRACKS[:2], head=HEAD[:lines])
    with pytest.raises(InvalidData, match=r"lacks the columns \['set subset', 'track title'"):
        fma.read(folder)


def test_a_table_in_another_encoding_is_said(folder):
    write(folder, TRACKS, encoding="latin-1")
    with pytest.raises(CorruptData, match="is not UTF-8 text"):
        fma.read(folder)
    (folder / "fma_metadata" / "tracks.csv").unlink()
    with pytest.raises(DataUnavailable, match=r"Cannot read .*tracks\.csv"):
        fma.read(folder)
