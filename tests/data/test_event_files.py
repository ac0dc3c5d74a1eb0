"""Plays from any delimited file: its columns, its times, its faults."""

import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec import data
from musicrec.data import read_events
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData

LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff"), min_size=1, max_size=5)
ROWS = st.lists(
    st.tuples(LABELS.filter(str.strip), LABELS.filter(str.strip), st.integers(0, 20_000)),
    min_size=1,
    max_size=30,
)


@pytest.fixture
def written(tmp_path):
    def write(text, name="plays.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def labels(ds):
    return [ds.interactions.items[session].tolist() for session in ds.sessions]


def test_columns_are_taken_by_name_and_sessions_by_pause(written):
    path = written(
        "when,note,who,what\n"
        '2024-05-01 10:40:01,"a, b",ann,"x, y"\n'
        "2024-05-01 10:10:00,,ann,007\n"
        "\n"
        "2024-05-01 10:00:00,,ann,7\n"
        "2024-05-01 10:00:00,,bob,7\n"
    )
    ds = read_events(path, user="who", item="what", time="when")
    assert isinstance(ds, data.Dataset) and ds.name == "plays" and ds.evidence == "real"
    assert labels(ds) == [["7", "007"], ["x, y"], ["7"]]
    assert ds.users.index.tolist() == ["ann", "bob"] and ds.sessions.users.tolist() == [0, 0, 1]
    assert ds.items["title"].tolist() == ds.items.index.tolist() == ["007", "7", "x, y"]
    assert ds.interactions.events["session"].tolist() == [0, 0, 1, 2]
    assert labels(read_events(path, user="who", item="what", time="when", gap="31min"))[0] == [
        "7",
        "007",
        "x, y",
    ]
    assert (
        read_events(path, user="who", item="what", time="when", evidence="simulated").evidence == "simulated"
    )


def test_seconds_dates_and_zones_are_one_time(written):
    moments = ["0", "1970-01-01T00:00:00Z", "1970-01-01T02:00:00+02:00", "1969-12-31 19:00:00-05:00"]
    path = written("user,item,time\n" + "".join(f"a,{i},{text}\n" for i, text in enumerate(moments)))
    ds = read_events(path)
    assert (ds.sessions.times == np.datetime64(0, "s")).all()
    assert labels(ds) == [["0", "1", "2", "3"]]
    naive = read_events(written("user,item,time\na,x,1970-01-01 00:00:00.5\n"))
    assert naive.sessions.times[0] == np.datetime64(500, "ms")


def test_a_packed_file_and_another_separator(written):
    path = written("\ufeffuser;item;time\na;x,y;5\n", "plays.csv.gz")
    ds = read_events(path, separator=";")
    assert labels(ds) == [["x,y"]] and ds.name == "plays"


@settings(max_examples=60)
@given(ROWS)
def test_any_file_that_csv_writes_is_read_as_pandas_and_a_loop_would(tmp_path_factory, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("user", "item", "time"), *rows])
    path = tmp_path_factory.mktemp("csv") / "plays.csv"
    path.write_bytes(text.getvalue().encode())
    ds = read_events(path)
    expected, last = [], {}
    for user, item, time in sorted(rows, key=lambda row: (row[0], row[2])):
        if user not in last or time - last[user] > 1800:
            expected.append([])
        expected[-1].append(item)
        last[user] = time
    assert labels(ds) == expected
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    x = data.Interactions.from_frame(frame)
    assert ds.interactions.users.tolist() == x.users.tolist()
    assert (ds.interactions.matrix != x.matrix).nnz == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a,x", "2 columns where the header has 3"),
        ("a,x,5,6", "4 columns"),
        (",x,5", "the column 'user' is empty"),
        ("a, ,5", "the column 'item' is empty"),
        ("a,x,", "'' is no time"),
        ("a,x,yesterday", "'yesterday' is no time: neither ISO 8601"),
        ("a,x,nan", "'nan' is no number of seconds"),
        ("a,x,inf", "no number of seconds"),
        ("a,x,-3", "no number of seconds"),
        ("a,x,1714560000000", "are they milliseconds"),
        ("a,x,2024-05-01 10:00", "has no time zone, the lines before have one"),
        ('a,"x"y,5', "no row of a delimited file"),
    ],
)
def test_a_bad_line_is_named(written, line, why):
    path = written(f'user,item,time\na,"two\nlines",1\n{line}\n')
    with pytest.raises(InvalidData, match=rf"plays\.csv, line 4: .*{why}"):
        read_events(path)


def test_a_zone_after_times_without_one_is_refused(written):
    path = written("user,item,time\na,x,2024-05-01 10:00\na,x,2024-05-01 10:00Z\n")
    with pytest.raises(InvalidData, match=r"line 3: .*has a time zone, the lines before have none"):
        read_events(path)


def test_files_that_are_none(written, tmp_path):
    with pytest.raises(DataUnavailable, match=r"Cannot read .*absent"):
        read_events(tmp_path / "absent.csv")
    with pytest.raises(DataUnavailable, match="Cannot read"):
        read_events(tmp_path)
    with pytest.raises(InvalidData, match=r"plays\.csv is empty"):
        read_events(written(""))
    with pytest.raises(InvalidData, match="holds no event"):
        read_events(written("user,item,time\n"))
    with pytest.raises(InvalidData, match=r"no column 'who'.*Its columns are"):
        read_events(written("user,item,time\na,x,1\n"), user="who")
    with pytest.raises(InvalidData, match="2 columns named 'item'"):
        read_events(written("user,item,item,time\na,x,x,1\n"))
    with pytest.raises(InvalidArgument, match="gap is 'soon'"):
        read_events(written("user,item,time\na,x,1\n"), gap="soon")
    for separator in ("", ",,", "\n", 3):
        with pytest.raises(InvalidArgument, match="separator is"):
            read_events(written("user,item,time\na,x,1\n"), separator=separator)


def test_a_packed_file_cut_short_or_of_other_bytes_is_named(written):
    rng = np.random.default_rng(0)
    text = "user,item,time\n" + "".join(f"u,{rng.bytes(20).hex()},{i}\n" for i in range(2000))
    path = written(text, "plays.csv.gz")
    packed = path.read_bytes()
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CorruptData, match=r"plays\.csv\.gz, line [0-9]{3,4}: the file breaks off"):
        read_events(path)
    path.write_bytes(b"user,item,time\n")
    with pytest.raises(CorruptData, match="line 1: the file breaks off or is damaged"):
        read_events(path)
    (path.parent / "latin.csv").write_bytes("user,item,time\na,é,1\n".encode("latin-1"))
    with pytest.raises(CorruptData, match=r"latin\.csv, line 2: byte 0xe9 is not UTF-8"):
        read_events(path.parent / "latin.csv")
