"""The cache: where it is, and that what is written there is whole or absent."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from musicrec import cache
from musicrec.errors import DataUnavailable


def test_cache_dir_follows_the_environment_and_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "deep" / "cache"))
    assert cache.cache_dir() == tmp_path / "deep" / "cache"
    assert cache.cache_dir().is_dir()


def test_cache_location_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "absent"))
    assert cache.cache_location() == tmp_path / "absent"
    assert not (tmp_path / "absent").exists()


def test_without_the_variable_the_cache_is_the_users_own(monkeypatch):
    monkeypatch.delenv("MUSICREC_CACHE", raising=False)
    assert cache.cache_location().is_absolute()
    assert "musicrec" in cache.cache_location().name


def test_a_relative_cache_stays_the_same_folder_when_the_program_moves(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    cache.absolute.cache_clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSICREC_CACHE", "my-relative-cache")
    first = cache.cache_dir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cache.cache_dir() == first == tmp_path / "my-relative-cache"
    cache.absolute.cache_clear()


def test_a_cache_that_cannot_be_made_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        DataUnavailable, match="Set MUSICREC_CACHE to a folder in which you may write"
    ) as caught:
        cache.cache_dir()
    assert str(tmp_path / "file" / "cache") in str(caught.value)


def test_a_read_only_cache_says_what_to_do(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path))
    monkeypatch.setattr(cache.tempfile, "TemporaryFile", refuse)  # root may write anywhere, so pretend
    with pytest.raises(DataUnavailable, match=r"Read-only file system.*Set MUSICREC_CACHE"):
        cache.cache_dir()


def test_atomic_write_gives_the_whole_file_and_nothing_else(tmp_path):
    target = tmp_path / "new folder" / "table [1].csv"
    with cache.atomic_write(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".csv"
        assert not target.exists()
        temporary.write_text("a,b\n1,2\n")
    assert target.read_text() == "a,b\n1,2\n"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="half way"), cache.atomic_write(target) as temporary:
        temporary.write_text("ne")
        raise RuntimeError("half way")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    target = tmp_path / "table.csv"
    with (
        pytest.raises(DataUnavailable, match=r"table\.csv.*Free some space"),
        cache.atomic_write(target) as temporary,
    ):
        temporary.write_text("some")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_is_not_the_disks_is_passed_on(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"), cache.atomic_write(tmp_path / "table.csv"):
        (tmp_path / "absent").read_text()


def test_a_killed_write_leaves_the_old_file_and_its_leftover_is_removed_later(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    script = (
        "import os, sys\n"
        "from musicrec.cache import atomic_write\n"
        "with atomic_write(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(target)], check=False, timeout=120)
    assert killed.returncode == -9
    assert target.read_text() == "old"
    (leftover,) = (path for path in tmp_path.iterdir() if path != target)
    _age(leftover, days=2)
    with cache.atomic_write(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_is_under_way_is_not_disturbed(tmp_path):
    target = tmp_path / "table.csv"
    with cache.atomic_write(target) as first:
        first.write_text("first")
        with cache.atomic_write(target) as second:
            second.write_text("second")
        assert target.read_text() == "second"
    assert target.read_text() == "first"


def _age(path: Path, days: float) -> None:
    then = time.time() - days * 86400
    os.utime(path, (then, then))
