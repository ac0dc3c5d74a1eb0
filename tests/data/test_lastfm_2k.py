"""The loader of Last.fm-2k, on invented rows in its layout and, where they are at hand, on the real files."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicrec import data
from musicrec.data import catalogue, fetch, lastfm_2k
from musicrec.data.tables import file_text, read_table
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

CARD = Path(__file__).resolve().parents[2] / "data" / "cards" / "lastfm-2k.md"
TINY = {
    "artists.dat": [
        "id\tname\turl\tpictureURL",
        '7\tThe "Quoted" Band\thttp://example.org/7\t',
        "3\tÁrbol\thttp://example.org/3\thttp://example.org/3.jpg",
        "12\tNA\thttp://example.org/12\t",
    ],
    "tags.dat": ["tagID\ttagValue", "1\trock", "2\ttropicália", "5\tnone"],
    "user_artists.dat": ["userID\tartistID\tweight", "4\t7\t10", "4\t3\t1", "9\t7\t250"],
    "user_friends.dat": ["userID\tfriendID", "4\t9", "9\t4"],
    "user_taggedartists.dat": [
        "userID\tartistID\ttagID\tday\tmonth\tyear",
        "4\t7\t1\t1\t4\t2009",
        "9\t7\t1\t5\t5\t2011",
        "9\t7\t2\t1\t1\t1956",
        "9\t99\t5\t1\t2\t2010",
    ],
}
ENCODINGS = {"artists.dat": "utf-8", "tags.dat": "latin-1"}


def write(folder: Path, name: str, lines: list[str]) -> None:
    text = "".join(f"{line}\r\n" for line in lines)
    (folder / name).write_bytes(text.encode(ENCODINGS.get(name, "ascii")))


@pytest.fixture
def folder(tmp_path):
    for name, lines in TINY.items():
        write(tmp_path, name, lines)
    return tmp_path


def test_plays_become_interactions_over_all_artists(folder):
    ds = lastfm_2k.read(folder)
    assert ds.evidence == "real"
    assert ds.interactions.users.tolist() == ds.users.index.tolist() == [4, 9]
    assert ds.interactions.items.tolist() == ds.items.index.tolist() == [3, 7, 12]
    assert ds.interactions.matrix.toarray().tolist() == [[1, 10, 0], [0, 250, 0]]


def test_names_keep_quotes_accents_and_words_that_look_like_nothing(folder):
    ds = lastfm_2k.read(folder)
    assert ds.items["title"].tolist() == ds.items["artist"].tolist() == ["Árbol", 'The "Quoted" Band', "NA"]
    assert ds.items.loc[3, "url"] == "http://example.org/3"
    assert set(ds.table("tags")["tag"]) == {"rock", "tropicália", "none"}


def test_tags_keep_every_assignment_and_only_impossible_dates_are_missing(folder):
    tags = lastfm_2k.read(folder).table("tags")
    assert tags["user"].tolist() == [4, 9, 9, 9]
    assert tags["item"].tolist() == [7, 7, 7, 99]
    assert tags["date"].isna().tolist() == [False, False, True, False]
    assert tags["date"].dropna().tolist() == [
        pd.Timestamp(2009, 4, 1),
        pd.Timestamp(2011, 5, 5),
        pd.Timestamp(2010, 2, 1),
    ]


def test_tag_features_count_listeners_and_mark_artists_without_a_tag(folder):
    features = lastfm_2k.read(folder).features("tags")
    assert features.names == ["rock", "tropicália"]
    assert np.asarray(features.matrix.todense()).tolist() == [[0, 0], [2, 1], [0, 0]]
    assert features.missing.tolist() == [True, False, True]


def test_tags_of_hidden_pairs_are_taken_away_and_those_of_others_stay(folder):
    ds = lastfm_2k.read(folder)
    asked = ds.interactions.where([True, False, True])  # 4 plays 7 and 9 plays 7; 4 plays 3 without a tag
    first, second = asked.where([True, False]), asked.where([False, True])
    without_first = lastfm_2k.tag_features(ds, first)
    assert without_first.names == ["rock", "tropicália"]
    assert without_first.matrix.toarray().tolist() == [[0, 0], [1, 1], [0, 0]]
    without_second = lastfm_2k.tag_features(ds, second)
    assert without_second.names == ["rock"]
    assert without_second.matrix.toarray().tolist() == [[0], [1], [0]]
    without_any = lastfm_2k.tag_features(ds, first, second)
    assert without_any.matrix.shape == (3, 0)
    assert without_any.missing.all()


def test_hidden_pairs_are_looked_up_by_label(folder):
    ds = lastfm_2k.read(folder)
    other_codes = data.Interactions.from_frame(pd.DataFrame({"user": [9], "item": [7]}))
    assert lastfm_2k.tag_features(ds, other_codes).matrix.toarray().tolist() == [[0], [1], [0]]


def test_a_split_hides_its_valid_and_test_from_the_tags(folder):
    ds = lastfm_2k.read(folder)
    x = ds.interactions
    one_of_each = data.Split(
        train=x.where([False, True, False]),
        valid=x.where([True, False, False]),
        test=x.where([False, False, True]),
    )
    assert ds.features("tags", hidden=one_of_each).missing.all()
    only_test = data.Split(train=x.where([True, True, False]), test=x.where([False, False, True]))
    assert ds.features("tags", hidden=only_test).names == ["rock"]
    assert ds.features("tags").names == ["rock", "tropicália"]


def test_friends_are_a_table(folder):
    assert lastfm_2k.read(folder).table("friends").to_dict("list") == {"user": [4, 9], "friend": [9, 4]}


def test_what_was_left_out_is_counted(folder):
    assert lastfm_2k.read(folder).provenance["left out"] == {
        "dates of tags in an impossible year": 1,
        "tags of artists that are not in artists.dat": 1,
        "artists that are tagged but not in artists.dat": 1,
    }


def test_the_order_of_the_rows_does_not_matter(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("shuffled")
    for name, lines in TINY.items():
        write(other, name, [lines[0], *reversed(lines[1:])])
    one, two = lastfm_2k.read(folder), lastfm_2k.read(other)
    assert (one.interactions.matrix != two.interactions.matrix).nnz == 0
    assert one.items.equals(two.items)
    assert one.features("tags").names == two.features("tags").names
    assert (one.features("tags").matrix != two.features("tags").matrix).nnz == 0


BAD = [
    ("artists.dat", 0, "id\tname\turl", r"artists\.dat, line 1: missing column 'pictureURL'"),
    ("user_artists.dat", 0, "userID\tartistID\tplays", r"user_artists\.dat, line 1: missing column 'weight'"),
    ("user_artists.dat", 0, "artistID\tuserID\tweight", r"line 1: the columns are not as expected"),
    ("user_artists.dat", 0, None, r"line 1: missing column 'userID', 'artistID', 'weight'"),
    (
        "user_artists.dat",
        2,
        "4\t3\tNaN",
        r"user_artists\.dat: line 3, column weight: 'NaN' is not of type int64",
    ),
    ("user_artists.dat", 2, "4\t3\t", r"line 3, column weight: '' is not of type int64"),
    ("user_artists.dat", 2, "4\t3\tmany", r"line 3, column weight: 'many' is not of type int64"),
    ("user_artists.dat", 2, "4\t3\t1.5", r"line 3, column weight: '1\.5' is not of type int64"),
    ("user_artists.dat", 2, "4\t3\t0", r"line 3, column weight: 0 is less than 1, the least allowed"),
    ("user_artists.dat", 2, "4\t3\t-2", r"line 3, column weight: -2 is less than 1, the least allowed"),
    ("user_artists.dat", 2, "4\t7\t3", r"line 2: duplicate row, userID 4, artistID 7.*line 3: duplicate row"),
    ("user_artists.dat", 3, "9\t7", r"line 4: 2 columns where 3 are expected.*cut off"),
    ("user_artists.dat", 2, "4\t3\t1\t1", r"line 3: 4 columns where 3 are expected"),
    ("user_artists.dat", 2, "", r"line 3: 1 columns where 3 are expected"),
    (
        "user_artists.dat",
        2,
        "4\t99\t1",
        r"user_artists\.dat, line 3, column artistID: 99 is not in artists\.dat",
    ),
    (
        "artists.dat",
        2,
        "7\tAgain\tu\t",
        r"artists\.dat: line 2, column id: duplicate value 7; line 3, column id",
    ),
    (
        "artists.dat",
        2,
        "3\t\tu\t",
        r"line 3, column name: '' is empty, and some text is needed",
    ),
    ("tags.dat", 2, "2\trock", r"tags\.dat: line 2, column tagValue: duplicate value 'rock'"),
    (
        "user_friends.dat",
        1,
        "4\t77",
        r"user_friends\.dat, line 2, column friendID: 77 is not in user_artists\.dat",
    ),
    (
        "user_friends.dat",
        1,
        "77\t4",
        r"user_friends\.dat, line 2, column userID: 77 is not in user_artists\.dat",
    ),
    (
        "user_taggedartists.dat",
        1,
        "8\t7\t1\t1\t4\t2009",
        r"line 2, column userID: 8 is not in user_artists\.dat",
    ),
    ("user_taggedartists.dat", 1, "4\t7\t6\t1\t4\t2009", r"line 2, column tagID: 6 is not in tags\.dat"),
    ("user_taggedartists.dat", 1, "4\t7\t1\t1\t13\t2009", r"line 2, column month: 13 is outside 1 to 12"),
]


@pytest.mark.parametrize(("name", "line", "text", "message"), BAD, ids=[f"{b[0]}-{b[2]!r}" for b in BAD])
def test_a_bad_table_is_said_with_file_line_and_column(folder, name, line, text, message):
    lines = list(TINY[name])
    lines[line : line + 1] = [] if text is None else [text]
    write(folder, name, lines)
    with pytest.raises(InvalidData, match=f"(?s){message}") as caught:
        lastfm_2k.read(folder)
    assert str(folder / name) in str(caught.value)
    assert "Restore the file" in str(caught.value)
    assert not re.search(r"\.\.|NAME|\w_\w+\(", str(caught.value).replace(str(folder), ""))


def test_many_bad_lines_are_counted_and_three_are_shown(folder):
    write(folder, "user_artists.dat", [TINY["user_artists.dat"][0], *(f"4\t{i}\tx" for i in range(1, 9))])
    with pytest.raises(InvalidData, match=r"line 2, .*line 3, .*line 4, .*and 5 more"):
        lastfm_2k.read(folder)


@pytest.mark.parametrize("name", list(TINY))
def test_an_empty_table_is_said(folder, name):
    write(folder, name, TINY[name][:1])
    with pytest.raises(InvalidData, match=rf"{name} has a header and no rows"):
        lastfm_2k.read(folder)
    (folder / name).write_bytes(b"")
    with pytest.raises(InvalidData, match=rf"{name}, line 1: missing column"):
        lastfm_2k.read(folder)


def test_a_file_in_another_encoding_is_said_with_its_line(folder):
    lines = TINY["artists.dat"]
    (folder / "artists.dat").write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(CorruptData, match=r"artists\.dat, line 3: byte 0xc1 is not utf-8"):
        lastfm_2k.read(folder)


def test_a_missing_file_is_said(folder):
    (folder / "tags.dat").unlink()
    with pytest.raises(DataUnavailable, match=r"Cannot read .*tags\.dat"):
        lastfm_2k.read(folder)


@given(ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=5, max_size=5), last=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
def test_line_ends_do_not_matter(folder, ends, last):
    for (name, lines), end in zip(TINY.items(), ends, strict=True):
        text = end.join(lines) + (end if last else "")
        (folder / name).write_bytes(text.encode(ENCODINGS.get(name, "ascii")))
    ds = lastfm_2k.read(folder)
    assert ds.interactions.matrix.sum() == 261
    assert len(ds.table("tags")) == 4


def test_files_that_are_not_those_of_the_catalogue_are_refused(folder, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "hetrec2011-lastfm-2k").symlink_to(folder)
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path / "real"))
    with pytest.raises(CorruptData, match=r"artists\.dat: 3 rows where 17,632 are expected.*lastfm_2k\.read"):
        data.load("lastfm-2k")


@pytest.fixture(scope="module")
def real():
    return data.load("lastfm-2k")


@pytest.mark.real
def test_the_real_files_hold_what_their_readme_counts(real):
    assert real.interactions.n_users == len(real.users) == 1892
    assert real.interactions.n_items == len(real.items) == 17632
    assert len(real.interactions) == real.interactions.n_pairs == 92834
    assert len(real.table("tags")) == 186479
    assert len(real.table("friends")) == 25434
    assert catalogue.entry("lastfm-2k").file("tags.dat").rows == 11946


@pytest.mark.real
def test_the_real_files_have_the_traps_that_the_data_card_names(real):
    card = " ".join(CARD.read_text(encoding="utf-8").split())
    tags, friends, plays = real.table("tags"), real.table("friends"), real.interactions
    listed, heard = np.diff(plays.matrix.indptr), np.diff(plays.matrix.tocsc().indptr)
    weights = plays.events["weight"]
    days = tags["date"].dropna()
    left_out = real.provenance["left out"]
    tagged = {pair for pair in zip(tags["user"], tags["item"], strict=True) if pair[1] in real.items.index}
    listing = {
        (real.users.index[u], real.items.index[i]) for u, i in zip(*plays.matrix.nonzero(), strict=True)
    }

    assert listed.max() == 50
    assert heard.min() == 1
    assert weights.max() > 1000 * weights.median()
    assert np.median(heard[real.features("tags").missing]) == 1
    assert days[days.dt.day != 1].dt.strftime("%Y-%m").unique().tolist() == ["2011-05"]
    both = set(zip(friends["user"], friends["friend"], strict=True))
    assert both == {(friend, user) for user, friend in both}
    assert set(friends["user"]) == set(real.users.index)
    for said in (
        f"{(listed == 50).sum():,} of the {len(real.users):,} listeners have exactly 50",
        f"{(heard == 1).sum():,} of {len(real.items):,} artists have a single listener",
        f"{(heard < 5).sum():,} have fewer than five",
        f"most widely heard has {heard.max():,}",
        f"from {weights.min():,.0f} to {weights.max():,.0f}",
        f"median of {weights.median():,.0f}",
        f"{left_out['dates of tags in an impossible year']} assignments",
        f"years {days.dt.year.min()} to {days.dt.year.max()}",
        f"{(days.dt.day != 1).sum():,} assignments of May 2011",
        f"{left_out['tags of artists that are not in artists.dat']:,} assignments to "
        f"{left_out['artists that are tagged but not in artists.dat']:,} artists",
        f"{real.features('tags').missing.sum():,} artists have no tag",
        f"{len(tagged):,} pairs of listener and artist that carry a tag, {len(tagged & listing):,} are",
        f"{len(both) // 2:,} friendships",
    ):
        assert said in card, said


@pytest.mark.real
def test_the_real_files_hold_what_readers_trip_over():
    folder = fetch.fetch(catalogue.entry("lastfm-2k"))
    with pytest.raises(CorruptData, match="is not utf-8") as caught:
        file_text(folder / "tags.dat", "utf-8")
    line = int(re.search(r"line (\d+)", str(caught.value)).group(1))
    assert file_text(folder / "tags.dat", "latin-1").split("\n")[line - 1].endswith("\ttropicália")
    assert '"' in file_text(folder / "artists.dat", "utf-8")
    assert "\tnone\n" in file_text(folder / "tags.dat", "latin-1")
    years = read_table(
        folder / "user_taggedartists.dat", lastfm_2k._SCHEMAS["user_taggedartists.dat"], encoding="ascii"
    )["year"]
    assert set(years[years < 2005]) == {1956, 1957, 1979}


@pytest.mark.real
def test_the_tag_features_of_the_real_files(real):
    features = real.features("tags")
    assert features.matrix.shape == (17632, 9718)
    assert features.missing.sum() == 17632 - 12133
    assert features.matrix.sum() == 186479 - 1538


@pytest.mark.real
def test_no_hidden_listeners_tag_is_left_in_the_real_files(real):
    split = data.holdout(real.interactions, test=0.1, valid=0.1, seed=0, by="user")
    features = real.features("tags", hidden=split)
    tags = real.table("tags")
    tags = tags[tags["item"].isin(real.items.index)]
    hidden = {
        (split.test.users[u], split.test.items[i])
        for part in (split.valid, split.test)
        for u, i in zip(part.events["user"], part.events["item"], strict=True)
    }
    own = sum(pair in hidden for pair in zip(tags["user"], tags["item"], strict=True))
    assert own > 1000
    assert features.matrix.sum() == len(tags) - own
