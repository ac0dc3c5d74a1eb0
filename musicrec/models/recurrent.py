"""Networks with a memory: a plain recurrence, GRU and LSTM for the next play. Chapter 05_rnn_lstm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from musicrec.errors import InvalidArgument
from musicrec.models.network_sequence import NetworkSequenceModel
from musicrec.models.next_item_network import NextItemNetwork
from musicrec.models.sequential import Prefixes
from musicrec.models.session_batches import last_plays


class States(NamedTuple):
    """What a recurrent network holds after each play.

    Parameters
    ----------
    hidden : float32 array, shape (n, steps, factors)
        What it gives to the outside, and to itself at the next step. NaN after the end of a prefix.
    cell : float32 array, shape (n, steps, factors), or None
        An LSTM's cells, in which it keeps what it does not show.
    """

    hidden: np.ndarray
    cell: np.ndarray | None


class RecurrentNetwork(NextItemNetwork):
    """`NextItemNetwork` whose reader takes one play after the other and carries a state along.

    The square matrices from state to state start orthogonal, so that no length is lost in them at first
    (Saxe, McClelland and Ganguli, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear
    Neural Networks", ICLR 2014). The forget gates of an LSTM start open, with a bias of 1 (Jozefowicz,
    Zaremba and Sutskever, "An Empirical Exploration of Recurrent Network Architectures", ICML 2015).

    Parameters
    ----------
    cell : {torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM}
    others
        Of `NextItemNetwork`.
    """

    def __init__(self, cell: type[nn.RNNBase], *others: object) -> None:
        super().__init__(*others)  # type: ignore[arg-type]
        factors = self.items.embedding_dim
        self.reader = cell(self.width, factors, batch_first=True)  # type: ignore[arg-type, call-arg]
        weights = dict(self.reader.named_parameters())
        with torch.no_grad():
            for square in weights["weight_hh_l0"].split(factors):  # one a gate
                nn.init.orthogonal_(square)
            if cell is nn.LSTM:
                # torch adds two biases, and orders the gates: input, forget, cell, output.
                weights["bias_hh_l0"][factors : 2 * factors] = 0
                weights["bias_ih_l0"][factors : 2 * factors] = 1

    def read(self, vectors: Tensor) -> Tensor:
        """See `NextItemNetwork.read`."""
        return self.reader(vectors)[0]


class RecurrentNext(NetworkSequenceModel):
    """What `RNNNext`, `GRU4Rec` and `LSTMNext` share; they differ in their cell alone."""

    network_: RecurrentNetwork
    _cell: type[nn.RNNBase]

    def _new_network(self) -> RecurrentNetwork:
        return RecurrentNetwork(self._cell, *self._shape)

    def states(self, prefixes: Prefixes, context: pd.DataFrame | None = None) -> States:
        """What the network holds after each of the last `max_length` plays of each prefix.

        Parameters
        ----------
        prefixes, context
            As in `score_next`.

        Returns
        -------
        States
            Of arrays (n, steps, factors), steps being the length of the longest prefix that is read. A row
            starts with the first play that is read; after its last there is NaN.
        """
        vectors, length = self._inputs(prefixes, context)
        held: list[tuple[Tensor, ...]] = []
        state = None
        with torch.no_grad():
            for step in vectors.split(1, dim=1):
                _, state = self.network_.reader(step, state)
                held.append(state if isinstance(state, tuple) else (state,))
        beyond = np.arange(vectors.shape[1]) >= length[:, None]
        found = []
        for parts in zip(*held, strict=True):
            steps = torch.cat(parts).transpose(0, 1).numpy().copy()  # each part is (1, n, factors)
            steps[beyond] = np.nan
            found.append(steps)
        return States(found[0], found[1] if len(found) > 1 else None)

    def gradient_norms(self, prefixes: Prefixes, context: pd.DataFrame | None = None) -> np.ndarray:
        """How much the state after the last play still depends on each play before: float32 (n, steps).

        Column d is the Frobenius norm of the derivatives of the last hidden state by the item vector that
        came in d plays earlier. What a play d steps back means is learnt by this gradient: where it vanishes,
        nothing is learnt (Bengio, Simard and Frasconi, "Learning Long-Term Dependencies with Gradient Descent
        is Difficult", IEEE Transactions on Neural Networks 5(2), 1994).

        Parameters
        ----------
        prefixes, context
            As in `score_next`. Of each prefix the last `max_length` plays are read.

        Returns
        -------
        float32 array, shape (n, steps)
            NaN where a prefix has no play so far back.
        """
        vectors, length = self._inputs(prefixes, context)
        vectors.requires_grad_()
        n, steps, _ = vectors.shape
        last = self.network_.read(vectors)[torch.arange(n), torch.from_numpy(length - 1)]
        squares = torch.zeros(n, steps)
        for unit in last.sum(dim=0):
            (slopes,) = torch.autograd.grad(unit, vectors, retain_graph=True)
            squares += slopes[:, :, : self.factors].square().sum(dim=2)
        back = length[:, None] - 1 - np.arange(steps)
        norms = np.take_along_axis(squares.sqrt().numpy(), np.maximum(back, 0), axis=1)
        return np.where(back >= 0, norms, np.float32(np.nan))

    def _inputs(self, prefixes: Prefixes, context: pd.DataFrame | None) -> tuple[Tensor, np.ndarray]:
        """What goes into the reader for each prefix, and how many steps of it there are."""
        checked = self._prefixes(prefixes)
        if not len(checked):
            raise InvalidArgument("There is no prefix, so there is no state to show. Give one or more.")
        circumstances = self._encoded(self._context(checked, context))
        pieces = last_plays(checked, self.max_length)
        items = pieces.padded(np.arange(len(checked))).clamp(min=0)
        with torch.no_grad():
            return self.network_.embedded(items, *circumstances), pieces.length


class RNNNext(RecurrentNext):
    """The next play by a plain recurrent network: h_t = tanh(W x_t + U h_(t-1) + b).

    x_t is the vector of the item played, h_t what is known after it, and the score of an item is the product
    of its vector and h_t, plus a number of its own (Elman, "Finding Structure in Time", Cognitive Science
    14(2), 1990). What a play leaves behind is multiplied by U and squashed at each step, so that it fades or
    bursts with distance; see `gradient_norms`. Settings as in `GRU4Rec`.
    Explained in chapter 05_rnn_lstm.
    """

    _cell = nn.RNN


class GRU4Rec(RecurrentNext):
    """The next play by gated recurrent units (GRU), as sessions were first read by a network.

    Two gates, made of the play and the state, say at each step which numbers of the state are kept as they
    were, and how much of it goes into the new ones (Hidasi, Karatzoglou, Baltrunas and Tikk, "Session-based
    Recommendations with Recurrent Neural Networks", ICLR 2016). For losses on drawn items see Hidasi and
    Karatzoglou, "Recurrent Neural Networks with Top-k Gains for Session-based Recommendations", CIKM 2018.

    Other than there, sessions are learnt from whole and not side by side (`session_batches.step_batches` says
    why it is the same), the optimiser is AdamW, all negatives are drawn, none taken from the batch, and
    cross-entropy is corrected for how they are drawn. The state is read with no further layer, by the vectors
    that come in. Settings are those of `NetworkSequenceModel`.
    Explained in chapter 05_rnn_lstm.
    """

    _cell = nn.GRU


class LSTMNext(RecurrentNext):
    """The next play by long short-term memory (LSTM).

    Beside the state that it shows there are cells, to which each step only adds, after a forget gate has
    scaled them. A gate that stays open carries a cell, and its gradient, over any distance (Hochreiter and
    Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997; forget gates: Gers, Schmidhuber and
    Cummins, "Learning to Forget", Neural Computation 12(10), 2000). `states` shows the cells. Settings as in
    `GRU4Rec`.
    Explained in chapter 05_rnn_lstm.
    """

    _cell = nn.LSTM
