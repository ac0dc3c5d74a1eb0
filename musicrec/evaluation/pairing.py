"""Which evaluations stand opposite each other in a comparison."""

from collections.abc import Sequence

import numpy as np

from musicrec.errors import InvalidArgument
from musicrec.evaluation.protocol import Evaluation


def paired(
    a: Evaluation | Sequence[Evaluation], b: Evaluation | Sequence[Evaluation], metric: str
) -> list[tuple[Evaluation, Evaluation]]:
    """The evaluations that stand opposite each other, one pair a seed; errors as in `compare`."""
    treatment, baseline = listed(a, "a"), listed(b, "b")
    if len(treatment) != len(baseline):
        raise InvalidArgument(
            f"a holds {len(treatment)} evaluations and b {len(baseline)}; give one a seed on both sides, in "
            "the same order."
        )
    pairs = list(zip(treatment, baseline, strict=True))
    if not isinstance(metric, str):
        raise InvalidArgument(f"metric is {metric!r}; it must be the name of one, such as 'ndcg@10'.")
    for x, y in pairs:
        if None not in (x.seed, y.seed) and x.seed != y.seed:
            raise InvalidArgument(
                f"a's evaluation of seed {x.seed} stands opposite b's of seed {y.seed}; bring both sides "
                "into the same order of seeds."
            )
        if x.part != y.part or not np.array_equal(x.candidates, y.candidates):
            raise InvalidArgument(
                f"a was asked about {x.part} among {len(x.candidates):,} items and b about {y.part} among "
                f"{len(y.candidates):,}, or others. Only lists drawn from the same items can be compared."
            )
        for one in (x, y):
            if metric not in one.per_user:
                raise InvalidArgument(
                    f"There is no metric {metric!r} in the evaluation of {one.model}; it has "
                    f"{', '.join(one.per_user.columns)}. Evaluate with another k."
                )
    return pairs


def name_of(side: list[Evaluation]) -> str:
    """The model as it shows itself, without settings where they differ from seed to seed."""
    shown = {one.model for one in side}
    return shown.pop() if len(shown) == 1 else _kind(side[0].model)


def _kind(model: str) -> str:
    return model.partition("(")[0]


def listed(side: Evaluation | Sequence[Evaluation], name: str) -> list[Evaluation]:
    """One side as a list: evaluations of one model that were asked the same, each of a seed of its own."""
    found = [side] if isinstance(side, Evaluation) else list(side) if isinstance(side, Sequence) else []
    if not found or not all(isinstance(one, Evaluation) for one in found):
        raise InvalidArgument(
            f"{name} must be what evaluate returns, or a list of such, one a seed; found "
            f"{type(side).__name__}{f' of {len(found)}' if found else ''}."
        )
    seeds = [one.seed for one in found]
    if len(found) > 1 and (None in seeds or len(set(seeds)) < len(seeds)):
        raise InvalidArgument(
            f"{name} holds {len(found)} evaluations of the seeds {seeds}; several need a seed each, all "
            "different: evaluate(..., seed=s) with the seed of the split."
        )
    models = {_kind(one.model) for one in found}
    if len(models) > 1:
        raise InvalidArgument(
            f"{name} mixes the models {sorted(models)}; one side of a comparison is one model, over several "
            "seeds."
        )
    for one in found[1:]:
        if one.part != found[0].part or list(one.per_user.columns) != list(found[0].per_user.columns):
            raise InvalidArgument(
                f"{name} mixes questions: seed {found[0].seed} was asked about {found[0].part} with "
                f"{', '.join(found[0].per_user.columns)}, seed {one.seed} about {one.part} with "
                f"{', '.join(one.per_user.columns)}. Evaluate all with the same part and k."
            )
    return found
