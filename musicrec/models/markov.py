"""Models of the next play that read only the last one: what came after it, what it shares sessions with."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from musicrec.data.sessions import Sessions
from musicrec.models.sequential import SequenceModel
from musicrec.models.similarity import NearestRows, Similarity, check_neighbourhood
from musicrec.parameters import check_strength, check_whole


class MarkovChain(SequenceModel):
    """Scores an item by how often it came soon after what was heard last.

    With N(a, b) the number of times that b came after a, and q(b) the share of b among all plays, the score
    is the probability

        P(b | a) = (N(a, b) + smoothing q(b)) / (Σ_c N(a, c) + smoothing),

    with a the last play of the prefix; the rest of it is not read. The term with q is as if each item had
    been followed by `smoothing` more plays, drawn by popularity (a Dirichlet prior; MacKay and Peto 1995, "A
    hierarchical Dirichlet language model", Natural Language Engineering): it orders what was never seen after
    a, and what was seen equally often.

    With `steps` above 1, a play counts not only for the one right before it but for the last `steps` before
    it: at a distance of d plays it adds d^(-decay) to N. Without smoothing, one step ranks as the Markov
    chain ("MC") of Ludewig and Jannach 2018 ("Evaluation of session-based recommendation algorithms", User
    Modeling and User-Adapted Interaction), and more, with a decay of 1, as their sequential rules ("SR").

    Sessions of one play count in q. Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    steps : int
        How far apart two plays may be to count.
    decay : float
        0 or more; the higher, the less a distant play counts. Of no effect with one step.
    smoothing : float
        0 or more, in plays. At 0 all that never came after a is equal, and after an item that nothing ever
        followed all items are.
    """

    def __init__(self, steps: int = 1, decay: float = 1.0, smoothing: float = 1.0) -> None:
        check_whole("steps", steps, least=1)
        check_strength("decay", decay)
        check_strength("smoothing", smoothing)
        self.steps, self.decay, self.smoothing = steps, decay, smoothing

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        items, session = sessions.items, np.repeat(np.arange(len(sessions)), sessions.lengths)
        shape = (self.n_items_, self.n_items_)
        counts = sp.csr_matrix(shape)
        for distance in range(1, min(self.steps, int(sessions.lengths.max()) - 1) + 1):
            same = session[distance:] == session[:-distance]
            before, after = items[:-distance][same], items[distance:][same]
            weight = np.full(len(before), float(distance) ** -self.decay)
            counts += sp.csr_matrix((weight, (before, after)), shape)
        total = np.asarray(counts.sum(axis=1)).ravel() + self.smoothing
        inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        self._followed = sp.csr_matrix(sp.diags_array(inverse) @ counts)
        self._popular = np.bincount(items, minlength=self.n_items_) / len(items)
        self._left = self.smoothing * inverse  # the share of popularity in each row

    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        last = _last_plays(prefixes)
        return self._followed[last].toarray() + self._left[last, None] * self._popular


class ItemCoSession(SequenceModel):
    """Scores an item by how often it shares a session with what was heard last, whatever the order.

    Each item is the set of the sessions it was played in, and the score is the similarity of two such sets,
    kept for the k items most similar to each. Of the prefix only the last play is read, and it is not similar
    to itself: so this model never lists a repeat first. With cosine and shrinkage it is the item-to-item
    baseline of Hidasi et al. 2016 ("Session-based recommendations with recurrent neural networks", ICLR).

    A session of one play adds to how often its item is played, which lowers its similarities.
    Explained in chapter 05_rnn_lstm.

    Parameters
    ----------
    k : int
        The number of similar items kept for each.
    similarity : {"cosine", "jaccard", "asymmetric"}
        How alike two items are: see `musicrec.models.similarity.NearestRows`, sessions in the place of
        listeners.
    shrinkage : float
        0 or more; the higher, the less items with few sessions in common count.
    alpha : float
        From 0 to 1, for "asymmetric" only: 1 divides by the sessions of the item that was heard, 0 by those
        of the item that is scored.
    """

    def __init__(
        self,
        k: int = 100,
        similarity: Similarity = "cosine",
        shrinkage: float = 10.0,
        alpha: float = 0.5,
    ) -> None:
        check_neighbourhood(k, similarity, shrinkage, alpha)
        self.k, self.similarity, self.shrinkage, self.alpha = k, similarity, shrinkage, alpha

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        played = self.played(sessions)
        played.data[:] = 1.0
        found_in = played.T.tocsr()
        self._nearest = NearestRows(
            found_in, self.tie_rank_, self.k, self.similarity, self.shrinkage, self.alpha
        ).of(found_in, own=np.arange(self.n_items_))

    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        return self._nearest[_last_plays(prefixes)].toarray()


def _last_plays(prefixes: Sessions) -> np.ndarray:
    """The last item of each prefix."""
    return prefixes.items[prefixes.starts + prefixes.lengths - 1]
