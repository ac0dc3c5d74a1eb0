"""What the filters of a network respond to. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from musicrec.errors import InvalidArgument
from musicrec.models.clip_inputs import checked_clips
from musicrec.models.cnn import MelCNN
from musicrec.parameters import check_whole

_AT_ONCE = 64  # clips that go through the network together


class Excited(NamedTuple):
    """Where in some clips a filter responds most, strongest clip first."""

    clips: np.ndarray
    """Positions of the clips, int64 (k,)."""
    frames: np.ndarray
    """The middle of what excites the filter in each, int64 (k,)."""
    responses: np.ndarray
    """How strongly it responds there, float32 (k,)."""


def strongest_clips(
    network: MelCNN, mel: np.ndarray | Tensor, layer: int, channel: int, k: int = 3
) -> Excited:
    """The clips that excite one filter of a trained network most, and when.

    The response of a clip is the largest after the ReLU of the layer, over all bands and frames. What is
    found are sounds that exist, so they can be listened to: cut the clip around the frame. (Zeiler and Fergus
    2014, "Visualizing and Understanding Convolutional Networks", ECCV, show filters of images so.)
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    network : MelCNN
        As `ClipClassifier.network_` is.
    mel : float array, shape (n, mels, frames)
        Spectrograms in dB.
    layer, channel : int
        Which filter, each counted from 0.
    k : int
        How many clips, at most n.

    Raises
    ------
    InvalidArgument
        No such layer or channel, too many clips, or a network of another kind.
    InvalidData
        Clips that the network cannot take.
    """
    if not isinstance(network, MelCNN):
        raise InvalidArgument(
            f"The filters of a MelCNN can be looked at, found {type(network).__name__}. A fitted "
            "ClipClassifier holds its network as .network_."
        )
    clips = checked_clips(mel, 3, MelCNN.shortest, network.standardise.num_features)
    ends = [at for at, part in enumerate(network.body) if isinstance(part, nn.ReLU)]
    widths = [part.out_channels for part in network.body if isinstance(part, nn.Conv2d)]
    check_whole("k", k, least=1)
    check_whole("layer", layer, least=0)
    check_whole("channel", channel, least=0)
    if layer >= len(ends) or channel >= widths[layer] or k > len(clips):
        raise InvalidArgument(
            f"Asked for layer {layer}, channel {channel} and {k} clips. The layers have {widths} channels, "
            f"counted from 0, and there are {len(clips):,} clips."
        )
    seen, device = network.body[: ends[layer] + 1], next(network.parameters()).device
    network.eval()
    with torch.no_grad():
        responses = torch.cat(
            [
                seen(network.standardise(some.to(device))[:, None])[:, channel].amax(dim=1).cpu()
                for some in clips.split(_AT_ONCE)
            ]
        )  # (n, frames of the layer): the strongest band of each
    strength, when = responses.max(dim=1)
    first = strength.argsort(descending=True, stable=True)[:k]
    step = 2 ** (layer + 1)  # each layer halves the frames
    middle = (when[first] * step + step // 2).clamp(max=clips.shape[-1] - 1)
    return Excited(first.numpy(), middle.numpy(), strength[first].numpy())
