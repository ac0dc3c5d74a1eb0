"""The three readings of play counts."""

import numpy as np
import pytest
import scipy.sparse as sp

from musicrec.errors import InvalidArgument
from musicrec.models.weighting import weigh


@pytest.fixture
def plays():
    return sp.csr_matrix([[0, 1, 5000], [3, 0, 0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ("binary", [[0, 1, 1], [1, 0, 0]]),
        ("log", np.log([[1, 2, 5001], [4, 1, 1]])),
        ("raw", [[0, 1, 5000], [3, 0, 0]]),
    ],
)
def test_plays_are_read_in_one_of_three_ways_and_stay_as_they_were(plays, weight, expected):
    before = plays.toarray()
    weighed = weigh(plays, weight)
    assert weighed.dtype == np.float32
    np.testing.assert_allclose(weighed.toarray(), expected, rtol=1e-6)
    assert (plays.toarray() == before).all()


@pytest.mark.parametrize("weight", ["sqrt", None, 1, ["log"]])
def test_another_reading_is_refused(plays, weight):
    with pytest.raises(InvalidArgument, match="weight is"):
        weigh(plays, weight)
