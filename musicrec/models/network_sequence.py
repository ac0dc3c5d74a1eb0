"""What the networks for the next item share: how they are trained, stopped and asked."""

from __future__ import annotations

import hashlib
import math
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from musicrec import training
from musicrec.data.sessions import Sessions
from musicrec.errors import InvalidArgument
from musicrec.models.context_inputs import ContextColumns
from musicrec.models.next_item_network import ContextUse, NextItemNetwork
from musicrec.models.sampled_losses import LOSSES, Loss, NextItemLoss
from musicrec.models.sequential import SequenceModel
from musicrec.models.session_batches import by_length, last_plays, step_batches, training_pieces
from musicrec.parameters import check_choice, check_strength, check_whole

_CUT = 20  # places of the list that count in choosing the best epoch
_VALIDATED = 20_000  # steps of held-out sessions that are looked at after each epoch, at most
_SCORES = 2**23  # held at a time while validating: 32 MB
_READ_AT_ONCE = 2**13  # plays that go through a network together outside training

Batch = tuple[Tensor, ...]  # items, targets, and the context of the rows


class NetworkSequenceModel(SequenceModel):
    """A network that is trained to name the next play after each play of each session.

    Sessions are learnt from whole, padded, in batches of like length (`session_batches.step_batches`). Longer
    ones are cut into pieces of `max_length` steps, each read with an empty memory. Of a prefix the last
    `max_length` plays are read. A session of one play has no next play: it only adds to how often its item
    was played, by which negatives are drawn.

    With `valid`, the weights of the epoch that names its plays best are kept. After each epoch about 20,000
    of its steps at most are looked at, of sessions taken evenly.

    Parameters
    ----------
    factors : int
        The length of the item vectors, and of what the network makes of a prefix.
    loss : {"sampled-softmax", "softmax", "bpr-max"}
    negatives, alpha, penalty
        Of `sampled_losses.NextItemLoss`. "softmax" uses none of them, "sampled-softmax" not the last.
    dropout, context
        Of `next_item_network.NextItemNetwork`. With a context, all columns of the training sessions' context
        are read, and prefixes must have them; an unknown category there counts as an average one.
    max_length : int
    batch : int
        Plays that make up a step of training, about.
    epochs, lr, weight_decay, patience, device
        Of `musicrec.training.train`; without `valid` there is no patience.
    stop_by : {"mrr@20", "recall@20"}
        What the best epoch is chosen by, over all items; one that is tied with the target counts as above it.
    seed : int
        For the weights at the start, the order of batches, negatives and dropout. The same seed gives the
        same network, on one machine to the last bit.

    Attributes
    ----------
    network_ : NextItemNetwork
    history_ : musicrec.training.History
        Loss of each epoch (a mean over batches, weighted by their sessions), and what `stop_by` names.
    """

    network_: NextItemNetwork
    history_: training.History

    def __init__(
        self,
        factors: int = 100,
        loss: Loss = "sampled-softmax",
        negatives: int = 2048,
        alpha: float = 0.75,
        penalty: float = 1.0,
        dropout: float = 0.2,
        context: ContextUse | None = None,
        max_length: int = 50,
        batch: int = 4096,
        epochs: int = 10,
        lr: float = 3e-3,
        weight_decay: float = 0.0,
        patience: int | None = None,
        stop_by: str = "mrr@20",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        check_choice("loss", loss, LOSSES)
        check_choice("stop_by", stop_by, (f"mrr@{_CUT}", f"recall@{_CUT}"))
        if context is not None:
            check_choice("context", context, ("concat", "gate"))
        self.factors, self.loss, self.negatives, self.alpha = factors, loss, negatives, alpha
        self.penalty, self.dropout, self.context, self.max_length = penalty, dropout, context, max_length
        self.batch, self.epochs, self.lr, self.weight_decay = batch, epochs, lr, weight_decay
        self.patience, self.stop_by, self.seed, self.device = patience, stop_by, seed, device
        self.reads_context = context is not None
        for name in ("factors", "negatives", "max_length", "batch", "epochs"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("seed", seed, least=0)
        for name in ("alpha", "penalty", "dropout", "weight_decay"):
            check_strength(name, getattr(self, name))
        check_strength("lr", lr, positive=True)
        if dropout >= 1:
            raise InvalidArgument(f"dropout is {dropout!r}; it must be from 0 to below 1.")
        if patience is not None:
            check_whole("patience", patience, least=1)

    def fit(
        self,
        sessions: Sessions,
        *,
        n_items: int | None = None,
        valid: Sessions | None = None,
        checkpoint: Path | str | None = None,
    ) -> Self:
        """Learn from `sessions`; a second fit starts anew.

        Parameters
        ----------
        sessions, n_items, valid
            As in `SequenceModel.fit`. With `valid`, the best epoch is kept.
        checkpoint : Path, optional
            A file from which a run that was killed goes on; see `musicrec.training.train`.

        Raises
        ------
        InvalidArgument, InvalidData, UnknownName
            As `SequenceModel.fit`; InvalidArgument also for a checkpoint of other sessions or settings.
        TrainingFailed
            The loss is not finite.
        """
        self._checkpoint = checkpoint
        return super().fit(sessions, n_items=n_items, valid=valid)

    @abstractmethod
    def _new_network(self) -> NextItemNetwork:
        """A network for what `_shape` says, its weights drawn by torch's random state."""

    @property
    def _shape(self) -> tuple[int, int, float, ContextUse | None, ContextColumns | None]:
        """The arguments of `NextItemNetwork`."""
        return self.n_items_, self.factors, self.dropout, self.context, self._columns

    def _fit(self, sessions: Sessions, valid: Sessions | None) -> None:
        pieces = training_pieces(sessions, self.max_length)
        self._columns = None if self.context is None else ContextColumns(sessions.context)
        context = self._encoded(sessions.context)
        plays = np.bincount(sessions.items, minlength=self.n_items_)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = self._new_network()
        learner = Learner(network, NextItemLoss(self.loss, plays, self.negatives, self.alpha, self.penalty))

        def batches(epoch: int, generator: torch.Generator) -> Iterator[Batch]:
            for session, items, targets in step_batches(pieces, self.batch, generator):
                yield items, targets, *(part[session] for part in context)

        held = [] if valid is None else self._held_out(valid)
        self.history_ = training.train(
            learner,
            Learner.surprise,
            batches,
            validate=(lambda learner: self._metric(learner.network, held)) if held else None,
            epochs=self.epochs,
            lr=self.lr,
            weight_decay=self.weight_decay,
            patience=self.patience if held else None,
            seed=self.seed,
            device=self.device,
            checkpoint=self._checkpoint,
            identity="" if self._checkpoint is None else self._identity(sessions, valid),
            label=type(self).__name__,
        )
        self.network_ = network

    def _score_next(self, prefixes: Sessions, context: pd.DataFrame | None) -> np.ndarray:
        pieces = last_plays(prefixes, self.max_length)
        circumstances = self._encoded(context)
        read = torch.empty(len(prefixes), self.factors)
        with torch.no_grad():
            for rows in by_length(pieces.length, _READ_AT_ONCE, np.arange(len(prefixes))):
                items = pieces.padded(rows).clamp(min=0)
                steps = self.network_(items, *(part[rows] for part in circumstances))
                read[rows] = steps[torch.arange(len(rows)), torch.from_numpy(pieces.length[rows] - 1)]
            return self.network_.scores(read).numpy()

    def _encoded(self, context: pd.DataFrame | None) -> tuple[Tensor, ...]:
        return () if self._columns is None else self._columns.encode(context)

    def _identity(self, sessions: Sessions, valid: Sessions | None) -> str:
        """A digest of what a training learns from, so that a checkpoint of other sessions is refused."""
        state = hashlib.sha256(f"{self!r} {self.n_items_}".encode())
        for part in (sessions, *(() if valid is None else (valid,))):
            state.update(part.items.tobytes() + part.starts.tobytes())
            for column in self._encoded(part.context):
                state.update(column.numpy().tobytes())
        return state.hexdigest()[:16]

    def _held_out(self, valid: Sessions) -> list[Batch]:
        """The held-out steps that are looked at after each epoch, as batches."""
        pieces = training_pieces(valid, self.max_length)
        context = self._encoded(valid.context)
        each = math.ceil((pieces.length - 1).sum() / _VALIDATED)
        batches = []
        for rows in by_length(pieces.length, _READ_AT_ONCE, np.arange(0, len(pieces.first), each)):
            plays = pieces.padded(rows)
            session = pieces.session[rows]
            batches.append((plays[:, :-1].clamp(min=0), plays[:, 1:], *(part[session] for part in context)))
        return batches

    def _metric(self, network: NextItemNetwork, held: list[Batch]) -> float:
        device = network.bias.device
        unplayed = torch.from_numpy(np.flatnonzero(~self.known_items_)).to(device)
        ranks = torch.cat([_ranks(network, unplayed, *(part.to(device) for part in batch)) for batch in held])
        first = ranks <= _CUT
        return float((first / ranks if self.stop_by.startswith("mrr") else first.float()).mean())


class Learner(nn.Module):
    """A network and its loss, as `musicrec.training.train` takes them."""

    def __init__(self, network: NextItemNetwork, loss: NextItemLoss) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def surprise(self, batch: Batch) -> Tensor:
        """The mean loss of the steps of a batch."""
        items, targets, *context = batch
        there = targets >= 0
        hidden = self.network(items, *context)[there]
        return self.loss(hidden, targets[there], self.network.items.weight, self.network.bias)


def _ranks(
    network: NextItemNetwork, unplayed: Tensor, items: Tensor, targets: Tensor, *context: Tensor
) -> Tensor:
    """The place of each target among all items, from 1; those of the same score count as above it."""
    there = targets >= 0
    hidden, wanted = network(items, *context)[there], targets[there, None]
    at_once = max(1, _SCORES // len(network.bias))
    found = []
    for some, target in zip(hidden.split(at_once), wanted.split(at_once), strict=True):
        scores = network.scores(some)
        scores[:, unplayed] = -torch.inf
        found.append((scores >= scores.gather(1, target)).sum(dim=1))
    return torch.cat(found)
