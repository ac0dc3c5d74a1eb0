"""The sound of items, as models are given it: which items have one, and which of them can be learnt from."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.clip_inputs import checked_clips
from musicrec.models.cnn import MelCNN
from musicrec.models.inputs import SideInputs

if TYPE_CHECKING:
    from musicrec.audio import AudioLibrary


class ItemSounds(NamedTuple):
    """Mel spectrograms of the items that have a sound.

    Attributes
    ----------
    items : int array
        Codes of the items.
    mel : float32 array, shape (len(items), mels, frames)
        In dB.
    known : bool array, shape (len(items),)
        Which of them have listeners in train.
    """

    items: np.ndarray
    mel: np.ndarray
    known: np.ndarray


def given_sounds(side: SideInputs, items: pd.Index, known: np.ndarray, model: str) -> ItemSounds:
    """The sounds that a model was given.

    Raises
    ------
    InvalidArgument
        Where none were given.
    InvalidData
        Where fewer than two items have a sound and a listener in train, or clips are not finite or too short
        for a `MelCNN`.
    """
    if side.item_audio is None:
        raise InvalidArgument(
            f"{model} listens to the items, and no sound was given. Pass it to fit, for example "
            "item_audio=ds.audio."
        )
    codes, mel = _measured(side.item_audio, items)
    found = ItemSounds(codes, mel, known[codes])
    if found.known.sum() < 2:
        raise InvalidData(
            f"Of the items with a listener in train {found.known.sum()} have a sound, too few to learn from: "
            "two are needed, or more. Check that item_audio is of the items that were listened to."
        )
    broken = codes[~np.isfinite(mel.sum(axis=(1, 2)))]
    if len(broken):
        raise InvalidData(
            f"{len(broken):,} of {len(codes):,} clips hold NaN or infinite numbers, the first is that of "
            f"item {items[broken].tolist()[0]!r}. Leave them out of item_audio, or look at how they were "
            "read."
        )
    checked_clips(mel, 3, MelCNN.shortest)
    return found


def _measured(library: "AudioLibrary", items: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    codes = np.flatnonzero(items.isin(library.labels.difference(library.left_out.index)))
    try:
        return codes, library.mel(items[codes])
    except InvalidData:  # a library finds out which clips cannot be used when it measures them
        codes = codes[~items[codes].isin(library.left_out.index)]
        return codes, library.mel(items[codes])
