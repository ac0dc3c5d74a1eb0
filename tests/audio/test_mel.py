"""Mel spectrograms: librosa's numbers, for many clips at once; and what is no sound is refused."""

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec import audio
from musicrec.audio import MelSettings, band_frequencies, log_mel, mel_filters, to_waveform
from musicrec.errors import InvalidArgument, InvalidData

RATE = 22050
CLOSE = 1e-3  # dB
# librosa warns of a clip shorter than a frame, and its answer is as good.
SHORT_IS_FINE = pytest.mark.filterwarnings("ignore:n_fft=.* is too large for input signal")


def librosas(clip, chosen):
    """The same by librosa, from double precision, in which its own error is the smallest."""
    power = librosa.feature.melspectrogram(
        y=clip.astype(np.float64),
        sr=chosen.sample_rate,
        n_fft=chosen.n_fft,
        hop_length=chosen.hop,
        n_mels=chosen.mels,
        fmin=chosen.fmin,
        fmax=chosen.fmax,
    )
    return librosa.power_to_db(power, ref=1.0, amin=10 ** (chosen.floor_db / 10), top_db=None)


def sine(frequency, seconds=1.0, rate=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@st.composite
def chosen_settings(draw):
    rate = draw(st.sampled_from([16000, 22050, 44100]))
    n_fft = draw(st.sampled_from([1000, 1024, 2048]))
    fmin, fmax = draw(st.sampled_from([(0.0, None), (50.0, 7000.0), (300, 8000)]))
    return MelSettings(
        sample_rate=rate,
        n_fft=n_fft,
        hop=draw(st.integers(n_fft // 8, n_fft // 2)),
        mels=draw(st.integers(1, 24)),
        fmin=fmin,
        fmax=fmax,
        floor_db=draw(st.sampled_from([-100.0, -60.0])),
    )


@SHORT_IS_FINE
@settings(deadline=None, max_examples=60)
@given(chosen=chosen_settings(), samples=st.integers(1, 9000), seed=st.integers(0, 99), loud=st.floats(-4, 0))
def test_random_sounds_have_the_levels_librosa_gives_them(chosen, samples, seed, loud):
    rng = np.random.default_rng(seed)
    colour = rng.standard_normal(4)
    clips = np.stack([np.convolve(rng.standard_normal(samples), colour)[:samples] for _ in range(3)])
    clips = (clips * 10**loud).astype(np.float32)
    mel = log_mel(clips, chosen)
    assert mel.dtype == torch.float32
    assert mel.shape == (3, chosen.mels, chosen.frames(samples))
    for ours, clip in zip(mel.numpy(), clips, strict=True):
        assert np.abs(ours - librosas(clip, chosen)).max() < CLOSE


@pytest.mark.parametrize(
    "clip",
    [
        np.zeros(RATE, dtype=np.float32),
        np.eye(1, RATE, 7000, dtype=np.float32)[0],
        sine(100),
        sine(1000),
        1e-3 * sine(1000),
        np.ones(RATE, dtype=np.float32),
        np.array([0.5], dtype=np.float32),
        sine(440, seconds=0.02),
    ],
    ids=["silence", "impulse", "low tone", "tone", "quiet tone", "constant", "one sample", "under a frame"],
)
@SHORT_IS_FINE
def test_edge_cases_have_the_levels_librosa_gives_them(clip):
    ours = log_mel(clip)[0].numpy()
    assert np.abs(ours - librosas(clip, MelSettings())).max() < CLOSE


def test_silence_is_the_floor():
    assert (log_mel(np.zeros(5000, dtype=np.float32)) == -100).all()
    assert (log_mel(np.zeros(5000, dtype=np.float32), MelSettings(floor_db=-80)) == -80).all()


@pytest.mark.parametrize("mels", [8, 40, 64, 128])
def test_filters_are_librosas(mels):
    chosen = MelSettings(mels=mels, n_fft=4096, hop=1024)
    assert np.allclose(mel_filters(chosen), librosa.filters.mel(sr=RATE, n_fft=4096, n_mels=mels), atol=1e-8)
    centres = librosa.mel_frequencies(n_mels=mels + 2, fmax=RATE / 2)[1:-1]
    assert np.allclose(band_frequencies(chosen), centres)


@pytest.mark.parametrize("frequency", [250, 1000, 4000, 9000])
def test_a_tone_is_loudest_in_the_band_that_holds_it(frequency):
    chosen = MelSettings()
    loudest = int(log_mel(sine(frequency), chosen)[0].mean(dim=1).argmax())
    assert loudest == np.abs(band_frequencies(chosen) - frequency).argmin()


def test_another_tone_is_loudest_elsewhere():
    assert log_mel(sine(500))[0].mean(dim=1).argmax() != log_mel(sine(1000))[0].mean(dim=1).argmax()


@settings(deadline=None, max_examples=25)
@given(n=st.integers(0, 7), samples=st.integers(1, 4000), block=st.sampled_from([1, 3000, 2**14, 2**22]))
def test_a_batch_is_its_clips_whatever_the_size_of_the_blocks(n, samples, block):
    clips = np.random.default_rng(samples).standard_normal((n, samples))
    together = log_mel(clips)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio.mel, "_BLOCK", {"cpu": block})
        in_blocks = log_mel(clips)
    assert torch.allclose(together, in_blocks, atol=1e-4)
    for row in range(n):
        assert torch.allclose(together[row], log_mel(clips[row])[0], atol=1e-4)


def test_arrays_and_tensors_of_any_float_type_give_the_same(tmp_path):
    clip = sine(700)
    expected = log_mel(clip)
    np.save(tmp_path / "clip.npy", clip)
    mapped = np.load(tmp_path / "clip.npy", mmap_mode="r")
    for same in (torch.from_numpy(clip), clip.astype(np.float64), mapped, clip.tolist()):
        assert torch.equal(log_mel(same), expected)
    assert torch.allclose(log_mel(torch.from_numpy(clip).half()).amax(), expected.amax(), atol=0.01)
    assert np.array_equal(clip, sine(700))


def test_no_gradient_is_kept():
    assert not log_mel(torch.randn(2, 3000, requires_grad=True)).requires_grad


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("place", [0, 1700, 4099])
def test_a_sample_that_is_no_number_is_reported_with_its_row(strange, place):
    clips = np.zeros((5, 4100), dtype=np.float32)
    clips[3, place] = strange
    with pytest.raises(InvalidData, match=r"1 of 5 clips .* row 3"):
        log_mel(clips, MelSettings(n_fft=512, hop=256, mels=20))


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (np.zeros((2, 0)), "no samples"),
        (np.zeros(0), "no samples"),
        ([], "no samples"),
        (np.zeros(100, dtype=np.int16), "Divide .* 32768"),
        (torch.zeros(100, dtype=torch.int16), "Divide .* 32768"),
        (np.zeros(100, dtype=complex), "complex128"),
        (torch.zeros(100, dtype=torch.bool), "bool"),
        (np.array(["a", "b"]), "floats"),
        (np.zeros((2, 2, 100)), r"shape \(2, 2, 100\)"),
        (0.5, r"shape \(\)"),
        ([[0.1, 0.2], [0.3]], "one"),
    ],
)
def test_what_is_no_waveform_is_refused(clips, message):
    with pytest.raises(InvalidData, match=message):
        log_mel(clips)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 0},
        {"sample_rate": 22050.0},
        {"n_fft": 2047},
        {"n_fft": True},
        {"hop": 0},
        {"hop": 1025},
        {"mels": 0},
        {"fmin": -1.0},
        {"fmin": float("nan")},
        {"fmin": "low"},
        {"fmin": 6000.0, "fmax": 5000.0},
        {"fmax": 11026.0},
        {"fmax": float("inf")},
        {"floor_db": -400.0},
        {"floor_db": 10.0},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        MelSettings(**wrong)


def test_bands_too_narrow_for_the_transform_are_refused():
    with pytest.raises(InvalidArgument, match=r"of 128 mel bands hold no frequency .* fewer mels"):
        log_mel(sine(440), MelSettings(mels=128, n_fft=256, hop=128))


@pytest.mark.parametrize("device", ["cuda", "nowhere", "meta:x"])
def test_a_device_that_is_not_there_is_refused(device):
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(InvalidArgument, match=f"device is '{device}'"):
        log_mel(sine(440), device=device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_what_the_processor_gives():
    clips = np.random.default_rng(0).standard_normal((300, 22050)).astype(np.float32)
    assert torch.allclose(log_mel(clips, device="cuda").cpu(), log_mel(clips), atol=CLOSE)


def test_a_spectrogram_turned_into_sound_again_sounds_alike():
    chosen = MelSettings(hop=512)
    rising = np.concatenate([sine(f, seconds=0.2) for f in (300, 600, 1200)])
    mel = log_mel(rising, chosen)[0]
    sound = to_waveform(mel, chosen)
    again = log_mel(sound, chosen)[0]
    assert sound.dtype == np.float32
    assert sound.shape == ((mel.shape[1] - 1) * 512,)
    assert (mel.argmax(dim=0) - again.argmax(dim=0)).abs().median() == 0
    assert np.array_equal(sound, to_waveform(mel.requires_grad_(), chosen))
    assert not np.array_equal(sound, to_waveform(mel, chosen, seed=1))


@pytest.mark.parametrize(
    "mel",
    [np.zeros((64, 1)), np.zeros((63, 10)), np.zeros(64), np.full((64, 10), np.nan), np.zeros((1, 64, 10))],
    ids=["one frame", "a band short", "flat", "nan", "batch"],
)
def test_what_is_no_spectrogram_cannot_be_turned_into_sound(mel):
    with pytest.raises(InvalidData, match="mel spectrogram"):
        to_waveform(mel)
