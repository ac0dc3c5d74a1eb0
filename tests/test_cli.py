"""The command: what it prints, where, and with which exit code."""

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from musicrec.cli import app, terminal
from musicrec.data import catalogue
from musicrec.data.entries import read_catalogue

TABLE = b"a\tb\r\n1\t2\r\n3\t4\r\n"
CATALOGUE = f"""
[tiny]
title = "A tiny dataset"
evidence = "real"
access = "by-hand"
loader = "nowhere:load"
licence = "A licence"
homepage = "https://example.org/tiny"
folder = "tiny-1"
how = "Ask for the files and put them into the folder tiny-1."

[tiny.citation]
key = "someone2020"
text = "Someone. Something. 2020."

[[tiny.files]]
name = "table.dat"
about = "numbers"
rows = 2
bytes = {len(TABLE)}
encoding = "latin-1"
sha256 = "{hashlib.sha256(TABLE).hexdigest()}"
sha256_text = "{hashlib.sha256(TABLE.replace(bytes([13]), b"")).hexdigest()}"
columns = {{ a = "one [thing]", b = "another" }}

[inside]
title = "Comes with the library"
evidence = "simulated"
access = "embedded"
loader = "nowhere:load"
licence = "Free"
how = "Nothing to get."
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE, encoding="utf-8")
    entries = read_catalogue(path)
    monkeypatch.setattr(catalogue, "_entries", lambda: entries)
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path))
    made = tmp_path / "tiny-1"
    made.mkdir()
    (made / "table.dat").write_bytes(TABLE)
    return made


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """No row of a table is broken, whatever the terminal."""
    monkeypatch.setattr(terminal, "out", Console(width=400))


def run(*arguments: str, code: int = 0):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done


def test_version():
    assert run("--version").stdout == f"musicrec {version('musicrec')}\n"


def test_list_shows_every_dataset_and_whether_it_is_here(folder):
    rows = {line.split()[1]: line for line in run("data", "list").stdout.splitlines() if "│" in line}
    assert "real" in rows["tiny"] and "by-hand" in rows["tiny"] and "yes" in rows["tiny"]
    assert "simulated" in rows["inside"] and "yes" in rows["inside"]
    (folder / "table.dat").unlink()
    folder.rmdir()
    assert "│ no " in run("data", "list").stdout


def test_a_folder_that_lacks_files_is_incomplete(folder):
    (folder / "table.dat").unlink()
    shown = run("data", "list").stdout
    assert "│ incomplete" in next(line for line in shown.splitlines() if "tiny" in line)
    assert f"{folder}, which lacks table.dat" in run("data", "info", "tiny").stdout


def test_a_wrong_folder_of_real_data_is_said_in_its_row_alone(folder, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", str(folder / "mistyped"))
    rows = {line.split()[1]: line for line in run("data", "list").stdout.splitlines() if "│" in line}
    assert "no: MUSICREC_DATA is" in rows["tiny"]
    assert "yes" in rows["inside"]
    assert "no: MUSICREC_DATA is" in run("data", "info", "tiny").stdout
    assert "comes with the library" in run("data", "info", "inside").stdout


def test_info_shows_licence_citation_place_and_columns(folder):
    shown = run("data", "info", "tiny").stdout
    for part in (
        "A licence",
        "Someone. Something. 2020. [someone2020]",
        str(folder),
        "table.dat",
        "one [thing]",
    ):
        assert part in shown


def test_fetch_says_where_the_files_are(folder):
    assert run("data", "fetch", "tiny").stdout == f"tiny is in {folder}\n"


def test_fetch_of_what_is_not_here_says_how_to_get_it(folder, monkeypatch):
    (folder / "table.dat").unlink()
    folder.rmdir()
    done = run("data", "fetch", "tiny", code=1)
    assert "Ask for the files and put them into the folder tiny-1" in done.stderr
    assert str(folder.parent) in done.stderr
    assert done.stdout == ""


def test_fetch_and_verify_of_what_comes_with_the_library(folder):
    assert "nothing to fetch" in run("data", "fetch", "inside").stdout
    assert "no files to check" in run("data", "verify", "inside").stdout


def test_verify_of_sound_files(folder):
    shown = run("data", "verify", "tiny").stdout
    assert "sound" in shown
    assert str(folder) in shown


def test_verify_of_other_line_ends_is_sound(folder):
    (folder / "table.dat").write_bytes(TABLE.replace(b"\r", b"").rstrip())
    shown = run("data", "verify", "tiny").stdout
    assert "other line ends" in shown
    assert "the text is the same" in shown


@pytest.mark.parametrize(
    ("content", "verdict", "detail"),
    [
        (TABLE.replace(b"4", b"5"), "altered", "rows and columns are right, but the text is not"),
        (TABLE[:10], "wrong rows", "1 rows where 2 are expected: the file was cut off"),
        (TABLE + b"5\t6\r\n", "wrong rows", "3 rows where 2 are expected: there are too many"),
        (TABLE.replace(b"b", b"c"), "wrong columns", "missing column b"),
        (b"", "wrong columns", "missing column a, b"),
        (None, "missing", "no file"),
    ],
)
def test_verify_tells_what_is_wrong(folder, content, verdict, detail):
    if content is None:
        (folder / "table.dat").unlink()
    else:
        (folder / "table.dat").write_bytes(content)
    done = run("data", "verify", "tiny", code=1)
    assert verdict in done.stdout
    assert detail in done.stdout
    assert "musicrec data fetch tiny" in done.stderr


def test_verify_of_what_is_not_here_downloads_nothing(folder):
    (folder / "table.dat").unlink()
    folder.rmdir()
    assert "not on this machine" in run("data", "verify", "tiny", code=1).stderr
    assert not (folder.parent / "cache").exists()


@pytest.mark.parametrize("command", ["info", "fetch", "verify"])
def test_an_unknown_dataset_is_one_message(folder, command):
    done = run("data", command, "tinny", code=1)
    assert done.stdout == ""
    assert done.stderr == (
        "Error: There is no dataset 'tinny'. Did you mean 'tiny'? `musicrec data list` shows what there is: "
        "tiny, inside.\n"
    )


def test_debug_shows_where_an_error_arose(folder):
    done = CliRunner().invoke(app, ["--debug", "data", "info", "tinny"])
    assert type(done.exception).__name__ == "UnknownName"


def test_a_command_written_wrongly_is_code_two(folder):
    assert "Missing argument" in run("data", "info", code=2).stderr
    run("data", "burn", code=2)


def test_the_command_works_far_from_the_checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSICREC_DATA", raising=False)  # it may be relative to another folder
    command = [Path(sys.executable).with_name("musicrec"), "data", "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "songbook" in done.stdout and "lastfm-2k" in done.stdout


@pytest.mark.real
def test_the_real_files_are_sound():
    shown = run("data", "verify", "lastfm-2k").stdout
    assert shown.count("sound") == 5
