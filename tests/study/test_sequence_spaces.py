"""The table of what a search may try fits the models of the next play."""

import json

import optuna
import pytest

from musicrec import models
from musicrec.study.search_spaces import (
    SEQUENCE_SPACES,
    SEQUENCE_TRIALS,
    Choice,
    described,
    fixed,
    propose,
    space_of,
    trials_of,
)


@pytest.mark.parametrize("name", SEQUENCE_SPACES)
def test_defaults_are_within_the_space(name):
    defaults, space = models.sequence_by_name(name)().params, SEQUENCE_SPACES[name]
    drawn = propose(optuna.trial.FixedTrial(fixed(defaults, space)), space)
    assert drawn.items() <= defaults.items()
    for parameter, part in space.items():
        if not isinstance(part, Choice):
            assert part.low <= defaults[parameter] <= part.high
    assert space_of(name) is space


@pytest.mark.parametrize("name", SEQUENCE_SPACES)
def test_the_model_takes_what_is_proposed(name):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    space = SEQUENCE_SPACES[name]
    for _ in range(50):
        proposed = propose(study.ask(), space)
        made = models.sequence_by_name(name)(**proposed)
        assert {key: made.params[key] for key in proposed} == proposed
        assert json.loads(json.dumps(proposed)) == proposed
    assert json.loads(json.dumps(described(space))).keys() == space.keys()


def test_every_model_has_its_row():
    assert set(SEQUENCE_SPACES) == set(models.sequence_names())


@pytest.mark.parametrize("name", ["MarkovChain", "ItemCoSession", "SKNN", "VSKNN", "STAN"])
def test_every_setting_of_the_models_that_are_not_trained_is_tuned(name):
    assert SEQUENCE_SPACES[name].keys() == models.sequence_by_name(name)().params.keys()


@pytest.mark.parametrize("name", ["RNNNext", "GRU4Rec", "LSTMNext"])
def test_recurrent_networks_are_searched_alike(name):
    assert SEQUENCE_SPACES[name] == SEQUENCE_SPACES["RNNNext"]


@pytest.mark.parametrize("name", SEQUENCE_SPACES)
def test_every_model_gets_the_same_number_of_trials(name):
    assert trials_of(name) == SEQUENCE_TRIALS
