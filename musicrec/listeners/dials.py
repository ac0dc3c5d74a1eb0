"""How much each part of a listener's utility counts.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from musicrec.errors import InvalidArgument

PARTS = ("heard", "scene", "fame", "personal", "mood")


@dataclass(frozen=True)
class Dials:
    """Shares of the variance of utility, over pairs of a listener and a piece; the five parts sum to 1.

    The defaults let no single source of knowledge decide: what can be heard and what only the community knows
    weigh about the same, fame and chance of person come next, mood is felt but small. They are set by this
    reasoning, not fitted to the verdict of any model; chapters turn them and say in which range a verdict
    holds.

    Parameters
    ----------
    heard
        A non-linear function of how the piece sounds.
    scene
        Belonging to a community that nothing in the music reveals.
    fame
        What everybody knows; some listeners follow it more than others.
    personal
        What only this listener likes about this piece; nothing can predict it.
    mood
        Fit to the state the listener is in; it changes from session to session.
    unlisted
        The share of `heard` that rests on articulation, density and register alone, which no catalogue lists.
    """

    heard: float = 0.33
    scene: float = 0.27
    fame: float = 0.15
    personal: float = 0.15
    mood: float = 0.10
    unlisted: float = 0.5

    def __post_init__(self) -> None:
        values = asdict(self)
        wrong = {k: v for k, v in values.items() if not (isinstance(v, (int, float)) and 0 <= v <= 1)}
        if wrong:
            raise InvalidArgument(
                f"Dials are shares between 0 and 1, found {wrong}. Give a number in that range."
            )
        total = sum(values[part] for part in PARTS)
        if abs(total - 1) > 1e-9:
            raise InvalidArgument(
                f"The dials {', '.join(PARTS)} must sum to 1, found {total:.6g}. "
                "Use Dials().turned(heard=0.5), which scales the others to fit."
            )

    def turned(self, dials: Mapping[str, float] | None = None, **more: float) -> Dials:
        """These dials with some set anew; the parts that are not named are scaled so that the sum is 1 again.

        Raises
        ------
        InvalidArgument
            A dial does not exist, lies outside [0, 1], or the named parts leave no way to sum to 1.
        """
        new = {**(dials or {}), **more}
        unknown = sorted(set(new) - set(PARTS) - {"unlisted"})
        if unknown:
            raise InvalidArgument(
                f"There is no dial {', '.join(unknown)}. The dials are {', '.join((*PARTS, 'unlisted'))}."
            )
        named = [part for part in PARTS if part in new]
        rest = [part for part in PARTS if part not in new]
        if named and rest:
            left = 1 - sum(new[part] for part in named)
            total = sum(getattr(self, part) for part in rest)
            if left < -1e-9 or (total == 0 and left > 1e-9):
                raise InvalidArgument(
                    f"The dials {named} leave {left:.6g} for {rest}, which cannot be shared out."
                )
            for part in rest:
                new[part] = max(left, 0.0) * getattr(self, part) / total if total else 0.0
        return replace(self, **new)
