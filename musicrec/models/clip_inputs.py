"""What a network for clips is given, checked: spectrograms or waveforms, and what is to be told of them."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from musicrec.errors import InvalidData

_SHAPES = {2: "waveforms (n, samples)", 3: "spectrograms in dB (n, mels, frames)"}


def checked_clips(x: Any, dims: int, shortest: int, bands: int | None = None) -> torch.Tensor:
    """Clips as a float32 tensor, not copied where they are one, or such an array, already.

    Whole numbers are refused: a waveform of them would be 32,768 times as loud as the same one in floats.

    Parameters
    ----------
    x : array or tensor
        Waveforms (n, samples) where `dims` is 2, spectrograms (n, mels, frames) where it is 3.
    dims : {2, 3}
    shortest : int
        Samples or frames that a clip must have at least.
    bands : int, optional
        Mel bands that spectrograms must have; None for any number.

    Raises
    ------
    InvalidData
        Where they are of another shape or kind, too short, or not finite.
    """
    try:
        clips = torch.as_tensor(x)
        real = clips.is_floating_point()
    except (TypeError, ValueError, RuntimeError):
        clips, real = torch.empty(0), False
    if not real or clips.ndim != dims or not clips.numel():
        found = f"shape {tuple(clips.shape)}" if real else f"{type(x).__name__} that is no array of floats"
        raise InvalidData(
            f"The clips must be {_SHAPES[dims]}, at least one; found {found}. Put a single clip into an "
            "array of its own (x[None]); divide 16-bit samples by 32,768."
        )
    if bands is not None and clips.shape[1] != bands:
        raise InvalidData(
            f"The spectrograms have {clips.shape[1]} mel bands, and the network was made for {bands}. Make "
            "them with the settings of those that it was trained on."
        )
    if clips.shape[-1] < shortest:
        unit = "frames" if dims == 3 else "samples"
        raise InvalidData(
            f"The clips have {clips.shape[-1]:,} {unit}; this network needs {shortest:,} or more. Take "
            "longer clips."
        )
    clips = clips.float()
    bad = (~clips.flatten(1).sum(dim=1).isfinite()).nonzero()
    if len(bad):
        raise InvalidData(
            f"{len(bad):,} of {len(clips):,} clips hold NaN or infinite numbers, the first at position "
            f"{int(bad[0])}. Leave them out, or look at how they were read."
        )
    return clips


def checked_labels(labels: Any, clips: int) -> np.ndarray:
    """Labels as a flat array, one a clip; InvalidData where their number differs or some are missing."""
    try:
        found = pd.Series(labels).to_numpy()
    except ValueError as error:
        raise InvalidData(
            f"The labels must be a flat array, one a clip ({error}). Of one-hot rows take the argmax."
        ) from error
    _check_length(len(found), clips)
    missing = pd.isna(found)
    if missing.any():
        raise InvalidData(
            f"{missing.sum():,} of {clips:,} labels are missing, the first at position {missing.argmax()}. "
            "Leave those clips out."
        )
    return found


def checked_values(values: Any, clips: int) -> np.ndarray:
    """Values as a float64 array (n,) or (n, d), one row a clip; InvalidData where they are not."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidData(f"The targets are no numbers ({error}). Labels go to ClipClassifier.") from error
    if found.ndim not in (1, 2) or not found.size:
        raise InvalidData(
            f"The targets have shape {found.shape}; expected one number a clip (n,), or one row (n, d)."
        )
    _check_length(len(found), clips)
    if not np.isfinite(found).all():
        bad = ~np.isfinite(found.reshape(clips, -1)).all(axis=1)
        raise InvalidData(
            f"The targets of {bad.sum():,} of {clips:,} clips are NaN or infinite, the first at position "
            f"{bad.argmax()}. Leave those clips out."
        )
    return found


def _check_length(found: int, clips: int) -> None:
    if found != clips:
        raise InvalidData(f"There are {found:,} targets for {clips:,} clips; give one target a clip.")
