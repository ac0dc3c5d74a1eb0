"""Files that come with the library are found, or it is said where they should be."""

from pathlib import Path

import pytest

from musicrec import shipped
from musicrec.errors import DataUnavailable, UnknownName


@pytest.mark.parametrize("name", shipped.NAMES)
def test_all_that_is_shipped_is_there(name):
    assert shipped.shipped(name).exists()


def test_an_installed_file_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "musicrec")
    for folder in ("data", "musicrec/_shipped"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "catalogue.toml").touch()
    assert shipped.shipped("catalogue.toml") == tmp_path / "musicrec/_shipped/catalogue.toml"


def test_unknown_and_missing_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UnknownName, match=r"no file 'x\.csv'.*catalogue\.toml"):
        shipped.shipped("x.csv")
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "musicrec")
    with pytest.raises(DataUnavailable, match="Install musicrec again"):
        shipped.shipped("catalogue.toml")
