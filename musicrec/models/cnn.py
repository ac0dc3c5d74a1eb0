"""A convolutional network on mel spectrograms. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class MelCNN(nn.Module):
    """Hears a clip as a picture of sound: filters over pitch and time, each layer coarser than the last.

    Each band is standardised. Each layer is a convolution, the maximum of each 2x2 cells, batch normalisation
    and ReLU; the first convolution is 5x5 at every second band, the others are 3x3. The mean and the maximum
    of each channel over the clip describe it, so that clips of any length fit.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    outputs : int
        Numbers that come out: classes, or values to predict.
    mels : int
        Bands of the spectrogram.
    channels : tuple of int
        Filters in each layer.
    embedding : int
        Numbers that describe a clip, one layer before the outputs.
    dropout : float
        Share of the embedding that is hidden in training.
    """

    shortest = 8
    """Frames that a clip must have at least."""

    def __init__(
        self,
        outputs: int,
        mels: int = 64,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        embedding: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm1d(mels, affine=False, momentum=None)  # the mean of all batches
        layers: list[nn.Module] = []
        for before, after in pairwise((1, *channels)):
            size, step = (5, (2, 1)) if before == 1 else (3, (1, 1))
            layers.append(nn.Conv2d(before, after, size, step, padding=size // 2, bias=False))
            layers.append(nn.MaxPool2d(2, ceil_mode=True))  # before the rest: four times less to normalise
            layers += [nn.BatchNorm2d(after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        nn.utils.convert_conv2d_weight_memory_format(self.body, torch.channels_last)  # faster on a CPU
        self.neck = nn.Sequential(nn.Linear(2 * channels[-1], embedding), nn.ReLU())
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(embedding, outputs)

    def embed(self, mel: torch.Tensor) -> torch.Tensor:
        """Mel spectrograms in dB (n, mels, frames) to embeddings (n, embedding)."""
        seen = self.body(self.standardise(mel)[:, None])
        return self.neck(torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """Mel spectrograms in dB (n, mels, frames) to outputs (n, outputs)."""
        return self.head(self.dropout(self.embed(mel)))
