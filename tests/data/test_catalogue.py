"""The catalogue: what it says agrees with the loaders, the data cards and the references."""

import importlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from musicrec import data
from musicrec.data import catalogue, lastfm_2k
from musicrec.data.entries import Entry, read_catalogue
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

ROOT = Path(__file__).resolve().parents[2]


def test_the_datasets_of_the_book_are_there():
    assert {"songbook", "lastfm-2k"} <= set(data.names())


@pytest.mark.parametrize("name", catalogue.names())
def test_an_entry_is_complete(name):
    found = catalogue.entry(name)
    assert found.evidence in ("real", "simulated")
    assert found.access in ("embedded", "fetchable", "convertible", "by-hand")
    assert (found.folder is None) == (found.access == "embedded") == (not found.parts)
    assert bool(found.downloads) == (found.access in ("fetchable", "convertible"))
    assert found.title and found.licence and found.how
    module, _, function = found.loader.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    for each in found.downloads:
        assert each.url.startswith("https://") or name == "gtzan"
        assert re.fullmatch("sha256:[0-9a-f]{64}|sha1:[0-9a-f]{40}|md5:[0-9a-f]{32}", each.checksum)
    if found.recordings:
        assert found.recordings.count > 0
    for file in found.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert re.fullmatch("[0-9a-f]{64}", file.sha256_text)
        assert file.rows > 0 < file.bytes
        assert found.file(file.name) is file


@pytest.mark.parametrize("name", catalogue.names())
def test_what_to_cite_stands_in_the_references(name):
    found = catalogue.entry(name)
    assert found.citation is not None
    assert f"{{{found.citation.key}," in (ROOT / "book" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", catalogue.names())
def test_a_data_card_agrees_with_the_catalogue(name):
    found = catalogue.entry(name)
    card = (ROOT / "data" / "cards" / f"{name}.md").read_text(encoding="utf-8")
    if found.folder:
        assert f"`{found.folder}`" in card
    if found.homepage and found.parts:
        assert found.homepage in card
    if found.recordings and not any(each.file for each in found.downloads):
        assert f"{found.recordings.count:,}" in card
        assert all(each.url in card for each in found.downloads)
    for file in found.files:
        assert f"| {file.name} | {file.rows:,} | {', '.join(file.columns)} |" in card


def test_the_schemas_of_the_loader_are_those_of_the_catalogue():
    found = catalogue.entry("lastfm-2k")
    assert {file.name: list(file.columns) for file in found.files} == {
        name: list(schema.columns) for name, schema in lastfm_2k._SCHEMAS.items()
    }


@pytest.mark.parametrize("call", [catalogue.entry, data.load, data.fingerprint])
def test_an_unknown_dataset_shows_the_nearest_and_all(call):
    with pytest.raises(
        UnknownName,
        match=r"no dataset 'lastfm2k'\. Did you mean 'lastfm-2k' or 'lastfm-1k'\?.*songbook, lastfm-2k",
    ):
        call("lastfm2k")
    with pytest.raises(UnknownName, match="musicrec data list") as caught:
        call("zzz")
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize("name", [["lastfm-2k"], None, 3])
def test_what_is_no_name_shows_those_there_are(name):
    with pytest.raises(UnknownName, match=r"no dataset .*: songbook, lastfm-2k"):
        data.load(name)


def test_an_unknown_file_shows_those_that_there_are():
    with pytest.raises(UnknownName, match=r"no file 'plays\.csv'.*artists\.dat, tags\.dat"):
        catalogue.entry("lastfm-2k").file("plays.csv")


def test_an_option_that_a_loader_does_not_take_is_said():
    with pytest.raises(InvalidArgument, match=r"Options of 'lastfm-2k'.*'verify'.*It takes: none"):
        data.load("lastfm-2k", verify=False)


def test_a_fingerprint_follows_the_checksums_and_the_loader(monkeypatch):
    first = data.fingerprint("lastfm-2k")
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert data.fingerprint("lastfm-2k") == first
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "_source", lambda module: "another loader")
        assert data.fingerprint("lastfm-2k") != first
    text = (ROOT / "data" / "catalogue.toml").read_text(encoding="utf-8")
    other = catalogue.entry("lastfm-2k").files[0].sha256_text
    monkeypatch.setattr(catalogue, "_entries", lambda: _read(text.replace(other, "0" * 64)))
    assert data.fingerprint("lastfm-2k") != first


def test_a_fingerprint_needs_no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path / "absent"))
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "absent"))
    assert data.fingerprint("lastfm-2k")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
def test_what_was_loaded_is_remembered_with_its_fingerprint():
    script = (
        "from musicrec import data; from musicrec.data import catalogue\n"
        "assert catalogue.loaded() == {}\n"
        "data.load('lastfm-2k')\n"
        "assert catalogue.loaded() == {'lastfm-2k': [data.fingerprint('lastfm-2k')]}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("change", [("rows = 17632\n", ""), ("rows = 17632", "rows = 17632\nlines = 3")])
def test_a_catalogue_with_a_wrong_field_is_said(change):
    text = (ROOT / "data" / "catalogue.toml").read_text(encoding="utf-8")
    with pytest.raises(InvalidData, match=r"entry 'lastfm-2k'.*(rows|lines)"):
        _read(text.replace(*change))


def test_a_catalogue_that_is_no_toml_is_said():
    with pytest.raises(InvalidData, match=r"is not a TOML file: Invalid value"):
        _read("name = ")


def _read(text: str) -> dict[str, Entry]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.toml"
        path.write_text(text, encoding="utf-8")
        return read_catalogue(path)
