"""Classes and numbers told from clips of sound. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from musicrec.errors import InvalidData, UnknownName
from musicrec.models.clip_inputs import checked_labels, checked_values
from musicrec.models.clip_model import ClipModel


class ClipClassifier(ClipModel):
    """Which class a clip is of, such as its style.

    Settings, `fit` and `embed` are those of `ClipModel`; the loss is the cross entropy, the metric of
    held-out clips the share told right. Explained in chapter 04_cnn_mel.

    Attributes
    ----------
    classes_ : array
        The labels, sorted.
    """

    classes_: np.ndarray

    def predict(self, x: np.ndarray | Tensor) -> np.ndarray:
        """The likeliest label of each clip."""
        likeliest = self.predict_proba(x).argmax(axis=1)
        return self.classes_[likeliest]

    def predict_proba(self, x: np.ndarray | Tensor) -> np.ndarray:
        """Probabilities (n, classes), float32, in the order of `classes_`."""
        return self._asked("forward", x).softmax(dim=1).numpy()

    def _learn_targets(self, targets: Any, clips: int) -> Tensor:
        labels = checked_labels(targets, clips)
        try:
            self.classes_, codes = np.unique(labels, return_inverse=True)
        except TypeError as error:
            raise InvalidData(
                f"The labels are of kinds that have no order ({error}). Use one kind."
            ) from error
        if len(self.classes_) < 2:
            raise InvalidData(
                f"All {clips:,} clips have the label {labels[0]!r}, so there is nothing to tell apart. Give "
                "clips of two classes or more."
            )
        self.outputs_ = len(self.classes_)
        return torch.from_numpy(codes)

    def _encode(self, targets: Any, clips: int) -> Tensor:
        labels = checked_labels(targets, clips)
        known = {label: code for code, label in enumerate(self.classes_.tolist())}
        unseen = [label for label in labels.tolist() if label not in known]
        if unseen:
            raise UnknownName(
                f"{len(unseen):,} held-out clips have labels that no clip of training has, first "
                f"{unseen[0]!r}. Cut so that each class is in training, or leave those clips out."
            )
        return torch.tensor([known[label] for label in labels.tolist()])

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(outputs, targets)

    def _metric(self, outputs: Tensor, targets: Tensor) -> float:
        return float((outputs.argmax(dim=1) == targets).float().mean())


class ClipRegressor(ClipModel):
    """One or several numbers told from a clip, such as its valence and arousal.

    Settings, `fit` and `embed` are those of `ClipModel`. Each number is standardised in training; the loss is
    the mean squared error, the metric of held-out clips R² against the mean of training, averaged over the
    numbers. Explained in chapter 04_cnn_mel.
    """

    def predict(self, x: np.ndarray | Tensor) -> np.ndarray:
        """Numbers told from each clip, float64, (n,) or (n, d) as the targets were."""
        told = self._asked("forward", x).double().numpy() * self._spread + self._mean
        return told[:, 0] if self._flat else told

    def _learn_targets(self, targets: Any, clips: int) -> Tensor:
        values = checked_values(targets, clips)
        self._flat = values.ndim == 1
        table = values.reshape(clips, -1)
        self._mean, self._spread = table.mean(axis=0), table.std(axis=0)
        if not (self._spread > 1e-9 * np.abs(self._mean)).all():
            same = int(np.argmin(self._spread))
            raise InvalidData(
                f"All {clips:,} clips have the target {table[0, same]:g} (column {same}), so there is "
                "nothing to tell apart. Leave it out."
            )
        self.outputs_ = table.shape[1]
        return self._encode(values, clips)

    def _encode(self, targets: Any, clips: int) -> Tensor:
        table = checked_values(targets, clips).reshape(clips, -1)
        if table.shape[1] != self.outputs_:
            raise InvalidData(
                f"Held-out clips have {table.shape[1]} targets each and those of training {self.outputs_}. "
                "Give the same."
            )
        return torch.from_numpy(((table - self._mean) / self._spread).astype(np.float32))

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return functional.mse_loss(outputs, targets)

    def _metric(self, outputs: Tensor, targets: Tensor) -> float:
        return float((1 - (outputs - targets).square().mean(dim=0) / targets.square().mean(dim=0)).mean())
