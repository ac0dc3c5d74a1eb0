"""Sound files of all common kinds (wav, flac, ogg, mp3, ...) as waveforms of one sample rate, mono."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr

from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData
from musicrec.parameters import check_number, check_whole

_BLOCK = 2**18  # frames read at a time: a header that promises ten hours costs no memory
_LACKING = 0.1  # seconds that may be fewer than the header promises: an MP3's is rounded to its packets
_WARM_UP = 0.5  # seconds decoded before the start: an MP3 decoder needs what came before to be right
_RATES = (1_000, 1_000_000)  # Hz; a rate outside is a damaged header, and would be resampled to gigabytes


def read_audio(
    path: str | Path,
    sample_rate: int = 22050,
    *,
    start: float | None = None,
    seconds: float | None = None,
) -> np.ndarray:
    """A sound file as a waveform: decoded, mixed to one channel, resampled. Used in chapter 04_cnn_mel.

    libsndfile decodes, so what counts is what a file holds and not (MP3 apart) how its name ends. Channels
    are averaged, so that two that cancel each other are silent. Resampling is by soxr at its high quality.
    Whole-number samples become floats of which 1 is full scale. A silent file is legal: zeros.

    Parameters
    ----------
    path : str or Path
        The file.
    sample_rate : int
        Samples a second of the result, Hz.
    start : float, optional
        Seconds from its beginning at which to begin.
    seconds : float, optional
        How many seconds to read; fewer come where the recording ends before.

    Returns
    -------
    numpy.ndarray, shape (samples,)
        float32; ``seconds * sample_rate`` samples, or one more or fewer by rounding.

    Raises
    ------
    DataUnavailable
        Where there is no such file, or it may not be read.
    CorruptData
        Where it is no sound file (a text named .mp3), is damaged, or ends before its header says. A WAV file
        that was cut short does not show it, and is read as far as it goes.
    InvalidData
        Where it holds no samples, or samples that are NaN or infinite.
    InvalidArgument
        Where `sample_rate`, `start` or `seconds` is out of range, or the recording ends before `start`.
    """
    check_whole("sample_rate", sample_rate, *_RATES, unit="Hz")
    if start is not None:
        check_number("start", start, 0, unit="seconds")
    if seconds is not None:
        check_number("seconds", seconds, 1 / sample_rate, unit="seconds")
    path = Path(path)
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataUnavailable(
            f"{path} cannot be read: {error.strerror}. Expected a sound file; check its name, or index the "
            "folder again."
        ) from error
    try:
        with soundfile.SoundFile(path) as file:
            if file.format == "RAW":  # by its name alone, .au or .vox: whatever it holds would be noise
                raise TypeError("no header")
            mono = _mixed(file, start or 0.0, seconds)
            rate = file.samplerate
    except (soundfile.SoundFileError, TypeError) as error:  # a TypeError for .raw, which has no header
        raise CorruptData(  # libsndfile's own words stay in the chain: of text named .mp3 it says "not exist"
            f"{path} ({path.stat().st_size:,} bytes) cannot be decoded. It is damaged, or no sound file of a "
            "known kind (wav, flac, ogg, mp3, ...) whatever its name says. Get it again, or leave it out."
        ) from error
    if not np.isfinite(mono).all():
        raise InvalidData(
            f"{path} holds {np.sum(~np.isfinite(mono)):,} of {len(mono):,} samples that are NaN or infinite; "
            "expected finite numbers. Convert it again from its source, or leave it out."
        )
    waveform = soxr.resample(mono, rate, sample_rate, quality="HQ") if rate != sample_rate else mono
    if not len(waveform):
        raise InvalidData(f"{path} holds no samples, so there is no sound in it. Leave it out.")
    return waveform


def _mixed(file: soundfile.SoundFile, start: float, seconds: float | None) -> np.ndarray:
    """Samples of an open file, channels averaged, at the file's own rate."""
    rate = file.samplerate
    if not _RATES[0] <= rate <= _RATES[1]:
        raise CorruptData(
            f"{file.name} claims {rate:,} samples a second; expected {_RATES[0]:,} to {_RATES[1]:,}. "
            "Its header is damaged: get the file again, or leave it out."
        )
    begin = round(start * rate)
    if begin and begin >= file.frames:
        raise InvalidArgument(
            f"start is {start:g} s, and {file.name} ends after {file.frames / rate:.1f} s. Begin earlier."
        )
    promised = file.frames - begin
    if seconds is not None:
        promised = min(promised, max(1, round(seconds * rate)))
    lead = min(begin, round(_WARM_UP * rate))
    file.seek(begin - lead)
    blocks, left = [np.zeros(0, dtype=np.float32)], lead + promised
    while left and len(block := file.read(min(_BLOCK, left), dtype="float32", always_2d=True)):
        blocks.append(block.mean(axis=1))
        left -= len(block)
    mono = np.concatenate(blocks)[lead:]
    if len(mono) < promised - _LACKING * rate:
        raise CorruptData(
            f"{file.name} ends early: its header promises {promised / rate:.1f} s here, and "
            f"{len(mono) / rate:.1f} s can be decoded. Get the file again, or leave it out."
        )
    return mono
