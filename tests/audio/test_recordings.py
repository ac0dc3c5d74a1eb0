"""A folder of recordings: its index, what is left out and why, and that nothing outside it is opened."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicrec.audio import index_folder, open_folder
from musicrec.audio.path_table import SUFFIXES, recordings_in
from musicrec.audio.recording_index import read_index
from musicrec.audio.recordings import Recordings
from musicrec.errors import CorruptData, DataUnavailable, InvalidData, UnknownName

RATE = 22050


def tone(path: Path, seconds=2.0, hz=440.0, rate=RATE, channels=1) -> Path:
    """A recording of one tone, which is silent but in its middle half."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.5 * np.sin(2 * np.pi * hz * time) * (np.abs(time - seconds / 2) < seconds / 4)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.repeat(wave[:, None], channels, axis=1), rate)
    return path


def pitch(wave: np.ndarray) -> float:
    """The strongest frequency, Hz."""
    return np.argmax(np.abs(np.fft.rfft(wave))) * RATE / len(wave)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    """One recording of each kind, each of its own pitch, rate and number of channels."""
    made = tmp_path / "music"
    tone(made / "one.wav", hz=300)
    tone(made / "two.flac", hz=400, rate=44100, channels=2)
    tone(made / "deep" / "er" / "three.ogg", hz=500, rate=48000)
    tone(made / "four.mp3", hz=600, rate=44100)
    tone(made / "deep" / "five.AU", hz=700, rate=16000)
    return made


PITCHES = {"one.wav": 300, "two.flac": 400, "deep/er/three.ogg": 500, "four.mp3": 600, "deep/five.AU": 700}


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_every_kind_of_recording_is_found_measured_and_heard(folder):
    index = index_folder(folder)
    assert index == folder / "recordings.csv"
    table = read_index(index)
    assert set(table.index) == set(PITCHES) and {Path(name).suffix.lower() for name in PITCHES} == set(
        SUFFIXES
    )
    assert table["seconds"].round(1).tolist() == [2.0] * 5
    assert table.loc["two.flac", ["sample_rate", "channels"]].tolist() == [44100, 2]
    library = open_folder(folder, seconds=1.0)
    assert not len(library.left_out)
    for label, hz in PITCHES.items():
        wave = library.waveform(label)
        assert wave.dtype == np.float32 and wave.shape == (RATE,)
        assert pitch(wave) == pytest.approx(hz, abs=2)
    assert library.mel(list(PITCHES)).shape == (5, 64, library.settings.frames(RATE))


def test_the_key_changes_with_all_that_decides_the_waveforms(folder):
    index = read_index(index_folder(folder))
    ways = [{}, {"seconds": 1.0}, {"seconds": 2.0}, {"sample_rate": 16000}]
    assert len({Recordings(folder, index, **way).key for way in ways}) == len(ways)
    assert Recordings(folder, index, seconds=1.0).key == Recordings(folder, index, seconds=1.0).key


def test_what_is_read_is_the_middle(folder):
    whole = Recordings(folder, read_index(index_folder(folder)))("two.flac")
    middle = Recordings(folder, read_index(folder / "recordings.csv"), seconds=1.0)("two.flac")
    assert len(whole) == 2 * RATE and len(middle) == RATE
    assert np.abs(whole[: RATE // 2 - 200]).max() < 0.01
    assert np.allclose(middle[200:-200], whole[RATE // 2 + 200 : RATE + RATE // 2 - 200], atol=1e-3)


def test_a_recording_shorter_than_a_clip_is_heard_whole(folder):
    index_folder(folder)
    wave = open_folder(folder, seconds=3.0).waveform("one.wav")
    assert len(wave) == 3 * RATE and pitch(wave) == pytest.approx(300, abs=2)


def test_labels_are_joined_by_path_or_by_file_name(folder, tmp_path):
    labels = write(
        tmp_path / "labels.csv",
        "path,title,style",
        'deep/er/three.ogg,"Drei, oder ""3""",jazz',
        "four.mp3,Björk,NA",
        "five.AU,,reel",
    )
    table = read_index(index_folder(folder, labels, tmp_path / "out" / "index.csv"))
    assert not (folder / "recordings.csv").exists()
    assert list(table.columns) == ["path", "title", "style", "seconds", "sample_rate", "channels", "problem"]
    assert table.loc["deep/er/three.ogg", ["title", "style"]].tolist() == ['Drei, oder "3"', "jazz"]
    assert table.loc["four.mp3", ["title", "style"]].tolist() == ["Björk", "NA"]
    assert table.loc["deep/five.AU", "style"] == "reel" and pd.isna(table.loc["deep/five.AU", "title"])
    assert table.loc[["one.wav", "two.flac"], "title"].isna().all()
    assert set(table.index) == set(PITCHES)


def test_a_column_of_labels_names_the_recordings(folder, tmp_path):
    labels = write(tmp_path / "labels.csv", "label,path", "first,one.wav", "second,two.flac")
    index = index_folder(folder, labels)
    library = open_folder(folder, index)
    assert list(library.labels[:2]) == ["first", "second"]
    assert pitch(library.waveform("second")) == pytest.approx(400, abs=2)
    assert library.source.table.loc["first", "path"] == "one.wav"


def test_an_index_is_the_same_each_time_and_does_not_count_itself(folder):
    first = index_folder(folder).read_bytes()
    assert index_folder(folder).read_bytes() == first
    assert not [path for path in folder.iterdir() if "partial" in path.name]


def test_a_failed_run_leaves_the_old_index(folder, monkeypatch):
    before = index_folder(folder).read_bytes()
    tone(folder / "six.wav")

    def full(*args, **options):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(DataUnavailable, match=r"recordings\.csv \(.*No space left.*\)\. Name another place"):
        index_folder(folder)
    assert (folder / "recordings.csv").read_bytes() == before
    assert not [path for path in folder.iterdir() if "partial" in path.name]


@pytest.fixture
def flawed(folder):
    """The folder with what can be wrong with a recording, by name."""
    good = (folder / "two.flac").read_bytes()
    (folder / "cut.flac").write_bytes(good[: len(good) // 2])
    mp3 = tone(folder / "cut.mp3", seconds=8, rate=44100).read_bytes()
    (folder / "cut.mp3").write_bytes(mp3[: len(mp3) // 10])
    (folder / "text.mp3").write_text("This is no recording.\n" * 50)
    (folder / "none.wav").write_bytes(b"")
    soundfile.write(folder / "silent.wav", np.zeros(0), RATE)
    soundfile.write(folder / "nan.wav", np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    return folder


def test_what_cannot_be_used_is_left_out_with_the_reason_and_the_rest_is_usable(flawed, tmp_path):
    labels = write(tmp_path / "labels.csv", "path,title", "gone.wav,Gone", "one.wav,One")
    library = open_folder(flawed, index_folder(flawed, labels), seconds=1.0)
    assert library.mel(list(PITCHES)).shape[0] == 5
    with pytest.raises(InvalidData, match="gone"):
        library.mel(["gone.wav"])
    why = library.left_out
    assert set(why.index) == {
        "gone.wav", "cut.flac", "cut.mp3", "text.mp3", "none.wav", "silent.wav", "nan.wav"
    }  # fmt: skip
    assert "no such file" in why["gone.wav"]
    assert "not a recording" in why["text.mp3"] and "not a recording" in why["none.wav"]
    assert "no sound" in why["silent.wav"]
    assert "NaN" in why["nan.wav"]
    assert "cut.flac" in why["cut.flac"] and "ends early" in why["cut.mp3"]


def test_a_recording_that_is_removed_after_the_index_was_made_is_left_out(folder):
    index_folder(folder)
    (folder / "one.wav").unlink()
    library = open_folder(folder)
    assert library.left_out.to_dict() == {"one.wav": "there is no such file"}
    with pytest.raises(InvalidData, match=r"'one\.wav' is left out: there is no such file"):
        library.source("one.wav")


def test_a_recording_that_is_removed_while_it_is_asked_for_does_not_stop_the_rest(folder):
    index_folder(folder)
    library = open_folder(folder, seconds=1.0)
    (folder / "one.wav").unlink()
    (folder / "two.flac").write_bytes(tone(folder / "x.flac", seconds=0.2).read_bytes())
    assert library.mel(["four.mp3"]).shape[0] == 1
    assert {"one.wav", "two.flac"} <= set(library.left_out.index)
    assert "write it anew" in library.left_out["one.wav"]


def test_an_unknown_label_is_said(folder):
    source = Recordings(folder, read_index(index_folder(folder)))
    with pytest.raises(UnknownName, match=r"No recording 'six\.wav' among the 5"):
        source("six.wav")


def test_the_key_follows_what_lies_in_the_folder(folder, tmp_path):
    index = read_index(index_folder(folder))
    key = Recordings(folder, index).key
    assert Recordings(folder, index).key == key
    tone(folder / "one.wav", hz=301)
    changed = Recordings(folder, index).key
    assert changed != key
    (folder / "one.wav").unlink()
    assert Recordings(folder, index).key not in (key, changed)


def test_hidden_files_and_other_files_are_passed_over(folder):
    (folder / "._one.wav").write_bytes(b"\0\5\x16\7 what a Macintosh leaves")
    tone(folder / ".hidden" / "x.wav")
    (folder / "cover.jpg").write_bytes(b"")
    assert set(recordings_in(folder)) == set(PITCHES)


def test_links_out_of_the_folder_are_not_followed(folder, tmp_path):
    outside = tone(tmp_path / "elsewhere" / "secret.wav")
    (folder / "link.wav").symlink_to(outside)
    (folder / "way-out").symlink_to(outside.parent)
    (folder / "inner.wav").symlink_to("one.wav")
    library = open_folder(folder, index_folder(folder))
    assert library.left_out.to_dict() == {"link.wav": "a link that leads out of the folder"}
    assert pitch(library.waveform("inner.wav")) == pytest.approx(300, abs=2)
    assert not [label for label in library.labels if "secret" in label]


MEASURED = "seconds,sample_rate,channels,problem"


@pytest.mark.parametrize("path", ["../secret.wav", "a/../../secret.wav", "{root}/secret.wav", ""])
def test_an_index_or_labels_that_lead_out_of_the_folder_are_refused(folder, tmp_path, path):
    tone(tmp_path / "secret.wav")
    path = path.replace("{root}", str(tmp_path))
    index = write(tmp_path / "index.csv", f"label,path,{MEASURED}", f"x,{path},2.0,22050,1,")
    with pytest.raises(InvalidData, match=r"index\.csv, row 1: the path .* leads out of the folder"):
        open_folder(folder, index)
    labels = write(tmp_path / "labels.csv", "path,title", f"{path},x")
    with pytest.raises(InvalidData, match=r"labels\.csv, row 1: .* leads out of the folder"):
        index_folder(folder, labels)


def test_an_index_that_names_a_link_out_of_the_folder_opens_nothing(folder, tmp_path):
    tone(tmp_path / "elsewhere" / "secret.wav")
    (folder / "way-out").symlink_to(tmp_path / "elsewhere")
    index = write(
        tmp_path / "index.csv",
        f"label,path,{MEASURED}",
        "x,way-out/secret.wav,2.0,22050,1,",
        "y,one.wav,2.0,22050,1,",
    )
    library = open_folder(folder, index)
    assert library.left_out.to_dict() == {"x": "a link that leads out of the folder"}
    with pytest.raises(InvalidData, match="leads out of the folder"):
        library.source("x")
    assert pitch(library.waveform("y")) == pytest.approx(300, abs=2)


@given(path=st.text(alphabet="ab./\\~: \n\"',", min_size=1, max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_path_in_an_index_opens_what_is_outside(tmp_path_factory, path):
    base = tmp_path_factory.mktemp("names")
    inside = base / "in" / "side"
    inside.mkdir(parents=True)
    row = pd.DataFrame(
        {"label": ["x"], "path": [path], "seconds": 2.0, "sample_rate": 1, "channels": 1, "problem": ""}
    )
    row.to_csv(base / "index.csv", index=False)
    try:
        source = Recordings(inside, read_index(base / "index.csv"))
    except InvalidData:
        return
    assert (inside / source.table.loc["x", "path"]).resolve().is_relative_to(inside.resolve())
    assert "x" in source.left_out  # nothing is there


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["path,title", "one.wav,x"], "is no index of recordings: it lacks label, seconds"),
        (
            [f"label,path,{MEASURED}", "x,one.wav,2,22050,1,", "x,two.flac,2,1,1,"],
            "row 2, column label: 'x' stands",
        ),
        ([f"label,path,{MEASURED}", ",one.wav,2,22050,1,"], "row 1, column label: there is nothing"),
        ([f"label,path,{MEASURED}", "x,one.wav,long,22050,1,"], "column seconds: Unable to parse"),
        ([f"label,path,{MEASURED}", "x,one.wav,2,0.5,1,"], "column sample_rate|column channels"),
        ([f"label,path,{MEASURED}", "x,one.wav,-2,22050,1,"], "negative or endless"),
        ([f"label,path,{MEASURED}", "x,one.wav,inf,22050,1,"], "negative or endless"),
        (["a,b", '"open'], "not a CSV table"),
        ([], r"one of them path; found \[\]"),
    ],
)
def test_a_bad_index_is_said(folder, tmp_path, lines, why):
    with pytest.raises(InvalidData, match=why):
        open_folder(folder, write(tmp_path / "index.csv", *lines))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["file,title", "one.wav,x"], r"one of them path; found \['file', 'title'\]"),
        (["path,seconds", "one.wav,3"], r"has the columns \['seconds'\]"),
        (["path", "one.wav", "one.wav"], r"row 2, column path: 'one\.wav' stands there twice"),
        (["path", "deep/five.AU", "five.AU"], r"row 2, column path: 'deep/five\.AU' stands there twice"),
        (["label,path", "x,one.wav", "x,two.flac"], "row 2, column label: 'x' stands there twice"),
        (["label,path", "two.flac,one.wav"], r"column label: 'two\.flac' stands there twice"),
        (["path,title", "one.wav,x,y,z"], r"row 1: 4 cells where 2 are expected"),
        (["path,title", "one.wav"], r"row 1: 1 cells where 2 are expected"),
        (["path,title,title", "one.wav,x,y"], "columns of different names"),
    ],
)
def test_bad_labels_are_said(folder, tmp_path, lines, why):
    with pytest.raises(InvalidData, match=why):
        index_folder(folder, write(tmp_path / "labels.csv", *lines))
    assert not (folder / "recordings.csv").exists()


def test_a_file_name_that_fits_two_recordings_is_said(folder, tmp_path):
    tone(folder / "a" / "same.wav")
    tone(folder / "b" / "same.wav")
    with pytest.raises(InvalidData, match=r"'same\.wav' may be a/same\.wav or b/same\.wav"):
        index_folder(folder, write(tmp_path / "labels.csv", "path", "same.wav"))


def test_labels_in_another_encoding_are_said(folder, tmp_path):
    (tmp_path / "labels.csv").write_bytes("path,title\none.wav,Björk\n".encode("latin-1"))
    with pytest.raises(CorruptData, match="is not UTF-8 text"):
        index_folder(folder, tmp_path / "labels.csv")


def test_labels_with_a_byte_order_mark_are_read(folder, tmp_path):
    (tmp_path / "labels.csv").write_text("path,title\none.wav,Björk\n", encoding="utf-8-sig")
    assert read_index(index_folder(folder, tmp_path / "labels.csv")).loc["one.wav", "title"] == "Björk"


def test_a_folder_without_recordings_and_one_that_is_not_there_are_said(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidData, match="holds no recording"):
        index_folder(tmp_path / "empty")
    with pytest.raises(DataUnavailable, match="There is no folder"):
        index_folder(tmp_path / "absent")
    with pytest.raises(DataUnavailable, match=r"musicrec audio index .*empty"):
        open_folder(tmp_path / "empty")
    with pytest.raises(DataUnavailable, match="Cannot read"):
        index_folder(tone(tmp_path / "full" / "a.wav").parent, tmp_path / "absent.csv")


def test_a_name_that_is_no_text_is_left_out_and_the_rest_indexed(folder):
    strange = os.fsencode(folder) + b"/Bj\xf6rk.wav"
    try:
        Path(os.fsdecode(strange)).write_bytes((folder / "one.wav").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    table = read_index(index_folder(folder))
    assert len(table) == 6
    assert table["problem"].value_counts().to_dict() == {"": 5, "its name is not text: rename it": 1}
    assert len(open_folder(folder).left_out) == 1
