"""How unevenly amounts are spread: the Lorenz curve and the Gini coefficient."""

import numpy as np
import numpy.typing as npt

from musicrec.errors import InvalidData


def lorenz(counts: npt.ArrayLike) -> np.ndarray:
    """Lorenz curve of a distribution: how much of the whole its smallest members hold.

    Parameters
    ----------
    counts : array of shape (n,)
        A non-negative amount per member, for example plays per track. At least one is positive.

    Returns
    -------
    array of shape (n + 1,)
        Entry j is the share of the total that the j smallest members hold; the first entry is 0, the last 1.

    Raises
    ------
    InvalidData
        If there is no member, no positive amount, or an amount is negative or not a number.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    amounts = np.sort(np.asarray(counts, dtype=np.float64).ravel())
    if amounts.size == 0 or not np.isfinite(amounts).all() or amounts[0] < 0 or amounts[-1] == 0:
        raise InvalidData(
            "A Lorenz curve needs non-negative amounts of which one at least is positive; "
            f"found {amounts.size} amounts, {int((~np.isfinite(amounts)).sum())} of them not finite, "
            f"{int((amounts < 0).sum())} negative. Drop the missing ones first."
        )
    cumulated = np.concatenate([[0.0], np.cumsum(amounts)])
    return cumulated / cumulated[-1]


def gini(counts: npt.ArrayLike) -> float:
    """Gini coefficient: 0 where all members hold the same, towards 1 where one member holds all.

    It is one minus twice the area under the Lorenz curve, with the curve drawn by straight lines between
    members, so that n members of whom one holds all score 1 - 1/n.

    Parameters
    ----------
    counts : array of shape (n,)
        A non-negative amount per member. Members with nothing count: leave them in unless you mean to.

    Returns
    -------
    float
        The coefficient, in [0, 1 - 1/n].

    Raises
    ------
    InvalidData
        As for `lorenz`.

    Notes
    -----
    Explained in chapter 01_listening_data.
    """
    curve = lorenz(counts)
    area = (curve[:-1] + curve[1:]).sum() / (2 * (len(curve) - 1))
    return float(1 - 2 * area)
