"""A verdict may rest on sessions: what was compared of the next plays, and how many sessions that was."""

import numpy as np
import pandas as pd

from musicrec import evaluation, study


def found_by(model, share):
    """Evaluations of a model, one a seed, that finds a share of the next plays."""
    number = np.repeat(np.arange(200), 3)
    made = []
    for seed in range(3):
        rank = np.where(np.random.default_rng(seed).random(len(number)) < share, 1, 60)
        prefixes = pd.DataFrame({"session": number, "plays": 1, "target": 0, "rank": rank})
        made.append(
            evaluation.NextEvaluation(
                model=f"{model}()", seed=seed, per_prefix=prefixes, cutoffs=(10,), n_items=99, left_out=0
            )
        )
    return made


def test_the_sessions_are_counted_in_the_judgement():
    study.begin("02_collaborative_filtering", edition="songbook")
    tests = study.claim("cf-cold-start").tests
    comparisons = {
        name: evaluation.compare(
            found_by(test.treatment, 0.4),
            found_by(test.baseline, 0.2),
            metric=test.metric,
            smallest=test.smallest,
            resamples=200,
        )
        for name, test in tests.items()
    }
    judged = study.verdict("cf-cold-start", comparisons)
    assert judged.verdict == "supported"
    assert {each.sample == {"sessions": 200, "seeds": 3} for each in judged.tests.values()} == {True}
