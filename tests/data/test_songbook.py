"""The Songbook's loader, on a small world that is built in a temporary cache."""

import ast
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from musicrec import data
from musicrec.data import Dataset
from musicrec.data.songbook import build, scores, store
from musicrec.errors import CorruptData, InvalidArgument, UnknownName
from musicrec.listeners import Dials
from musicrec.listeners.dials import PARTS

SMALL = {"n_users": 25, "n_pieces": 26}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def use_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICREC_CACHE", str(cache))


@pytest.fixture
def ds() -> Dataset:
    return data.load("songbook", **SMALL)


def world_file(cache: Path) -> Path:
    """The file of the small default world."""
    chosen, pieces = build._chosen(0, None, **SMALL)
    return cache / "songbook" / f"{build._key(chosen, pieces)[:32]}.npz"


def test_what_is_in_it(ds: Dataset) -> None:
    x = ds.interactions
    assert (x.n_users, x.n_items) == (25, 26)
    assert list(ds.items.columns) == ["title", "artist", "style", "year", "instruments"]
    assert list(ds.users.columns) == ["joined", "main_device"]
    assert list(ds.sessions.context.columns) == ["time_of_day", "device", "mood"]
    assert x.matrix.sum() == len(x)  # an event is a play
    assert ds.evidence == "simulated"
    assert set(ds.tables) == {"plays", "exposures"}
    again = data.Sessions.from_interactions(x)
    np.testing.assert_array_equal(again.items, ds.sessions.items)
    np.testing.assert_array_equal(again.starts, ds.sessions.starts)
    np.testing.assert_array_equal(again.users, ds.sessions.users)


def test_interactions_are_the_plays_that_were_not_skipped(ds: Dataset) -> None:
    plays = ds.table("plays")
    assert 0 < plays["skipped"].mean() < 0.5
    heard = plays[~plays["skipped"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        heard[["user", "item"]].astype("int64"), ds.interactions.events[["user", "item"]], check_names=False
    )
    assert (heard["time"].to_numpy() == ds.interactions.events["time"].to_numpy()).all()


def test_exposures_say_what_was_shown_chosen_and_heard(ds: Dataset) -> None:
    shown = ds.table("exposures")
    assert shown.groupby("slate")["chosen"].sum().eq(1).all()
    assert ds.truth.propensities.between(0, 1, inclusive="right").all()
    assert not shown.duplicated(["slate", "item"]).any() and not shown.duplicated(["slate", "position"]).any()
    assert shown["completion"].notna().equals(shown["chosen"])
    assert not shown.loc[~shown["chosen"], "skipped"].any()
    plays = ds.table("plays")
    chosen = shown[shown["chosen"]].set_index("slate")
    from_slates = plays[plays["slate"] >= 0].set_index("slate")
    for column in ("user", "item", "time", "shelf", "completion", "skipped"):
        assert (chosen[column].to_numpy() == from_slates.loc[chosen.index, column].to_numpy()).all(), column


def test_the_second_load_reads_the_cache_and_finds_the_same(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_build", lambda *a: pytest.fail("built again"))
    again = data.load("songbook", **SMALL)
    pd.testing.assert_frame_equal(again.items, ds.items)
    pd.testing.assert_frame_equal(again.table("exposures"), ds.table("exposures"))
    assert again.provenance["digest"] == ds.provenance["digest"]


def test_a_catalogue_has_a_tenth_of_its_entries_wrong_or_missing(ds: Dataset) -> None:
    true, known = ds.truth.items, ds.items
    assert known["title"].equals(true["title"])
    for column in ("artist", "style", "year", "instruments"):
        there = true[column].notna()
        lost = there & known[column].isna()
        wrong = there & known[column].notna() & (known[column] != true[column]).fillna(False).astype(bool)
        assert lost.sum() + wrong.sum() == round(0.1 * len(true)), column
        assert abs(lost.sum() - wrong.sum()) <= 1, column
        assert not known.loc[~there, column].notna().any()


def test_features_are_made_from_the_catalogue_and_not_from_the_truth(ds: Dataset) -> None:
    style = ds.features("style")
    assert np.array_equal(style.missing, ds.items["style"].isna())
    named = np.array(style.names)[style.matrix.toarray().argmax(axis=1)]
    known = ~style.missing
    assert (named[known] == ("style: " + ds.items["style"][known]).to_numpy()).all()
    prefixes = {name.split(": ")[0] for name in ds.features("catalogue").names}
    assert prefixes == {"style", "artist", "decade", "instrument"}
    with pytest.raises(UnknownName, match="catalogue"):
        ds.features("sound")


def test_truth_explains_the_choices(ds: Dataset) -> None:
    truth = ds.truth
    assert truth.utilities.shape == (25, 26)
    parts = sum(truth.part(name) for name in ("heard", "scene", "fame", "personal"))
    np.testing.assert_allclose(truth.utilities, parts, atol=1e-6)
    events = ds.interactions.events
    assert truth.utilities[events["user"], events["item"]].mean() > 0.3
    np.testing.assert_allclose(
        truth.utility(3, "sad"), truth.utilities[3] + truth.part("mood")[3, 2], atol=2e-6
    )
    with pytest.raises(UnknownName, match="happy, relaxed, sad, tense"):
        truth.utility(0, "bored")
    for mood in (None, ["sad"]):
        with pytest.raises(UnknownName, match="There is no mood"):
            truth.utility(0, mood)
    for user in (25, -1, 2**40):
        with pytest.raises(UnknownName, match="Codes go from 0 to 24"):
            truth.utility(user, "sad")
    for user in ("3", 3.0, None, True):
        with pytest.raises(InvalidArgument, match="a whole number; found"):
            truth.utility(user, "sad")
    np.testing.assert_array_equal(truth.utility(np.int64(3), "sad"), truth.utility(3, "sad"))
    with pytest.raises(UnknownName, match="no part 'sound'"):
        truth.part("sound")


def test_worlds_differ_in_listeners_and_share_the_pieces(ds: Dataset) -> None:
    other = data.load("songbook", world=1, **SMALL)
    pd.testing.assert_frame_equal(other.items, ds.items)
    pd.testing.assert_frame_equal(other.truth.sound, ds.truth.sound)
    assert other.provenance["digest"] != ds.provenance["digest"]
    assert not np.array_equal(other.truth.fame, ds.truth.fame)


def test_what_was_loaded_is_known_by_its_own_fingerprint(ds: Dataset) -> None:
    other = data.load("songbook", world=1, **SMALL)
    assert other.provenance["options"] == "world=1 n_users=25 n_pieces=26"
    own = {each.provenance["fingerprint"] for each in (ds, other)}
    assert len(own | {data.fingerprint("songbook")}) == 3
    assert own <= set(data.loaded()["songbook"])


def test_dials_can_be_turned(ds: Dataset) -> None:
    turned = data.load("songbook", dials={"heard": 1.0}, **SMALL)
    assert turned.truth.dials.heard == 1 and turned.truth.dials.scene == 0
    np.testing.assert_allclose(turned.truth.utilities, turned.truth.part("heard"), atol=1e-6)


def test_the_page_states_the_dials() -> None:
    page = (Path(__file__).resolve().parents[2] / "book" / "songbook.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\w+) \|.*\| (\d+)% \|$", page, flags=re.MULTILINE))
    assert {part: f"{getattr(Dials(), part):.0%}" for part in PARTS} == {
        k: f"{v}%" for k, v in stated.items()
    }


def test_bad_options_are_named() -> None:
    for world in (3, -1, True, 1.0, "1", [0]):
        with pytest.raises(InvalidArgument, match="no world"):
            data.load("songbook", world=world)
    with pytest.raises(InvalidArgument, match="no dial loudness"):
        data.load("songbook", dials={"loudness": 0.2})
    with pytest.raises(InvalidArgument, match="n_pieces is a whole number from 2"):
        data.load("songbook", n_pieces=1)
    with pytest.raises(InvalidArgument, match="It takes: world, dials"):
        data.load("songbook", seed=3)


def damage(path: Path, how: str) -> None:
    raw = path.read_bytes()
    if how == "cut short":
        path.write_bytes(raw[: len(raw) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "a flipped bit":
        middle = len(raw) // 2
        path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :])
    else:
        stored = store.load(path)
        items = stored.tables["plays"]["item"].to_numpy().copy()
        items[0] += 1
        arrays = dict(np.load(path)) | {"plays/item": items}
        with path.open("wb") as out:
            np.savez(out, **arrays)


@pytest.mark.parametrize("how", ["cut short", "empty", "a flipped bit", "an altered value"])
def test_a_damaged_world_is_built_again_with_a_warning(ds: Dataset, cache: Path, how: str) -> None:
    damage(world_file(cache), how)
    with pytest.warns(UserWarning, match="damaged and is built again"):
        again = data.load("songbook", **SMALL)
    assert again.provenance["digest"] == ds.provenance["digest"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.load("songbook", **SMALL)


def test_damaged_scores_are_read_again(ds: Dataset, cache: Path) -> None:
    world_file(cache).unlink()
    scores = sorted((cache / "songbook" / "scores").glob("*.npz"))
    for path in scores[:2]:
        path.write_bytes(path.read_bytes()[:100])
    with pytest.warns(UserWarning, match="these scores are read again"):
        again = data.load("songbook", **SMALL)
    assert again.provenance["digest"] == ds.provenance["digest"]


def test_a_digest_notices_a_change_and_not_the_last_bits() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 0.25], "c": ["x", None]})
    same = frame.assign(b=frame["b"] + 1e-12, a=frame["a"].astype("int8"))
    assert store.digest({"t": frame}) == store.digest({"t": same})
    for other in (frame.assign(a=[2, 1]), frame.assign(b=[0.5, 0.250002]), frame.assign(c=["x", "y"])):
        assert store.digest({"t": frame}) != store.digest({"t": other})


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [0.1, np.nan], "s": ["ü; \x1f", None], "b": [True, False]})
    frame["year"] = pd.array([1850, None], dtype="Int64")
    store.save(tmp_path / "t.npz", {"t": frame.drop(columns="x")})
    back = store.load(tmp_path / "t.npz").tables["t"].astype({"year": "Int64"})
    pd.testing.assert_frame_equal(back, frame.drop(columns="x"))
    with pytest.raises(CorruptData, match="not a file of tables"):
        store.load(tmp_path / "absent.npz")


def test_the_fingerprint_is_had_without_music21_and_follows_what_goes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "import sys; from musicrec import data; data.fingerprint('songbook'); print('music21' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    before = data.fingerprint("songbook")
    whole = Path.read_bytes
    with monkeypatch.context() as patch:  # it only measures
        patch.setattr(Path, "read_bytes", lambda p: b"" if p.name == "calibration.py" else whole(p))
        assert data.fingerprint("songbook") == before
        patch.setattr(Path, "read_bytes", lambda p: b"" if p.name == "taste.py" else whole(p))
        assert data.fingerprint("songbook") != before
    monkeypatch.setattr(build, "SEEDS", (99, 2018, 2019))
    assert data.fingerprint("songbook") != before


def imported(module: str) -> set[str]:
    """Modules of musicrec that a module imports, at its top or inside a function, and those these import."""
    root, found, left = Path(build.__file__).parents[3], set(), [module]
    while left:
        name = left.pop()
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        if name in found or not path.is_file():
            continue
        found.add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("musicrec"):
                left += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def test_the_hash_covers_every_module_that_makes_the_world() -> None:
    used = set().union(
        *(imported(f"musicrec.{m}") for m in ("audio.score", "audio.sound", "listeners.world"))
    )
    hashed = {f"musicrec.audio.{name}" for name in (*scores.READER, *build._SOUNDING)}
    made = {name for name in used if name.startswith("musicrec.audio.")}
    assert made == hashed
    rest = {name for name in used - made if not name.startswith("musicrec.listeners.")}
    assert rest <= {"musicrec.errors", "musicrec.shipped"}  # they decide nothing


def test_a_change_of_the_reader_reads_the_scores_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, names = cache / "songbook" / "scores", ["one"]
    before = scores._path(folder, "one", names)
    monkeypatch.setattr(scores.importlib.metadata, "version", lambda name: "0.1")
    assert scores._path(folder, "one", names) != before
