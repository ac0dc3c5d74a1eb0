"""Which evaluations stand opposite each other in a comparison."""

from collections.abc import Sequence

from musicrec.errors import InvalidArgument
from musicrec.evaluation.judged import Judged


def paired(
    a: Judged | Sequence[Judged], b: Judged | Sequence[Judged], metric: str
) -> list[tuple[Judged, Judged]]:
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
        if not x.asked_as(y):
            raise InvalidArgument(
                f"a was asked about {x.question} and b about {y.question}, or others. Only answers to one "
                "question can be compared, and lists only where they were drawn from the same items."
            )
        for one in (x, y):
            if metric not in one.rows:
                raise InvalidArgument(
                    f"There is no metric {metric!r} in the evaluation of {one.model}; it has "
                    f"{', '.join(one.rows.columns)}. Take one of these, or evaluate with another k."
                )
    return pairs


def name_of(side: list[Judged]) -> str:
    """The model as it shows itself, without settings where they differ from seed to seed."""
    shown = {one.model for one in side}
    return shown.pop() if len(shown) == 1 else _kind(side[0].model)


def _kind(model: str) -> str:
    return model.partition("(")[0]


def listed(side: Judged | Sequence[Judged], name: str) -> list[Judged]:
    """One side as a list: evaluations of one model that were asked the same, each of a seed of its own."""
    found = [side] if isinstance(side, Judged) else list(side) if isinstance(side, Sequence) else []
    if not found or not all(isinstance(one, Judged) for one in found):
        raise InvalidArgument(
            f"{name} must be what evaluate, evaluate_next or judge_clips returns, or a list of such, one a "
            f"seed; found {type(side).__name__}{f' of {len(found)}' if found else ''}."
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
        first = found[0]
        same = type(one) is type(first) and one.part == first.part
        if not same or list(one.rows.columns) != list(first.rows.columns):
            raise InvalidArgument(
                f"{name} mixes questions: seed {first.seed} was asked about {first.question} with "
                f"{', '.join(first.rows.columns)}, seed {one.seed} about {one.question} with "
                f"{', '.join(one.rows.columns)}. Evaluate all with the same part and measures."
            )
    return found
