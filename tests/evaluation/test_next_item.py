"""Next-item prediction: every prefix, every item, ties against the model; compared by session."""

from functools import cache

import ir_measures
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, R, nDCG

from musicrec import evaluation
from musicrec.data import Sessions
from musicrec.errors import InvalidArgument, InvalidData, UnknownName
from musicrec.evaluation import NextEvaluation, compare, evaluate_next, mean_over_seeds
from musicrec.models import Popularity, SequenceModel

N_ITEMS = 8
LISTS = st.lists(
    st.lists(st.integers(0, N_ITEMS - 1), min_size=1, max_size=7), min_size=1, max_size=6
).filter(lambda lists: max(map(len, lists)) > 1)
KS = st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True)


class Given(SequenceModel):
    """Scores that a function gives for each prefix, and what was asked."""

    def __init__(self, scores, name="Given", reads_context=False):
        self.scores, self.name, self.reads_context = scores, name, reads_context
        self.asked = []

    def __repr__(self):
        return f"{self.name}()"

    def _fit(self, sessions, valid):
        pass

    def _score_next(self, prefixes, context):
        self.asked.append((prefixes, context))
        return np.stack([self.scores(prefix.tolist()) for prefix in prefixes]).astype(np.float32)


def sessions_of(lists, **more):
    lengths = np.array([len(each) for each in lists])
    return Sessions(np.concatenate(lists), np.cumsum(lengths) - lengths, **more)


def fitted(scores, n_items=N_ITEMS, **more):
    return Given(scores, **more).fit(sessions_of([[*range(n_items)]]), n_items=n_items)


@cache
def drawn(prefix, levels=4):
    """Scores that depend on the prefix alone, with many ties."""
    return np.random.default_rng(abs(hash(prefix))).integers(levels, size=N_ITEMS)


def by_draw(prefix):
    return drawn(tuple(prefix))


def all_prefixes(lists):
    return [
        (row, session[:n], session[n]) for row, session in enumerate(lists) for n in range(1, len(session))
    ]


def slow_rank(scores, target, excluded=()):
    """The place of the target in a list that is sorted, ties above it."""
    if target in excluded:
        return len(scores) + 1
    listed = sorted(
        (item for item in range(len(scores)) if item not in excluded),
        key=lambda item: (-scores[item], item == target),
    )
    return listed.index(target) + 1


@settings(max_examples=60, deadline=None)
@given(LISTS, KS, st.booleans(), st.integers(1, 9))
def test_ranks_and_measures_agree_with_sorted_lists(lists, ks, exclude, batch):
    found = evaluate_next(fitted(by_draw), sessions_of(lists), ks, batch=batch)
    found = found.nothing_twice() if exclude else found
    asked = all_prefixes(lists)
    assert found.per_prefix["session"].tolist() == [row for row, _, _ in asked]
    assert found.per_prefix["plays"].tolist() == [len(prefix) for _, prefix, _ in asked]
    assert found.per_prefix["target"].tolist() == [target for _, _, target in asked]
    ranks = [slow_rank(by_draw(p), target, p if exclude else ()) for _, p, target in asked]
    assert found.per_prefix["rank"].tolist() == ranks
    for k in ks:
        expected = {
            f"recall@{k}": [float(rank <= k) for rank in ranks],
            f"mrr@{k}": [1 / rank if rank <= k else 0 for rank in ranks],
            f"ndcg@{k}": [1 / np.log2(1 + rank) if rank <= k else 0 for rank in ranks],
        }
        for name, values in expected.items():
            np.testing.assert_allclose(found.measures()[name], values)
            assert found.mean()[name] == pytest.approx(np.mean(values), abs=1e-12)  # over prefixes
    assert found.left_out == sum(len(each) == 1 for each in lists)


@settings(max_examples=30, deadline=None)
@given(LISTS, st.integers(1, 12))
def test_measures_agree_with_those_of_trec_eval(lists, k):
    def without_ties(prefix):
        return np.argsort(np.random.default_rng(abs(hash(tuple(prefix)))).permutation(N_ITEMS))

    found = evaluate_next(fitted(without_ties), sessions_of(lists), k)
    qrels, run = {}, {}
    for row, (_, prefix, target) in enumerate(all_prefixes(lists)):
        qrels[str(row)] = {str(target): 1}
        run[str(row)] = {str(item): float(score) for item, score in enumerate(without_ties(prefix))}
    theirs = ir_measures.calc_aggregate([R @ k, RR @ k, nDCG @ k], qrels, run)
    assert found.mean().tolist() == pytest.approx([theirs[R @ k], theirs[RR @ k], theirs[nDCG @ k]])


def test_a_hand_counted_example():
    scores = np.array([[0, 9, 5, 5], [0, 1, 2, 3], [4, 3, 2, 1], [9, 9, 9, 9]])
    model = fitted(lambda prefix: scores[prefix[-1]], n_items=4)
    found = evaluate_next(model, sessions_of([[0, 2, 1], [3], [1, 2]]), (2, 3))
    # After 0 comes 2: item 3 ties with it, 1 is above: rank 3. After 2 comes 1, after 1 comes 2: rank 2.
    assert found.per_prefix["rank"].tolist() == [3, 2, 2]
    assert found.mean()["mrr@3"] == pytest.approx((1 / 3 + 1 / 2 + 1 / 2) / 3)
    assert found.mean()["mrr@2"] == found.mean()["recall@2"] / 2 == pytest.approx(1 / 3)
    assert found.rows.index.tolist() == [0, 2] and found.left_out == 1


@settings(max_examples=30, deadline=None)
@given(LISTS, st.integers(1, N_ITEMS - 1))
def test_a_model_that_gives_equal_scores_finds_nothing(lists, k):
    for value in (0.0, 1.0, -np.inf):
        found = evaluate_next(
            fitted(lambda prefix, value=value: np.full(N_ITEMS, value)), sessions_of(lists), k
        )
        assert (found.per_prefix["rank"] == N_ITEMS).all() and (found.mean() == 0).all()


def test_a_model_that_draws_scores_as_chance_and_one_that_knows_finds_all():
    rng = np.random.default_rng(3)
    sessions = sessions_of([rng.integers(100, size=10).tolist() for _ in range(400)])
    null = evaluate_next(fitted(lambda prefix: rng.random(100), n_items=100), sessions, 20)
    assert null.mean()["recall@20"] == pytest.approx(0.2, abs=0.03)
    assert null.interval().loc["recall@20", "low"] < 0.2 < null.interval().loc["recall@20", "high"]
    knows = evaluate_next(
        fitted(lambda p: np.eye(100)[(p[-1] + 1) % 100], n_items=100),
        sessions_of([[(n + i) % 100 for i in range(5)] for n in range(100)]),
        1,
    )
    assert (knows.mean() == 1).all()


def test_the_rows_are_sessions_weighted_by_their_prefixes():
    lists = [[0, 1], [0, 1, 2, 3, 4], [1, 2, 3]]
    found = evaluate_next(fitted(by_draw), sessions_of(lists), 3)
    measured = found.measures()["mrr@3"]
    overall, per_session = measured.mean(), measured.groupby(found.per_prefix["session"]).mean()
    weights = pd.Series([1, 4, 2]) / (7 / 3)
    np.testing.assert_allclose(found.rows["mrr@3"], overall + weights * (per_session - overall))
    assert found.rows["mrr@3"].mean() == pytest.approx(overall)


def test_intervals_hold_for_sessions_whose_plays_hang_together():
    """Long sessions are the easier ones here, and what follows on one session is all found or all missed."""
    rng = np.random.default_rng(5)
    inside, trials = 0, 120
    for _ in range(trials):
        lengths = rng.choice([2, 3, 12], size=150)
        easy = rng.random(150) < np.where(lengths > 5, 0.6, 0.2)
        rank = np.where(np.repeat(easy, lengths - 1), 1, 50)
        prefixes = pd.DataFrame(
            {"session": np.repeat(np.arange(150), lengths - 1), "plays": 1, "target": 0, "rank": rank}
        )
        found = NextEvaluation(
            model="A()", seed=None, per_prefix=prefixes, cutoffs=(20,), n_items=99, left_out=0
        )
        low, high = found.interval(resamples=300).loc["recall@20"]
        inside += low < (0.2 * (1 + 2) + 0.6 * 11) / (1 + 2 + 11) < high
    assert 0.88 <= inside / trials <= 0.99  # 0.95, give or take what 120 trials leave


def test_the_rows_are_listeners_where_sessions_say_whose_they_are():
    lists = [[0, 1], [0, 1, 2, 3, 4], [1, 2, 3]]
    plain = sessions_of(lists)
    owned = Sessions(plain.items, plain.starts, users=np.array([7, 3, 7]))
    found, without = evaluate_next(fitted(by_draw), owned, 3), evaluate_next(fitted(by_draw), plain, 3)
    assert found.unit == "user" and without.unit == "session"
    assert found.rows.index.tolist() == [3, 7] and without.rows.index.tolist() == [0, 1, 2]
    assert found.mean().tolist() == pytest.approx(without.mean().tolist())  # both are over prefixes
    assert compare(found, found.nothing_twice(), "mrr@3").unit == "user"


def test_intervals_hold_for_listeners_whose_sessions_hang_together():
    """Half of the listeners are easy, throughout; an interval over sessions is then too narrow."""
    rng = np.random.default_rng(6)
    inside = {"user": 0, "session": 0}
    for _ in range(120):
        easy = rng.random(40) < 0.5
        user = np.repeat(np.arange(40), 20)
        table = pd.DataFrame({"session": np.arange(800), "plays": 1, "target": 0, "user": user})
        table["rank"] = np.where(easy[user], 1, 50)
        for unit, columns in (("user", table), ("session", table.drop(columns="user"))):
            found = NextEvaluation(
                model="A()", seed=None, per_prefix=columns, cutoffs=(20,), n_items=99, left_out=0
            )
            low, high = found.interval(resamples=300).loc["recall@20"]
            inside[unit] += low < 0.5 < high
    assert inside["user"] / 120 >= 0.88 and inside["session"] / 120 < 0.6


def test_repeats_and_new_items_stand_apart():
    model = fitted(lambda prefix: np.bincount(prefix, minlength=N_ITEMS))  # only repeats
    sessions = sessions_of([[0, 0, 1, 0], [2, 3], [4, 4, 4]])
    found = evaluate_next(model, sessions, 1, by="repeat")
    table = found.by("repeat")
    assert table["prefixes"].to_dict() == {"repeat": 4, "new": 2}
    assert table["recall@1"].to_dict() == {"repeat": 1.0, "new": 0.0}
    alone = found.only("repeat", "new")
    assert alone.mean()["recall@1"] == 0 and len(alone.per_prefix) == 2
    assert alone.rows.index.tolist() == [0, 1]
    excluded = found.nothing_twice()
    assert excluded.by("repeat").loc["repeat", "recall@1"] == 0
    assert (excluded.only("repeat", "repeat").per_prefix["rank"] == N_ITEMS + 1).all()
    with pytest.raises(InvalidArgument, match="No prefix is in the group 'old' of 'repeat'; there are"):
        found.only("repeat", "old")
    with pytest.raises(InvalidArgument, match=r"no groups by 'length', but by \['repeat'\]"):
        found.by("length")


def test_groups_by_length():
    found = evaluate_next(fitted(by_draw), sessions_of([[0, 1] * 13, [1, 2, 3]]))
    assert found.by("length")["prefixes"].to_dict() == {
        "1": 2, "2": 2, "3": 1, "4 to 5": 2, "6 to 10": 5, "11 to 20": 10, "21 and more": 5
    }  # fmt: skip
    weighted = (found.by("length")["prefixes"] * found.by("length")["mrr@20"]).sum() / len(found.per_prefix)
    assert weighted == pytest.approx(found.mean()["mrr@20"])


def test_thirds_of_the_plays_in_training():
    plays = np.array([40, 30, 10, 10, 10, 0, 0, 0])
    found = evaluate_next(
        fitted(by_draw), sessions_of([[0, 0, 1, 2, 3, 4, 5, 7]]), by="popularity", popularity=plays
    )
    groups = dict(zip(found.per_prefix["target"], found.per_prefix["popularity"], strict=True))
    assert groups == {0: "head", 1: "middle", 2: "tail", 3: "tail", 4: "tail", 5: "unheard", 7: "unheard"}
    one = evaluate_next(fitted(by_draw), sessions_of([[0, 1]]), by="popularity", popularity=np.ones(N_ITEMS))
    assert one.by("popularity")["prefixes"].to_dict() == {"middle": 1}  # equal plays, one group


def test_context_goes_with_each_prefix_and_batches_stay_small():
    context = pd.DataFrame({"mood": ["calm", "gone", "sad"]})
    sessions = sessions_of([[0, 1, 2], [3], [4, 5]], context=context, times=np.arange(6), users=[5, 6, 7])
    model = fitted(by_draw, reads_context=True)
    evaluate_next(model, sessions, batch=2)
    asked = [
        (prefix.tolist(), mood)
        for prefixes, known in model.asked
        for prefix, mood in zip(prefixes, known["mood"], strict=True)
    ]
    assert sorted(asked) == [([0], "calm"), ([0, 1], "calm"), ([4], "sad")]
    assert max(len(prefixes) for prefixes, _ in model.asked) == 2
    assert model.asked[0][0].users.tolist() == [5, 7] and model.asked[0][0].times.tolist() == [0, 4]


def test_a_session_of_ten_thousand_plays_is_asked_in_bounded_batches():
    long = np.arange(10_000) % N_ITEMS
    model = Given(lambda prefix: np.eye(N_ITEMS)[(prefix[-1] + 1) % N_ITEMS])
    model._score_next = lambda prefixes, context: (
        model.asked.append(len(prefixes.items)),
        np.eye(N_ITEMS, dtype=np.float32)[(prefixes.items[np.cumsum(prefixes.lengths) - 1] + 1) % N_ITEMS],
    )[1]
    model.fit(sessions_of([long]), n_items=N_ITEMS)
    found = evaluate_next(model, sessions_of([long]))
    assert len(found.per_prefix) == 9_999 and (found.mean() == 1).all()
    assert max(model.asked) <= 2**19


def found_by(name, lead, stream):
    """Evaluations of one model, one a seed: it finds a share of the next plays, and `lead` more."""
    number = np.repeat(np.arange(300), np.random.default_rng(9).integers(1, 9, size=300))
    found = []
    for seed in range(3):
        rng = np.random.default_rng([stream, seed])
        rank = np.where(rng.random(len(number)) < 0.3 + lead, 1, 60)
        table = pd.DataFrame({"session": number, "plays": 1, "target": 0, "rank": rank})
        found.append(
            NextEvaluation(
                model=f"{name}(k=1)", seed=seed, per_prefix=table, cutoffs=(20,), n_items=99, left_out=0
            )
        )
    return found


def test_compare_pairs_sessions_and_finds_what_was_planted_and_nothing_else():
    a, b, same = found_by("A", 0.1, 1), found_by("B", 0.0, 2), found_by("C", 0.0, 3)
    found = compare(a, b, metric="recall@20", smallest=0.02, resamples=500)
    prefixes = [np.mean([one.mean()["recall@20"] for one in side]) for side in (a, b)]
    assert found.difference == pytest.approx(prefixes[0] - prefixes[1])
    assert found.mean_treatment == pytest.approx(prefixes[0])
    assert found.verdict == "supported" and (found.unit, found.rows, found.seeds) == ("session", 300, 3)
    null = compare(same, b, metric="recall@20", smallest=0.0, resamples=500)
    assert null.verdict == "inconclusive" and null.p > 0.05
    table = mean_over_seeds(a, resamples=300)
    assert table.loc["recall@20", "mean"] == pytest.approx(prefixes[0])
    assert table.loc["recall@20", "low"] < prefixes[0] < table.loc["recall@20", "high"]


def test_other_questions_are_not_compared():
    model, sessions = fitted(by_draw), sessions_of([[0, 1, 2], [2, 1, 1]])
    whole = evaluate_next(model, sessions)
    assert compare(whole, whole.nothing_twice(), "mrr@20").rows == 2
    larger = evaluate_next(fitted(lambda p: np.zeros(9), n_items=9), sessions)
    others = [evaluate_next(model, sessions_of([[0, 1, 2], [2, 1, 0]])), larger, whole.only("repeat", "new")]
    for other in others:
        with pytest.raises(InvalidArgument, match="Only answers to one question can be compared"):
            compare(whole, other, "mrr@20")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"by": "time"},
            "by is 'time'; it takes names of groupings, each once: 'length', 'repeat', 'popularity'",
        ),
        ({"by": ("repeat", "repeat")}, "each once"),
        ({"by": ["popularity"]}, "go together"),
        ({"popularity": np.ones(N_ITEMS)}, "go together"),
        ({"batch": 0}, "batch is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"k": 0}, "k is 0"),
    ],
)
def test_arguments_out_of_range_are_refused(more, why):
    with pytest.raises(InvalidArgument, match=why):
        evaluate_next(fitted(by_draw), sessions_of([[0, 1]]), **more)


def test_bad_popularity_is_refused():
    for plays in (np.ones(3), -np.ones(N_ITEMS), np.full(N_ITEMS, np.nan), ["a"] * N_ITEMS):
        with pytest.raises(InvalidData, match="plays of each of the 8 items"):
            evaluate_next(fitted(by_draw), sessions_of([[0, 1]]), by="popularity", popularity=plays)


def test_what_cannot_be_asked_is_refused():
    model = fitted(by_draw)
    with pytest.raises(InvalidArgument, match="found Popularity"):
        evaluate_next(Popularity(), sessions_of([[0, 1]]))
    with pytest.raises(InvalidArgument, match=r"evaluate_next needs data\.Sessions, found list"):
        evaluate_next(model, [[0, 1]])
    with pytest.raises(InvalidArgument, match="has not been fitted"):
        evaluate_next(Given(by_draw), sessions_of([[0, 1]]))
    with pytest.raises(InvalidData, match="None of the 2 sessions given to evaluate_next has two plays"):
        evaluate_next(model, sessions_of([[0], [1]]))
    with pytest.raises(InvalidData, match="None of the 0 sessions"):
        evaluate_next(model, Sessions([], []))
    with pytest.raises(UnknownName, match=r"Session 1 holds the item code 8, but .*from 0 to 7"):
        evaluate_next(model, sessions_of([[0, 1], [2, 8]]))


@pytest.mark.parametrize("where", range(3))
def test_a_score_that_is_nan_is_named(where):
    def broken(prefix):
        scores = np.arange(N_ITEMS, dtype=float)
        if len(prefix) == 2:
            scores[where] = np.nan
        return scores

    with pytest.raises(InvalidData, match=r"Given\(\) gives a score that is NaN for session 0 after 2 plays"):
        evaluate_next(fitted(broken), sessions_of([[0, 1, 2], [1, 0]]))


def test_it_shows_what_it_rests_on():
    found = evaluate_next(fitted(by_draw), sessions_of([[0, 1, 2], [3]]), 5, seed=4)
    assert repr(found).startswith(
        "NextEvaluation(Given(): 2 prefixes of 1 sessions, 1 left out, 8 items: recall@5"
    )
    assert repr(found).endswith("seed 4)") and found.part == "test"
    assert isinstance(found, evaluation.NextEvaluation)
