"""Files that are not those of the catalogue: the message is whole sentences and says what to do."""

import hashlib

import pytest

from musicrec.data.entries import DataFile, Entry
from musicrec.data.verify import read_verified
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
