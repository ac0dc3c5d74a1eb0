"""The table of what a search may try fits the models it is for."""

import json

import optuna
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec import data, models
from musicrec.errors import InvalidArgument, UnknownName
from musicrec.study.search_spaces import (
    PARTS,
    READ_FEATURES,
    SPACES,
    Choice,
    Span,
    applies,
    at_border,
    described,
    fixed,
    propose,
    space_of,
)

TUNABLE = [name for name in SPACES if SPACES[name]]


def test_every_model_has_its_row():
    assert set(SPACES) == set(models.names())
    with pytest.raises(UnknownName, match="EASE"):
        space_of("Oracle")


@pytest.mark.parametrize("name", TUNABLE)
def test_defaults_are_parameters_of_the_model_and_within_the_space(name):
    defaults = models.by_name(name)().params
    assert SPACES[name].keys() <= defaults.keys()
    assert (
        propose(optuna.trial.FixedTrial(fixed(defaults, SPACES[name])), SPACES[name]).items()
        <= defaults.items()
    )
    for parameter, part in SPACES[name].items():
        value = defaults[parameter]
        if isinstance(part, Choice):
            assert value in part.of
        else:
            assert part.low <= value <= part.high
            assert isinstance(value, int) == (isinstance(part.low, int) and isinstance(part.high, int))


@pytest.mark.parametrize("name", SPACES)
def test_every_setting_that_could_be_tuned_is(name):
    """Only seeds, machines, models within models and what the scores are to be of are left alone.

    Nor is it searched for how training is cut into steps, waits and anneals.
    """
    left = models.by_name(name)().params.keys() - SPACES[name].keys() - PARTS.get(name, {}).keys()
    assert left <= {"seed", "device", "warm", "batch", "patience", "anneal"}


@pytest.mark.parametrize("name", SPACES)
def test_the_table_knows_which_models_read_features(name):
    train = data.Interactions.from_frame(pd.DataFrame({"user": [1, 2, 2, 3], "item": [1, 1, 2, 3]}))
    try:
        models.by_name(name)().fit(train)
    except InvalidArgument as refused:
        assert ("reads the features" in str(refused)) == (name in READ_FEATURES)
    else:
        assert name not in READ_FEATURES


def test_the_parts_of_a_model_are_models_of_the_table():
    for name, parts in PARTS.items():
        for parameter, part in parts.items():
            assert isinstance(models.by_name(name)().params[parameter], models.by_name(part))


@pytest.mark.parametrize("name", TUNABLE)
def test_the_model_takes_what_is_proposed(name):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(100):
        settings = propose(study.ask(), SPACES[name])
        made = models.by_name(name)(**settings)
        assert {key: made.params[key] for key in settings} == settings
        assert json.loads(json.dumps(settings)) == settings


@pytest.mark.parametrize("name", TUNABLE)
def test_the_space_can_be_written_to_a_file(name):
    assert json.loads(json.dumps(described(SPACES[name]))).keys() == SPACES[name].keys()


SPANS = [Span(2.0, 500.0), Span(0.0, 500.0, "log1p"), Span(2.0, 500.0, "linear"), Span(2, 500)]


@given(st.sampled_from(SPANS), st.floats(0, 1))
def test_shares_and_numbers_are_two_words_for_the_same(span, share):
    value = span.at(share)
    assert span.low <= value <= span.high
    assert span.at(span.share_of(value)) == value  # so the defaults come out as they are
    assert span.at(0) == span.low and span.at(1) == span.high


def test_a_scale_gives_equal_room_to_equal_steps():
    assert Span(1.0, 10000.0).at(0.25) == 10
    assert Span(0.0, 9999.0, "log1p").at(0.5) == 99
    assert Span(0.0, 1.0, "linear").at(0.25) == 0.25


def test_borders_are_told_by_name():
    space = {"k": Span(1, 100), "weight": Choice(("a", "b")), "l2": Span(0.01, 100.0)}
    assert at_border({"k": 99, "weight": "a", "l2": 1.0}, space) == {"k": "high"}
    assert at_border({"k": 10, "weight": "b", "l2": 0.01}, space) == {"l2": "low"}


def test_a_condition_is_on_what_was_chosen_before():
    bent = Span(0.0, 1.0, "linear", when=("kind", "bent"))
    assert applies(bent, {"kind": "bent"})
    assert not applies(bent, {"kind": "plain"})
    assert not applies(bent, {})
