"""The loader of #nowplaying, on invented sessions in its layout and, where at hand, on the real files."""

import pickle
import re
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec import data
from musicrec.data import catalogue, fetch, nowplaying, nowplaying_pickles, verify
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

CARD = Path(__file__).resolve().parents[2] / "data" / "cards" / "nowplaying.md"
SESSIONS = st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=6), min_size=1, max_size=8)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train_sessions.txt").write_text("1 2\n3 1 1\n5 3\n")
    (tmp_path / "test_sessions.txt").write_text("3 2 3\n")
    return tmp_path


def prefixes_of(sessions):
    """As the repository keeps test sessions: the longest prefix first, each with the play that follows."""
    pairs = [(session[:-i], session[-i]) for session in sessions for i in range(1, len(session))]
    return [prefix for prefix, _ in pairs], [target for _, target in pairs]


def write_pickles(folder, train, test):
    (folder / "all_train_seq.txt").write_bytes(pickle.dumps(train))
    (folder / "test.txt").write_bytes(pickle.dumps(test))


def as_lists(sessions):
    return [session.tolist() for session in sessions]


def test_lines_become_sessions_over_all_tracks(folder):
    ds = nowplaying.read(folder)
    assert ds.evidence == "real"
    assert ds.items.index.tolist() == [1, 2, 3, 5]
    assert [ds.items.index[s].tolist() for s in ds.sessions] == [[1, 2], [3, 1, 1], [5, 3], [3, 2, 3]]
    assert ds.sessions.times is None and ds.sessions.users is None
    split = ds.splits["published"]
    assert as_lists(split.train) == as_lists(ds.sessions)[:3]
    assert as_lists(split.test) == as_lists(ds.sessions)[3:]
    assert ds.users["part"].tolist() == ["train"] * 3 + ["test"]
    assert ds.interactions.matrix.toarray().tolist() == [
        [1, 1, 0, 0],
        [2, 0, 1, 0],
        [0, 0, 1, 1],
        [0, 1, 2, 0],
    ]


@pytest.mark.parametrize("text", ["1 2\n\n3 4\n", "1 2\n3 x\n", "1 2\n3  4\n", "1 2\n-3 4\n", "1 2\n0 1\n"])
def test_a_bad_line_is_named(folder, text):
    (folder / "train_sessions.txt").write_text(text)
    with pytest.raises(InvalidData, match=r"train_sessions\.txt, line 2: .*numbers from 1"):
        nowplaying.read(folder)


def test_an_empty_file_is_refused(folder):
    (folder / "test_sessions.txt").write_text("")
    with pytest.raises(InvalidData, match=r"test_sessions\.txt holds no session"):
        nowplaying.read(folder)


@settings(max_examples=50)
@given(SESSIONS, SESSIONS)
def test_pickles_are_converted_into_the_sessions_that_they_were_made_of(tmp_path_factory, train, test):
    folder = tmp_path_factory.mktemp("pickles")
    write_pickles(folder, train, prefixes_of(test))
    nowplaying_pickles.convert(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["test_sessions.txt", "train_sessions.txt"]
    ds = nowplaying.read(folder)
    split = ds.splits["published"]
    assert [ds.items.index[s].tolist() for s in split.train] == train
    assert [ds.items.index[s].tolist() for s in split.test] == test


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


GOOD = ([[1, 2]], prefixes_of([[1, 2, 3]]))


@pytest.mark.parametrize(
    ("train", "test", "why"),
    [
        ([[1, 2], Harm()], GOOD[1], "plain lists need no class"),
        ([[1, 2], OrderedDict()], GOOD[1], "it names collections.OrderedDict"),
        ([[1, np.int64(2)]], GOOD[1], "plain lists need no class"),
        ([[1, "2"]], GOOD[1], "something else than numbers"),
        ([[1, True]], GOOD[1], "something else than numbers"),
        ([[1], []], GOOD[1], "something else than sessions"),
        ({}, GOOD[1], "something else than sessions"),
        (GOOD[0], ([[1, 2], [1]], [3]), "2 prefixes and 1 targets"),
        (GOOD[0], ([[1, 2], [5]], [3, 2]), "row 1 does not go on"),
        (GOOD[0], ([[1, 2], [1]], [3, 7]), "row 1 does not go on"),
        (GOOD[0], ([[1, 2]], [3]), "last session are not complete"),
        (GOOD[0], [1, 2], "no pair"),
        (GOOD[0], (3, 4), "something else than sessions"),
    ],
)
def test_a_pickle_of_something_else_is_refused_and_nothing_in_it_is_run(
    tmp_path, monkeypatch, train, test, why
):
    monkeypatch.chdir(tmp_path)
    write_pickles(tmp_path, train, test)
    with pytest.raises(CorruptData, match=rf"is not the pickle of sessions that it must be: .*{why}"):
        nowplaying_pickles.convert(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all_train_seq.txt", "test.txt"]


def test_a_pickle_cut_short_is_refused(tmp_path):
    write_pickles(tmp_path, *GOOD)
    (tmp_path / "test.txt").write_bytes((tmp_path / "test.txt").read_bytes()[:-3])
    with pytest.raises(CorruptData, match=r"test\.txt is not the pickle"):
        nowplaying_pickles.convert(tmp_path)


def test_what_is_downloaded_is_converted_before_it_is_kept(tmp_path, monkeypatch):
    arriving = tmp_path / "arriving"
    arriving.mkdir()
    write_pickles(arriving, *GOOD)
    monkeypatch.delenv("MUSICREC_DATA", raising=False)
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "download", lambda url, **_: arriving / url.rpartition("/")[2])
    found = catalogue.entry("nowplaying")
    folder = fetch.fetch(found)
    assert sorted(path.name for path in folder.iterdir()) == ["test_sessions.txt", "train_sessions.txt"]
    assert fetch.fetch(found) == folder  # whole without what it was made of


def test_files_without_a_header_are_counted_from_their_first_line(folder):
    found = catalogue.entry("nowplaying")
    reports = verify.check(found, folder)
    assert [(each.status, each.found, each.expected) for each in reports] == [
        ("wrong rows", 3, 128_077),
        ("wrong rows", 1, 14_479),
    ]
    as_long = replace(
        found, files=tuple(replace(f, rows=r) for f, r in zip(found.files, (3, 1), strict=True))
    )
    assert {each.status for each in verify.check(as_long, folder)} == {"altered"}
    with pytest.raises(CorruptData, match="the file was cut off"):
        verify.read_verified(found, folder, nowplaying.read)


def test_a_folder_that_lacks_a_file_says_so(folder, monkeypatch):
    home = folder.parent / "data"
    home.mkdir()
    (home / "nowplaying-sessions").symlink_to(folder)
    (folder / "test_sessions.txt").unlink()
    monkeypatch.setenv("MUSICREC_DATA", str(home))
    with pytest.raises(DataUnavailable, match=r"lacks test_sessions\.txt of nowplaying"):
        data.load("nowplaying")


@pytest.mark.real
def test_the_real_sessions_are_as_the_card_says():
    ds = data.load("nowplaying")
    split, card = ds.splits["published"], re.sub(r"\s+", " ", CARD.read_text(encoding="utf-8"))

    def said(text):
        assert text in card, f"the card should say {text!r}"

    sizes = split.summary()
    said(f"{len(ds.sessions):,} listening sessions over {len(ds.items):,} tracks")
    said(f"Train holds {sizes.loc['train', 'plays']:,} plays, test {sizes.loc['test', 'plays']:,}")
    questions = sizes["prefixes"]
    said(f"{questions['train']:,} questions from train and {questions['test']:,} from test")
    assert sizes.loc["train", "items"] == len(ds.items)  # so test has no other
    assert ds.sessions.lengths.min() == 2 and ds.sessions.lengths.max() == 30
    first = np.unique(split.train.items, return_index=True)[1]
    assert (np.diff(first) > 0).all()  # numbered as they first appear
    assert np.bincount(split.train.items).min() == 1
    train, test = ({tuple(session.tolist()) for session in part} for part in (split.train, split.test))
    said(f"{len(split.train):,} sessions of train are {len(train):,} different ones")
    said(f"{len(test & train):,} of the different sessions of test are also in train")
    again = [item in session[:j] for session in as_lists(split.test) for j, item in enumerate(session) if j]
    said(f"{np.mean(again):.1%} of the next plays are of a track that the session has played before")
    same = np.diff(split.test.items) == 0
    same[split.test.starts[1:] - 1] = False
    said(f"{same.sum() / questions['test']:.1%} of the track that was just played")
