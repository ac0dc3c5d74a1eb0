"""A convolutional network on the waveform itself. Explained in chapter 04_cnn_mel."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class WaveCNN(nn.Module):
    """Hears the samples as they are: filters over time only, each layer four times coarser than the last.

    No Fourier transform and no mel scale: what a spectrogram would give, the first layers have to learn. So
    do the networks of Lee et al. 2017, "Sample-level Deep Convolutional Neural Networks for Music
    Auto-tagging Using Raw Waveforms", SMC; this one is far smaller, and its first filters span
    more samples than theirs. Mean and maximum of each channel over the clip make clips of any length fit.
    Explained in chapter 04_cnn_mel.

    Parameters
    ----------
    outputs : int
        Numbers that come out: classes, or values to predict.
    channels : tuple of int
        Filters in each layer.
    embedding : int
        Numbers that describe a clip, one layer before the outputs.
    dropout : float
        Share of the embedding that is hidden in training.
    """

    shortest = 4096
    """Samples that a clip must have at least."""

    def __init__(
        self,
        outputs: int,
        channels: tuple[int, ...] = (32, 32, 64, 128, 128),
        embedding: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(1, channels[0], 64, stride=16, padding=24, bias=False)]
        for before, after in pairwise(channels):
            layers += [nn.BatchNorm1d(before), nn.ReLU()]
            layers += [nn.Conv1d(before, after, 8, stride=4, padding=2, bias=False)]
        self.body = nn.Sequential(*layers, nn.BatchNorm1d(channels[-1]), nn.ReLU())
        self.neck = nn.Sequential(nn.Linear(2 * channels[-1], embedding), nn.ReLU())
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(embedding, outputs)

    def embed(self, wave: torch.Tensor) -> torch.Tensor:
        """Waveforms (n, samples) to embeddings (n, embedding)."""
        heard = self.body(wave[:, None])
        return self.neck(torch.cat([heard.mean(dim=2), heard.amax(dim=2)], dim=1))

    def forward(self, wave: torch.Tensor) -> torch.Tensor:
        """Waveforms (n, samples) to outputs (n, outputs)."""
        return self.head(self.dropout(self.embed(wave)))
