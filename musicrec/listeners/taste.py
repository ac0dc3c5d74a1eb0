"""What a listener likes: a utility that is a stated sum of five parts.

    utility(listener, piece, mood) = heard + scene + fame + personal + mood

Each part has mean 0 over the pieces for every listener; its share of the variance is a dial, and the dials
sum to 1. Explained in chapter 01_listening_data.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from musicrec.errors import InvalidData
from musicrec.listeners import draws
from musicrec.listeners.dials import Dials

# What is heard falls in two groups. The first goes along with what a catalogue knows (style, instruments),
# but for loudness, of which it knows nothing. The second is decided more by how a piece is played:
# articulation wholly, register mostly, density half.
LISTED = ("tempo_bpm", "mode", "triple", "rhythm_variety", "chromaticism", "brightness", "attack", "loudness")
UNLISTED = ("articulation", "note_rate", "register")
_PAIRS = {
    LISTED: (
        ("tempo_bpm", "mode"),
        ("tempo_bpm", "triple"),
        ("brightness", "attack"),
        ("rhythm_variety", "loudness"),
    ),
    UNLISTED: (("articulation", "note_rate"), ("note_rate", "register"), ("articulation", "register")),
}

# A mood is a point in the plane of valence (unpleasant to pleasant) and arousal (quiet to excited).
MOODS = {"happy": (1.0, 1.0), "relaxed": (1.0, -1.0), "sad": (-1.0, -1.0), "tense": (-1.0, 1.0)}
# Our assumption, not a finding: fast, busy, loud and struck music excites; major, high and detached music
# cheers.
_AROUSAL = (("tempo_bpm", 1.0), ("note_rate", 1.0), ("loudness", 1.0), ("attack", 0.5))
_VALENCE = (("mode", 1.0), ("register", 0.5), ("articulation", -0.5))

N_SCENES = 10


class Taste:
    """The utilities of a whole world, computed a listener at a time.

    Parameters
    ----------
    sound
        One row a piece: how it sounds (`musicrec.audio.sound.describe`), finite numbers in the columns
        `LISTED` and `UNLISTED`. At least two pieces.
    dials
        How much each part counts.
    seed
        Decides the fame and scene of the pieces and the taste of every listener.

    Attributes
    ----------
    fame : array of shape (n_items,)
        How well known a piece is, standardised.
    scenes : array of shape (n_items, N_SCENES)
        How much a piece belongs to each community, in [0, 1].
    valence, arousal : arrays of shape (n_items,)
        Where a piece lies in the plane of the moods, standardised over the pieces.
    moods : array of shape (4, n_items)
        How well a piece fits each of `MOODS`, standardised over the pieces.

    Raises
    ------
    InvalidData
        A column is missing, a number is not finite, or there are fewer than two pieces.

    Notes
    -----
    A listener's taste comes from her own random numbers and from the pieces, never from another listener.
    Nothing is multiplied by BLAS, and utilities are rounded to 1e-6, so that machines agree.
    Explained in chapter 01_listening_data.
    """

    def __init__(self, sound: pd.DataFrame, dials: Dials, seed: int) -> None:
        missing = sorted(set(LISTED + UNLISTED) - set(sound.columns))
        if missing:
            raise InvalidData(
                f"The sound table lacks {', '.join(missing)}. Make it with audio.sound.describe."
            )
        values = sound[list(LISTED + UNLISTED)].to_numpy(dtype=np.float64).T
        if values.shape[1] < 2 or not np.isfinite(values).all():
            raise InvalidData(
                f"Taste needs at least 2 pieces and finite numbers; found {values.shape[1]} pieces, "
                f"{int((~np.isfinite(values)).sum())} numbers not finite. Leave out the pieces that failed."
            )
        self.dials, self.seed, self.n_items = dials, seed, values.shape[1]
        z = np.clip(np.round(draws.centred(values), 6), -2.5, 2.5)
        self._z = dict(zip(LISTED + UNLISTED, z, strict=True))
        rng = draws.generator(seed, draws.PIECES)
        self.fame = np.round(draws.centred(draws.normal(rng.random(self.n_items))), 6)
        self.scenes = self._draw_scenes(rng)
        self.valence, self.arousal = (self._blend(weights) for weights in (_VALENCE, _AROUSAL))
        self.moods = np.round(
            draws.centred(np.stack([v * self.valence + a * self.arousal for v, a in MOODS.values()])), 6
        )

    def _blend(self, weights: tuple[tuple[str, float], ...]) -> np.ndarray:
        return draws.centred(np.stack([weight * self._z[name] for name, weight in weights]).sum(axis=0))

    def _draw_scenes(self, rng: np.random.Generator) -> np.ndarray:
        """A home scene a piece, drawn without a look at the music; three in ten have one foot in another."""
        home, other = (rng.random((2, self.n_items)) * N_SCENES).astype(np.int64)
        scenes = np.zeros((self.n_items, N_SCENES))
        bridges = rng.random(self.n_items) < 0.3
        scenes[np.flatnonzero(bridges), other[bridges]] = 0.5
        scenes[np.arange(self.n_items), home] = 1.0
        return scenes

    def _heard(self, names: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
        """An ideal point for each variable, nearness to which counts by a bell curve, and pairs."""
        z = np.stack([self._z[name] for name in names])
        ideal, weight = draws.normal(rng.random(len(names))), 0.5 + rng.random(len(names))
        near = np.exp(-0.5 * (z - ideal[:, None]) ** 2)
        pairs = np.stack([self._z[a] * self._z[b] for a, b in _PAIRS[names]])
        liking = draws.normal(rng.random(len(pairs)))
        liked = draws.centred(near) * weight[:, None]
        return draws.centred(
            liked.sum(axis=0) + (0.6 * liking[:, None] * draws.centred(np.tanh(pairs))).sum(axis=0)
        )

    def parts(self, user: int) -> dict[str, np.ndarray]:
        """The parts of a listener's utility but for mood, each of shape (n_items,); they add up to `utility`.

        The key ``mood`` holds her sensitivity times `moods`, of shape (4, n_items): one row is added in a
        session.
        """
        dials, rng = self.dials, draws.generator(self.seed, draws.TASTE, user)
        heard = np.sqrt(1 - dials.unlisted) * self._heard(LISTED, rng) + np.sqrt(
            dials.unlisted
        ) * self._heard(UNLISTED, rng)
        affinity = np.zeros(N_SCENES)
        home, second = (rng.random(2) * N_SCENES).astype(np.int64)
        affinity[second] = 0.5
        affinity[home] = 1.0
        scene = (self.scenes * affinity).sum(axis=1)
        # between half and three halves, with a mean square of 1 so that the shares come out as stated
        follows_fame, follows_mood = (0.5 + rng.random(2)) / np.sqrt(13 / 12)
        personal = draws.normal(rng.random(self.n_items))
        return {
            "heard": np.sqrt(dials.heard) * draws.centred(heard),
            "scene": np.sqrt(dials.scene) * draws.centred(scene),
            "fame": np.sqrt(dials.fame) * follows_fame * self.fame,
            "personal": np.sqrt(dials.personal) * draws.centred(personal),
            "mood": np.sqrt(dials.mood) * follows_mood * self.moods,
        }

    def utility(self, user: int) -> tuple[np.ndarray, np.ndarray]:
        """A listener's lasting utility of each piece, (n_items,), and what each mood adds, (4, n_items).

        Both are rounded to 1e-6.
        """
        parts = self.parts(user)
        lasting = parts["heard"] + parts["scene"] + parts["fame"] + parts["personal"]
        return np.round(lasting, 6), np.round(parts["mood"], 6)
