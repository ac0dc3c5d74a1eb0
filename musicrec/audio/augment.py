"""Augmentation: clips changed at random, in ways that leave what they are unchanged, so that a network that
never sees the same one twice learns less by heart. Explained in chapter 04_cnn_mel.

Each function takes a batch and a random generator and returns a new batch; the generator decides all, so the
same generator state gives the same batch.
"""

from __future__ import annotations

import torch

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.parameters import check_whole


def spec_augment(
    mel: torch.Tensor, generator: torch.Generator, *, time: int = 16, bands: int = 8, masks: int = 2
) -> torch.Tensor:
    """Bands and moments of each clip hidden at random (SpecAugment).

    Masks in frequency and in time as in Park et al., "SpecAugment: A Simple Data Augmentation Method for
    Automatic Speech Recognition", Interspeech 2019, section 2. Their time warping is left out: of the
    three it helps least and costs most, as they found (section 5).

    A mask puts the clip's mean level in the place of its cells. Zero, which the paper uses too, is the mean
    there, since its spectrograms have mean 0; in dB zero is louder than most music, and the floor would teach
    the network that silences are many.

    Parameters
    ----------
    mel : torch.Tensor, shape (n, mels, frames)
        Levels in dB.
    generator : torch.Generator
        Decides how wide each mask is and where it lies, for each clip anew.
    time, bands : int
        The widest mask in frames and in bands; widths from 0 to this are equally likely.
    masks : int
        Number of masks of either kind; they may overlap.

    Returns
    -------
    torch.Tensor, shape (n, mels, frames)
        A new batch; cells outside the masks are as they were.

    Raises
    ------
    InvalidData, InvalidArgument
        Where `mel` is no such batch, or a mask could be wider than the clip.
    """
    _check(mel, generator, dims=3)
    check_whole("time", time, 0, mel.shape[2], unit="frames")
    check_whole("bands", bands, 0, mel.shape[1])
    check_whole("masks", masks, 0)
    hidden_bands = _masks(mel.shape[0], mel.shape[1], bands, masks, generator).to(mel.device)
    hidden_frames = _masks(mel.shape[0], mel.shape[2], time, masks, generator).to(mel.device)
    hidden = hidden_bands[:, :, None] | hidden_frames[:, None, :]
    return torch.where(hidden, mel.mean(dim=(1, 2), keepdim=True), mel)


def crop(clips: torch.Tensor, length: int, generator: torch.Generator) -> torch.Tensor:
    """A stretch of each clip, begun at random: what a clip is can be heard in any part of it.

    Parameters
    ----------
    clips : torch.Tensor, shape (n, ..., frames)
        Mel spectrograms, or waveforms of shape (n, samples).
    length : int
        Frames (or samples) to keep.
    generator : torch.Generator
        Decides where each stretch begins; every place is equally likely.

    Returns
    -------
    torch.Tensor, shape (n, ..., length)

    Raises
    ------
    InvalidData, InvalidArgument
        Where `clips` is no batch of clips, or shorter than `length`.
    """
    _check(clips, generator)
    check_whole("length", length, 1, clips.shape[-1], unit="frames or samples")
    begins = _whole((len(clips),), clips.shape[-1] - length, generator).tolist()
    if not begins:
        return clips[..., :length].clone()
    return torch.stack([clip[..., at : at + length] for clip, at in zip(clips, begins, strict=True)])


def shift(mel: torch.Tensor, bins: int, generator: torch.Generator) -> torch.Tensor:
    """Each clip moved up or down the mel axis by a few bands: about what playing it higher or lower does.

    Parameters
    ----------
    mel : torch.Tensor, shape (n, mels, frames)
        Levels in dB.
    bins : int
        The furthest move; from that many bands down to that many up, all are equally likely.
    generator : torch.Generator
        Decides the move of each clip.

    Returns
    -------
    torch.Tensor, shape (n, mels, frames)
        A new batch. Bands that come from beyond the edge are copies of the band at the edge.

    Raises
    ------
    InvalidData, InvalidArgument
        Where `mel` is no such batch, or `bins` is more than it has bands.
    """
    _check(mel, generator, dims=3)
    check_whole("bins", bins, 0, mel.shape[1], unit="bands")
    moves = _whole((len(mel),), 2 * bins, generator).to(mel.device) - bins
    source = torch.arange(mel.shape[1], device=mel.device) - moves[:, None]
    source = source.clamp_(0, mel.shape[1] - 1)
    return mel.gather(1, source[:, :, None].expand_as(mel))


def _masks(n: int, size: int, widest: int, masks: int, generator: torch.Generator) -> torch.Tensor:
    """Which of `size` places the masks hide, for each of `n` clips: booleans, shape (n, size)."""
    widths = _whole((n, masks), widest, generator)
    chance = torch.rand(widths.shape, generator=generator, device=generator.device, dtype=torch.float64)
    begins = (chance * (size - widths + 1)).long()
    places = torch.arange(size, device=widths.device)
    hidden = (places >= begins[..., None]) & (places < (begins + widths)[..., None])
    return hidden.any(dim=1)


def _whole(shape: tuple[int, ...], largest: int, generator: torch.Generator) -> torch.Tensor:
    """Whole numbers from 0 to `largest`, both included."""
    return torch.randint(largest + 1, shape, generator=generator, device=generator.device)


def _check(clips: torch.Tensor, generator: torch.Generator, dims: int | None = None) -> None:
    expected = "(n, mels, frames)" if dims else "(n, ..., frames)"
    if not isinstance(clips, torch.Tensor) or not clips.is_floating_point():
        found = clips.dtype if isinstance(clips, torch.Tensor) else type(clips).__name__
        raise InvalidData(
            f"Found {found}; augmentation works on a torch tensor of floats, shape {expected}. Make one with "
            "torch.as_tensor(..., dtype=torch.float32)."
        )
    if clips.ndim < 2 or (dims and clips.ndim != dims):
        raise InvalidData(
            f"The clips have shape {tuple(clips.shape)}; expected {expected}. Add an axis: clips[None]."
        )
    if not isinstance(generator, torch.Generator):
        raise InvalidArgument(
            f"generator is of type {type(generator).__name__}; expected a torch.Generator, so that the "
            "result can be had again. Make one with torch.Generator().manual_seed(0)."
        )
