"""Finished worlds in the cache: built once, by one process, said so, and removed when nobody reads them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import filelock
import pandas as pd
import pytest

from musicrec.data.songbook import cache
from musicrec.errors import DataUnavailable

KEY = "0123456789abcdef" * 4
FRAME = pd.DataFrame({"a": [1, 2]})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Songbook's folder in an empty cache; nothing is made yet."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path))
    return tmp_path / "songbook"


def build(folder: Path) -> dict[str, pd.DataFrame]:
    return {"t": FRAME}


def never(folder: Path) -> dict[str, pd.DataFrame]:
    pytest.fail("built again")


def refuse(*args: object, **options: object) -> None:
    raise PermissionError(13, "Permission denied")


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86400
    os.utime(path, (then, then))


def test_a_build_is_announced_once_and_then_all_is_quiet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.read_or_build(KEY, build)
    assert capsys.readouterr() == ("", "Building the Songbook: once, about two minutes.\n")
    found = cache.read_or_build(KEY, never)
    assert capsys.readouterr() == ("", "")
    pd.testing.assert_frame_equal(found.tables["t"], FRAME)


def test_a_terminal_gets_a_bar_and_no_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    cache.read_or_build(KEY, build)
    assert capsys.readouterr() == ("", "")


def test_a_second_process_says_that_it_waits(folder: Path) -> None:
    folder.mkdir()
    script = (
        "import pandas as pd; from musicrec.data.songbook import cache\n"
        f"cache.read_or_build({KEY!r}, lambda folder: {{'t': pd.DataFrame({{'a': [1]}})}})"
    )
    with filelock.FileLock(folder / f".{KEY[:32]}.lock"):
        second = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        assert "Another process is building the Songbook" in second.stderr.readline()
    assert "Building the Songbook" in second.communicate(timeout=60)[1]  # the first gave up
    assert second.returncode == 0


def test_a_damaged_world_in_a_read_only_cache_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.read_or_build(KEY, build)
    world = folder / f"{KEY[:32]}.npz"
    world.write_bytes(b"damaged")
    monkeypatch.setattr(Path, "unlink", refuse)  # root may write anywhere, so pretend
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(DataUnavailable, match="MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)
    assert world.read_bytes() == b"damaged"


def test_a_finished_world_is_read_from_a_read_only_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.read_or_build(KEY, build)
    monkeypatch.setattr(cache, "cache_dir", lambda: pytest.fail("wants to write"))
    monkeypatch.setattr(os, "utime", refuse)
    pd.testing.assert_frame_equal(cache.read_or_build(KEY, never).tables["t"], FRAME)


def test_a_file_in_the_place_of_the_folder_is_named(folder: Path) -> None:
    folder.write_text("in the way")
    with pytest.raises(DataUnavailable, match=r"songbook.*File exists.*MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)


def test_a_file_in_the_place_of_the_cache_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "file").write_text("in the way")
    monkeypatch.setenv("MUSICREC_CACHE", str(folder.parent / "file"))
    with pytest.raises(DataUnavailable, match="MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)


def test_a_folder_in_the_place_of_the_lock_or_the_world_is_named(folder: Path) -> None:
    (folder / f"{KEY[:32]}.npz").mkdir(parents=True)
    with pytest.raises(DataUnavailable, match=r"npz.*MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)
    (folder / f"{KEY[:32]}.npz").rmdir()
    (folder / f".{KEY[:32]}.lock").unlink()
    (folder / f".{KEY[:32]}.lock").mkdir()
    with pytest.raises(DataUnavailable, match="MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)


@pytest.mark.parametrize("what", ["mkdir", "is_file"])
def test_a_folder_that_is_not_ours_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    folder.mkdir()
    whole = getattr(Path, what)
    monkeypatch.setattr(
        Path, what, lambda p, *a, **k: refuse() if "songbook" in p.parts else whole(p, *a, **k)
    )
    with pytest.raises(DataUnavailable, match=r"Permission denied.*MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)


def test_a_lock_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(DataUnavailable, match=r"Permission denied.*MUSICREC_CACHE"):
        cache.read_or_build(KEY, build)


def test_worlds_that_nobody_reads_are_removed_after_a_month(folder: Path) -> None:
    keys = {days: f"{days:032x}" for days in (1, 29, 31, 32)}
    for days, key in keys.items():
        cache.read_or_build(key, build)
        age(folder / f"{key}.npz", days)
    cache.read_or_build(keys[32], never)  # read again: in use
    (folder / "scores").mkdir()
    scores = folder / "scores" / "old.npz"
    scores.write_bytes(b"")
    age(scores, 100)
    cache.read_or_build(KEY, build)
    assert sorted(path.stem for path in folder.glob("*.npz")) == sorted(
        [keys[1], keys[29], keys[32], KEY[:32]]
    )
    assert scores.exists()
