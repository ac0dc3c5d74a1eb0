"""The tuned settings that ship with the library are whole, current, and found with equal effort."""

import json

import pytest

from musicrec import data, evaluation, models, study
from musicrec.shipped import shipped
from musicrec.study.search_spaces import SPACES, TRIALS, described
from musicrec.study.tuning import ITEM_FEATURES, METRIC

TUNABLE = [model for model in models.names() if SPACES[model]]
TRAINED = {"ALS": 0.003, "BPR": 0.005}  # rounding grows in training, from machine to machine
TUNED = [(dataset, model) for dataset in ("lastfm-2k", "songbook") for model in TUNABLE]


def read(dataset, model):
    return json.loads((shipped("params") / dataset / f"{model}.json").read_text(encoding="utf-8"))


@pytest.fixture(params=TUNED, ids="/".join)
def kept(request):
    return read(*request.param)


def test_the_model_takes_them(kept):
    params = study.tuned(kept["model"], kept["dataset"])
    made = models.by_name(kept["model"])(**params)
    assert {name: made.params[name] for name in params} == params


def test_every_model_had_the_same_effort(kept):
    assert kept["trials"] == TRIALS
    assert kept["metric"] == METRIC
    assert kept["split"] == {"kind": "holdout", "by": "user", "test": 0.1, "valid": 0.1, "seed": 0}
    assert kept["features"] == ITEM_FEATURES[kept["dataset"]]
    assert kept["score"] >= kept["default_score"]


def test_they_were_searched_for_in_the_space_that_stands_in_the_table(kept):
    assert kept["space"] == json.loads(json.dumps(described(SPACES[kept["model"]])))


def test_they_are_of_the_data_that_is_loaded_today(kept):
    assert kept["fingerprint"] == data.fingerprint(kept["dataset"])


def test_nothing_else_is_shipped():
    found = {path.relative_to(shipped("params")).as_posix() for path in shipped("params").rglob("*.*")}
    assert found == {f"{dataset}/{model}.json" for dataset, model in TUNED}


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["songbook", pytest.param("lastfm-2k", marks=pytest.mark.real)])
@pytest.mark.parametrize("model", TUNABLE)
def test_they_are_worth_what_they_were(dataset, model):
    """A change to a model that makes its settings stale shows here: search for them anew."""
    ds = data.load(dataset)
    split = data.holdout(ds.interactions, test=0.1, valid=0.1, seed=0, by="user")
    made = models.by_name(model)(**study.tuned(model, dataset))
    made.fit(split.train, item_features=ds.features(ITEM_FEATURES[dataset]))
    score = evaluation.evaluate(made, split, k=10, part="valid").mean()["ndcg@10"]
    assert score == pytest.approx(read(dataset, model)["score"], abs=TRAINED.get(model, 1e-4))
