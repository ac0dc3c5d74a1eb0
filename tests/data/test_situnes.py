"""The loader of SiTunes, on invented rows in its layout and, where they are at hand, on the real files."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from musicrec import data
from musicrec.data import catalogue, fetch, situnes, verify
from musicrec.data.situnes_tables import DESCRIPTORS, NAMED, RATINGS, SCHEMAS, TRACKS
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

CARD = Path(__file__).resolve().parents[2] / "data" / "cards" / "situnes.md"
FACTS = "40.0,-8.5,0.5,0.6,7.0,0.03,0.1,0.0,0.4,120.0,3,200000.0,110.0,60.0,1.2,0.07,0.5,0.6,0.05,0.06,rock"
NOTHING = ",,,,,,,,,,1,,92.8,60.5,1.0,0.05,0.4,0.4,0.05,0.13,other"
LINES = {
    RATINGS[1]: ["5,9,1,1625022948,4,96.5,0.3,-0.7", "7,2,1,1625022949,1,,-0.1,0.2"],
    RATINGS[2]: [
        "2,7,9,1625103746,5,0.1,0.2,0.3,0.4,200.0,GCN",
        "1,5,2,1625103800,2,-0.5,-0.6,-0.7,-0.8,,",
    ],
    RATINGS[3]: ["1,5,9,1649214811,3,53,0.5,0.25,0.75,-0.25,342,Random"],
    TRACKS: [f"0,9,{FACTS}", f"1,2,{FACTS.replace('40.0', '12.0')}", f"2,-1,{NOTHING}", f"3,30,{FACTS}"],
    NAMED: [f'9.0,{FACTS},Mia,"DJ Khaled,Lil Wayne"', f"-1.0,{NOTHING},-,-", f"30.0,{FACTS},Ágætis,NA"],
}
SURROUNDINGS = {
    "Stage2": {
        "1": {"time": 1, "weather": [2, 996, 22, 83], "GPS": [10.5, 20.5, 0.5]},
        "2": {"time": 3, "weather": [0, 1001, -3, 50], "GPS": [11.5, 21.5, 0.0]},
    },
    "Stage3": {"1": {"GPS": [12.5, 22.5, 1.0], "weather": [1, 1019, 18, 21], "time": 2}},
}


def write(folder: Path, name: str, lines: list[str]) -> None:
    header = ",".join(SCHEMAS[name].columns)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def wrist(records: int) -> np.ndarray:
    """Signals whose heart rate says record and step."""
    signals = np.zeros((records, 30, 4))
    signals[..., 0] = 100 * np.arange(1, records + 1)[:, None] + np.arange(30)
    signals[..., 3] = np.arange(30) % 6
    return signals


@pytest.fixture
def folder(tmp_path):
    for name, lines in LINES.items():
        write(tmp_path, name, lines)
    for name, records in SURROUNDINGS.items():
        (tmp_path / name / "env.json").write_text(json.dumps(records))
        np.save(tmp_path / name / "wrist.npy", wrist(len(records)))
    return tmp_path


def test_every_rating_is_a_row_with_what_was_around(folder):
    ratings = situnes.read(folder).table("ratings")
    assert ratings["stage"].tolist() == [1, 1, 2, 2, 3]
    assert ratings["user"].tolist() == [5, 7, 7, 5, 5]
    assert ratings["item"].tolist() == [9, 2, 9, 2, 9]
    assert ratings["rating"].tolist() == [4, 1, 5, 2, 3]
    assert ratings["time"].iloc[0] == pd.Timestamp("2021-06-30 03:15:48")
    measured = ["pressure", "temperature", "humidity", "longitude", "latitude", "speed"]
    around = ["part_of_day", "weather", *measured]
    assert ratings.loc[:1, ["valence_before", "preference", *around]].isna().all(axis=None)
    assert ratings.loc[2, around].tolist() == ["evening", "sunny", 1001, -3, 50, 11.5, 21.5, 0]
    assert ratings.loc[3, around].tolist() == ["morning", "rainy", 996, 22, 83, 10.5, 20.5, 0.5]
    assert ratings.loc[4, [*around[:2], "preference"]].tolist() == ["afternoon", "cloudy", 53]
    felt = ["valence_before", "arousal_before", "valence_after", "arousal_after"]
    assert ratings.loc[2:, felt].to_numpy().tolist() == [
        [0.1, 0.2, 0.3, 0.4],
        [-0.5, -0.6, -0.7, -0.8],
        [0.5, 0.25, 0.75, -0.25],
    ]
    assert ratings.loc[0, felt[2:]].tolist() == [0.3, -0.7]
    assert ratings["seconds"].isna().tolist() == [False, True, False, True, False]
    assert ratings["recommender"].fillna("").tolist() == ["", "", "GCN", "", "Random"]


def test_events_are_the_ratings_row_for_row_and_have_no_weight(folder):
    ds = situnes.read(folder)
    ratings, events = ds.table("ratings"), ds.interactions.events
    assert ds.evidence == "real" and ds.users.index.tolist() == [5, 7]
    assert ds.interactions.items[events["item"]].tolist() == ratings["item"].tolist()
    assert ds.interactions.users[events["user"]].tolist() == ratings["user"].tolist()
    assert events["time"].tolist() == ratings["time"].tolist()
    assert "weight" not in events
    liked = ds.interactions.where(ratings["rating"] >= 4)
    assert liked.matrix.toarray().tolist() == [[0, 1, 0], [0, 1, 0]]


def test_tracks_have_descriptors_and_names_where_they_are_named(folder):
    ds = situnes.read(folder)
    assert ds.items.index.tolist() == [2, 9, 30]
    assert ds.items["title"].tolist() == ["track 2", "Mia", "Ágætis"]
    assert ds.items["artist"].tolist() == [None, "DJ Khaled,Lil Wayne", "NA"]
    assert set(ds.items["style"]) == {"rock"}
    features = ds.features("descriptors")
    assert features.names == DESCRIPTORS and not features.missing.any()
    assert features.matrix[:, features.names.index("popularity")].tolist() == [12, 40, 40]
    assert features.matrix[0, features.names.index("duration")] == 200000
    assert ds.provenance["left out"] == {"rows of no track": 1}


def test_signals_of_the_wrist_stand_under_their_rating(folder):
    signals = situnes.read(folder).table("wrist")
    assert signals["rating"].tolist() == [row for row in (2, 3, 4) for _ in range(30)]
    assert signals["step"].tolist() == 3 * list(range(30))
    of_rating = {row: rows["heart_rate"].iloc[0] for row, rows in signals.groupby("rating")}
    assert of_rating == {2: 200, 3: 100, 4: 100}  # the first row of stage 2 is record 2
    assert signals["activity"].head(6).tolist() == [
        *["still", "coming to rest", "walking"],
        *["unknown", "lying", "running"],
    ]


BAD = [
    (RATINGS[1], 1, "7,2,1,1625022949,7,,-0.1,0.2", "line 3, column rating: 7 is outside 1 to 5"),
    (RATINGS[2], 0, "2,7,9,1,0,0.1,0.2,0.3,0.4,2,GCN", "line 2, column rating: 0 is outside 1 to 5"),
    (RATINGS[1], 0, "5,9,1,1,4.5,96.5,0.3,-0.7", "line 2, column rating: '4.5' is not of type int64"),
    (RATINGS[1], 0, "5,9,1,1,,96.5,0.3,-0.7", "line 2, column rating: '' is not of type int64"),
    (RATINGS[1], 0, "5,9,1,1,4,96.5,1.3,-0.7", "line 2, column emo_valence: 1.3 is outside -1 to 1"),
    (RATINGS[3], 0, "1,5,9,1,3,101,0,0,0,0,3,x", "line 2, column preference: 101.0 is outside 0 to 100"),
    (RATINGS[3], 0, "1,5,9,1,3,53,0,,0,0,3,x", "line 2, column emo_pre_arousal"),
    (RATINGS[1], 1, "7,77,1,1,1,,-0.1,0.2", f"line 3, column item_id: 77 is not in {TRACKS}"),
    (RATINGS[1], 1, "7,-1,1,1,1,,-0.1,0.2", "line 3, column item_id: -1 is less than 1"),
    (RATINGS[2], 0, "9,7,9,1,5,0,0,0,0,2,GCN", "line 2, column inter_id: 9 is not in env.json"),
    (RATINGS[2], 0, "1,7,9,1,5,0,0,0,0,2,GCN", "line 2, column inter_id: duplicate value 1"),
    (RATINGS[1], 1, "7,2,1,16250", "line 3: 4 columns where 8 are expected"),
    (NAMED, 0, f'9.0,{FACTS},Mia,"DJ Khaled', "line 2: 0 columns where 24 are expected"),
    (NAMED, 0, f"9.0,{FACTS},Mia,DJ Khaled,Lil Wayne", "line 2: 25 columns where 24 are expected"),
    (NAMED, 0, f"8.0,{FACTS},Mia,DJ Khaled", f"line 2, column i_id_c: 8.0 is not in {TRACKS}"),
    (TRACKS, 0, f"0,9,{NOTHING}", "line 2: a descriptor of this track is empty"),
    (TRACKS, 0, f"0,2,{FACTS}", "column item_id: duplicate value 2"),
]


@pytest.mark.parametrize(("name", "row", "text", "message"), BAD, ids=[f"{b[0]}-{b[3][:50]}" for b in BAD])
def test_a_bad_row_is_said_with_file_and_line(folder, name, row, text, message):
    lines = list(LINES[name])
    lines[row] = text
    write(folder, name, lines)
    with pytest.raises(InvalidData, match=re.escape(message)) as caught:
        situnes.read(folder)
    assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize("name", [*LINES, "Stage2/env.json", "Stage3/wrist.npy"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataUnavailable, match=re.escape(f"Cannot read {folder / name}")):
        situnes.read(folder)


@pytest.mark.parametrize("name", ["Stage2/env.json", "Stage2/wrist.npy"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.7])
def test_a_file_cut_short_is_named(folder, name, share):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(CorruptData, match=re.escape(str(folder / name))):
        situnes.read(folder)


def test_an_array_of_objects_is_not_read(folder):
    np.save(folder / "Stage2" / "wrist.npy", np.array([{"harm": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(CorruptData, match=r"wrist\.npy is no whole array"):
        situnes.read(folder)


def test_ratings_cut_off_between_two_lines_are_noticed(folder):
    write(folder, RATINGS[2], LINES[RATINGS[2]][1:])
    with pytest.raises(InvalidData, match=r"interactions\.csv has 1 ratings and env\.json beside it 2"):
        situnes.read(folder)


@pytest.mark.parametrize(
    "change",
    [{"time": 4}, {"weather": [3, 1, 2, 3]}, {"weather": [1, 2, 3]}, {"GPS": [1, 2, "x"]}, {"GPS": None}],
)
def test_a_record_of_the_surroundings_that_cannot_be_is_named(folder, change):
    records = SURROUNDINGS["Stage2"] | {"2": SURROUNDINGS["Stage2"]["2"] | change}
    (folder / "Stage2" / "env.json").write_text(json.dumps(records))
    with pytest.raises(InvalidData, match=r"Stage2/env\.json, record 2: found .* are expected"):
        situnes.read(folder)


@pytest.mark.parametrize("records", ["[]", "{}", "3"])
def test_surroundings_of_another_form_are_refused(folder, records):
    (folder / "Stage2" / "env.json").write_text(records)
    with pytest.raises(InvalidData, match="holds no records by number"):
        situnes.read(folder)


@pytest.mark.parametrize(("signal", "value"), [(3, 6), (3, 0.5), (0, np.nan), (1, np.inf)])
def test_an_impossible_signal_is_named(folder, signal, value):
    signals = wrist(2)
    signals[1, 7, signal] = value
    np.save(folder / "Stage2" / "wrist.npy", signals)
    with pytest.raises(InvalidData, match=r"Stage2/wrist\.npy, record 2, step 7: found "):
        situnes.read(folder)


@pytest.mark.parametrize("signals", [wrist(2)[:, :20], wrist(2).astype(int), np.float64(3)])
def test_signals_of_another_shape_are_refused(folder, signals):
    np.save(folder / "Stage2" / "wrist.npy", signals)
    with pytest.raises(InvalidData, match=r"wrist\.npy does not hold numbers of shape"):
        situnes.read(folder)


def test_files_that_are_not_those_of_the_catalogue_are_refused(folder, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "situnes").symlink_to(folder)
    monkeypatch.setenv("MUSICREC_DATA", str(home))
    with pytest.raises(CorruptData, match=r"Stage1/interactions\.csv: 2 rows where 600") as caught:
        data.load("situnes")
    assert "Stage2/wrist.npy: its checksum is not that of the catalogue" in str(caught.value)
    (folder / "Stage2" / "wrist.npy").unlink()
    with pytest.raises(DataUnavailable, match=r"lacks Stage2/wrist\.npy of situnes"):
        data.load("situnes")


def test_downloads_of_one_name_arrive_in_folders_of_their_own(folder, tmp_path, monkeypatch):
    asked = []

    def arrive(url, *, folder: Path, **_):
        name = url.partition("/SiTunes/")[2]
        folder.mkdir(parents=True, exist_ok=True)
        arrived = folder / Path(name).name
        assert not arrived.exists()
        arrived.write_text(name)
        asked.append(name)
        return arrived

    monkeypatch.delenv("MUSICREC_DATA", raising=False)
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "download", arrive)
    found = catalogue.entry("situnes")
    got = fetch.fetch(found)
    assert sorted(asked) == sorted(found.parts)
    assert all((got / name).read_text() == name for name in found.parts)


def test_the_schemas_of_the_loader_are_those_of_the_catalogue():
    files = catalogue.entry("situnes").files
    assert {file.name: list(file.columns) for file in files} == {
        name: list(schema.columns) for name, schema in SCHEMAS.items()
    }


def test_a_checksum_of_signals_is_part_of_the_fingerprint(monkeypatch):
    before, found = data.fingerprint("situnes"), catalogue.entry("situnes")
    assert [each.file for each in found.kept_downloads] == [
        f"{stage}/{name}" for stage in ("Stage2", "Stage3") for name in ("env.json", "wrist.npy")
    ]
    altered = tuple(
        replace(each, checksum="sha256:" + "0" * 64) if each.file == "Stage3/wrist.npy" else each
        for each in found.downloads
    )
    monkeypatch.setattr(catalogue, "entry", lambda name: replace(found, downloads=altered))
    assert data.fingerprint("situnes") != before


@pytest.fixture(scope="module")
def real():
    return data.load("situnes")


@pytest.mark.real
def test_the_real_files_hold_what_their_readme_counts(real):
    ratings = real.table("ratings")
    found = catalogue.entry("situnes")
    assert all(report.status == "sound" for report in verify.check(found, fetch.fetch(found)))
    assert ratings.groupby("stage").size().to_dict() == {1: 600, 2: 897, 3: 509}
    by_stage = ratings.groupby("stage")
    assert by_stage["user"].nunique().to_dict() == {1: 30, 2: 30, 3: 10}
    assert by_stage["item"].nunique().to_dict() == {1: 25, 2: 105, 3: 217}
    assert ratings["item"].nunique() == 307
    assert len(real.users) == 30 and len(real.interactions) == 2006
    assert len(real.table("wrist")) == 30 * (897 + 509)
    assert real.features("descriptors").matrix.shape == (len(real.items), 19)


@pytest.mark.real
def test_part_of_day_agrees_with_the_clock_in_china(real):
    ratings = real.table("ratings").dropna(subset=["part_of_day"])
    hour = (ratings["time"] + pd.Timedelta(hours=8)).dt.hour
    typical = hour.groupby(ratings["part_of_day"]).median()
    assert 8 <= typical["morning"] < 12 <= typical["afternoon"] < 18 <= typical["evening"]


@pytest.mark.real
def test_the_real_files_have_the_traps_that_the_data_card_names(real):
    card = " ".join(CARD.read_text(encoding="utf-8").split())
    ratings, items = real.table("ratings"), real.items
    stages = {stage: rows for stage, rows in ratings.groupby("stage")}
    liked = ratings["rating"] >= 4
    pairs = ratings.groupby(["user", "item"])
    again = stages[1].merge(stages[2], on=["user", "item"])
    per_person = ratings.groupby("user").size()
    twice = ratings.duplicated(["user", "time"])
    far = ratings["longitude"] < 1000
    assert len(set(ratings.loc[far, "user"])) == 1
    unnamed = items.index[items["artist"].isna()]
    assert set(stages[2].loc[stages[2]["recommender"].isna(), "user"]) == {1, 2, 3}
    assert set(stages[2].loc[stages[2]["seconds"].isna(), "user"]) <= set(range(1, 9))
    for said in (
        f"{len(items):,} tracks, of which {ratings['item'].nunique()} were rated",
        f"{len(real.interactions):,} ratings of {len(pairs):,} pairs",
        f"{liked.mean():.1%} of all ratings are 4 or 5",
        f"from {per_person.min()} to {per_person.max()} ratings",
        f"{len(again)} times in stage 2",
        f"{(again['rating_x'] == again['rating_y']).mean():.0%} of these",
        f"{twice.sum()} ratings stand twice",
        f"{len(unnamed)} tracks have no name",
        f"{unnamed.isin(ratings['item']).sum()} of them were rated",
        f"{stages[2]['recommender'].isna().sum()} ratings of stage 2 do not say which recommender",
        f"{ratings['seconds'].isna().sum()} do not say how long",
        f"{far.sum()} ratings of one person",
    ):
        assert said in card, said
