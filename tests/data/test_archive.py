"""Unpacking: good archives come out whole, bad ones are refused and write nothing outside their folder."""

import contextlib
import errno
import io
import os
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicrec.data import archive
from musicrec.errors import CorruptData, DataUnavailable

FILES = {"top.dat": b"a\tb\r\n1\t2\r\n", "deep/er/file.dat": "Björk".encode("latin-1"), "empty.dat": b""}


def make_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def make_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as rolled:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            rolled.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "box" / "out"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_every_file_comes_out_as_it_went_in(tmp_path, folder, mode):
    path = tmp_path / "packed"
    if mode == "zip":
        make_zip(path, FILES)
    else:
        make_tar(path, FILES, mode)
    written = archive.extract(path, folder)
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in written} == FILES


def test_folders_named_in_the_archive_are_made(tmp_path, folder):
    archive.extract(make_zip(tmp_path / "a.zip", {"folder/": b"", "folder/x": b"1"}), folder)
    assert (folder / "folder" / "x").read_bytes() == b"1"


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/evil-folder/evil", "..\\evil", "C:/evil", "C:\\evil"]
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, folder, make, name):
    path = make(tmp_path / "packed", {"good": b"1", name: b"2"})
    with pytest.raises(CorruptData, match="outside the folder"):
        archive.extract(path, folder)
    assert not [p for p in tmp_path.rglob("*evil*") if p.is_file()]


@given(name=st.text(alphabet="ab./\\:~ ", min_size=1, max_size=12))
def test_no_name_writes_outside_the_folder(tmp_path_factory, name):
    base = tmp_path_factory.mktemp("names")
    folder = base / "in" / "side" / "out"
    folder.mkdir(parents=True)
    path = make_tar(base / "packed.tar", {name: b"x"})
    with contextlib.suppress(CorruptData):
        archive.extract(path, folder)
    outside = [p for p in base.rglob("*") if p.is_file() and folder not in p.parents and p != path]
    assert outside == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, folder, kind):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as rolled:
        info = tarfile.TarInfo("innocent")
        info.type, info.linkname = kind, "/etc/passwd"
        rolled.addfile(info)
    with pytest.raises(CorruptData, match="link or a device"):
        archive.extract(path, folder)
    assert list(folder.iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path, folder):
    path = tmp_path / "links.zip"
    info = zipfile.ZipInfo("innocent")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(info, "/etc/passwd")
    with pytest.raises(CorruptData, match="link or a device"):
        archive.extract(path, folder)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_bomb_is_stopped_by_its_ratio(tmp_path, folder, make):
    path = make(tmp_path / "bomb", {"zeros": bytes(64 << 20)})
    assert path.stat().st_size < 200_000
    with pytest.raises(CorruptData, match="unpacks to more than"):
        archive.extract(path, folder)
    assert sum(p.stat().st_size for p in folder.iterdir()) < 24 << 20


def test_an_archive_over_the_size_limit_is_stopped(tmp_path, folder):
    path = make_zip(tmp_path / "a.zip", {"one": os.urandom(6000), "two": os.urandom(6000)})
    with pytest.raises(CorruptData, match="unpacks to more than"):
        archive.extract(path, folder, archive.Limits(size=10_000))


def test_an_archive_of_too_many_members_is_stopped(tmp_path, folder):
    path = make_tar(tmp_path / "many.tar", {f"f{i}": b"" for i in range(20)})
    with pytest.raises(CorruptData, match="more than 10 members"):
        archive.extract(path, folder, archive.Limits(files=10))
    assert len(list(folder.iterdir())) == 10


def test_the_same_file_twice_is_refused(tmp_path, folder):
    path = tmp_path / "twice.tar"
    with tarfile.open(path, "w") as rolled:
        for content in (b"1", b"2"):
            info = tarfile.TarInfo("same")
            info.size = 1
            rolled.addfile(info, io.BytesIO(content))
    with pytest.raises(CorruptData, match="twice"):
        archive.extract(path, folder)


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_archive_is_said(tmp_path, folder, make, kept):
    path = make(tmp_path / "cut", {"a": os.urandom(50_000), "b": os.urandom(50_000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CorruptData, match="again"):
        archive.extract(path, folder)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("x" * 300,)])
def test_names_that_cannot_be_written_are_said(tmp_path, folder, names):
    path = make_tar(tmp_path / "names.tar", dict.fromkeys(names, b"1"))
    with pytest.raises(CorruptData, match="again"):
        archive.extract(path, folder)


def test_a_zip_with_altered_bytes_is_said(tmp_path, folder):
    path = make_zip(tmp_path / "a.zip", {"a": b"some text that is packed, and packed, and packed" * 100})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(CorruptData, match="damaged"):
        archive.extract(path, folder)


def test_a_web_page_in_place_of_the_archive_is_said(tmp_path, folder):
    path = tmp_path / "a.zip"
    path.write_text("<html>404 not found</html>")
    with pytest.raises(CorruptData, match="web page"):
        archive.extract(path, folder)


def test_a_full_disk_is_said(tmp_path, folder, monkeypatch):
    path = make_zip(tmp_path / "a.zip", FILES)

    def full(*args, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(archive.Path, "open", full)
    with pytest.raises(DataUnavailable, match="Free some space"):
        archive.extract(path, folder)
