"""The tuned settings that ship with the library are whole, current, and found with equal effort."""

import json

import pytest

from musicrec import data, evaluation, models, study
from musicrec.shipped import shipped
from musicrec.study import search_sessions, tuning
from musicrec.study.search_spaces import (
    HALVED,
    PARTS,
    READ_FEATURES,
    SPACES,
    described,
    space_of,
    trials_of,
)
from musicrec.study.search_task import Task

TRAINED = {"ALS": 0.003, "BPR": 0.005, "LatentFactorRidge": 0.003}  # rounding grows, from machine to machine
NETWORKS = ("LatentFactorCNN", "PreferenceCNN")  # half a minute a fit: chapter 4 fits them
# Tuned for new items alone.
FOR_NEW_ITEMS = ("LatentFactorRidge", "ContentVAE", "LatentFactorCNN", "MultimodalFactors")
# No real listeners have sound; SoftmaxMF is the twin of one of these.
ON_SOUND = ("PreferenceCNN", "HybridCNN", "SoftmaxMF")
WARM = [model for model in models.names() if SPACES[model] and model not in (*FOR_NEW_ITEMS, *ON_SOUND)]
BY_CONTENT = ("ContentKNN", "Rocchio", "CollectiveEASE")
TASKS = [
    *(Task(model, dataset) for dataset in ("lastfm-2k", "songbook") for model in WARM),
    *(Task(model, dataset, cold=True) for dataset in ("lastfm-2k", "songbook") for model in BY_CONTENT),
    *(
        Task(model, dataset, cold=True)
        for dataset in ("lastfm-2k", "songbook")
        for model in ("ContentVAE", "LightFM", "DropoutNet")
    ),
    *(Task(model, "songbook") for model in ON_SOUND),
    *(Task(model, "songbook", cold=True) for model in (*NETWORKS, "HybridCNN", "MultimodalFactors")),
    *(Task(model, "songbook", "descriptors") for model in ("WeightedHybrid", *BY_CONTENT)),
    *(Task(model, "songbook", "descriptors", cold=True) for model in ("LatentFactorRidge", *BY_CONTENT)),
]
TRAINED_SEQUENCE = ("RNNNext", "GRU4Rec", "LSTMNext", "SASRec")  # minutes a fit: chapter 5 fits them
ASKED_SEQUENCE = ("MarkovChain", "ItemCoSession", "SKNN", "VSKNN", "STAN")
SEQUENCE_TASKS = [
    Task(model, dataset)
    for dataset in ("songbook", "nowplaying")
    for model in (*ASKED_SEQUENCE, *TRAINED_SEQUENCE)
]
CUTS = {"lastfm-2k": 1, "songbook": 10}  # that hold 1,000 new items
FEWER_CUTS = {"HybridCNN": 3, "MultimodalFactors": 3}  # that hold 300


def read(task):
    return json.loads((shipped("params") / task.file).read_text(encoding="utf-8"))


def settings_of(task):
    return study.tuned(task.model, task.dataset, features=task.features, cold=task.cold)


@pytest.fixture(params=[*TASKS, *SEQUENCE_TASKS], ids=lambda task: task.file)
def task(request):
    return request.param


def test_the_model_takes_them(task):
    params = settings_of(task)
    by_name = models.sequence_by_name if task.of_sessions else models.by_name
    made = by_name(task.model)(**params)
    assert {name: made.params[name] for name in params} == params


def test_every_model_had_the_same_effort(task):
    kept = read(task)
    assert kept["trials"] == trials_of(task.model)
    assert kept["metric"] == ("ndcg@20" if task.of_sessions else "ndcg@10")
    if task.of_sessions:
        trained = task.model in TRAINED_SEQUENCE
        shares = list(search_sessions.SHARES_OF_EPOCHS if trained else search_sessions.SHARES_OF_ASKING)
        split = {"kind": "latest_sessions", "valid": 0.25, "asked": 20_000, "shares": shares}
    else:
        cold, warm = (
            {"kind": "cold_items", "cuts": FEWER_CUTS.get(task.model, CUTS[task.dataset])},
            {"kind": "holdout", "by": "user"},
        )
        split = {**(cold if task.cold else warm), "test": 0.1, "valid": 0.1, "seed": 0}
        if task.model in HALVED:
            split["shares"] = list(tuning.SHARES_OF_EPOCHS)
    assert kept["split"] == split
    assert kept["features"] == task.kind
    assert kept["default_score"] is None or kept["score"] >= kept["default_score"]


def test_they_were_searched_for_in_the_space_that_stands_in_the_table(task):
    assert read(task)["space"] == json.loads(json.dumps(described(space_of(task.model))))


def test_they_are_of_the_data_that_is_loaded_today(task):
    assert read(task)["fingerprint"] == data.fingerprint(task.dataset)


@pytest.mark.parametrize("task", [task for task in TASKS if task.model in PARTS], ids=lambda task: task.file)
def test_the_models_within_a_model_have_the_settings_that_they_have_alone(task):
    """A new search for a part makes the one for the whole stale."""
    for part in read(task)["parts"].values():
        features = task.features if part["model"] in READ_FEATURES else None
        assert part["params"] == study.tuned(part["model"], task.dataset, features=features)


def test_nothing_else_is_shipped():
    found = {path.relative_to(shipped("params")).as_posix() for path in shipped("params").rglob("*.*")}
    assert found == {task.file for task in [*TASKS, *SEQUENCE_TASKS]}


REFITTED = [
    pytest.param(task, marks=pytest.mark.real if task.dataset == "lastfm-2k" else (), id=task.file)
    for task in TASKS
    if task.model not in (*NETWORKS, *HALVED)
]


@pytest.mark.slow
@pytest.mark.parametrize("task", REFITTED)
def test_they_are_worth_what_they_were(task):
    """A change to a model that makes its settings stale shows here: search for them anew."""
    ds, found = data.load(task.dataset), []
    for cut in tuning.cuts(ds.interactions, task.cold, seed=0):
        made = models.by_name(task.model)(**settings_of(task))
        made.fit(cut.train, item_features=ds.features(task.kind, hidden=cut))
        seen = data.Split(train=cut.train, test=cut.valid)
        asked = evaluation.evaluate(made, seen, k=10, candidates="cold" if task.cold else "all")
        found.append(asked.mean()["ndcg@10"])
    assert sum(found) / len(found) == pytest.approx(read(task)["score"], abs=TRAINED.get(task.model, 1e-4))


@pytest.mark.slow
@pytest.mark.parametrize(
    "task",
    [Task(model, "songbook") for model in ASKED_SEQUENCE],  # minutes, on more sessions
    ids=lambda task: task.file,
)
def test_settings_for_the_next_play_are_worth_what_they_were(task):
    judge = search_sessions.by_sessions(task, data.load(task.dataset))
    assert judge.score(settings_of(task), 1.0) == pytest.approx(read(task)["score"], abs=1e-4)
