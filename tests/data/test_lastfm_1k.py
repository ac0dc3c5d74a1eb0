"""The loader of Last.fm-1K, on small archives made in its layout."""

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest

from musicrec import data
from musicrec.data import catalogue, lastfm_1k
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

TABLE = "userid-timestamp-artid-artname-traid-traname.tsv"
LINES = [  # newest first, as in the readme's example
    "user_000002\t2009-05-04T23:08:57Z\tm1\tDeep Dish\tt1\tFlashdance",
    "user_000002\t2009-05-04T13:54:10Z\t\tÁrbol\t\tTropicália \x85 2",
    'user_000001\t2009-05-04T13:30:00Z\tm2\tThe "Quoted" Band\t\tNA',
    "user_000001\t2009-05-04T13:30:00Z\tm3\tFirst\t\tAt once",
    "user_000001\t2009-05-04T13:00:00Z\tm1\tDeep Dish\tt1\tFlashdance",
    "user_000001\t2009-05-04T12:29:59Z\tm1\tDeep Dish\tt1\tFlashdance",
]


def pack(folder, lines, name=TABLE):
    """An archive as the official one: a folder with a readme, the profiles and the plays."""
    path = folder / "lastfm-dataset-1K.tar.gz"
    content = lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode()
    with tarfile.open(path, "w:gz") as archive:
        for each, held in (
            ("README.txt", b"about"),
            ("userid-profile.tsv", b"#id\tgender\n"),
            (name, content),
        ):
            info = tarfile.TarInfo(f"lastfm-dataset-1K/{each}")
            info.size = len(held)
            archive.addfile(info, io.BytesIO(held))
    return path


def labels(ds):
    return [ds.interactions.items[session].str.split("\t").str[1].tolist() for session in ds.sessions]


def test_plays_become_sessions_in_order_of_listener_and_time(tmp_path):
    pack(tmp_path, LINES)
    ds = lastfm_1k.read(tmp_path)
    assert labels(ds) == [
        ["Flashdance"],  # 30 minutes and a second before the next
        ["Flashdance", "At once", "NA"],  # 30 minutes are no pause; in one second the upper line is later
        ["Tropicália \x85 2"],
        ["Flashdance"],
    ]
    assert ds.evidence == "real" and ds.users.index.tolist() == ["user_000001", "user_000002"]
    assert ds.sessions.users.tolist() == [0, 0, 1, 1]
    assert ds.sessions.times[0] == np.datetime64("2009-05-04T12:29:59")
    assert ds.interactions.events["session"].tolist() == [0, 1, 1, 1, 2, 3]
    assert ds.interactions.events["item"].tolist() == ds.sessions.items.tolist()
    assert set(zip(ds.items["artist"], ds.items["title"], strict=True)) == {
        ("Deep Dish", "Flashdance"),
        ("Árbol", "Tropicália \x85 2"),
        ('The "Quoted" Band', "NA"),
        ("First", "At once"),
    }
    assert (ds.items.index == ds.items["artist"] + "\t" + ds.items["title"]).all()


def test_a_play_without_a_name_is_left_out_and_counted(tmp_path):
    pack(
        tmp_path, [*LINES, "user_1\t2009-05-04T23:08:57Z\tm\tA\t\t", "user_1\t2009-05-04T23:08:57Z\tm\t\t\tB"]
    )
    ds = lastfm_1k.read(tmp_path)
    assert len(ds.interactions) == len(LINES) and "user_1" not in ds.users.index
    assert ds.provenance["left out"] == {"plays without an artist or a title": 2}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("user_1\t2009-05-04T23:08:57Z\tm\tA\tt", "5 columns where 6 are expected"),
        ("user_1\t2009-05-04T23:08:57Z\tm\tA\tt\tB\tC", "7 columns"),
        ("", "1 columns"),
        ("user_1\t2009-05-04T23:08:57\tm\tA\tt\tB", "time '2009-05-04T23:08:57' where .*in UTC"),
        ("user_1\t2009-05-04T23:08:57+02:00\tm\tA\tt\tB", "in UTC"),
        ("user_1\t2009-13-04T23:08:57Z\tm\tA\tt\tB", "in UTC"),
        ("user_1\t\tm\tA\tt\tB", "in UTC"),
        ("\t2009-05-04T23:08:57Z\tm\tA\tt\tB", "listener ''"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, why):
    pack(tmp_path, [LINES[0], line, *LINES[1:]])
    with pytest.raises(InvalidData, match=rf"lastfm-dataset-1K\.tar\.gz, line 2: .*{why}"):
        lastfm_1k.read(tmp_path)


def test_bytes_that_are_no_text_are_named_by_line(tmp_path):
    pack(tmp_path, LINES[0].encode() + b"\n" + b"user_1\t2009-05-04T23:08:57Z\tm\t\xff\tt\tB\n")
    with pytest.raises(CorruptData, match=r"line 2: byte 0xff is not UTF-8"):
        lastfm_1k.read(tmp_path)


def many(n):
    for i in range(n):
        time = f"2009-05-{1 + i % 28:02d}T{i % 24:02d}:{i % 60:02d}:00Z"
        yield f"user_{i % 7}\t{time}\tm\tA{i % 50}\t\tT{i % 31}"


def test_an_archive_cut_short_is_named_with_the_line_reached(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{line}{rng.bytes(8).hex()}" for line in many(3000)]
    path = pack(tmp_path, lines)
    packed = path.read_bytes()
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(
        CorruptData, match=r"lastfm-dataset-1K\.tar\.gz, line [0-9]+: the file breaks off"
    ) as caught:
        lastfm_1k.read(tmp_path)
    reached = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert 300 < reached < 2700  # about half of them could be read
    for length in (0, 5, 40):
        path.write_bytes(packed[:length])
        with pytest.raises(CorruptData, match=r"is no tar\.gz, or breaks off before"):
            lastfm_1k.read(tmp_path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    with pytest.raises(DataUnavailable, match="There is no file"):
        lastfm_1k.read(tmp_path)
    path = pack(tmp_path, LINES, name="other.tsv")
    with pytest.raises(CorruptData, match=f"does not hold {TABLE}"):
        lastfm_1k.read(tmp_path)
    path.write_bytes(gzip.compress(b"no archive" * 100))
    with pytest.raises(CorruptData, match=r"is no tar\.gz"):
        lastfm_1k.read(tmp_path)
    pack(tmp_path, [])
    with pytest.raises(InvalidData, match="holds no event"):
        lastfm_1k.read(tmp_path)


def test_the_text_is_never_in_memory_as_a_whole(tmp_path):
    padding = "x" * 2000  # in the MusicBrainz id, which is not kept
    lines = [line.replace("\tm\t", f"\t{padding}\t") for line in many(10_000)]
    pack(tmp_path, lines)
    size = sum(map(len, lines))
    del lines
    tracemalloc.start()
    ds = lastfm_1k.read(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ds.interactions) == 10_000
    assert peak < size / 3


def test_an_archive_that_is_not_the_official_one_is_refused_unless_read_by_hand(tmp_path, monkeypatch):
    found = catalogue.entry("lastfm-1k")
    assert found.parts == ["lastfm-dataset-1K.tar.gz"]
    home = tmp_path / found.folder
    home.mkdir()
    pack(home, LINES)
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path))
    with pytest.raises(
        CorruptData, match=r"checksum is not that of the catalogue.*musicrec\.data\.lastfm_1k\.read"
    ):
        data.load("lastfm-1k")
    assert len(lastfm_1k.read(home).interactions) == len(LINES)
