"""The commands that index a folder of recordings and show what is in it."""

import numpy as np
import pytest
import soundfile
from rich.console import Console
from typer.testing import CliRunner

from musicrec.audio import open_folder
from musicrec.cli import app, terminal


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """No row of a table is broken, whatever the terminal."""
    monkeypatch.setattr(terminal, "out", Console(width=400))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "music"
    (made / "deep").mkdir(parents=True)
    for name, seconds, rate in (("a.wav", 1800, 8000), ("b.flac", 900, 8000), ("deep/c [x].ogg", 2, 22050)):
        soundfile.write(made / name, np.zeros(seconds * rate), rate)
    (made / "text.mp3").write_text("no recording")
    (tmp_path / "labels.csv").write_text(
        "path,title,style\na.wav,A,reel\nb.flac,B,reel\nc [x].ogg,C,[jig]\ngone.wav,Gone,jig\n"
    )
    return made


def run(*arguments, code: int = 0):
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == code, done.output
    return done


def test_an_index_is_written_and_what_is_in_it_is_said(folder):
    shown = run("audio", "index", folder, "--labels", folder.parent / "labels.csv").stdout
    assert f"Index: {folder / 'recordings.csv'}\n" in shown
    assert "3 recordings, 0.75 hours, 8,000 Hz, 22,050 Hz; 2 left out" in shown
    assert "[jig] (1)" in shown and "reel (2)" in shown
    rows = [line for line in shown.splitlines() if "│" in line]
    assert any("gone.wav" in row and "there is no such file" in row for row in rows)
    assert any("text.mp3" in row and "not a recording that can be read" in row for row in rows)
    assert run("audio", "info", folder).stdout == shown.partition("\n")[2]
    library = open_folder(folder)
    assert library.waveform("deep/c [x].ogg").shape == (10 * 22050,)
    assert library.source.table.loc["a.wav", "style"] == "reel"


def test_an_index_elsewhere_leaves_the_folder_alone(folder, tmp_path):
    before = sorted(folder.rglob("*"))
    shown = run("audio", "index", folder, "--out", tmp_path / "elsewhere.csv").stdout
    assert "3 recordings" in shown and "column" not in shown
    assert sorted(folder.rglob("*")) == before
    assert "3 recordings" in run("audio", "info", folder, "--index", tmp_path / "elsewhere.csv").stdout


def test_what_was_removed_since_is_said(folder):
    run("audio", "index", folder)
    (folder / "a.wav").unlink()
    assert "2 recordings" in run("audio", "info", folder).stdout


def test_many_values_and_many_left_out_are_counted(folder):
    for number in range(30):
        soundfile.write(folder / f"{number:02d}.wav", np.zeros(100), 8000)
        (folder / f"bad{number:02d}.wav").write_text("")
    names = "\n".join(f"{number:02d}.wav,Title {number}" for number in range(30))
    (folder.parent / "labels.csv").write_text(f"path,title\n{names}\n")
    shown = run("audio", "index", folder, "--labels", folder.parent / "labels.csv").stdout
    assert "30 different ones" in shown
    assert "bad19.wav" in shown and "bad20.wav" not in shown and "and 11 more" in shown


def test_what_cannot_be_indexed_is_one_message(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no recording" in run("audio", "index", tmp_path / "empty", code=1).stderr
    assert "musicrec audio index FOLDER" in run("audio", "info", folder, code=1).stderr
    (tmp_path / "labels.csv").write_text("path\n../secret.wav\n")
    done = run("audio", "index", folder, "--labels", tmp_path / "labels.csv", code=1)
    assert "leads out of the folder" in done.stderr and not (folder / "recordings.csv").exists()
    run("audio", "index", code=2)
