"""librosa's example recordings: real music, heard from end to end where the files are at hand."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musicrec import audio, data
from musicrec.data import catalogue, fetch, librosa_examples
from musicrec.errors import CorruptData, DataUnavailable

CARD = Path(__file__).resolve().parents[2] / "data" / "cards" / "librosa-examples.md"
# Seconds, as soundfile counts them in librosa's files of lower quality, which we do not read.
SECONDS = {
    "vibeace": 61.46,
    "choice": 25.03,
    "nutcracker": 119.88,
    "brahms": 45.84,
    "trumpet": 5.33,
    "fishin": 132.99,
    "sweetwaltz": 49.2,
    "pistachio": 70.77,
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))


def test_the_catalogue_downloads_what_the_loader_reads():
    files = {f"audio/{each.file}.hq.ogg" for each in librosa_examples._EXAMPLES}
    assert {each.file for each in catalogue.entry("librosa-examples").downloads} == files
    assert len(files) == catalogue.entry("librosa-examples").recordings.count


def test_the_card_names_every_recording_with_its_licence():
    card = CARD.read_text(encoding="utf-8")
    for each in librosa_examples._EXAMPLES:
        assert f"| {each.item} | {each.title} | {each.artist} | {each.licence} |" in card


def test_a_folder_in_the_layout_is_read(tmp_path, cache):
    (tmp_path / "audio").mkdir()
    soundfile.write(tmp_path / "audio" / "Kevin_MacLeod_-_Vibe_Ace.hq.ogg", np.zeros((44100, 2)), 44100)
    ds = librosa_examples.read(tmp_path)
    assert ds.items.loc["vibeace", ["title", "artist", "style"]].tolist() == [
        "Vibe Ace",
        "Kevin MacLeod",
        "jazz",
    ]
    assert set(ds.audio.left_out.index) == set(SECONDS) - {"vibeace"}
    assert ds.audio.waveform("vibeace").shape == (10 * 22050,)


def test_files_that_are_not_those_of_the_catalogue_are_refused(tmp_path, cache, monkeypatch):
    made = tmp_path / "librosa-example-audio"
    (made / "audio").mkdir(parents=True)
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path))
    with pytest.raises(DataUnavailable, match=r"lacks audio/Kevin_MacLeod_-_Vibe_Ace\.hq\.ogg"):
        data.load("librosa-examples")
    for each in catalogue.entry("librosa-examples").downloads:
        (made / each.file).write_bytes(b"OggS")
    with pytest.raises(CorruptData, match=r"Vibe_Ace\.hq\.ogg: its checksum is not that of the catalogue"):
        data.load("librosa-examples")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUSICREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield data.load("librosa-examples")


@pytest.mark.real
def test_the_real_recordings_are_read_whole(real):
    assert real.items.index.tolist() == list(SECONDS) == real.audio.labels.tolist()
    table = real.audio.source.table
    assert table["seconds"].round(2).to_dict() == SECONDS
    assert set(table["sample_rate"]) == {44100} and set(table["channels"]) == {2}
    source = audio.Recordings(real.audio.source.folder, table)
    for label, seconds in SECONDS.items():
        assert len(source(label)) / 22050 == pytest.approx(seconds, abs=0.01)


@pytest.mark.real
def test_the_real_recordings_have_mel_spectrograms_and_none_is_left_out(real):
    mel = real.audio.mel(real.items.index)
    assert mel.shape == (8, 64, real.audio.settings.frames(10 * 22050))
    assert np.isfinite(mel).all() and mel.max(axis=(1, 2)).min() > 0
    assert len(real.audio.left_out) == 0
    low, high = (
        mel[real.items.index.get_loc("nutcracker")][part].mean() for part in (slice(8), slice(56, 64))
    )
    assert low > high + 10  # an orchestra: more in the bass than in the highest bands


@pytest.mark.real
def test_the_middle_of_a_real_recording_is_what_librosa_reads_there(real):
    import librosa

    path = real.audio.source.folder / real.audio.source.table.loc["brahms", "path"]
    start = (SECONDS["brahms"] - 10) / 2
    peer, _ = librosa.load(path, sr=22050, offset=start, duration=10.0)
    mine = real.audio.waveform("brahms")
    shift = np.argmax(np.correlate(mine[1000:-1000], peer[2000:-2000], mode="valid")) - 1000
    assert abs(shift) < 150  # the length above is rounded to hundredths
    a, b = mine[2000:-2000], peer[2000 - shift : len(peer) - 2000 - shift]
    assert np.corrcoef(a, b)[0, 1] > 0.999


@pytest.mark.real
def test_a_folder_of_real_recordings_is_indexed(real, tmp_path):
    for name in real.audio.source.table["path"][:2]:
        shutil.copy(real.audio.source.folder / name, tmp_path)
    library = audio.open_folder(tmp_path, audio.index_folder(tmp_path), seconds=2.0)
    assert len(library.labels) == 2 and not len(library.left_out)


@pytest.mark.real
def test_the_real_files_are_sound():
    from musicrec.data import verify

    found = catalogue.entry("librosa-examples")
    assert [report.status for report in verify.check(found, fetch.fetch(found))] == ["sound"] * 8
