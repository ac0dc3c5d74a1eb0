"""The protocol of next-item prediction: after every play of a session, which one comes next?"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.evaluation.next_evaluation import NextEvaluation
from musicrec.evaluation.next_groups import GROUPINGS, checked_groupings
from musicrec.metrics.ranking import cutoffs
from musicrec.models.prefixes import check_sessions, check_vocabulary
from musicrec.models.sequential import SequenceModel
from musicrec.parameters import check_whole

_EVENTS = 2**19  # plays of all prefixes of a batch, so that long sessions do not add up


def evaluate_next(
    model: SequenceModel,
    sessions: Sessions,
    k: int | Iterable[int] = (20,),
    by: str | Sequence[str] = ("length", "repeat"),
    *,
    popularity: np.ndarray | None = None,
    batch: int = 256,
    seed: int | None = None,
) -> NextEvaluation:
    """Ask a fitted model, after each play of each session but the last, what comes next.

    All items are ranked, none is sampled. An item of the same score as the right one counts as ranked above
    it, so that a model that gives equal scores to all gains nothing by it. With one right answer, at rank r:
    recall@k is 1 where r is at most k, else 0; mrr@k is 1 / r there; ndcg@k is 1 / log2(1 + r).

    Parameters
    ----------
    model : SequenceModel
        Fitted. A model that knows no order is asked through `models.StaticNext`.
    sessions : Sessions
        What was really heard. A session of one play is left out, and counted. The context of a session goes
        with each of its prefixes.
    k : int or ints
        Cut-offs of the measures.
    by : str or strs
        Groupings to keep: "length" (of the prefix), "repeat" (whether the next play is in the prefix) and
        "popularity" (thirds of the plays in training: the "head" holds the most played items, then come
        "middle" and "tail"; "unheard" was not played).
    popularity : array, shape (n_items,), optional
        Plays of each item in training, for by="popularity".
    batch : int
        Prefixes scored at a time; fewer where they are long. Memory grows with batch times n_items.
    seed : int, optional
        A number to know this evaluation by, usually that of the model; nothing is drawn by it.

    Returns
    -------
    NextEvaluation
        With the mean over prefixes; `compare` pairs two by listener, or by session where nobody says whose
        they are, and by seed. Its `nothing_twice` is for lists without what the prefix holds.

    Raises
    ------
    InvalidArgument
        Where the model is none or not fitted, a grouping is unknown, popularity is given without being asked
        for or the other way round, or a number is out of range.
    InvalidData
        Where no session has two plays, or a score is NaN.
    UnknownName
        Where a session holds an item that the model does not know of; the message names the session.

    Notes
    -----
    Prefixes are scored from the shortest to the longest, so that a batch has prefixes of about one length.
    No row of scores is sorted. Explained in chapter 05_rnn_lstm.
    """
    ks = cutoffs(k)
    check_whole("batch", batch, least=1)
    if seed is not None:
        check_whole("seed", seed, least=0)
    _check(model, sessions)
    names = checked_groupings(by, popularity, model.n_items_)
    prefixes = _prefixes(sessions)
    ranks = np.empty((len(prefixes), 2), dtype=np.int64)
    target = prefixes["target"].to_numpy()
    for rows in _batches(prefixes["plays"].to_numpy(), batch):
        heard = sessions.take(prefixes["session"].to_numpy()[rows], prefixes["plays"].to_numpy()[rows])
        scores = model.score_next(heard)
        ranks[rows] = [
            _ranks(row, each, played) for row, each, played in zip(scores, target[rows], heard, strict=True)
        ]
    if (ranks == 0).any():
        first = prefixes.iloc[int((ranks[:, 0] == 0).argmax())]
        raise InvalidData(
            f"{model!r} gives a score that is NaN for session {first['session']} after {first['plays']} "
            "plays, so nothing can be ranked. Look at how the model was trained."
        )
    prefixes["rank"], prefixes["rank_unplayed"] = ranks.T
    if sessions.users is not None:
        prefixes["user"] = sessions.users[prefixes["session"]]
    for name in names:
        prefixes[name] = GROUPINGS[name](prefixes, sessions, popularity)
    return NextEvaluation(
        model=repr(model),
        seed=seed,
        per_prefix=prefixes,
        cutoffs=ks,
        n_items=model.n_items_,
        left_out=int((sessions.lengths < 2).sum()),
    )


def _check(model: SequenceModel, sessions: Sessions) -> None:
    if not isinstance(model, SequenceModel):
        raise InvalidArgument(
            f"evaluate_next takes a fitted SequenceModel, found {type(model).__name__}. A model that knows "
            "no order goes into models.StaticNext."
        )
    if not hasattr(model, "n_items_"):
        raise InvalidArgument(
            f"This {type(model).__name__} has not been fitted: call .fit(train, n_items=len(ds.items)) first."
        )
    check_sessions(sessions, "evaluate_next")
    check_vocabulary(sessions, model.n_items_, "Session")


def _prefixes(sessions: Sessions) -> pd.DataFrame:
    """Every prefix that something follows: session, plays (its length), target (what followed)."""
    follow = sessions.lengths - 1
    number = np.repeat(np.arange(len(sessions)), follow)
    plays = np.arange(follow.sum()) - np.repeat(np.cumsum(follow) - follow, follow) + 1
    target = sessions.items[sessions.starts[number] + plays]
    return pd.DataFrame({"session": number, "plays": plays, "target": target})


def _batches(plays: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Rows of prefixes, the shortest first, so many at a time that their plays stay within bounds."""
    order = np.argsort(plays, kind="stable")
    start = 0
    while start < len(order):
        longest = plays[order[min(start + batch, len(order)) - 1]]
        end = start + max(1, min(batch, _EVENTS // int(longest)))
        yield order[start:end]
        start = end


def _ranks(scores: np.ndarray, target: int, played: np.ndarray) -> tuple[int, int]:
    """The place of the target, ties above it: among all, and among what was not played.

    The second is n_items + 1 where the target was played; both are 0 where a score is NaN.
    """
    if np.isnan(scores.min()):  # the minimum is NaN as soon as one is
        return 0, 0
    above = scores >= scores[target]
    rank = int(np.count_nonzero(above))
    if target in played:
        return rank, len(scores) + 1
    return rank, rank - int(np.count_nonzero(above[np.unique(played)]))
