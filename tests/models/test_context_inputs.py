"""Circumstances as numbers: what was not seen in training, what is missing, and what cannot be read."""

import numpy as np
import pandas as pd
import pytest
import torch

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.context_inputs import ContextColumns, ContextVectors

FRAME = pd.DataFrame(
    {
        "device": ["phone", "car", "phone", None],
        "hour": [6.0, 12.0, np.nan, 18.0],
        "weekend": [True, False] * 2,
    }
)


def test_categories_become_codes_and_numbers_get_one_scale():
    columns = ContextColumns(FRAME)
    codes, numbers = columns.encode(FRAME)
    assert codes[:, 0].tolist() == [0, 1, 0, 2]  # the last is unknown
    assert codes[:, 1].tolist() == [0, 1, 0, 1]
    assert numbers[2] == 0  # not known: the mean
    known = numbers[[0, 1, 3], 0].numpy()
    assert known.mean() == pytest.approx(0, abs=1e-6)
    assert known.std() == pytest.approx(1, abs=1e-6)


def test_an_unknown_category_counts_as_the_average_one():
    columns = ContextColumns(FRAME[["device"]])
    vectors = ContextVectors(columns, 3, spread=1.0)
    seen = vectors(*columns.encode(pd.DataFrame({"device": ["phone", "car"]})))
    unseen = vectors(*columns.encode(pd.DataFrame({"device": ["fridge", None], "rain": [1, 0]})))
    torch.testing.assert_close(unseen[0], seen.mean(dim=0))
    torch.testing.assert_close(unseen[1], unseen[0])


def test_vectors_are_the_sum_of_those_of_the_columns():
    columns = ContextColumns(FRAME)
    vectors = ContextVectors(columns, 3, spread=1.0)
    codes, numbers = columns.encode(FRAME.iloc[:2])
    device, weekend = vectors.categories
    expected = device[codes[:, 0]] + weekend[codes[:, 1]] + numbers * vectors.numbers
    torch.testing.assert_close(vectors(codes, numbers), expected)


def test_a_column_that_says_nothing_does_no_harm():
    columns = ContextColumns(pd.DataFrame({"mood": [None, None], "hour": [3, 3], "rain": [np.nan, np.nan]}))
    vectors = ContextVectors(columns, 2, spread=1.0)
    assert (
        vectors(*columns.encode(pd.DataFrame({"mood": ["sad"], "hour": [4], "rain": [1.0]}))).isfinite().all()
    )


@pytest.mark.parametrize("frame", [None, pd.DataFrame(index=range(3))])
def test_training_without_context_is_refused(frame):
    with pytest.raises(InvalidArgument, match="these sessions have none"):
        ContextColumns(frame)


@pytest.mark.parametrize("frame", [None, FRAME[["device"]]])
def test_prefixes_must_have_the_columns(frame):
    with pytest.raises(InvalidArgument, match=r"'device', 'weekend', 'hour'"):
        ContextColumns(FRAME).encode(frame)


@pytest.mark.parametrize(
    ("value", "match"), [("noon", "cannot be read as numbers"), (np.inf, "inf in row 1")]
)
def test_numbers_must_be_numbers(value, match):
    columns = ContextColumns(FRAME[["hour"]])
    with pytest.raises(InvalidData, match=match):
        columns.encode(pd.DataFrame({"hour": pd.Series([1.0, value], dtype=object)}))
