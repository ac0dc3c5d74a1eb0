"""Searches for settings of models of the next play: what they learn from, are asked about, and spend."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from musicrec import data, evaluation, models, study
from musicrec.errors import InvalidArgument
from musicrec.study import search_sessions, settings, tuning
from musicrec.study.search_task import Task

SMALL = "small"
N_ITEMS = 30


def sessions(n=400, ordered=True, seed=0):
    """Session s is by user s. In two of three plays the next item is the one after; or all are by lot."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 7, n)
    items = []
    for length in lengths:
        plays = rng.integers(0, N_ITEMS, length)
        for step in range(1, length):
            if ordered and rng.random() < 2 / 3:
                plays[step] = (plays[step - 1] + 1) % N_ITEMS
        items.append(plays)
    starts = np.cumsum(lengths) - lengths
    times = np.datetime64("2020-01-01", "s") + np.repeat(np.arange(n), lengths) * np.timedelta64(1, "D")
    return data.Sessions(np.concatenate(items), starts, times=times, users=np.arange(n))


def dataset(heard, splits=None):
    owner = np.repeat(np.arange(len(heard)), heard.lengths)
    users, labels = pd.RangeIndex(len(heard), name="user"), pd.RangeIndex(N_ITEMS, name="item")
    x = data.Interactions(users, labels, pd.DataFrame({"user": owner, "item": heard.items}))
    return data.Dataset(
        SMALL,
        "Small",
        "simulated",
        x,
        pd.DataFrame({"title": labels.astype(str), "artist": "A"}, index=labels),
        pd.DataFrame(index=users),
        sessions=heard,
        splits=data.dataset.Splits(splits or {}),
        provenance={"fingerprint": "sha256:01"},
    )


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A small dataset by name, a cache of its own, and a folder of parameters of its own."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tuning.data, "load", lambda name: dataset(sessions()))
    folder = tmp_path / "params"
    folder.mkdir()
    monkeypatch.setattr(settings, "shipped", lambda name: folder)
    return folder


@pytest.fixture
def watched(monkeypatch):
    """What was asked of which model, trial by trial: evaluation goes on as it would."""
    asked, real = [], evaluation.evaluate_next

    def watch(model, heard, **options):
        found = real(model, heard, **options)
        asked.append(SimpleNamespace(model=model, heard=heard, found=found))
        return found

    monkeypatch.setattr(search_sessions.evaluation, "evaluate_next", watch)
    return asked


def test_what_is_kept_is_what_was_found(small):
    found = study.tune("MarkovChain", SMALL, out=small)
    assert (found.trials, found.metric, found.features) == (12, "ndcg@20", None)
    assert found.score >= found.default_score
    assert 0 < found.stopped < 12
    split = data.SessionSplit.by_time(sessions()).latest()
    made = models.MarkovChain(**study.tuned("MarkovChain", SMALL)).fit(split.train, n_items=N_ITEMS)
    score = evaluation.evaluate_next(made, split.valid, k=20).mean()["ndcg@20"]
    assert score == pytest.approx(found.score, abs=1e-5)
    kept = json.loads((small / SMALL / "MarkovChain.json").read_text(encoding="utf-8"))
    assert kept["stopped"] == found.stopped
    assert kept["split"]["kind"] == "latest_sessions" and kept["split"]["valid"] == 0.25
    assert kept["split"]["shares"] == list(search_sessions.SHARES_OF_ASKING)


def test_an_order_that_was_planted_is_found_and_none_where_there_is_none(small, monkeypatch):
    planted = study.tune("MarkovChain", SMALL, out=small).score
    monkeypatch.setattr(tuning.data, "load", lambda name: dataset(sessions(ordered=False)))
    by_lot = study.tune("MarkovChain", SMALL, out=small, again=True).score
    assert by_lot < 0.45 < 0.65 < planted


@pytest.mark.parametrize("model", ["SKNN", "GRU4Rec"])
def test_no_model_and_no_metric_sees_a_session_of_the_test(small, watched, monkeypatch, model):
    fitted, real = [], models.SequenceModel.fit

    def fit(self, heard, **options):
        assert options.get("valid") is None
        fitted.append(heard)
        return real(self, heard, **options)

    monkeypatch.setattr(models.SequenceModel, "fit", fit)
    study.tune(model, SMALL, trials=2, out=small)
    assert {tuple(each.users) for each in fitted} == {tuple(range(240))}  # three quarters of 320
    assert all(each.heard.users.min() >= 240 and each.heard.users.max() < 320 for each in watched)


def test_neighbours_are_asked_about_a_share_of_the_sessions(small, watched):
    study.tune("VSKNN", SMALL, trials=1, out=small)
    assert [len(each.heard) for each in watched] == [9, 27, 80]  # of 80: a ninth, a third, all
    gaps = np.diff(watched[0].heard.users)
    assert gaps.min() >= 8 and gaps.max() <= 9


def test_networks_are_trained_for_a_share_of_their_epochs(small, watched, monkeypatch):
    study.tune("RNNNext", SMALL, trials=1, out=small)
    assert [each.model.epochs for each in watched] == [3, 10]
    assert [len(each.model.history_.epochs) for each in watched] == [3, 10]
    assert [len(each.heard) for each in watched] == [80, 80]
    assert study.tuned("RNNNext", SMALL)["epochs"] == 10


def test_no_more_next_plays_are_asked_for_than_can_be_afforded(small, watched, monkeypatch):
    monkeypatch.setattr(search_sessions, "ASKED", 90)
    study.tune("GRU4Rec", SMALL, trials=1, out=small)
    asked = [len(each.found.per_prefix) for each in watched]
    assert len(set(asked)) == 1 and 60 < asked[0] < 120


def test_a_network_that_was_broken_off_ends_as_if_it_had_not_been(small, tmp_path, monkeypatch):
    whole = study.tune("GRU4Rec", SMALL, trials=3, out=tmp_path / "elsewhere")
    real, left = evaluation.evaluate_next, [4]

    def breaks(*arguments, **options):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(search_sessions.evaluation, "evaluate_next", breaks)
    with pytest.raises(KeyboardInterrupt):
        study.tune("GRU4Rec", SMALL, trials=3, out=small, again=True)
    again = study.tune("GRU4Rec", SMALL, trials=3, out=small)
    assert (again.params, again.score, again.stopped) == (whole.params, whole.score, whole.stopped)


def test_a_published_cut_comes_before_one_by_time():
    heard = sessions()
    published = data.SessionSplit(train=heard.take(np.arange(100)), test=heard.take(np.arange(100, 400)))
    cut = search_sessions.training_split(dataset(heard, {"published": published}))
    assert (len(cut.train), len(cut.valid), len(cut.test)) == (75, 25, 300)
    assert len(search_sessions.training_split(dataset(heard)).train) == 240


def test_what_cannot_be_searched_for_is_said(small, monkeypatch):
    with pytest.raises(InvalidArgument, match="SKNN names the next play"):
        study.tune("SKNN", SMALL, cold=True, out=small)
    with pytest.raises(InvalidArgument, match="SKNN reads no features"):
        study.tune("SKNN", SMALL, features="group", out=small)
    without = replace(dataset(sessions()), sessions=None)
    with pytest.raises(InvalidArgument, match=r"small has no sessions.*songbook"):
        search_sessions.by_sessions(Task("SKNN", SMALL), without)
    assert not list(small.iterdir())


def test_features_of_items_do_not_concern_these_models(small):
    study.tune("ItemCoSession", SMALL, trials=1, out=small)
    assert Task("ItemCoSession", "songbook").kind is None
    assert Task("ItemCoSession", "songbook").file == "songbook/ItemCoSession.json"
    assert study.tuning_of("ItemCoSession", SMALL).features is None
