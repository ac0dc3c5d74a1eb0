"""Sound: mel spectrograms against librosa, and how much faster than it sounds music is rendered.

- `log_mel` against librosa's melspectrogram and power_to_db: the same clips of noise and tones, the same
  settings (those of the book), on one thread; once with librosa called clip by clip, as most programs do,
  and once with all clips in one call. Levels must agree to a thousandth of a decibel.
- `render` has no peer. Pieces from all over the Songbook are arranged, and the densest ten seconds of each
  are rendered; a line below the table says how many seconds of sound come out of a second of the processor.
  The recorded notes that a clip needs are prepared on first use; that is in no figure.
"""

import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from benchmarks.rounds import ROUNDS, Pair, same_values
from musicrec.audio import MelSettings, arrangement, log_mel, score
from musicrec.audio.render import SAMPLE_RATE, densest, render

SECONDS = 10.0
TOLERANCE = 1e-3  # dB


def pairs(clips: int = 50, pieces: int = 24) -> Iterator[Pair | str]:
    """What to measure; the line of text says how fast music is rendered."""
    waveforms = sounds(clips)
    yield mel(waveforms, all_at_once=False)
    yield mel(waveforms, all_at_once=True)
    yield rendering(pieces)


def sounds(clips: int) -> np.ndarray:
    """Clips of three tones each in noise, float32, (clips, samples)."""
    rng = np.random.default_rng(0)
    moments = np.arange(round(SECONDS * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    found = 0.02 * rng.standard_normal((clips, len(moments)), dtype=np.float32)
    for clip in found:
        for frequency in rng.uniform(100, 4000, size=3):
            clip += 0.1 * np.sin(2 * np.pi * np.float32(frequency) * moments)
    return found


def mel(waveforms: np.ndarray, *, all_at_once: bool, settings: MelSettings | None = None) -> Pair:
    import librosa  # here, since it takes seconds to load

    settings = settings or MelSettings()

    def theirs(sound: np.ndarray) -> np.ndarray:
        power = librosa.feature.melspectrogram(
            y=sound, sr=settings.sample_rate, n_fft=settings.n_fft, hop_length=settings.hop,
            n_mels=settings.mels, pad_mode="constant",
        )  # fmt: skip
        return librosa.power_to_db(power, amin=10 ** (settings.floor_db / 10), top_db=None)

    return Pair(
        what=f"mel spectrograms, {len(waveforms)} clips of {SECONDS:g} s",
        peer="librosa, all clips in one call" if all_at_once else "librosa, clip by clip",
        ours=lambda: log_mel(waveforms, settings).numpy(),
        theirs=lambda: theirs(waveforms) if all_at_once else np.stack([theirs(clip) for clip in waveforms]),
        agree=lambda mine, other: same_values({"levels": mine}, {"levels": other}, TOLERANCE),
    )


def rendering(pieces: int, rounds: int = ROUNDS) -> str:
    """How many seconds of music a second of the processor renders."""
    catalogue = score.catalogue()
    names = catalogue.index[np.linspace(0, len(catalogue) - 1, pieces).astype(int)]
    scores, rows = score.read_pieces(names).complete(), arrangement.draw(names)
    clips = [densest(arrangement.arrange(scores[name], rows.loc[name]), SECONDS) for name in names]
    factors = []
    for _ in range(rounds + 1):
        started = time.process_time()
        for clip in clips:
            render(clip, seconds=SECONDS)
        factors.append(len(clips) * SECONDS / (time.process_time() - started))
    timed = factors[1:]  # the first prepares the recorded notes
    return (
        f"rendering, {len(clips)} clips of {SECONDS:g} s: {median(timed):,.0f} times as fast as it sounds on "
        f"one core (from {min(timed):,.0f} to {max(timed):,.0f} in {rounds} rounds)"
    )
