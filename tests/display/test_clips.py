"""A clip is a small MP3 of the sound that went in, the same each time, whole or not there."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicrec.display import clips
from musicrec.errors import DataUnavailable, InvalidArgument, InvalidData

RATE = clips.SAMPLE_RATE


def tone(seconds=2.0, pitch=440.0, rate=RATE):
    return np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the clips go."""
    monkeypatch.setenv("MUSICREC_CLIPS", str(tmp_path / "clips"))
    return tmp_path / "clips"


def kept(folder, sound, rate=RATE):
    """The file of a sound, and what it sounds like."""
    path = folder / clips.keep(clips.to_pcm(sound, rate, "x")).removeprefix("_static/clips/")
    heard, found = soundfile.read(path)
    assert found == RATE and heard.ndim == 1
    return path, heard


def test_the_file_sounds_like_the_waveform(folder):
    sound = tone(3.0) * tone(3.0, 3.0) + 0.2 * tone(3.0, 2500.0)
    _, heard = kept(folder, sound)
    assert 0 <= len(heard) - len(sound) < 0.1 * RATE
    assert alike(heard, sound) > 0.99
    assert alike(heard, tone(3.0, 450.0) * tone(3.0, 3.0)) < 0.5


def alike(heard, sound):
    """Their largest correlation over a second: what comes out of an MP3 may begin a little later."""
    wanted = sound[RATE : 2 * RATE]
    late = len(heard) - len(sound) + 1
    return max(np.corrcoef(heard[RATE + k : 2 * RATE + k], wanted)[0, 1] for k in range(late))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_another_sample_rate_keeps_the_pitch_and_the_length(folder, rate):
    _, heard = kept(folder, tone(3.0, 440.0, rate), rate)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.fft.rfftfreq(len(heard), 1 / RATE)[spectrum.argmax()] == pytest.approx(440, abs=1)
    assert len(heard) / RATE == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("kind", ["noise", "clicks", "square", "silence"])
def test_twelve_seconds_of_anything_become_eight_and_stay_below_50_kb(folder, kind):
    n = 12 * RATE
    noise = np.random.default_rng(0).normal(size=n)
    clicks = (np.arange(n) % 997 == 0).astype(float)
    sounds = {"noise": noise, "clicks": clicks, "square": np.sign(tone(12.0, 1000)), "silence": np.zeros(n)}
    path, heard = kept(folder, sounds[kind])
    assert 45_000 < path.stat().st_size < 50_000
    assert len(heard) / RATE == pytest.approx(8.0, abs=0.1)


@settings(max_examples=60)
@given(
    arrays(
        st.sampled_from([np.float32, np.float64, np.int16]),
        st.integers(1, 3000),
        elements={"min_value": -3000, "max_value": 3000},
    )
)
def test_the_samples_peak_at_minus_1_db_and_begin_and_end_softly(sound):
    pcm = clips.to_pcm(sound, RATE, "x")
    assert pcm.dtype == np.int16 and pcm.shape == sound.shape
    assert np.abs(pcm.astype(int)).max() <= round(10 ** (-1 / 20) * 32767)
    if len(sound) > 1:
        assert pcm[0] == pcm[-1] == 0
    np.testing.assert_array_equal(pcm, clips.to_pcm(sound.tolist(), RATE, "x"))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 3000])
def test_loudness_does_not_depend_on_the_scale(scale):
    pcm = clips.to_pcm(tone() * scale, RATE, "x")
    assert np.abs(pcm.astype(int)).max() == pytest.approx(10 ** (-1 / 20) * 32767, abs=20)


@pytest.mark.parametrize("sound", [np.zeros(RATE), tone() * 1e-6, np.zeros(RATE, dtype=np.int16)])
def test_silence_stays_silent_and_is_drawn_flat(folder, sound):
    _, heard = kept(folder, sound)
    assert not heard.any()
    path = ET.fromstring(clips.draw(clips.to_pcm(sound, RATE, "x")))[0].attrib["d"]
    assert {bar.split("v")[1] for bar in path.split("M")[1:]} == {"2"}


def test_the_same_sound_is_one_file_written_once(folder, tmp_path, monkeypatch):
    path, _ = kept(folder, tone())
    before = path.stat()
    assert kept(folder, tone().tolist())[0] == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino
    other, _ = kept(folder, tone(pitch=441.0))
    assert sorted(folder.iterdir()) == sorted({path, other})
    monkeypatch.setenv("MUSICREC_CLIPS", str(tmp_path / "elsewhere"))
    again, _ = kept(tmp_path / "elsewhere", tone())
    assert (again.name, again.read_bytes()) == (path.name, path.read_bytes())


def test_without_a_folder_it_lies_where_the_page_looks_for_it(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSICREC_CLIPS", raising=False)
    monkeypatch.chdir(tmp_path)
    address = clips.keep(clips.to_pcm(tone(), RATE, "x"))
    assert soundfile.info(tmp_path / address).format == "MP3"


def test_two_processes_at_once_leave_whole_files(tmp_path):
    program = (
        "import numpy as np; from musicrec.display import clips\n"
        "for seed in range(8):\n"
        "    sound = np.random.default_rng(seed).normal(size=22050)\n"
        "    clips.keep(clips.to_pcm(sound, 22050, 'x'))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path) for _ in range(2)]
    assert [process.wait(timeout=100) for process in both] == [0, 0]
    made = sorted((tmp_path / "_static" / "clips").iterdir())
    assert len(made) == 8, "nothing half written is left beside the clips"
    assert {len(soundfile.read(path)[0]) for path in made} == {len(soundfile.read(made[0])[0])}


def test_a_run_that_breaks_off_leaves_no_file(folder, monkeypatch):
    pcm = clips.to_pcm(tone(), RATE, "x")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        clips.keep(pcm)
    assert not list(folder.iterdir())
    assert kept(folder, tone())[0].is_file()


def test_a_folder_that_cannot_be_written_is_named_with_the_cure(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MUSICREC_CLIPS", str(tmp_path / "file" / "clips"))
    with pytest.raises(DataUnavailable, match=r"cannot be written to .*\.mp3.*Set MUSICREC_CLIPS"):
        clips.keep(clips.to_pcm(tone(), RATE, "x"))


@pytest.mark.parametrize(
    ("sound", "error", "message"),
    [
        (np.zeros((2, 100)), InvalidArgument, r"found float64 of shape \(2, 100\).*mean of its channels"),
        (np.zeros((100, 2)), InvalidArgument, r"found float64 of shape \(100, 2\)"),
        (1.0, InvalidArgument, r"shape \(\)"),
        ("a waveform", InvalidArgument, "one row of real numbers"),
        (None, InvalidArgument, "found object"),
        (np.zeros(9, dtype=complex), InvalidArgument, "found complex128"),
        (np.zeros(9, dtype=bool), InvalidArgument, "found bool"),
        ([], InvalidData, "has no sample"),
        (np.array([0.0, np.nan, np.inf, 1.0]), InvalidData, "2 of the 4 samples of 'x' are NaN or infinite"),
    ],
)
def test_what_is_no_sound_is_said(sound, error, message):
    with pytest.raises(error, match=message):
        clips.to_pcm(sound, RATE, "x")


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf, "22050", None])
def test_what_is_no_sample_rate_is_said(rate):
    with pytest.raises(InvalidArgument, match="must be a number of samples a second"):
        clips.to_pcm(tone(), rate, "x")


def test_the_drawing_is_small_and_shows_where_it_is_loud():
    loud_first = np.concatenate([tone(1.0), tone(1.0) * 0.1])
    drawn = clips.draw(clips.to_pcm(loud_first, RATE, "x"))
    assert len(drawn) < 1500
    path = ET.fromstring(drawn)[0].attrib["d"]
    bars = [int(bar.split("v")[1]) for bar in path.split("M")[1:]]
    assert len(bars) == clips.COLUMNS
    assert min(bars[2:31]) > 3 * max(bars[33:])


@pytest.mark.parametrize("samples", [1, 2, 63, 65])
def test_a_few_samples_are_a_clip_too(folder, samples):
    for rate in (RATE, 44_100):
        _, heard = kept(folder, np.ones(samples), rate)
        assert np.isfinite(heard).all()
    assert len(clips.draw(clips.to_pcm(np.ones(samples), RATE, "x"))) < 1500
