"""What one model reaches over several seeds, with the interval that users and seeds leave."""

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from musicrec.evaluation.pairing import listed
from musicrec.evaluation.protocol import Evaluation
from musicrec.evaluation.resampling import two_level_intervals


def mean_over_seeds(
    evaluations: Evaluation | Sequence[Evaluation], level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Each measure, averaged per user over the seeds and then over users, with its interval.

    Parameters
    ----------
    evaluations : Evaluation or sequence of Evaluation
        Of one model, one a seed.
    level : float
        Of the interval: a two-level bootstrap over seeds and users (`resampling.two_level_interval`).
    resamples, seed : int
        Drawings for the interval, and their seed.

    Returns
    -------
    pandas.DataFrame
        One row a measure ("ndcg@10"); columns mean, low, high.

    Raises
    ------
    InvalidArgument
        Where there is no evaluation, they are of several models, a seed comes twice, or a number is out of
        range.

    Notes
    -----
    The bounds are cut at 0 and 1, between which every measure lies. Two such intervals may overlap although
    the models differ: compare models by `compare`, which pairs them.
    Explained in chapter 02_collaborative_filtering.
    """
    runs = [one.per_user for one in listed(evaluations, "evaluations")]
    users = functools.reduce(pd.Index.union, (run.index for run in runs))
    values = np.stack([run.reindex(users).to_numpy() for run in runs], axis=1)  # users, seeds, measures
    low, high = two_level_intervals(values, level, resamples, seed)
    mean = np.nanmean(values, axis=1).mean(axis=0)
    bounds = {"low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1)}
    return pd.DataFrame({"mean": mean, **bounds}, index=runs[0].columns)
