"""Arrays in the cache: made once, side by side, whole or not at all; what a killed run made is not lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicrec.audio import chunks
from musicrec.audio.chunks import Chunks, digest
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

LABELS = [f"item {i}" for i in range(14)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; files of four rows."""
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(chunks, "ROWS", 4)
    monkeypatch.setattr(chunks, "_PROCESSES", 1)  # others take a second or two to start
    return tmp_path / "cache" / "audio"


@pytest.fixture
def two_processes(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_PROCESSES", 2)


@pytest.fixture
def made(tmp_path: Path) -> Callable[[], list[str]]:
    """Which labels were measured since it was last asked, in any process."""
    log = tmp_path / "measured"

    def read() -> list[str]:
        found = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(found, key=LABELS.index)

    return read


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., Any]:
    """Makes a measure that gives three numbers a label, and does `when` of it when it is asked."""
    log = str(tmp_path / "measured")

    def make(when: Callable[[str], None] = lambda label: None, version: str = "1") -> Any:
        class Measured:  # here, so that it is sent to other processes as it is
            title = "Numbers"
            shape = (3,)
            dtype = "float16"

            def version(self) -> str:
                return version

            def __call__(self, label: str) -> np.ndarray:
                with open(log, "a") as file:  # noqa: PTH123 - atomic for short lines
                    file.write(label + "\n")
                when(label)
                return np.full(3, int(label.split()[1]) + 0.5)

        return Measured()

    return make


def all_rows(measure: Any, key: str = "key") -> np.ndarray:
    return Chunks(lambda: key, LABELS, measure).rows(np.arange(len(LABELS)))


def files(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/*.npy"))


def expected() -> np.ndarray:
    return np.repeat(np.arange(len(LABELS))[:, None] + 0.5, 3, axis=1)


def test_rows_are_made_once_and_come_back_in_the_order_asked_for(
    two_processes: None, measure: Callable[..., Any], made: Callable[[], list[str]]
) -> None:
    rows = all_rows(measure())
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, expected())
    assert made() == LABELS
    again = Chunks(lambda: "key", LABELS, measure())
    for wanted in ([13, 0, 5, 5], [2], []):
        np.testing.assert_array_equal(again.rows(np.array(wanted, dtype=int)), expected()[wanted])
    assert made() == []


def test_only_the_files_that_are_asked_for_are_made(
    measure: Callable[..., Any], made: Callable[[], list[str]], cache: Path
) -> None:
    kept = Chunks(lambda: "key", LABELS, measure())
    kept.rows(np.array([5]))
    assert made() == LABELS[4:8]
    kept.rows(np.array([13, 6]))
    assert made() == LABELS[12:14]
    assert len(files(cache)) == 2


def test_what_is_kept_is_mapped_and_not_copied(measure: Callable[..., Any]) -> None:
    kept = Chunks(lambda: "key", LABELS, measure())
    kept.rows(np.array([5]))
    assert isinstance(kept._open[1], np.memmap)
    assert kept._open[1].dtype == np.float16


@pytest.mark.parametrize("error", [InvalidData, CorruptData])
def test_an_item_that_cannot_be_measured_is_left_out_with_its_reason(
    measure: Callable[..., Any], error: type[Exception]
) -> None:
    def refuse(label: str) -> None:
        if label in ("item 2", "item 9"):
            raise error(f"{label} is noise.")

    kept = Chunks(lambda: "key", LABELS, measure(refuse))
    with pytest.warns(UserWarning, match=r"Numbers: 2 of 14 items are left out.*item \d.*is noise"):
        rows = kept.rows(np.arange(14))
    assert kept.left_out == {2: "item 2 is noise.", 9: "item 9 is noise."}
    good = [i for i in range(14) if i not in (2, 9)]
    np.testing.assert_array_equal(rows[good], expected()[good])
    assert not rows[[2, 9]].any()
    again = Chunks(lambda: "key", LABELS, measure(lambda label: pytest.fail("measured again")))
    again.rows(np.array([9]))
    assert again.left_out == {9: "item 9 is noise."}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_run_that_breaks_off_is_gone_on_with(
    two_processes: None,
    measure: Callable[..., Any],
    made: Callable[[], list[str]],
    cache: Path,
    error: type[BaseException],
) -> None:
    def stop(label: str) -> None:
        if label == "item 9":
            raise error

    kept = Chunks(lambda: "key", LABELS, measure(stop))
    kept.rows(np.arange(8))
    with pytest.raises(error):
        kept.rows(np.arange(12))
    assert [path.name for path in files(cache)] == ["0000.npy", "0001.npy"]
    with pytest.raises(error):
        all_rows(measure(stop))  # two files are left: side by side
    made()
    np.testing.assert_array_equal(all_rows(measure()), expected())
    assert set(LABELS[8:12]) <= set(made()) <= set(LABELS[8:])


KILLED = """
import os, signal, sys
import numpy as np
from musicrec.audio import chunks

class Measured:
    title, shape, dtype = "Numbers", (3,), "float16"
    def version(self): return "1"
    def __call__(self, label):
        if sys.argv[1] == label: os.kill(os.getpid(), signal.SIGKILL)
        print(label, flush=True)
        return np.zeros(3)

chunks.ROWS = 4
kept = chunks.Chunks(lambda: "key", [f"item {i}" for i in range(14)], Measured())
for number in range(14):
    kept.rows(np.array([number]))
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_run_that_is_killed_leaves_nothing_half_written(cache: Path) -> None:
    def run(dies_at: str) -> tuple[int, list[str]]:
        done = subprocess.run([sys.executable, "-c", KILLED, dies_at], stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout.split("\n")[:-1]

    assert run("item 10") == (-signal.SIGKILL, LABELS[:10])
    assert [path.name for path in files(cache)] == ["0000.npy", "0001.npy"]
    assert run("none") == (0, LABELS[8:]), "the two files that were whole are not made again"


@pytest.mark.parametrize("harm", ["cut", "changed", "no reasons", "bad reasons", "other shape", "empty"])
def test_a_damaged_file_is_made_again_with_a_warning(
    measure: Callable[..., Any], made: Callable[[], list[str]], cache: Path, harm: str
) -> None:
    all_rows(measure())
    made()
    path = files(cache)[2]
    content = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(content[:-5])
        case "changed":
            path.write_bytes(content[:-1] + b"\x7f")
        case "no reasons":
            path.with_suffix(".json").unlink()
        case "bad reasons":
            path.with_suffix(".json").write_text("[]")
        case "other shape":
            np.save(path, np.zeros((4, 2), np.float16))
        case "empty":
            path.write_bytes(b"")
    with pytest.warns(UserWarning, match=r"0002.npy is damaged .* is made again"):
        np.testing.assert_array_equal(all_rows(measure()), expected())
    assert made() == LABELS[8:12], "that file alone"


def test_each_key_version_and_list_of_labels_has_a_folder_of_its_own(
    measure: Callable[..., Any], cache: Path
) -> None:
    for kept in (
        Chunks(lambda: "key", LABELS, measure()),
        Chunks(lambda: "other key", LABELS, measure()),
        Chunks(lambda: "key", LABELS, measure(version="2")),
        Chunks(lambda: "key", LABELS[::-1], measure()),
    ):
        first = kept.rows(np.array([0]))[0, 0]
        assert first == int(kept.labels[0].split()[1]) + 0.5
    assert len(list(cache.glob("*/"))) == 4


def test_nothing_is_asked_of_the_key_before_a_row_is_needed(measure: Callable[..., Any]) -> None:
    kept = Chunks(lambda: pytest.fail("asked"), LABELS, measure())
    assert kept.rows(np.array([], dtype=int)).shape == (0, 3)


def test_a_full_disk_says_so(measure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(chunks.np, "save", full)
    with pytest.raises(DataUnavailable, match=r"0001.npy: No space left.*Free some space"):
        Chunks(lambda: "key", LABELS, measure()).rows(np.array([5]))


def test_what_is_whole_is_read_from_a_cache_that_cannot_be_written(
    measure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    all_rows(measure())

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(chunks, "cache_dir", refuse)
    monkeypatch.setattr(os, "utime", refuse)
    np.testing.assert_array_equal(all_rows(measure()), expected())


def test_a_disk_that_does_not_keep_what_is_written_is_named(
    measure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks.np, "save", lambda path, array: None)
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(CorruptData, match="another disk"):
        Chunks(lambda: "key", LABELS, measure()).rows(np.array([5]))


def test_arrays_that_nobody_reads_are_removed_after_a_month(measure: Callable[..., Any], cache: Path) -> None:
    for key in ("read", "unread"):
        Chunks(partial(str, key), LABELS, measure()).rows(np.array([0]))
    then = time.time() - 31 * 86400
    for folder in cache.glob("*/"):
        os.utime(folder, (then, then))
    Chunks(lambda: "read", LABELS, measure()).rows(np.array([0]))
    Chunks(lambda: "new", LABELS, measure()).rows(np.array([0]))
    kept = {digest(key, LABELS, "1")[:32] for key in ("read", "new")}
    assert {folder.name for folder in cache.glob("*/")} == kept


def test_a_digest_follows_files_and_values(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a")
    before = digest("x", file)
    file.write_text("b")
    assert len({before, digest("x", file), digest("y", file), digest("x"), digest("x", "b")}) == 5
    file.write_text("a")
    assert digest("x", file) == before
