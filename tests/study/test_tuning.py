"""Tuning finds what was planted, by validation pairs alone, and keeps it in a file that says how."""

import json

import numpy as np
import pandas as pd
import pytest

from musicrec import data, evaluation, models, study
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, UnknownName
from musicrec.study import search_spaces, search_task, settings, tuning

SMALL = "small"


def blocks(seed=0):
    """120 listeners of 60 items in 4 groups, each of which plays mostly its own 15 items."""
    rng = np.random.default_rng(seed)
    user, item = np.divmod(np.arange(120 * 60), 60)
    own = user % 4 == item % 4
    kept = rng.random(len(user)) < np.where(own, 0.5, 0.05)
    events = pd.DataFrame({"user": user[kept], "item": item[kept], "plays": rng.integers(1, 9, kept.sum())})
    return data.Interactions.from_frame(events, user="user", item="item", weight="plays")


def group_features(ds):
    return data.Features("group", ds.items.index, list("abcd"), np.eye(4)[ds.items.index.to_numpy() % 4])


def number_features(ds):
    """Which of the groups an item is of, badly told: as one number."""
    return data.Features("number", ds.items.index, ["group"], ds.items.index.to_numpy()[:, None] % 4 + 1)


def dataset(x, fingerprint="sha256:01"):
    items = pd.DataFrame({"title": x.items.astype(str), "artist": "A"}, index=x.items)
    return data.Dataset(
        SMALL,
        "Blocks",
        "simulated",
        x,
        items,
        pd.DataFrame(index=x.users),
        feature_makers={"group": group_features, "number": number_features},
        provenance={"fingerprint": fingerprint},
    )


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A small dataset by name, a cache of its own, and a folder of parameters of its own."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tuning.data, "load", lambda name: dataset(blocks()))
    monkeypatch.setitem(search_task.ITEM_FEATURES, SMALL, "group")
    folder = tmp_path / "params"
    folder.mkdir()
    monkeypatch.setattr(settings, "shipped", lambda name: folder)
    return folder


def read(folder, model):
    return json.loads((folder / SMALL / f"{model}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", ["EASE", "ItemKNN", "ContentKNN", "PureSVD"])
def test_what_is_kept_is_what_was_found(small, model):
    found = study.tune(model, SMALL, trials=12, out=small)
    assert found.score >= found.default_score
    assert found.trials == 12
    made = models.by_name(model)(**study.tuned(model, SMALL))
    x = dataset(blocks())
    split = data.holdout(x.interactions, test=0.1, valid=0.1, seed=0, by="user")
    made.fit(split.train, item_features=group_features(x))
    score = evaluation.evaluate(made, split, k=10, part="valid").mean()["ndcg@10"]
    assert score == pytest.approx(found.score, abs=1e-5)


def test_a_planted_optimum_is_found_and_a_flat_score_leaves_the_defaults(small, monkeypatch):
    def as_good_as(score):
        def evaluate(model, split, k, candidates):
            return type("E", (), {"mean": lambda self: {"ndcg@10": score(model.l2)}})()

        monkeypatch.setattr(tuning.evaluation, "evaluate", evaluate)
        return study.tune("EASE", SMALL, trials=25, out=small, again=True)

    assert as_good_as(lambda l2: 0.3).params == {"l2": models.EASE().l2, "weight": "binary"}
    peak = as_good_as(lambda l2: 1 / (1 + abs(np.log10(l2) - 3.5)))
    assert 10**3.2 < peak.params["l2"] < 10**3.8
    assert peak.at_border == {}
    assert as_good_as(lambda l2: np.log(l2)).at_border == {"l2": "high"}


def test_no_model_and_no_metric_sees_a_test_pair(small, monkeypatch):
    x = blocks()
    hidden = data.holdout(x, test=0.1, valid=0.1, seed=3, by="user").test.binary
    real, seen = evaluation.evaluate, []

    def watched(model, split, **options):
        parts = [split.train, split.test, *([] if split.valid is None else [split.valid])]
        seen.append(sum(part.binary.multiply(hidden).nnz for part in parts))
        seen.append(model._matrix.multiply(hidden).nnz)
        return real(model, split, **options)

    monkeypatch.setattr(tuning.evaluation, "evaluate", watched)
    study.tune("ItemKNN", SMALL, trials=3, seed=3, out=small)
    assert hidden.nnz > 100
    assert seen == [0] * 6


def test_the_file_says_how_it_was_made(small):
    study.tune("EASE", SMALL, trials=3, seed=2, out=small)
    kept = read(small, "EASE")
    assert list(kept) == sorted(kept)
    assert kept["split"] == {"kind": "holdout", "by": "user", "test": 0.1, "valid": 0.1, "seed": 2}
    assert kept["fingerprint"] == "sha256:01"
    assert kept["features"] == "group"
    assert kept["metric"] == "ndcg@10"
    assert kept["space"]["l2"]["low"] < kept["params"]["l2"] < kept["space"]["l2"]["high"]
    assert {"python", "numpy", "optuna", "implicit"} <= kept["versions"].keys()
    assert kept["seconds"] >= 0


def test_a_second_search_for_the_same_changes_no_byte(small, monkeypatch):
    study.tune("EASE", SMALL, trials=5, out=small)
    before = (small / SMALL / "EASE.json").read_bytes()
    monkeypatch.setattr(tuning.evaluation, "evaluate", lambda *a, **k: pytest.fail("all has been tried"))
    study.tune("EASE", SMALL, trials=5, out=small)
    assert (small / SMALL / "EASE.json").read_bytes() == before


def test_an_interrupted_search_keeps_the_same(small, tmp_path, monkeypatch):
    whole = study.tune("EASE", SMALL, trials=15, out=tmp_path / "elsewhere")
    real, left = evaluation.evaluate, [8]

    def breaks(*arguments, **options):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(tuning.evaluation, "evaluate", breaks)
    with pytest.raises(KeyboardInterrupt):
        study.tune("EASE", SMALL, trials=15, out=small, again=True)
    assert not (small / SMALL).exists()
    left[0] = 1000
    resumed = study.tune("EASE", SMALL, trials=15, out=small)
    assert left[0] == 1000 - 8  # seven trials were kept
    assert (resumed.params, resumed.score, resumed.trials) == (whole.params, whole.score, whole.trials)


@pytest.mark.parametrize("changed", ["data", "seed", "space"])
def test_a_search_for_something_else_begins_anew(small, monkeypatch, changed):
    counts = []
    study.tune("EASE", SMALL, trials=3, out=small)
    if changed == "data":
        monkeypatch.setattr(tuning.data, "load", lambda name: dataset(blocks(), "sha256:02"))
    if changed == "space":
        monkeypatch.setitem(search_spaces.SPACES, "EASE", {"l2": search_spaces.Span(1.0, 2e5)})
    study.tune(
        "EASE",
        SMALL,
        trials=3,
        seed=int(changed == "seed"),
        out=small,
        told=lambda ended, best: counts.append(ended),
    )
    assert counts == [0, 1, 2, 3]


def test_a_search_for_cold_items_asks_about_those_alone(small, monkeypatch):
    x = blocks()
    hidden = np.unique(data.cold_items(x, 0.1, 2, 0).test.events["item"])
    real, seen = evaluation.evaluate, []

    def watched(model, asked, **options):
        assert not model._matrix[:, hidden].nnz
        found = real(model, asked, **options)
        assert not model._matrix[:, found.candidates].nnz
        seen.append(found.candidates.tolist())
        return found

    monkeypatch.setattr(tuning.evaluation, "evaluate", watched)
    monkeypatch.setattr(tuning, "NEW_ITEMS", 15)
    found = study.tune("ContentKNN", SMALL, cold=True, trials=4, seed=2, out=small)
    assert len(seen) == 4 * 3 and seen[:3] == seen[3:6] and seen[0] != seen[1]  # three cuts a trial
    assert all(len(cold) == 6 and not set(cold) & set(hidden) for cold in seen)  # a tenth of 60 items
    assert found.split == {"kind": "cold_items", "cuts": 3, "test": 0.1, "valid": 0.1, "seed": 2}
    assert found.score > 0.5  # the groups tell who likes what
    assert [path.name for path in (small / SMALL).iterdir()] == ["ContentKNN.cold.json"]
    assert study.tuned("ContentKNN", SMALL, cold=True) == found.params
    with pytest.raises(UnknownName, match=r"musicrec tune ContentKNN --dataset small.*ContentKNN\.cold"):
        study.tuned("ContentKNN", SMALL)


def test_the_score_for_cold_items_is_the_mean_over_the_cuts(small, monkeypatch):
    scores = iter([0.1, 0.2, 0.6])

    def evaluate(model, split, k, candidates):
        assert candidates == "cold"
        return type("E", (), {"mean": lambda self: {"ndcg@10": next(scores)}})()

    monkeypatch.setattr(tuning.evaluation, "evaluate", evaluate)
    monkeypatch.setattr(tuning, "NEW_ITEMS", 15)
    assert study.tune("ContentKNN", SMALL, cold=True, trials=1, out=small).score == pytest.approx(0.3)


def test_other_features_than_the_usual_ones_have_a_file_of_their_own(small, monkeypatch):
    found = {
        features: study.tune("ContentKNN", SMALL, features=features, trials=5, out=small)
        for features in (None, "number")
    }
    assert found["number"].score < 0.8 * found[None].score
    assert found["number"].features == "number"
    assert study.tuning_of("ContentKNN", SMALL, features="number").score == found["number"].score
    assert study.tuning_of("ContentKNN", SMALL, features="group").score == found[None].score
    monkeypatch.setattr(tuning, "NEW_ITEMS", 6)
    study.tune("ContentKNN", SMALL, features="number", cold=True, trials=1, out=small)
    files = {path.name for path in (small / SMALL).iterdir()}
    assert files == {"ContentKNN.json", "ContentKNN.number.json", "ContentKNN.number.cold.json"}
    with pytest.raises(InvalidArgument, match="EASE reads no features"):
        study.tune("EASE", SMALL, features="number", out=small)
    with pytest.raises(UnknownName, match="no features 'colour'"):
        study.tune("ContentKNN", SMALL, features="colour", out=small)


def test_a_file_under_another_name_is_not_taken_for_it(small):
    study.tune("ContentKNN", SMALL, trials=1, out=small)
    for name, task in {
        "ContentKNN.number.json": {"features": "number"},
        "ContentKNN.cold.json": {"cold": True},
    }.items():
        (small / SMALL / name).write_bytes((small / SMALL / "ContentKNN.json").read_bytes())
        with pytest.raises(CorruptData, match="it is about ContentKNN on small, group"):
            study.tuned("ContentKNN", SMALL, **task)


def test_a_model_made_of_others_has_them_at_their_tuned_settings(small):
    with pytest.raises(UnknownName, match="musicrec tune EASE --dataset small"):
        study.tune("WeightedHybrid", SMALL, trials=1, out=small)
    study.tune("EASE", SMALL, trials=6, out=small)
    study.tune("ContentKNN", SMALL, features="number", trials=3, out=small)
    found = study.tune("WeightedHybrid", SMALL, features="number", trials=6, out=small)
    kept = json.loads((small / SMALL / "WeightedHybrid.number.json").read_text(encoding="utf-8"))
    ease = study.tuned("EASE", SMALL)
    assert kept["parts"]["collaborative"] == {"model": "EASE", "params": ease}
    made = models.WeightedHybrid(**study.tuned("WeightedHybrid", SMALL, features="number"))
    assert repr(made.collaborative) == repr(models.EASE(**ease))
    assert made.content.k == study.tuned("ContentKNN", SMALL, features="number")["k"]
    x = dataset(blocks())
    split = data.holdout(x.interactions, test=0.1, valid=0.1, seed=0, by="user")
    made.fit(split.train, item_features=number_features(x))
    score = evaluation.evaluate(made, split, k=10, part="valid").mean()["ndcg@10"]
    assert score == pytest.approx(found.score, abs=1e-5)


def test_settings_that_the_model_refuses_are_counted(small):
    found = study.tune("PureSVD", SMALL, trials=15, out=small)
    assert found.default_score is None or found.score >= found.default_score
    assert 0 < found.failed < 15  # more factors than there are items
    assert found.params["factors"] < 60


def test_a_model_that_can_never_be_fitted_is_an_error_with_its_reason(small, monkeypatch):
    monkeypatch.delitem(search_task.ITEM_FEATURES, SMALL)
    with pytest.raises(InvalidArgument, match=r"none of 2 trials.*item_features"):
        study.tune("ContentKNN", SMALL, trials=2, out=small)
    assert not (small / SMALL).exists()


def test_nothing_to_tune(small):
    assert study.tune("Popularity", SMALL, out=small) is None
    assert not list(small.iterdir())
    assert study.tuned("Popularity", SMALL) == {}


def test_wrong_arguments(small, monkeypatch, tmp_path):
    with pytest.raises(UnknownName, match="EASE"):
        study.tune("Ease", SMALL, out=small)
    for trials in (0, "3", 2.5):
        with pytest.raises(InvalidArgument, match="1 or more"):
            study.tune("EASE", SMALL, trials=trials, out=small)
    monkeypatch.setattr(tuning, "checkout", lambda: None)
    with pytest.raises(DataUnavailable, match="--out"):
        study.tune("EASE", SMALL)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataUnavailable, match="--out"):
        study.tune("EASE", SMALL, trials=1, out=tmp_path / "file")
    monkeypatch.undo()
    with pytest.raises(UnknownName, match="no dataset 'smal'"):
        study.tune("EASE", "smal", out=small)


def test_a_checkout_keeps_its_parameters_in_data(monkeypatch, tmp_path):
    monkeypatch.setattr(tuning, "checkout", lambda: tmp_path)
    study.tune("EASE", SMALL, trials=1)
    assert (tmp_path / "data" / "params" / SMALL / "EASE.json").is_file()


def test_what_has_not_been_tuned_is_told_with_what_has(small):
    with pytest.raises(UnknownName, match=r"musicrec tune EASE --dataset small.*none"):
        study.tuned("EASE", SMALL)
    study.tune("EASE", SMALL, trials=1, out=small)
    with pytest.raises(UnknownName, match=r"musicrec tune ALS --dataset small.*small/EASE"):
        study.tuned("ALS", SMALL)
    with pytest.raises(UnknownName, match="search space"):
        study.tuned("../EASE", SMALL)


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: json.dumps(kept)[:-20],
        lambda kept: "",
        lambda kept: "[1, 2]",
        lambda kept: json.dumps({"params": kept["params"]}),
        lambda kept: json.dumps(kept | {"params": None}),
        lambda kept: json.dumps(kept | {"params": {"l3": 1.0}}),
        lambda kept: json.dumps(kept | {"model": "ALS"}),
        lambda kept: json.dumps(kept | {"more": 1}),
        lambda kept: json.dumps(kept | {"split": {}}),
        lambda kept: json.dumps(kept | {"parts": {"content": {}}}),
        lambda kept: b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_named(small, damage):
    study.tune("EASE", SMALL, trials=1, out=small)
    path = small / SMALL / "EASE.json"
    broken = damage(read(small, "EASE"))
    path.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    with pytest.raises(CorruptData, match=r"EASE\.json does not hold.*musicrec tune EASE"):
        study.tuned("EASE", SMALL)


def test_an_autoencoder_is_judged_first_by_a_quarter_of_its_epochs(small, monkeypatch):
    fitted, real = [], models.Recommender.fit

    def fit(self, train, **side):
        fitted.append(real(self, train, **side))
        return self

    monkeypatch.setattr(models.Recommender, "fit", fit)
    found = study.tune("MultDAE", SMALL, trials=1, out=small)
    whole = models.MultDAE().epochs
    assert [each.epochs for each in fitted] == [whole // 4, whole]
    assert [len(each.history_.epochs) for each in fitted] == [whole // 4, whole]
    assert (found.params["epochs"], found.split["shares"]) == (whole, [0.25, 1.0])
    study.tune("EASE", SMALL, trials=1, out=small)
    assert len(fitted) == 3 and "shares" not in read(small, "EASE")["split"]


def test_of_many_settings_of_an_autoencoder_few_are_trained_to_the_end(small, monkeypatch):
    monkeypatch.setitem(search_spaces.SPACES, "AutoRec", {"epochs": search_spaces.Span(4, 60)})
    found = study.tune("AutoRec", SMALL, out=small)
    assert found.trials == search_spaces.trials_of("AutoRec")
    assert 0 < found.stopped < found.trials
