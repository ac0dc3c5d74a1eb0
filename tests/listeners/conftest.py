"""A made-up table of how pieces sound, for listeners that need no scores."""

import numpy as np
import pandas as pd
import pytest

from musicrec.listeners.taste import LISTED, UNLISTED


@pytest.fixture(scope="session")
def sound() -> pd.DataFrame:
    """120 pieces whose sound is drawn at random."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(120, len(LISTED + UNLISTED))), columns=list(LISTED + UNLISTED))
    return table.assign(mode=(table["mode"] > 0) * 1.0, length_s=rng.uniform(30, 200, 120))
