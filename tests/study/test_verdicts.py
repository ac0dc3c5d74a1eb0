"""Verdicts: the rules, what is recorded of them, and what is refused."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from musicrec import evaluation, study
from musicrec.errors import CorruptData, InvalidArgument, InvalidData, UnknownName
from musicrec.study import results
from musicrec.study.judgements import overall
from musicrec.study.records import read

YES, NO, OPEN, NONE = "supported", "not supported", "inconclusive", "not testable"
CHAPTER = "02_collaborative_filtering"
LISTENERS, SEEDS = 400, 3


@pytest.fixture
def begun(results_folder):
    return study.begin(CHAPTER, edition="songbook")


def evaluated(model, values):
    """Evaluations of a model, one a seed, with the given NDCG of each listener."""
    users = np.arange(len(values))
    return [
        evaluation.Evaluation(
            model=f"{model}(k=10)",
            per_user=pd.DataFrame({"ndcg@10": values[:, seed]}, index=[f"u{u}" for u in users]),
            lists=np.zeros((len(users), 10), dtype=np.int64),
            users=users,
            candidates=np.arange(10),
            part="test",
            left_out=0,
            masked=0,
            by_construction=False,
            seed=seed,
        )
        for seed in range(values.shape[1])
    ]


def planted(test, lead, *, noise=0.05, draws=None):
    """A comparison in which the treatment is ahead by `lead`, give or take, listener by listener."""
    draws = draws or np.random.default_rng(0)
    base = draws.uniform(0, 0.3, (LISTENERS, SEEDS))
    ahead = base + lead + draws.normal(0, noise, base.shape)
    return evaluation.compare(
        evaluated(test.treatment, ahead),
        evaluated(test.baseline, base),
        metric=test.metric,
        smallest=test.smallest,
        resamples=500,
    )


def judged(leads, *, noise=0.05, **more):
    """The verdict on cf-cold-start with these leads planted in its tests."""
    tests = study.claim("cf-cold-start").tests
    made = {name: planted(tests[name], lead, noise=noise) for name, lead in leads.items()}
    return study.verdict("cf-cold-start", made, **more)


LEADS = {"new-tracks": 0.1, "new-tracks-alone": 0.1, "new-listeners": 0.1}


def test_a_planted_claim_is_supported(begun):
    found = judged(LEADS)
    assert found.verdict == YES and set(found.decided_by) == set(LEADS)
    for test in found.tests.values():
        assert test.verdict == YES and test.difference == pytest.approx(0.1, abs=0.01)
        assert test.interval[0] > test.smallest and test.p_holm < 0.05
        assert test.sample == {"listeners": LISTENERS, "seeds": SEEDS}


def test_a_planted_null_is_not_supported(begun):
    found = judged(dict.fromkeys(LEADS, 0.0), noise=0.01)
    assert found.verdict == NO and set(found.decided_by) == set(LEADS)


def test_one_part_that_fails_decides(begun):
    found = judged(LEADS | {"new-listeners": -0.1})
    assert found.verdict == NO and found.decided_by == ("new-listeners",)
    assert found.tests["new-tracks"].verdict == YES


def test_what_the_interval_does_not_settle_stays_open(begun):
    found = judged(LEADS | {"new-tracks": 0.01})
    assert found.verdict == OPEN and found.decided_by == ("new-tracks",)


def test_the_null_is_rarely_supported(begun):
    """With a difference of exactly the smallest worth naming, one verdict in forty may err upwards."""
    test, draws, runs = study.claim("cf-cold-start").tests["new-tracks"], np.random.default_rng(1), 200
    words = [planted(test, test.smallest, draws=draws).verdict for _ in range(runs)]
    assert words.count(YES) / runs < 0.025 + 3 * math.sqrt(0.025 * 0.975 / runs)
    assert words.count(OPEN) / runs > 0.85


@pytest.mark.parametrize(
    ("words", "word", "deciding"),
    [
        ([YES, YES], YES, [0, 1]),
        ([YES, NO], NO, [1]),
        ([NO, OPEN, NO], NO, [0, 2]),
        ([YES, OPEN], OPEN, [1]),
        ([YES, NONE], OPEN, [1]),
        ([NO, NONE], NO, [0]),
        ([OPEN, NONE], OPEN, [0, 1]),
        ([NONE, NONE], NONE, [0, 1]),
        ([YES], YES, [0]),
    ],
)
def test_the_rule_from_tests_to_claim(words, word, deciding):
    names = [f"t{i}" for i in range(len(words))]
    found, decided_by = overall(dict(zip(names, words, strict=True)))
    assert found == word and decided_by == tuple(names[i] for i in deciding)


def test_p_values_are_adjusted_for_the_tests_of_the_claim(begun):
    found = judged(LEADS | {"new-listeners": 0.0})
    raw = [test.p for test in found.tests.values()]
    assert [test.p_holm for test in found.tests.values()] == pytest.approx(
        evaluation.holm(raw).tolist(), rel=1e-5
    )
    least = found.tests["new-tracks"]
    assert least.p_holm == pytest.approx(3 * least.p, rel=1e-5), "the least of three is taken three times"


def test_a_direction_can_be_lower(begun, monkeypatch):
    declared = study.claim("cf-cold-start")
    test = replace(declared.tests["new-tracks"], direction="lower")
    turned = replace(declared, tests={"new-tracks": test})
    monkeypatch.setattr("musicrec.study.verdicts.claim", lambda id: turned)
    for lead, word in ((-0.1, YES), (0.1, NO), (-0.01, OPEN), (0.0, NO)):
        begun.results.verdicts.clear()
        found = judged({"new-tracks": lead}, noise=0.02)
        assert found.verdict == word
        assert found.tests["new-tracks"].difference == pytest.approx(lead, abs=0.005)


def growths(exponent_of_neighbours):
    """Comparisons for every test of cf-scaling, out of made-up costs."""
    sizes = np.repeat([500, 1000, 2000, 4000], 3)
    noise = np.random.default_rng(2).normal(0, 0.02, (2, len(sizes)))
    made = {}
    for name, test in study.claim("cf-scaling").tests.items():
        costs = pd.concat(
            pd.DataFrame({"model": model, "n": sizes, "cost": sizes**exponent * np.exp(noise[k])})
            for k, (model, exponent) in enumerate(
                [(test.treatment, exponent_of_neighbours), (test.baseline, 1.0)]
            )
        )
        sides = {"treatment": test.treatment, "baseline": test.baseline, "smallest": test.smallest}
        made[name] = evaluation.compare_growth(
            costs, metric=test.metric, x="n", y="cost", by="model", **sides
        )
    return made


def test_growth_is_judged_alike_and_rests_on_the_machine(begun, toy):
    found = study.verdict("cf-scaling", growths(2.0), dataset=toy)
    assert found.verdict == YES and found.dataset == "toy"
    for test in found.tests.values():
        assert test.evidence == "machine" and test.sample == {"sizes": 4, "runs": 12}
        assert test.sides == pytest.approx((2.0, 1.0), abs=0.05)
    begun.results.verdicts.clear()
    assert study.verdict("cf-scaling", growths(1.0)).verdict == NO


def test_what_cannot_be_tested_says_why(begun, glued):
    why = "no costs are kept"
    names = study.claim("cf-scaling").tests
    found = study.verdict("cf-scaling", {}, not_testable=dict.fromkeys(names, why))
    assert found.verdict == NONE and glued["cf-scaling.verdict"] == NONE
    assert {test.why for test in found.tests.values()} == {why}
    assert math.isnan(glued["cf-scaling.users.difference"]) and glued["cf-scaling.users.smallest"] == 0.5
    begun.results.verdicts.clear()
    glued.clear()
    made = growths(2.0)
    del made["memory"]
    found = study.verdict("cf-scaling", made, not_testable={"memory": why})
    assert found.verdict == OPEN and found.decided_by == ("memory",)


def test_evidence_and_worlds_are_recorded(begun, toy, results_folder):
    found = judged(LEADS, worlds="worlds 0 to 2, heard share 0.2 to 0.8")
    assert {test.evidence for test in found.tests.values()} == {"simulated"}
    back = read(results_folder / f"{CHAPTER}.json").verdicts["cf-cold-start"]
    assert back == found and back.worlds == "worlds 0 to 2, heard share 0.2 to 0.8"
    begun.results.verdicts.clear()
    found = judged(LEADS, dataset=toy)
    assert {test.evidence for test in found.tests.values()} == {"real"}
    begun.results.verdicts.clear()
    with pytest.raises(InvalidArgument, match="these listeners are real"):
        judged(LEADS, dataset=toy, worlds="worlds 0 to 2")


def test_the_text_gets_words_and_plain_numbers(begun, glued):
    found = judged(LEADS | {"new-listeners": -0.1})
    test = found.tests["new-listeners"]
    assert glued["cf-cold-start.verdict"] == NO and glued["cf-cold-start.new-tracks.verdict"] == YES
    assert glued["cf-cold-start.new-listeners.difference"] == test.difference
    bounds = [glued[f"cf-cold-start.new-listeners.difference.{end}"] for end in ("low", "high")]
    assert bounds == list(test.interval) and glued["cf-cold-start.new-listeners.p"] == test.p_holm
    assert glued["cf-cold-start.new-listeners.listeners"] == LISTENERS
    assert {type(value) for value in glued.values()} == {str, float, int}
    assert f"{glued['cf-cold-start.new-tracks.difference']:+.2f}" == "+0.10"


def test_a_cell_that_is_run_again_says_the_same_and_may_not_say_another(begun):
    assert judged(LEADS) == judged(LEADS)
    with pytest.raises(InvalidArgument, match="has been recorded"):
        judged(LEADS | {"new-tracks": 0.0})
    assert begun.results.verdicts["cf-cold-start"].verdict == YES


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"smallest": 0.0}, "declares the smallest 0.01"),
        ({"metric": "ndcg@20"}, "declares the metric 'ndcg@10'"),
        (
            {"treatment": "ItemKNN(k=10)", "baseline": "ContentKNN(k=10)"},
            "declares the treatment 'ContentKNN'",
        ),
        ({"baseline": "ItemKNNPlus(k=10)"}, "declares the baseline 'ItemKNN'"),
        ({"level": 0.5}, "intervals of 95%; this one is of 50%"),
    ],
)
def test_only_what_was_declared_is_judged(begun, change, match):
    tests = study.claim("cf-cold-start").tests
    made = {name: planted(test, 0.1) for name, test in tests.items()}
    made["new-tracks"] = replace(made["new-tracks"], **change)
    with pytest.raises(InvalidArgument, match=match):
        study.verdict("cf-cold-start", made)
    assert not begun.results.verdicts


def test_each_test_is_needed_once(begun):
    tests = study.claim("cf-cold-start").tests
    made = {name: planted(test, 0.1) for name, test in tests.items()}
    with pytest.raises(UnknownName, match=r"no test 'new-songs'.*new-tracks, new-tracks-alone"):
        study.verdict("cf-cold-start", made | {"new-songs": made["new-tracks"]})
    with pytest.raises(InvalidArgument, match="was given a float"):
        study.verdict("cf-cold-start", made | {"new-tracks": 0.1})
    with pytest.raises(InvalidArgument, match="Both: new-tracks"):
        study.verdict("cf-cold-start", made, not_testable={"new-tracks": "no tracks"})
    del made["new-listeners"]
    with pytest.raises(InvalidArgument, match="Missing: new-listeners"):
        study.verdict("cf-cold-start", made)
    with pytest.raises(InvalidArgument, match="say why"):
        study.verdict("cf-cold-start", made, not_testable={"new-listeners": " "})
    with pytest.raises(InvalidData, match="at most 120"):
        study.verdict("cf-cold-start", made, not_testable={"new-listeners": "x" * 121})


def test_evidence_that_was_not_declared(begun):
    tests = study.claim("cf-scaling").tests
    made = {**growths(2.0), "users": planted(replace(tests["users"], metric="ndcg@10"), 1.0)}
    made["users"] = replace(made["users"], metric=tests["users"].metric)
    with pytest.raises(InvalidArgument, match="rests on 'simulated'"):
        study.verdict("cf-scaling", made)


def test_where_and_when_a_claim_is_judged(results_folder):
    with pytest.raises(InvalidArgument, match="no run has begun"):
        judged(LEADS)
    study.begin("01_listening_data")
    with pytest.raises(InvalidArgument, match="is judged in 02_collaborative_filtering"):
        judged(LEADS)
    with pytest.raises(UnknownName, match="no claim"):
        study.verdict("cf-warm-start", {})


@pytest.fixture
def kept(checkout, results_folder, toy):
    """A real run with a verdict, kept."""
    study.begin(CHAPTER, edition="real")
    judged(LEADS | {"new-listeners": -0.1}, dataset=toy)
    path = checkout / "data" / "results" / "real" / f"{CHAPTER}.json"
    assert results.keep(results_folder, path.parent) == [path]
    return path


def test_the_kept_verdict_is_quoted_beside_this_runs(kept, glued):
    study.begin(CHAPTER, edition="songbook")
    judged(LEADS)
    found = study.recorded(CHAPTER)
    assert found.verdicts["cf-cold-start"].verdict == NO
    assert glued["cf-cold-start.verdict"] == YES and glued["real.cf-cold-start.verdict"] == NO
    assert glued["real.cf-cold-start.new-listeners.difference"] == pytest.approx(-0.1, abs=0.01)
    assert {name.removeprefix("real.") for name in glued if name.startswith("real.")} == {
        name for name in glued if not name.startswith("real.")
    }


def test_before_a_verdict_is_kept_the_text_says_so(checkout, begun, glued):
    judged(LEADS)
    assert study.recorded(CHAPTER).verdicts == {}
    assert (
        glued["real.cf-cold-start.verdict"]
        == glued["real.cf-cold-start.new-tracks.verdict"]
        == "not recorded"
    )
    assert math.isnan(glued["real.cf-cold-start.new-tracks.difference.low"])


def test_a_test_that_is_new_since_is_quoted_as_missing(kept, glued):
    content = json.loads(kept.read_text(encoding="utf-8"))
    content["verdicts"]["cf-cold-start"]["tests"].pop("new-tracks")
    kept.write_text(json.dumps(content), encoding="utf-8")
    study.begin(CHAPTER, edition="songbook")
    judged(LEADS)
    study.recorded(CHAPTER)
    assert glued["real.cf-cold-start.new-tracks.verdict"] == "not recorded"
    assert glued["real.cf-cold-start.new-tracks-alone.verdict"] == YES


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        (-0.1, []),
        (-0.2, ["cf-cold-start.new-listeners.difference"]),
        (0.1, ["cf-cold-start.verdict", "cf-cold-start.new-listeners.verdict"]),
    ],
)
def test_a_verdict_that_changed_moved(kept, results_folder, toy, lead, expected):
    again = study.begin(CHAPTER, edition="real").results
    judged(LEADS | {"new-listeners": lead}, dataset=toy)
    assert [moved.id for moved in results.compare(again, read(kept))] == expected
    assert results.keep(results_folder, kept.parent) == ([kept] if expected else [])
    assert results.compare(again, read(kept)) == []


def test_a_verdict_that_is_missing_or_rests_on_other_evidence_moved(kept):
    again = study.begin(CHAPTER, edition="real").results
    (moved,) = results.compare(again, read(kept))
    assert str(moved) == "cf-cold-start.verdict: missing; not supported was kept"
    old = read(kept).verdicts["cf-cold-start"]
    test = replace(old.tests["new-tracks"], evidence="simulated")
    again.verdicts["cf-cold-start"] = replace(old, tests={**old.tests, "new-tracks": test})
    (moved,) = results.compare(again, read(kept))
    assert (moved.old, moved.new) == ("supported (real)", "supported (simulated)")


@pytest.mark.parametrize(
    "damage",
    [
        lambda test: test.update(verdict="maybe"),
        lambda test: test.update(difference="0.1"),
        lambda test: test.update(interval=[0.1]),
        lambda test: test.update(evidence="hearsay"),
        lambda test: test.update(interval=None),
        lambda test: test.pop("p"),
        lambda test: test.update(opinion=1),
    ],
)
def test_a_damaged_verdict_is_not_passed_over(kept, damage):
    content = json.loads(kept.read_text(encoding="utf-8"))
    test = content["verdicts"]["cf-cold-start"]["tests"]["new-tracks"]
    damage(test)
    kept.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CorruptData, match="git checkout"):
        study.recorded(CHAPTER)


def test_a_claim_about_pieces_says_how_many(results_folder):
    study.begin("04_cnn_mel", edition="songbook")
    claim, draws = study.claim("content-mood"), np.random.default_rng(0)

    def pieces(model, share, seed):
        right = pd.DataFrame(
            {"accuracy": draws.random(200) < share}, index=[f"piece {n}" for n in range(200)]
        )
        return evaluation.judge_clips(model, right, seed=seed)

    made = {
        name: evaluation.compare(
            [pieces(test.treatment, 0.8, seed) for seed in range(SEEDS)],
            [pieces(test.baseline, 0.5, seed) for seed in range(SEEDS)],
            test.metric,
            smallest=test.smallest,
            resamples=500,
        )
        for name, test in claim.tests.items()
    }
    found = study.verdict(claim.id, made)
    assert found.verdict == YES
    assert all(test.sample == {"pieces": 200, "seeds": SEEDS} for test in found.tests.values())
    kept = read(results_folder / "04_cnn_mel.json").verdicts[claim.id]
    assert kept == found
