"""The default world: the same on every machine, near measured listening, and planting no verdict."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_score

from musicrec import data
from musicrec.data import Dataset, songbook
from musicrec.listeners import Dials, World, calibration, simulate
from musicrec.listeners.taste import LISTED, UNLISTED


@pytest.fixture(scope="module")
def ds() -> Dataset:
    """Built on first use (minutes), then read from the cache that all chapters share."""
    return data.load("songbook")


def test_every_machine_makes_the_same_world(ds: Dataset) -> None:
    assert ds.provenance["digest"] == songbook.DIGESTS[0]


@pytest.mark.slow
@pytest.mark.parametrize("world", [1, 2])
def test_every_machine_makes_the_same_other_worlds(world: int) -> None:
    assert data.load("songbook", world=world).provenance["digest"] == songbook.DIGESTS[world]


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


def test_the_catalogue_hardly_tells_the_unlisted_sound(ds: Dataset) -> None:
    """Even a catalogue without flaws: articulation, density and register are how a piece is played."""
    true = ds.truth.items
    known = pd.concat([pd.get_dummies(true["style"]), true["instruments"].str.get_dummies("; ")], axis=1)
    known = known.to_numpy(dtype=float)
    for name in UNLISTED:
        fit = cross_val_score(RidgeCV(np.logspace(-1, 3, 9)), known, ds.truth.sound[name], cv=5, scoring="r2")
        assert fit.mean() < 0.2, name
    told = cross_val_score(
        RidgeCV(np.logspace(-1, 3, 9)), known, ds.truth.sound["brightness"], cv=5, scoring="r2"
    )
    assert told.mean() > 0.5  # the check can fail: instruments tell brightness


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
    log = simulate(World(dials=dials, n_users=n, seed=songbook.SEEDS[0]), sound)
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
