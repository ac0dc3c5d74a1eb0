"""Sound files of each kind become the same waveform; what is damaged or no sound is named."""

import os
import struct
import tracemalloc

import librosa
import numpy as np
import pytest
import soundfile

from musicrec.audio import read_audio
from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument, InvalidData

RATE = 22050


def tone(frequency=440.0, seconds=2.0, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def loudest_frequency(waveform):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return spectrum.argmax() * RATE / len(waveform)


def correlation(a, b):
    length = min(len(a), len(b))
    return np.corrcoef(a[:length], b[:length])[0, 1]


@pytest.fixture
def written(tmp_path):
    """Write samples to a file of this name; its path."""

    def write(name, samples, rate=RATE, **how):
        soundfile.write(tmp_path / name, samples, rate, **how)
        return tmp_path / name

    return write


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_each_kind_at_each_rate_is_the_same_tone(written, kind, rate):
    waveform = read_audio(written(f"tone.{kind}", tone(rate=rate), rate))
    assert waveform.dtype == np.float32
    assert waveform.shape == pytest.approx((2 * RATE,), abs=1)
    assert loudest_frequency(waveform) == pytest.approx(440, abs=1)
    assert correlation(waveform, tone()) > 0.999
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_lossless_files_at_the_rate_asked_for_are_kept_exactly(written, kind):
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, 5000).astype(np.int16)
    waveform = read_audio(written(f"noise.{kind}", samples, subtype="PCM_16"))
    assert np.array_equal(waveform, samples.astype(np.float32) / 2**15)


def test_another_rate_may_be_asked_for(written):
    waveform = read_audio(written("tone.wav", tone()), 16000)
    assert len(waveform) == 32000
    assert correlation(waveform, tone(rate=16000)) > 0.999


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_channels_are_averaged(written, kind):
    left, right = tone(440), tone(1000)
    waveform = read_audio(written(f"stereo.{kind}", np.stack([left, right], axis=1)))
    assert waveform.ndim == 1
    assert correlation(waveform, (left + right) / 2) > 0.999


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_mixing_and_resampling_are_librosas(written, rate):
    noise = 0.1 * np.random.default_rng(0).standard_normal((2 * rate, 2))
    path = written("noise.flac", noise, rate)
    channels = soundfile.read(path, dtype="float32")[0].T
    librosas = librosa.resample(librosa.to_mono(channels), orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    waveform = read_audio(path)
    assert abs(len(waveform) - len(librosas)) <= 1
    length = min(len(waveform), len(librosas))
    assert np.allclose(waveform[:length], librosas[:length], atol=1e-6)


def test_channels_that_cancel_are_silent_and_silence_is_legal(written):
    waveform = read_audio(written("out of phase.wav", np.stack([tone(), -tone()], axis=1), subtype="FLOAT"))
    assert len(waveform) == 2 * RATE
    assert not waveform.any()


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_a_part_is_the_part_of_the_whole(written, kind):
    rising = np.concatenate([tone(frequency, 1.0) for frequency in (300, 600, 1200)])
    path = written(f"rising.{kind}", rising)
    part = read_audio(path, start=1.25, seconds=0.5)
    begin = round(1.25 * RATE)
    assert len(part) == round(0.5 * RATE)
    assert loudest_frequency(part) == pytest.approx(600, abs=2)
    assert np.allclose(part, read_audio(path)[begin : begin + len(part)], atol=1e-6)


def test_a_part_of_another_rate_is_resampled(written):
    part = read_audio(written("tone.flac", tone(rate=48000), 48000), start=0.5, seconds=1)
    assert len(part) == pytest.approx(RATE, abs=1)
    assert loudest_frequency(part) == pytest.approx(440, abs=1)


def test_a_part_of_a_strongly_compressed_mp3_is_right_from_its_first_sample(written):
    noise = np.random.default_rng(0).standard_normal(4 * RATE) / 5
    path = written("small.mp3", noise, bitrate_mode="CONSTANT", compression_level=0.99)
    whole = read_audio(path)
    for begin in range(RATE, 3 * RATE, 4567):
        part = read_audio(path, start=begin / RATE, seconds=0.5)
        assert np.allclose(part, whole[begin : begin + len(part)], atol=1e-6)


def test_a_recording_that_ends_before_the_part_gives_what_is_left(written):
    path = written("tone.wav", tone())
    assert len(read_audio(path, start=1.5, seconds=10)) == RATE // 2
    assert len(read_audio(path, start=0, seconds=10)) == 2 * RATE


def test_what_a_file_holds_counts_and_not_its_name(written):
    path = written("tone.wav", tone())
    assert np.array_equal(
        read_audio(path.rename(path.with_suffix(".flac"))), read_audio(path.with_suffix(".flac"))
    )
    assert correlation(read_audio(path.with_suffix(".flac")), tone()) > 0.999


@pytest.mark.parametrize(
    "name",
    ["text.mp3", "text.wav", "text.flac", "text.ogg", "text.txt", "text.raw", "text.au", "text.vox", "text"],
)
@pytest.mark.parametrize(
    "content", [b"", b"This is text.\n" * 300, bytes(5000)], ids=["empty", "text", "zeros"]
)
def test_what_is_no_sound_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CorruptData, match=f"{name} .{len(content):,} bytes. cannot be decoded"):
        read_audio(path)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_flac_that_was_cut_short_is_named(written, share):
    path = written("whole.flac", tone())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(CorruptData, match=r"whole.flac .* cannot be decoded"):
        read_audio(path)


def test_an_mp3_that_was_cut_short_is_named_where_it_lacks(written):
    path = written("whole.mp3", tone(seconds=10))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        CorruptData, match=r"whole.mp3 ends early: .* 10.0 s here, and 4\.\d s can be decoded"
    ):
        read_audio(path)
    assert correlation(read_audio(path, seconds=2), tone()) > 0.999


def test_a_wav_that_was_cut_short_is_read_as_far_as_it_goes(written):
    path = written("whole.wav", tone())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert len(read_audio(path)) == pytest.approx(RATE, abs=30)


def test_a_header_that_promises_ten_hours_costs_no_memory(written):
    path = written("lie.mp3", tone(seconds=5, rate=44100), 44100)
    content = bytearray(path.read_bytes())
    frames_at = max(content.find(b"Xing"), content.find(b"Info")) + 8
    content[frames_at : frames_at + 4] = struct.pack(">I", 10 * 3600 * 44100 // 1152)
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(CorruptData, match=r"header promises 3\d{4}\.\d s"):
            read_audio(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6  # bytes; ten hours are 6 GB
    finally:
        tracemalloc.stop()


def test_a_header_with_an_absurd_rate_is_named(written):
    path = written("lie.wav", tone())
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 7)
    path.write_bytes(content)
    with pytest.raises(CorruptData, match="claims 7 samples a second"):
        read_audio(path)


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_named(written, strange):
    samples = tone()
    samples[[5, 99]] = strange
    with pytest.raises(InvalidData, match=r"strange.wav holds 2 of 44,100 samples"):
        read_audio(written("strange.wav", samples, subtype="FLOAT"))


def test_a_file_without_samples_is_named(written):
    with pytest.raises(InvalidData, match=r"none.wav holds no samples"):
        read_audio(written("none.wav", tone()[:0]))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataUnavailable, match=r"gone.wav cannot be read: No such file"):
        read_audio(tmp_path / "gone.wav")
    with pytest.raises(DataUnavailable, match="cannot be read: Is a directory"):
        read_audio(str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(written):
    path = written("secret.wav", tone())
    path.chmod(0)
    with pytest.raises(DataUnavailable, match="Permission denied"):
        read_audio(path)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sample_rate", {"sample_rate": 0}),
        ("sample_rate", {"sample_rate": 22050.5}),
        ("start", {"start": -1}),
        ("start", {"start": float("nan")}),
        ("start", {"start": 2.0}),
        ("start", {"start": 1e9}),
        ("seconds", {"seconds": 0}),
        ("seconds", {"seconds": float("inf")}),
        ("seconds", {"seconds": "all"}),
    ],
)
def test_arguments_out_of_range_are_refused(written, name, wrong):
    with pytest.raises(InvalidArgument, match=f"{name} is"):
        read_audio(written("tone.wav", tone()), **wrong)
