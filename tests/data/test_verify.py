"""Files that are not those of the catalogue: the message is whole sentences and says what to do."""

import hashlib
from dataclasses import replace

import pytest

from musicrec.data.entries import DataFile, Download, Entry, Recordings
from musicrec.data.verify import check, read_verified
from musicrec.errors import CorruptData, InvalidData

TABLE = "a\tb\n1\t2\n"


def never(folder):
    raise AssertionError("read although a file is not what it must be")


@pytest.fixture
def tiny():
    sha256 = hashlib.sha256(TABLE.encode()).hexdigest()
    file = DataFile("table.dat", "a table", 1, len(TABLE), "utf-8", sha256, sha256, {"a": "x", "b": "y"})
    return Entry(
        "tiny", "A tiny dataset", "real", "by-hand", "here:load", "none", "how", folder="t", files=(file,)
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a\tb\n1\t\xff\n", "byte 0xff is not utf-8"),
        (b"a\tb\n", "0 rows where 1 are expected: the file was cut off"),
        (b"a\tc\n1\t2\n", "missing column b"),
        (None, "no file"),
    ],
)
def test_each_bad_file_is_a_sentence_and_the_cure_names_the_dataset(tiny, tmp_path, content, why):
    if content is not None:
        (tmp_path / "table.dat").write_bytes(content)
    with pytest.raises(CorruptData, match=why) as caught:
        read_verified(tiny, tmp_path, never)
    said = str(caught.value)
    assert f"To get them again, move {tmp_path} away and run `musicrec data fetch tiny`." in said
    assert ".." not in said
    assert "NAME" not in said


def test_an_altered_table_that_breaks_its_schema_names_the_line_and_the_cure(tiny, tmp_path):
    def read(folder):
        raise InvalidData("table.dat: line 2, column b: 'x' is not of type int64.")

    (tmp_path / "table.dat").write_text("a\tb\n1\tx\n", encoding="utf-8")
    with pytest.raises(InvalidData, match=r"line 2, column b.*Or move .* `musicrec data fetch tiny`\."):
        read_verified(tiny, tmp_path, read)


def test_sound_files_are_read(tiny, tmp_path):
    (tmp_path / "table.dat").write_text(TABLE, encoding="utf-8")
    assert read_verified(tiny, tmp_path, lambda folder: (folder / "table.dat").read_text("utf-8")) == TABLE


def reports(found, folder):
    return {report.name: (report.status, report.found, report.expected) for report in check(found, folder)}


def test_recordings_are_counted_and_their_labels_looked_for(tiny, tmp_path):
    found = replace(tiny, files=(), recordings=Recordings("clips", 3, labels="about/table.csv"))
    assert reports(found, tmp_path) == {
        "about/table.csv": ("missing", None, None),
        "clips/": ("missing", None, 3),
    }
    for name in (
        "about/table.csv",
        "clips/0/a.mp3",
        "clips/1/b.MP3",
        "clips/1/readme.txt",
        "clips/1/._b.mp3",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert reports(found, tmp_path) == {"clips/": ("wrong count", 2, 3)}
    (tmp_path / "clips" / "c.mp3").write_bytes(b"")
    assert reports(found, tmp_path) == {"clips/": ("sound", 3, 3)}


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_file_that_is_downloaded_by_itself_is_held_to_its_checksum(tiny, tmp_path, algorithm):
    digest = hashlib.new(algorithm, b"OggS").hexdigest()
    download = Download("https://example.org/a.ogg", f"{algorithm}:{digest}", "a.ogg")
    found = replace(tiny, files=(), downloads=(download,), recordings=Recordings("clips", 3))
    assert reports(found, tmp_path) == {"a.ogg": ("missing", None, None)}
    (tmp_path / "a.ogg").write_bytes(b"Ogg!")
    assert reports(found, tmp_path) == {"a.ogg": ("altered", None, None)}
    with pytest.raises(CorruptData, match=r"a\.ogg: its checksum is not that of the catalogue"):
        read_verified(found, tmp_path, lambda folder: None)
    (tmp_path / "a.ogg").write_bytes(b"OggS")
    assert reports(found, tmp_path) == {"a.ogg": ("sound", None, None)}
