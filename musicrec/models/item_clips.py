"""The sound of items, as the models of `musicrec.models.audio_factors` hear it: in crops and as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from musicrec.audio.augment import crop
from musicrec.errors import InvalidArgument, InvalidData
from musicrec.models.latent_factors import check_some

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from musicrec.audio import AudioLibrary
    from musicrec.models.inputs import SideInputs

_FRAMES = 96  # of a crop: four and a half seconds at the usual settings; another stretch of a clip each time
_AT_ONCE = 128  # clips heard as a whole


class ItemClips:
    """The mel spectrograms of the items that have sound, and which of them a model may learn from.

    Attributes
    ----------
    items : int array
        Codes of the items with sound.
    mel : float32 Tensor, shape (len(items), mels, frames)
        In dB.
    known : int array
        Codes of those that have listeners in train as well.
    """

    def __init__(self, items: np.ndarray, mel: np.ndarray, known: np.ndarray) -> None:
        self.items, self.mel, self.known = items, torch.from_numpy(mel), items[known[items]]
        self._place = np.full(len(known), -1)
        self._place[items] = np.arange(len(items))

    @classmethod
    def of(cls, side: SideInputs, items: pd.Index, known: np.ndarray, model: str) -> ItemClips:
        """The clips that a model was given.

        Raises
        ------
        InvalidArgument
            Where none were given.
        InvalidData
            Where no item with a listener in train has one.
        """
        library = side.item_audio
        if library is None:
            raise InvalidArgument(
                f"{model} listens to the items, and no sound was given. Pass it to fit, for example "
                "item_audio=ds.audio."
            )
        codes, mel = _sounds(library, items)
        found = cls(codes, mel, known)
        check_some(np.isin(np.arange(len(items)), found.known), "a sound in item_audio")
        return found

    def batches(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, np.ndarray]]:
        """Crops of the known clips in random order, with the codes of their items, as even as can be."""
        drawn = self.known[torch.randperm(len(self.known), generator=generator).numpy()]
        for items in np.array_split(drawn, max(1, round(len(drawn) / size))):
            mel = self.mel[torch.from_numpy(self._place[items])]
            yield crop(mel, min(_FRAMES, mel.shape[2]), generator), items

    def heard_by(self, network: nn.Module) -> np.ndarray:
        """What a network makes of each whole clip: float32, one row an item of `items`."""
        network.eval()
        device = next(network.parameters()).device
        with torch.no_grad():
            found = [network(mel.to(device)).cpu() for mel in self.mel.split(_AT_ONCE)]
        return torch.cat(found).numpy()


def _sounds(library: AudioLibrary, items: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Codes and mel spectrograms of the items that the library has a sound of."""
    codes = np.flatnonzero(items.isin(library.labels.difference(library.left_out.index)))
    try:
        return codes, library.mel(items[codes])
    except InvalidData:  # only now that they were to be measured does it know which have none
        codes = codes[~items[codes].isin(library.left_out.index)]
        return codes, library.mel(items[codes])
