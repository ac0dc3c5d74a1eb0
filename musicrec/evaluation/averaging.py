"""What one model reaches over several seeds, with the interval that users and seeds leave."""

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from musicrec.evaluation.judged import Judged
from musicrec.evaluation.pairing import listed
from musicrec.evaluation.resampling import two_level_intervals


def mean_over_seeds(
    evaluations: Judged | Sequence[Judged], level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Each measure, averaged per user (or piece) over the seeds and then over users, with its interval.

    Parameters
    ----------
    evaluations : Evaluation, NextEvaluation or ClipEvaluation, or a sequence of them
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
    The bounds are cut where the measures end: at 0 and 1 for those of lists. Two such intervals may overlap
    although the models differ: compare models by `compare`, which pairs them.
    Explained in chapter 02_collaborative_filtering.
    """
    judged = listed(evaluations, "evaluations")
    runs = [one.rows for one in judged]
    labels = functools.reduce(pd.Index.union, (run.index for run in runs))
    values = np.stack([run.reindex(labels).to_numpy() for run in runs], axis=1)  # labels, seeds, measures
    low, high = two_level_intervals(values, level, resamples, seed)
    mean = np.nanmean(values, axis=1).mean(axis=0)
    limits = judged[0].limits
    bounds = {"low": np.clip(low, *limits), "high": np.clip(high, *limits)}
    return pd.DataFrame({"mean": mean, **bounds}, index=runs[0].columns)
