"""Networks with a memory: what is planted must be found, what is not must not, and distance must tell."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from musicrec.data import Sessions
from musicrec.errors import InvalidArgument, TrainingFailed, UnknownName
from musicrec.models import GRU4Rec, LSTMNext, RNNNext, SASRec
from musicrec.models.network_sequence import Learner
from musicrec.models.sampled_losses import NextItemLoss

FAST = {"factors": 16, "negatives": 11, "dropout": 0.0, "batch": 512, "epochs": 8, "lr": 0.02}
RECURRENT = [RNNNext, GRU4Rec, LSTMNext]
ALL = [*RECURRENT, SASRec]
LOSSES = ["softmax", "sampled-softmax", "bpr-max"]


def of_rows(plays, context=None):
    """Sessions of the same length, one a row."""
    n, length = plays.shape
    return Sessions(plays.ravel(), np.arange(n) * length, context=context)


def chain(n=300, length=8, items=12, seed=0):
    """After each item mostly comes the next one round the circle."""
    rng = np.random.default_rng(seed)
    steps = np.where(rng.random((n, length)) < 0.85, 1, rng.integers(0, items, (n, length)))
    return of_rows(np.cumsum(steps, axis=1) % items)


def far(n, gap, seed):
    """The first item, 0 or 1, decides the last, 2 or 3; between them `gap` others, at random."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, n)
    return of_rows(np.column_stack([first, rng.integers(4, 10, (n, gap)), first + 2]))


def told(model, sessions, choices):
    """The share of last plays that score highest among `choices`."""
    prefixes = [session[:-1] for session in sessions]
    last = np.array([session[-1] for session in sessions])
    return (np.array(choices)[model.score_next(prefixes)[:, choices].argmax(axis=1)] == last).mean()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", ALL)
def test_a_planted_chain_is_found(model, loss):
    fitted = model(**FAST | {"epochs": 12, "batch": 256}, loss=loss, penalty=0.1).fit(chain())
    assert told(fitted, chain(seed=1), list(range(12))) > 0.75  # of 0.86 that can be told


@pytest.mark.parametrize("model", ALL)
def test_in_random_sessions_there_is_nothing_to_find(model):
    rng = np.random.default_rng(0)
    train, test = (of_rows(rng.integers(0, 12, (300, 8))) for _ in range(2))
    fitted = model(**FAST).fit(train, valid=test)
    assert told(fitted, test, list(range(12))) < 1 / 12 + 4 * np.sqrt(1 / 12 / 300)


@pytest.mark.parametrize(("model", "gap"), [(RNNNext, 3), (RNNNext, 20), (LSTMNext, 20)])
def test_gates_carry_over_a_distance_at_which_a_plain_recurrence_forgets(model, gap):
    settings = FAST | {"epochs": 30, "loss": "softmax", "batch": 256, "lr": 0.015, "seed": 1}
    share = told(model(**settings).fit(far(600, gap, seed=0)), far(300, gap, seed=1), [2, 3])
    if model is RNNNext and gap == 20:
        assert share < 0.8
    else:
        assert share > 0.95


@pytest.mark.parametrize("model", ALL)
def test_the_same_seed_gives_the_same_network_and_another_seed_another(model):
    settings = FAST | {"dropout": 0.3, "epochs": 2}
    state = torch.random.get_rng_state()
    first, again = (model(**settings, seed=1).fit(chain()) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    other = model(**settings, seed=2).fit(chain())
    kept = pickle.loads(pickle.dumps(first))
    prefixes = list(chain(n=20, seed=3))
    np.testing.assert_array_equal(first.score_next(prefixes), again.score_next(prefixes))
    np.testing.assert_array_equal(first.score_next(prefixes), kept.score_next(prefixes))
    assert not np.array_equal(first.score_next(prefixes), other.score_next(prefixes))
    assert eval(repr(first)).params == first.params


@pytest.mark.parametrize("model", ALL)
def test_scores_do_not_depend_on_what_else_is_asked(model):
    fitted = model(**FAST | {"max_length": 5}).fit(chain())
    prefixes = [[1], [1, 2, 3], [4, 5, 6, 7, 8, 9, 10]]
    alone = np.concatenate([fitted.score_next([prefix]) for prefix in prefixes])
    np.testing.assert_allclose(fitted.score_next(prefixes), alone, atol=1e-5)
    np.testing.assert_allclose(fitted.score_next([prefixes[2][-5:]]), alone[2:], atol=1e-5)


@pytest.mark.parametrize("model", ALL)
def test_a_session_of_10_000_plays_is_learnt_from_and_asked_about(model):
    plays = np.arange(10_000) % 12
    fitted = model(**FAST | {"epochs": 3}).fit(Sessions(plays, np.array([0])))
    np.testing.assert_array_equal(fitted.recommend_next([plays[:9_999]], k=1), [[9_999 % 12]])


@pytest.mark.parametrize("stop_by", ["mrr@20", "recall@20"])
def test_the_epoch_that_names_held_out_plays_best_is_kept(stop_by):
    valid = chain(n=60, items=40, seed=1)
    model = GRU4Rec(**FAST | {"patience": 2, "epochs": 30}, stop_by=stop_by).fit(
        chain(items=40), n_items=50, valid=valid
    )
    history = model.history_.epochs
    assert len(history) < 30
    assert model.history_.best_epoch == history["metric"].idxmax() + 1
    prefixes = [session[:end] for session in valid for end in range(1, len(session))]
    targets = np.concatenate([session[1:] for session in valid])
    scores = model.score_next(prefixes)
    rank = (scores >= scores[np.arange(len(targets)), targets][:, None]).sum(axis=1)
    expected = np.where(rank <= 20, 1 / rank if stop_by == "mrr@20" else 1, 0).mean()
    assert model.history_.best == pytest.approx(expected, abs=1e-3)


def test_the_loss_and_gradients_of_a_batch_are_those_of_plain_torch():
    model = LSTMNext(**FAST | {"epochs": 1, "loss": "softmax"}).fit(chain(n=20))
    network = model.network_
    rows = torch.tensor([[1, 2, 3, 4], [5, 6, -1, -1]])
    learner = Learner(network, NextItemLoss("softmax", np.ones(12), 1, 0.0, 0.0))
    found = learner.surprise((rows[:, :-1].clamp(min=0), rows[:, 1:]))
    expected = []
    for plays in ([1, 2, 3, 4], [5, 6]):
        state = None
        for played, following in itertools.pairwise(plays):
            vector = network.items.weight[played] * 4  # the root of 16
            output, state = network.reader(vector[None, None], state)
            scores = network.items.weight @ output[0, 0] + network.bias
            expected.append(torch.logsumexp(scores, dim=0) - scores[following])
    oracle = torch.stack(expected).mean()
    torch.testing.assert_close(found, oracle)
    weights = list(network.parameters())
    torch.testing.assert_close(torch.autograd.grad(found, weights), torch.autograd.grad(oracle, weights))


@pytest.mark.parametrize("model", RECURRENT)
def test_states_are_those_that_the_scores_are_made_of(model):
    fitted = model(**FAST | {"epochs": 2}).fit(chain())
    states = fitted.states([[1, 2, 3], [4]])
    assert states.hidden.shape == (2, 3, 16)
    assert np.isnan(states.hidden[1, 1:]).all()
    assert (states.cell is not None) == (model is LSTMNext)
    last = np.stack([states.hidden[0, 2], states.hidden[1, 0]])
    scores = last @ fitted.network_.items.weight.detach().numpy().T + fitted.network_.bias.detach().numpy()
    np.testing.assert_allclose(scores, fitted.score_next([[1, 2, 3], [4]]), atol=1e-5)


def test_cells_are_what_the_equations_of_an_lstm_give():
    fitted = LSTMNext(**FAST | {"epochs": 2}).fit(chain())
    states = fitted.states([[3, 7, 1]])
    weight = {name: value.detach().numpy() for name, value in fitted.network_.reader.named_parameters()}
    hidden = cell = np.zeros(16)
    for step, item in enumerate([3, 7, 1]):
        vector = 4 * fitted.network_.items.weight[item].detach().numpy()
        gates = weight["weight_ih_l0"] @ vector + weight["bias_ih_l0"]
        entering, forgetting, new, leaving = np.split(
            gates + weight["weight_hh_l0"] @ hidden + weight["bias_hh_l0"], 4
        )
        entering, forgetting, leaving = (1 / (1 + np.exp(-gate)) for gate in (entering, forgetting, leaving))
        cell = forgetting * cell + entering * np.tanh(new)
        hidden = leaving * np.tanh(cell)
        np.testing.assert_allclose(states.cell[0, step], cell, atol=1e-5)
        np.testing.assert_allclose(states.hidden[0, step], hidden, atol=1e-5)


def test_gradient_norms_are_the_products_of_the_steps_between():
    fitted = RNNNext(**FAST | {"epochs": 2}).fit(chain())
    prefixes = [[3, 7, 1, 0], [2, 2]]
    norms = fitted.gradient_norms(prefixes)
    hidden = fitted.states(prefixes).hidden
    weight = {name: value.detach().numpy() for name, value in fitted.network_.reader.named_parameters()}
    for row, length in enumerate([4, 2]):
        product = np.eye(16)
        for back in range(length):
            product = product @ np.diag(1 - hidden[row, length - 1 - back] ** 2)
            expected = np.linalg.norm(product @ weight["weight_ih_l0"])
            assert norms[row, back] == pytest.approx(expected, rel=1e-4)
            product = product @ weight["weight_hh_l0"]
    assert np.isnan(norms[1, 2:]).all()


def moods(seed):
    """The mood of a session decides which way round the circle it goes; its first item tells nothing."""
    rng = np.random.default_rng(seed)
    mood = rng.choice(["up", "down"], 300)
    steps = np.where(mood == "up", 1, -1)[:, None] * np.arange(2)
    plays = (rng.integers(0, 10, (300, 1)) + steps) % 10
    return of_rows(plays, pd.DataFrame({"mood": mood, "hour": rng.random(300)}))


@pytest.mark.parametrize("context", ["concat", "gate"])
@pytest.mark.parametrize("model", [GRU4Rec, SASRec])
def test_context_decides_where_plays_alone_cannot(model, context):
    train, test = moods(0), moods(1)
    settings = FAST | {"epochs": 20, "loss": "softmax", "batch": 60}
    with_mood = model(**settings, context=context).fit(train)
    without = model(**settings).fit(train)
    prefixes, last = [session[:1] for session in test], np.array([session[1] for session in test])
    found = with_mood.recommend_next(prefixes, k=1, context=test.context)[:, 0]
    assert (found == last).mean() > 0.95
    assert (without.recommend_next(prefixes, k=1)[:, 0] == last).mean() < 0.65
    unknown = with_mood.score_next([[1]], context=pd.DataFrame({"mood": ["sideways"], "hour": [None]}))
    assert np.isfinite(unknown).all()
    with pytest.raises(InvalidArgument, match="reads the context"):
        with_mood.score_next([[1]])


def test_a_run_that_diverges_says_so_and_leaves_no_model():
    model = GRU4Rec(**FAST | {"lr": 1e36})
    with pytest.raises(TrainingFailed, match="Lower lr"):
        model.fit(chain())
    with pytest.raises(InvalidArgument, match="not been fitted"):
        model.score_next([[1]])


def test_unknown_codes_empty_prefixes_and_no_prefix_are_refused():
    model = LSTMNext(**FAST | {"epochs": 1}).fit(chain())
    with pytest.raises(UnknownName, match="Prefix 1 holds the item code 12"):
        model.states([[1], [2, 12]])
    with pytest.raises(InvalidArgument, match="Prefix 0 is empty"):
        model.gradient_norms([[]])
    with pytest.raises(InvalidArgument, match="no prefix"):
        model.states([])


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": "hinge"}, {"context": "sum"}, {"stop_by": "ndcg@20"}, {"dropout": 1.0}, {"factors": 0},
        {"max_length": 1.5}, {"alpha": -1.0}, {"lr": 0.0}, {"patience": 0}, {"seed": -1}, {"negatives": 0},
    ],
)  # fmt: skip
@pytest.mark.parametrize("model", [GRU4Rec, SASRec])
def test_settings_out_of_range_are_refused(model, wrong):
    (name,) = wrong
    with pytest.raises(InvalidArgument, match=f"^{name} is"):
        model(**wrong)


def test_context_must_be_there_when_it_is_to_be_read():
    with pytest.raises(InvalidArgument, match="these sessions have none"):
        GRU4Rec(**FAST, context="gate").fit(chain())


class Killed(Exception):
    """In the place of a kill."""


def test_a_training_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    settings = FAST | {"epochs": 4, "dropout": 0.2}
    whole = GRU4Rec(**settings).fit(chain(), valid=chain(50, seed=1))
    file, metric, seen = tmp_path / "training.pt", GRU4Rec._metric, []

    def dying(self, *given):
        seen.append(1)
        if len(seen) == 3:
            raise Killed
        return metric(self, *given)

    monkeypatch.setattr(GRU4Rec, "_metric", dying)
    with pytest.raises(Killed):
        GRU4Rec(**settings).fit(chain(), valid=chain(50, seed=1), checkpoint=file)
    gone_on = GRU4Rec(**settings).fit(chain(), valid=chain(50, seed=1), checkpoint=file)
    assert len(seen) == 5  # two epochs before the kill, and the two that were left
    np.testing.assert_array_equal(gone_on.score_next([[0, 1, 2]]), whole.score_next([[0, 1, 2]]))
    with pytest.raises(InvalidArgument, match="is of another run"):
        GRU4Rec(**settings).fit(chain(seed=2), valid=chain(50, seed=1), checkpoint=file)
    with pytest.raises(InvalidArgument, match="is of another run"):
        GRU4Rec(**settings | {"batch": 100}).fit(chain(), valid=chain(50, seed=1), checkpoint=file)
