"""The default world: the same on every machine, near measured listening, and planting no verdict."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import cross_val_predict, cross_val_score

from musicrec import data
from musicrec.audio import score
from musicrec.data import Dataset
from musicrec.data.songbook import build
from musicrec.listeners import Dials, Taste, World, calibration, simulate
from musicrec.listeners.taste import LISTED, UNLISTED


@pytest.fixture(scope="module")
def ds() -> Dataset:
    """Built on first use (minutes), then read from the cache that all chapters share."""
    return data.load("songbook")


@pytest.mark.slow
def test_every_listed_piece_was_read_and_is_heard(ds: Dataset) -> None:
    """By the reader as it is now: the world lies in the cache under a hash of its source."""
    sound, written = ds.truth.sound, ds.truth.scores
    assert sorted(ds.truth.pieces) == sorted(score.catalogue().index)
    assert len(sound) == len(written) == len(ds.truth.pieces)
    assert np.isfinite(sound.to_numpy()).all() and sound["length_s"].between(8, 1300).all()
    assert (written["lyrics"] != "").sum() >= 100


def test_every_machine_makes_the_same_world(ds: Dataset) -> None:
    assert ds.provenance["digest"] == build.DIGESTS[0]


@pytest.mark.slow
@pytest.mark.parametrize("world", [1, 2])
def test_every_machine_makes_the_same_other_worlds(world: int) -> None:
    assert data.load("songbook", world=world).provenance["digest"] == build.DIGESTS[world]


def test_its_size(ds: Dataset) -> None:
    assert ds.interactions.n_users == 2000
    assert 900 <= ds.interactions.n_items <= 1100
    assert 135_000 <= len(ds.interactions) <= 165_000
    days = np.ptp(ds.interactions.events["time"].to_numpy()) / np.timedelta64(1, "D")
    assert 150 < days < 200


def test_the_card_counts_right(ds: Dataset) -> None:
    card = (Path(__file__).resolve().parents[2] / "data" / "cards" / "songbook.md").read_text(
        encoding="utf-8"
    )
    x = ds.interactions
    for what, count in {
        "listeners": x.n_users,
        "pieces": x.n_items,
        "styles": ds.truth.items["style"].nunique(),
        "plays that were not skipped": len(x),
        "pairs of a listener and a piece": x.n_pairs,
        "sessions": len(ds.sessions),
        "positions of slates": len(ds.table("exposures")),
    }.items():
        assert f"| {what} | {count:,} |" in card, what


def test_it_listens_as_people_do_within_the_stated_tolerances(ds: Dataset) -> None:
    found = calibration.of_plays(ds.interactions.matrix) | calibration.of_sessions(ds.sessions)
    table = calibration.targets().assign(found=pd.Series(found))
    assert ((table["found"] - table["value"]).abs() <= table["tolerance"]).all(), table.to_string()


def test_the_tolerances_reject_listening_at_random(ds: Dataset) -> None:
    """As many plays, each of a listener and a piece drawn evenly."""
    rng, x = np.random.default_rng(0), ds.interactions
    users, items = rng.integers(0, x.n_users, len(x)), rng.integers(0, x.n_items, len(x))
    drawn = sp.csr_matrix((np.ones(len(x)), (users, items)), shape=(x.n_users, x.n_items))
    drawn.sum_duplicates()
    found, targets = pd.Series(calibration.of_plays(drawn)), calibration.targets()
    wrong = (found - targets["value"].loc[found.index]).abs() > targets["tolerance"].loc[found.index]
    assert wrong.sum() >= 6


def true_catalogue(ds: Dataset) -> np.ndarray:
    """All that a catalogue without flaws could say, as zeros and ones."""
    true = ds.truth.items
    decade = (true["year"] // 10 * 10).astype("string").fillna("unknown")
    named = [pd.get_dummies(true["style"]), pd.get_dummies(true["artist"]), pd.get_dummies(decade)]
    return pd.concat([*named, true["instruments"].str.get_dummies("; ")], axis=1).to_numpy(dtype=float)


def test_the_catalogue_hardly_tells_the_unlisted_half_of_what_is_heard(ds: Dataset) -> None:
    """What listeners like in articulation, density and register: about a tenth; in the rest: two fifths.

    Pieces are in no order, so each fold has all styles: a style that training never saw would tell nothing.
    """
    known, told = true_catalogue(ds), {}
    for unlisted in (0.0, 1.0):
        taste = Taste(ds.truth.sound, Dials().turned(heard=1.0, unlisted=unlisted), build.SEEDS[0])
        likes = np.stack([taste.parts(user)["heard"] for user in range(200)], axis=1)
        guess = cross_val_predict(Ridge(30.0), known, likes, cv=5)
        told[unlisted] = 1 - ((likes - guess) ** 2).sum() / (likes**2).sum()
    assert told[1.0] == pytest.approx(0.1, abs=0.05)
    assert told[0.0] == pytest.approx(0.4, abs=0.05)


def test_style_tells_density_in_part_and_articulation_not_at_all(ds: Dataset) -> None:
    known, sound = true_catalogue(ds), ds.truth.sound
    told = {
        name: cross_val_score(RidgeCV(np.logspace(-1, 3, 9)), known, sound[name], cv=5).mean()
        for name in UNLISTED
    }
    assert told["articulation"] < 0.05
    assert 0.1 < told["register"] < 0.3
    assert 0.4 < told["note_rate"] < 0.6


def neighbours(train: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """Scores of a nearest-neighbour method: how alike an item is to those that a listener has played."""
    return train @ (alike - np.diag(np.diag(alike)))


def cosine(rows: np.ndarray) -> np.ndarray:
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit @ unit.T


def recall(scores: np.ndarray, train: np.ndarray, test: np.ndarray, among: np.ndarray, k: int = 20) -> float:
    scores = np.where((train > 0) | ~among, -np.inf, scores)
    best = np.argsort(-scores, axis=1)[:, :k]
    hits, wanted = np.take_along_axis(test, best, axis=1).sum(axis=1), np.minimum(test.sum(axis=1), k)
    return float((hits[wanted > 0] / wanted[wanted > 0]).mean())


def contest(ds: Dataset, dials: Dials) -> dict[str, float]:
    """Recall@20 of collaborative and content neighbours, on warm pieces and on cold ones."""
    n, sound = 500, ds.truth.sound
    log = simulate(World(dials=dials, n_users=n, seed=build.SEEDS[0]), sound)
    heard = ~log.plays["skipped"]
    played = np.zeros((n, len(sound)))
    played[log.sessions["user"][log.plays["session"][heard]], log.plays["item"][heard]] = 1
    rng = np.random.default_rng(0)
    cold = rng.random(len(sound)) < 0.2
    everything = np.ones(len(sound), dtype=bool)
    z = ((sound - sound.mean()) / sound.std()).clip(-2.5, 2.5)[list(LISTED + UNLISTED)].to_numpy()
    like_sound = np.exp(-((z[:, None] - z[None]) ** 2).mean(axis=2))
    like_catalogue = cosine(ds.features("catalogue").matrix.toarray())
    found = {}
    for name, hidden, among in (
        ("warm", (rng.random(played.shape) < 0.2) & (played > 0), everything),
        ("cold", (played > 0) & cold, cold),
    ):
        train = played * ~hidden
        noise = 1e-9 * rng.random(played.shape)  # a cold piece has no neighbour: chance decides
        scores = {
            "collaborative": neighbours(train, cosine(train.T)) + noise,
            "sound": neighbours(train, like_sound),
            "catalogue": neighbours(train, like_catalogue),
            "chance": noise,
        }
        found |= {f"{name} {how}": recall(s, train, hidden * 1.0, among) for how, s in scores.items()}
    return found


def test_neither_collaborative_nor_content_filtering_wins_everywhere(ds: Dataset) -> None:
    none, all_of_it = (contest(ds, Dials().turned(heard=share)) for share in (0.0, 1.0))
    scene = contest(ds, Dials().turned(scene=1.0))
    for where in (none, scene):  # nothing to hear in the choices: content knows no more than chance
        assert where["warm collaborative"] > 3 * where["warm sound"]
        assert where["warm collaborative"] > 3 * where["warm catalogue"]
        for content in ("sound", "catalogue"):
            assert where[f"warm {content}"] < 0.045
            assert where[f"cold {content}"] < where["cold chance"] + 0.05
    assert all_of_it["warm sound"] > all_of_it["warm collaborative"]
    assert all_of_it["cold sound"] > 2 * all_of_it["cold collaborative"]
    assert all_of_it["cold catalogue"] > 1.2 * all_of_it["cold collaborative"]
    assert all_of_it["cold sound"] > all_of_it["cold catalogue"]  # the sound carries what no column does
