"""Mel spectrograms: how strong a sound is, band by band and moment by moment, in decibels.

Five steps, each of which chapter 04_cnn_mel takes by hand: cut the waveform into frames that overlap, fade
each frame in and out (a Hann window), take its Fourier transform, add up the power of the frequencies in
each mel band, and take the logarithm. The bands are the ear's: narrow for low tones, wide for high ones.

The numbers are those of librosa (`librosa.feature.melspectrogram`, then `power_to_db` with ``ref=1.0`` and
``top_db=None``), here for many clips at once and on a GPU where there is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from musicrec.audio.mel_bands import DEFAULT, MelSettings, mel_filters
from musicrec.audio.waveform import as_clips
from musicrec.errors import InvalidArgument, InvalidData

# Numbers in the frames that are transformed together: what fits a processor's cache, what fills a GPU.
_BLOCK = {"cpu": 2**17, "cuda": 2**25}


@torch.no_grad()
def log_mel(
    waveforms: Any, settings: MelSettings = DEFAULT, device: str | torch.device = "cpu"
) -> torch.Tensor:
    """Mel spectrograms of one or many clips, in decibels. Explained in chapter 04_cnn_mel.

    Frames are centred, with zeros beyond both ends of a clip, so that a clip shorter than a frame has one or
    more too. Silence is `floor_db` throughout. Sums are taken in double precision: beside a loud tone,
    single precision is wrong by tenths of a decibel in the bands that the tone leaves empty.

    Parameters
    ----------
    waveforms : array or tensor, shape (n, samples) or (samples,)
        Floating-point samples at `settings.sample_rate`, of which 1 is full scale.
    settings : MelSettings
        Sample rate, frames and bands.
    device : str or torch.device
        Where to compute, and where the result lies. Clips go there in blocks, so `waveforms` may be a
        memory-mapped array larger than memory.

    Returns
    -------
    torch.Tensor, shape (n, mels, frames)
        ``10 log10(max(power, floor))`` in dB, float32, with ``frames = settings.frames(samples)``.

    Raises
    ------
    InvalidData
        Where a clip holds no samples, whole numbers, or NaN or infinity (the message names its row).
    InvalidArgument
        Where a band would hold no frequency of the transform, or the device cannot be used.
    """
    clips = as_clips(waveforms)
    there = _usable(device)
    samples, margin = clips.shape[1], settings.n_fft // 2
    frames = settings.frames(samples)
    window = torch.hann_window(settings.n_fft, dtype=torch.float64).to(there)
    filters = torch.from_numpy(mel_filters(settings).T.copy()).to(there)
    block = _BLOCK["cpu" if there.type == "cpu" else "cuda"]
    n_clips = max(1, min(len(clips), block // (frames * settings.n_fft)))
    n_frames = max(1, block // (n_clips * settings.n_fft))
    result = torch.empty((len(clips), settings.mels, frames), device=there)
    padded = torch.zeros((n_clips, samples + settings.n_fft), dtype=torch.float64, device=there)
    framed = padded.unfold(-1, settings.n_fft, settings.hop)  # a view, (n_clips, frames, n_fft)
    for first in range(0, len(clips), n_clips):
        some = slice(first, min(first + n_clips, len(clips)))
        n_some = some.stop - some.start
        padded[:n_some, margin : margin + samples] = _as_tensor(clips[some])
        for start in range(0, frames, n_frames):
            spectrum = torch.fft.rfft(framed[:n_some, start : start + n_frames] * window)
            squares = torch.view_as_real(spectrum).square_()
            power = (squares[..., 0] + squares[..., 1]) @ filters
            result[some, :, start : start + n_frames] = power.transpose(1, 2)
    _check_finite(result)
    return result.clamp_(min=10 ** (settings.floor_db / 10)).log10_().mul_(10)


def to_waveform(mel: Any, settings: MelSettings = DEFAULT, *, seed: int = 0) -> np.ndarray:
    """A sound that has about this mel spectrogram, to listen to. Used in chapter 04_cnn_mel.

    Bands and logarithm are undone by non-negative least squares; the phases, of which a mel spectrogram says
    nothing, are found by 32 rounds of Griffin and Lim's algorithm ("Signal estimation from modified
    short-time Fourier transform", IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984),
    as `librosa.feature.inverse.mel_to_audio` does, but from the same random start each time.

    Parameters
    ----------
    mel : array or tensor, shape (mels, frames)
        Levels in dB, as `log_mel` gives them for one clip.
    settings : MelSettings
        What it was made with.
    seed : int
        Decides the phases of the start.

    Returns
    -------
    numpy.ndarray, shape ((frames - 1) * hop,)
        Samples, float32. Pitches and levels come near the original; attacks blur.

    Raises
    ------
    InvalidData
        Where the levels are not finite, or not one row a band and two columns or more.
    """
    import librosa  # here, since it costs more to load than everything else in this file

    levels = np.asarray(mel.detach().cpu() if isinstance(mel, torch.Tensor) else mel, dtype=np.float64)
    if levels.ndim != 2 or levels.shape[0] != settings.mels or levels.shape[1] < 2:
        raise InvalidData(
            f"The mel spectrogram has shape {levels.shape}; expected ({settings.mels}, frames), the "
            "levels of one clip in 2 frames or more."
        )
    if not np.isfinite(levels).all():
        raise InvalidData("The mel spectrogram holds NaN or infinity; expected finite levels in dB.")
    power = librosa.util.nnls(mel_filters(settings), 10 ** (levels / 10))
    sound = librosa.griffinlim(
        np.sqrt(power), n_iter=32, hop_length=settings.hop, n_fft=settings.n_fft, random_state=seed
    )
    return sound.astype(np.float32)


def _as_tensor(clips: np.ndarray | torch.Tensor) -> torch.Tensor:
    return clips if isinstance(clips, torch.Tensor) else torch.tensor(clips)


def _check_finite(power: torch.Tensor) -> None:
    """A sample that is NaN or infinite makes the power of its frames so; and each sample is in a frame."""
    if torch.isfinite(power).all():
        return
    rows = (~torch.isfinite(power)).any(dim=(1, 2)).nonzero().flatten().tolist()
    raise InvalidData(
        f"{len(rows)} of {len(power)} clips hold samples that are NaN, infinite or far beyond full scale, "
        f"the first in row {rows[0]} (from 0). Expected finite numbers, of which 1 is full scale. Leave "
        "those clips out, or read them again from their source."
    )


def _usable(device: str | torch.device) -> torch.device:
    try:
        torch.empty(1, dtype=torch.float64, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidArgument(
            f"device is {str(device)!r}, which cannot be used here ({reason}). Use 'cpu', or "
            "'cuda' where there is a GPU."
        ) from error
    return torch.device(device)
