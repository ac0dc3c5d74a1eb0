"""The loader of GTZAN, on small recordings made in its layout."""

import numpy as np
import pytest
import soundfile

from musicrec import data
from musicrec.data import gtzan
from musicrec.errors import DataUnavailable, InvalidData

RATE = 22050


def tone(path, seconds=30.0, hz=440.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * time), RATE)
    return path


@pytest.fixture(params=["wav", "au"])
def folder(request, tmp_path, monkeypatch):
    """Two good recordings of two styles; one cut off, one that is a text, and no others."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    made, kind = tmp_path / "real" / "gtzan", request.param
    tone(made / "genres" / "blues" / f"blues.00000.{kind}", hz=300)
    tone(made / "genres" / "rock" / f"rock.00099.{kind}", hz=400)
    cut = tone(made / "genres" / "jazz" / f"jazz.00053.{kind}")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (made / "genres" / "jazz" / f"jazz.00054.{kind}").write_text("this is no recording")
    return made


GOOD = ["blues.00000", "rock.00099"]


def test_the_thousand_names_are_the_items(folder):
    items = gtzan.read(folder).items
    assert len(items) == 1000 and items["style"].value_counts().to_dict() == dict.fromkeys(gtzan.STYLES, 100)
    assert items.loc["hiphop.00042"].to_dict() == {"title": "hiphop.00042", "artist": None, "style": "hiphop"}


def test_recordings_that_cannot_be_used_are_left_out_with_a_reason_and_the_rest_is_heard(folder):
    ds = gtzan.read(folder)
    why = ds.audio.left_out
    assert set(ds.items.index) - set(why.index) == set(GOOD)
    assert "too short: 15.0 s" in why["jazz.00053"]
    assert "not a recording" in why["jazz.00054"]
    assert "no such file" in why["pop.00001"]
    for label, hz in zip(GOOD, (300, 400), strict=True):
        wave = ds.audio.waveform(label)
        assert np.abs(np.fft.rfft(wave)).argmax() * RATE / len(wave) == pytest.approx(hz, abs=1)
    with pytest.raises(InvalidData, match="left out"):
        ds.audio.waveform("jazz.00053")


def test_it_is_loaded_by_its_name(folder, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", str(folder.parent))
    ds = data.load("gtzan")
    assert ds.name == "gtzan" and ds.interactions.n_users == 0
    monkeypatch.setenv("MUSICREC_DATA", str(folder))
    (folder / "gtzan").mkdir()
    with pytest.raises(DataUnavailable, match="lacks genres of gtzan"):
        data.load("gtzan")
