"""What a waveform must be before anything is measured on it: samples of sound, as real finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from musicrec.errors import InvalidData


def as_clips(waveforms: Any) -> np.ndarray | torch.Tensor:
    """One or several waveforms as rows, not copied where they are an array or tensor already.

    Parameters
    ----------
    waveforms : array or tensor, shape (n, samples) or (samples,)
        Samples as floating-point numbers, of which 1 is full scale.

    Returns
    -------
    array or tensor, shape (n, samples)
        The same samples. Whether they are finite is left to the caller, so that they are read once.

    Raises
    ------
    InvalidData
        Where the samples are whole numbers, no real numbers, of another shape, or none at all.
    """
    try:
        clips = waveforms if isinstance(waveforms, torch.Tensor | np.ndarray) else np.asarray(waveforms)
    except ValueError as error:
        raise InvalidData(
            f"The waveforms are no array of numbers ({error}). Crop or pad clips of several lengths to one."
        ) from error
    _check_kind(clips)
    if clips.ndim not in (1, 2):
        raise InvalidData(
            f"The waveforms have shape {tuple(clips.shape)}; expected (samples,) for one clip, or "
            "(clips, samples). Average the channels of stereo sound, and crop or pad clips to one length."
        )
    if not clips.shape[-1]:
        raise InvalidData("A clip holds no samples, so there is no sound in it. Leave it out.")
    return clips[None] if clips.ndim == 1 else clips


def _check_kind(clips: np.ndarray | torch.Tensor) -> None:
    if isinstance(clips, torch.Tensor):
        real = clips.dtype.is_floating_point
        whole = not real and not clips.dtype.is_complex and clips.dtype != torch.bool
    else:
        real, whole = clips.dtype.kind == "f", clips.dtype.kind in "iu"
    if whole:
        raise InvalidData(
            f"The samples are whole numbers ({clips.dtype}); expected floats of which 1 is full scale. "
            "Divide them by the largest that their type holds: 16-bit samples by 32768."
        )
    if not real:
        raise InvalidData(f"The samples are of type {clips.dtype}; expected floats of which 1 is full scale.")
