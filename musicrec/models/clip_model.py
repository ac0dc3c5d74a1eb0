"""What the classifier and the regressor of clips share. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

import copy
import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from musicrec import training
from musicrec.audio import augment as augmentation
from musicrec.errors import InvalidArgument
from musicrec.models.clip_inputs import checked_clips
from musicrec.models.cnn import MelCNN
from musicrec.models.image_backbone import ImageBackbone
from musicrec.models.wave_cnn import WaveCNN
from musicrec.parameters import check_choice, check_whole
from musicrec.training.devices import make_fabric

Network = Literal["mel", "wave", "image"]
Augment = Callable[[Tensor, torch.Generator], Tensor]
_AT_ONCE = 64  # clips that go through a network together outside training


# A network for clips has embed(clips) -> (n, embedding), head, and forward; it takes clips of any length from
# `shortest` on. A new one goes into _KINDS and Network here, and into the docstring of ClipModel.
class _Kind(NamedTuple):
    new: Callable[[int, Tensor], nn.Module]  # of the number of outputs and some clips
    dims: int  # axes of its clips: (n, mels, frames) or (n, samples)
    shortest: int  # frames or samples that a clip must have
    crop: int | None  # frames or samples heard in training; None for all


_KINDS = {
    "mel": _Kind(lambda outputs, clips: MelCNN(outputs, mels=clips.shape[1]), 3, MelCNN.shortest, 96),
    "wave": _Kind(lambda outputs, clips: WaveCNN(outputs), 2, WaveCNN.shortest, 55_125),
    "image": _Kind(lambda outputs, clips: ImageBackbone(outputs), 3, 1, None),
}


class ClipModel(ABC):
    """A network that is trained on crops of clips and asked about whole ones.

    Training takes another crop of each clip in each epoch. Clips of any length are then judged whole, since
    each network ends in an average over time. Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    network : {"mel", "wave", "image"}
        `MelCNN` or `ImageBackbone`, on spectrograms in dB (n, mels, frames), or `WaveCNN`, on waveforms
        (n, samples).
    body : ClipModel or torch.nn.Module, optional
        A fitted model, or its network, to start from; a copy of it gets a new head. It must take the clips
        that `network` takes.
    frozen : bool
        Train only the head, a linear layer on the embeddings that the body gives for whole clips. For a
        `body`, or for "image", whose body comes trained.
    epochs, lr, weight_decay, patience, device, precision
        Of `musicrec.training.train`.
    batch : int
        Clips a step, two or more.
    crop : int, optional
        Frames (or samples) heard of each clip in each epoch. None for the usual: 96 frames of a spectrogram
        (4.5 seconds), 55,125 samples of a waveform (2.5 seconds), whole clips for "image". Shorter clips are
        heard whole.
    augment : callable, optional
        ``augment(crops, generator)`` changes crops (n, mels, frames) in dB, or (n, samples), at random, as
        `musicrec.audio.spec_augment` does. Not for `frozen`, nor is `crop`.
    seed : int
        For the weights at the start, the order of clips, crops and dropout. The same seed gives the same
        network, on one machine to the last bit.

    Attributes
    ----------
    network_ : torch.nn.Module
    history_ : musicrec.training.history.History
        Loss and, where `valid` was given, metric of each epoch.
    """

    network_: nn.Module
    history_: training.History
    outputs_: int
    bands_: int | None

    def __init__(
        self,
        network: Network = "mel",
        *,
        body: ClipModel | nn.Module | None = None,
        frozen: bool = False,
        epochs: int = 12,
        lr: float = 3e-3,
        weight_decay: float = 0.01,
        patience: int | None = None,
        batch: int = 32,
        crop: int | None = None,
        augment: Augment | None = None,
        device: str = "cpu",
        precision: str = "32-true",
        seed: int = 0,
    ) -> None:
        check_choice("network", network, tuple(_KINDS))
        check_whole("batch", batch, least=2)
        if crop is not None:
            check_whole("crop", crop, least=_KINDS[network].shortest)
        check_whole("seed", seed, least=0)
        if frozen and body is None and network != "image":
            raise InvalidArgument(
                f"frozen=True trains the head alone, but the body of a new {network!r} network knows nothing "
                "yet. Pass a trained one as body=, or take network='image', which comes trained."
            )
        if frozen and (augment is not None or crop is not None):
            raise InvalidArgument(
                "frozen=True asks the body once for each whole clip, so that crop and augment mean nothing. "
                "Leave them out, or train the body too."
            )
        if isinstance(body, ClipModel) and not hasattr(body, "network_"):
            raise InvalidArgument(
                "The body is a model that has not been fitted: call .fit(x, targets) on it first."
            )
        training.job.Settings(
            epochs=epochs, lr=lr, weight_decay=weight_decay, patience=patience, precision=precision, seed=seed
        )
        self.network, self.body, self.frozen = network, body, frozen
        self.batch, self.crop, self.augment = batch, crop or _KINDS[network].crop, augment
        self.settings: dict[str, Any] = {
            "epochs": epochs, "lr": lr, "weight_decay": weight_decay, "patience": patience,
            "device": device, "precision": precision, "seed": seed,
        }  # fmt: skip

    @property
    def _kind(self) -> _Kind:
        return _KINDS[self.network]

    @abstractmethod
    def _learn_targets(self, targets: Any, clips: int) -> Tensor:
        """Targets of training, encoded; sets `outputs_` and keeps what the others are encoded by."""

    @abstractmethod
    def _encode(self, targets: Any, clips: int) -> Tensor:
        """Targets of held-out clips, as the loss wants them."""

    @abstractmethod
    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of some clips."""

    @abstractmethod
    def _metric(self, outputs: Tensor, targets: Tensor) -> float:
        """How well held-out clips are told, higher is better."""

    def fit(
        self,
        x: np.ndarray | Tensor,
        targets: Any,
        *,
        valid: tuple[np.ndarray | Tensor, Any] | None = None,
        checkpoint: Path | str | None = None,
    ) -> Self:
        """Learn from clips and what is to be told of them; a second fit starts anew.

        Parameters
        ----------
        x : float array, shape (n, mels, frames) or (n, samples)
            Spectrograms in dB, or waveforms for the network "wave".
        targets : array, n rows
            A label a clip for `ClipClassifier`; a number, or a row of numbers, for `ClipRegressor`.
        valid : (x, targets), optional
            Held-out clips; the weights of the epoch that tells them best are kept.
        checkpoint : Path, optional
            A file from which a run that was killed goes on; see `musicrec.training.train`.

        Raises
        ------
        InvalidData
            Clips of another shape, too short or not finite; targets of another number, missing or all alike.
        UnknownName
            A label of `valid` that is not among those of `targets`.
        InvalidArgument
            A setting out of range, or a body that does not fit.
        TrainingFailed
            The loss is not finite.
        """
        clips = checked_clips(x, self._kind.dims, self._kind.shortest)
        vars(self).pop("network_", None)  # after a fit that fails nothing old answers
        wanted = self._learn_targets(targets, len(clips))
        network = self._new_network(clips)
        self.bands_ = clips.shape[1] if clips.ndim == 3 else None
        held = None
        if valid is not None:
            held_clips = self._checked(valid[0])
            held = held_clips, self._encode(valid[1], len(held_clips))
        trained: Any = network
        if self.frozen:  # the body gives the same each time, so it is asked once
            trained, clips = network.head, _through(network.embed, clips, network)
            held = held and (_through(network.embed, held[0], network), held[1])
        self.history_ = training.train(
            trained,
            lambda module, batch: self._loss(module(batch[0]), batch[1]),
            lambda epoch, generator: self._batches(clips, wanted, generator),
            validate=held and (lambda module: self._metric(_through(module, held[0], module), held[1])),
            checkpoint=checkpoint,
            identity="" if checkpoint is None else self._identity(clips, wanted, held),
            label=type(self).__name__,
            **self.settings,
        )
        self.network_ = network
        return self

    def embed(self, x: np.ndarray | Tensor) -> np.ndarray:
        """Embeddings of clips, float32 (n, d): what the network says of them one layer before its outputs."""
        return self._asked("embed", x).numpy()

    def _new_network(self, clips: Tensor) -> Any:
        """A network with weights drawn by the seed, or a copy of the body; its head is new."""
        seed, device, precision = (self.settings[name] for name in ("seed", "device", "precision"))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            body = self.body.network_ if isinstance(self.body, ClipModel) else self.body
            network: Any = copy.deepcopy(body) or self._kind.new(self.outputs_, clips)
            network.eval()
            try:
                width = _through(network.embed, clips[:1], network).shape[1]
            except (AttributeError, RuntimeError, ValueError) as error:
                raise InvalidArgument(
                    f"The body does not take clips of shape {tuple(clips.shape[1:])} ({error}). It must be a "
                    "network with embed and head, or a fitted model, made for clips such as these."
                ) from error
            head = nn.Linear(width, self.outputs_)
            network.head = (
                nn.Sequential(nn.BatchNorm1d(width, affine=False, momentum=None), head)
                if self.frozen
                else head
            )
        return network.to(make_fabric(device, precision, 1).device)

    def _identity(self, clips: Tensor, wanted: Tensor, held: tuple[Tensor, Tensor] | None) -> str:
        """A digest of what a training learns from, so that a checkpoint of other clips is refused."""
        augment = getattr(self.augment, "__qualname__", type(self.augment).__name__)
        state = hashlib.sha256(f"{type(self).__name__} {self.batch} {self.crop} {augment}".encode())
        for part in (clips, wanted, *(held or ())):
            state.update(part.contiguous().numpy())
        return state.hexdigest()[:16]

    def _batches(self, clips: Tensor, wanted: Tensor, generator: torch.Generator) -> Iterator[Any]:
        order = torch.randperm(len(clips), generator=generator)
        parts = min(math.ceil(len(clips) / self.batch), len(clips) // 2)  # batch statistics need two clips
        for chosen in order.tensor_split(max(1, parts)):
            heard = clips[chosen]
            if not self.frozen:
                if self.crop is not None and self.crop < heard.shape[-1]:
                    heard = augmentation.crop(heard, self.crop, generator)
                if self.augment is not None:
                    heard = self.augment(heard, generator)
            yield heard, wanted[chosen]

    def _asked(self, what: str, x: np.ndarray | Tensor) -> Tensor:
        if not hasattr(self, "network_"):
            raise InvalidArgument(
                f"This {type(self).__name__} has not been fitted: call .fit(x, targets) first."
            )
        function: Any = getattr(self.network_, what)
        return _through(function, self._checked(x), self.network_)

    def _checked(self, x: np.ndarray | Tensor) -> Tensor:
        return checked_clips(x, self._kind.dims, self._kind.shortest, self.bands_)


def _through(function: Callable[[Tensor], Tensor], inputs: Tensor, module: nn.Module) -> Tensor:
    """What a function of a module, on its device, gives for all inputs, a few at a time."""
    device = next(module.parameters()).device
    with torch.no_grad():
        return torch.cat([function(some.to(device)).cpu() for some in inputs.split(_AT_ONCE)])
