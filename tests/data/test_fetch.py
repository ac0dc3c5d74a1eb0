"""Getting files: where they are looked for, and that a download ends whole or leaves nothing."""

import errno
import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from musicrec import cache
from musicrec.data import fetch
from musicrec.data.entries import DataFile, Download, Entry, Recordings
from musicrec.errors import CorruptData, DataUnavailable

TABLE = os.urandom(300_000).hex().encode()  # 600 kB that a zip cannot make much smaller


def pack(path: Path, prefix: str = "") -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{prefix}table.dat", TABLE)
        packed.writestr(f"{prefix}readme.txt", b"about")
    return path.read_bytes()


class Server(http.server.ThreadingHTTPServer):
    """Serves one file, others by name; can cut the connection, wait, ignore Range or send an error."""

    daemon_threads = True
    content = b""
    ranges = True
    cuts = 0  # how many answers break off half way
    stalls = 0  # how many answers send half and wait
    status = 200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []
        self.others: dict[str, bytes] = {}
        self.half_way = threading.Event()
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/tiny.zip"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        server = self.server
        content = server.others.get(self.path.removeprefix("/"), server.content)
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.ranges else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if wanted and server.ranges and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if wanted and server.ranges else 200)
        if wanted and server.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        self.wfile.write(rest[: len(rest) // 2])
        self.wfile.flush()
        if server.cuts:
            server.cuts -= 1
            return
        if server.stalls:
            server.stalls -= 1
            server.half_way.set()
            server.released.wait(60)
            return
        self.wfile.write(rest[len(rest) // 2 :])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        made.released.set()
        made.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MUSICREC_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)  # between two tries


@pytest.fixture
def tiny(server, tmp_path):
    server.content = pack(tmp_path / "made.zip")
    return entry_for(server)


def entry_for(server: Server) -> Entry:
    file = DataFile("table.dat", "a table", 1, len(TABLE), "ascii", "", "", {"a": "x"})
    return Entry(
        name="tiny",
        title="A tiny dataset",
        evidence="real",
        access="fetchable",
        loader="nowhere:load",
        licence="none",
        how="Download the archive and unpack it into the folder tiny-1.",
        homepage="https://example.org/tiny",
        folder="tiny-1",
        downloads=(Download(server.url, f"sha256:{hashlib.sha256(server.content).hexdigest()}"),),
        files=(file,),
    )


def in_cache(tmp_path):
    return sorted(
        path.relative_to(tmp_path / "cache").as_posix()
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    )


def test_the_folder_of_real_data_comes_first(tiny, server, tmp_path, monkeypatch):
    fetch.fetch(tiny)
    mine = tmp_path / "real" / "tiny-1"
    mine.mkdir(parents=True)
    (mine / "table.dat").write_bytes(TABLE)
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path / "real"))
    assert fetch.fetch(tiny) == mine
    assert len(server.asked) == 1


def test_a_relative_folder_of_real_data_is_made_absolute_once(tiny, tmp_path, monkeypatch):
    (tmp_path / "relative-real" / "tiny-1").mkdir(parents=True)
    (tmp_path / "relative-real" / "tiny-1" / "table.dat").write_bytes(TABLE)
    (tmp_path / "book").mkdir()
    cache.absolute.cache_clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSICREC_DATA", "relative-real")
    assert fetch.find(tiny) == tmp_path / "relative-real" / "tiny-1"
    monkeypatch.chdir(tmp_path / "book")
    assert fetch.find(tiny) == tmp_path / "relative-real" / "tiny-1"
    cache.absolute.cache_clear()


def test_a_folder_of_real_data_that_does_not_exist_is_said_in_full(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path / "mistyped"))
    with pytest.raises(DataUnavailable, match=r"no folder.*tiny-1.*unset it") as caught:
        fetch.fetch(tiny)
    assert str(tmp_path / "mistyped") in str(caught.value)


def test_a_folder_that_lacks_a_file_is_said_and_nothing_is_downloaded(tiny, server, tmp_path, monkeypatch):
    (tmp_path / "tiny-1").mkdir()
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path))
    with pytest.raises(DataUnavailable, match=r"lacks table\.dat"):
        fetch.fetch(tiny)
    assert server.asked == []


def test_a_download_is_unpacked_once_and_the_archive_removed(tiny, server, tmp_path, capfd):
    assert fetch.find(tiny) is None
    folder = fetch.fetch(tiny)
    assert folder == tmp_path / "cache" / "datasets" / "tiny-1"
    assert (folder / "table.dat").read_bytes() == TABLE
    assert fetch.fetch(tiny) == fetch.find(tiny) == folder
    assert server.asked == [None]
    assert in_cache(tmp_path) == ["datasets/tiny-1/readme.txt", "datasets/tiny-1/table.dat"]
    assert capfd.readouterr() == ("", "")  # no progress bar where there is no terminal


def test_a_download_with_real_data_elsewhere_goes_to_the_cache(tiny, tmp_path, monkeypatch):
    (tmp_path / "other-data").mkdir()
    monkeypatch.setenv("MUSICREC_DATA", str(tmp_path / "other-data"))
    assert fetch.fetch(tiny) == tmp_path / "cache" / "datasets" / "tiny-1"
    assert list((tmp_path / "other-data").iterdir()) == []


def test_an_archive_with_one_folder_in_it(server, tmp_path):
    server.content = pack(tmp_path / "made.zip", prefix="tiny-v1/")
    assert (fetch.fetch(entry_for(server)) / "table.dat").read_bytes() == TABLE


def test_a_cut_connection_is_resumed_where_it_broke(tiny, server):
    server.cuts = 2
    folder = fetch.fetch(tiny)
    assert (folder / "table.dat").read_bytes() == TABLE
    assert server.asked[0] is None
    starts = [int(wanted.removeprefix("bytes=").removesuffix("-")) for wanted in server.asked[1:]]
    assert 0 < starts[0] < starts[1] < len(server.content)


def test_what_arrived_is_kept_for_the_next_call(tiny, server, tmp_path):
    server.cuts = 3  # more than one call tries
    with pytest.raises(DataUnavailable, match="goes on where it broke off"):
        fetch.fetch(tiny)
    assert in_cache(tmp_path) == ["downloads/tiny/tiny.zip.part"]
    fetch.fetch(tiny)
    assert int(server.asked[-1].removeprefix("bytes=").removesuffix("-")) > len(server.content) // 2


def test_a_server_without_ranges_sends_the_whole_file_again(tiny, server):
    server.ranges, server.cuts = False, 1
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE


def test_a_part_that_was_already_whole_is_used(tiny, server, tmp_path):
    part = tmp_path / "cache" / "downloads" / "tiny" / "tiny.zip.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(server.content)
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE


@pytest.mark.parametrize("stale", [b"of another file " * 10, b"longer than the file" * 100_000])
def test_a_part_of_another_file_is_thrown_away(tiny, tmp_path, stale):
    part = tmp_path / "cache" / "downloads" / "tiny" / "tiny.zip.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(stale)
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE


@pytest.mark.parametrize("change", ["altered", "truncated"])
def test_an_archive_with_another_checksum_is_refused_and_not_kept(tiny, server, tmp_path, change):
    good = server.content
    server.content = good[:-100] if change == "truncated" else good[:100] + b"!" + good[101:]
    with pytest.raises(CorruptData, match=r"altered.*thrown away.*By hand \(https://example\.org/tiny\)"):
        fetch.fetch(tiny)
    assert in_cache(tmp_path) == []
    server.content = good
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE


def test_an_archive_without_the_files_is_refused_and_leaves_no_folder(server, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as packed:
        packed.writestr("something-else.dat", b"1")
    server.content = (tmp_path / "made.zip").read_bytes()
    with pytest.raises(CorruptData, match=r"does not hold the files of tiny \(table\.dat\)"):
        fetch.fetch(entry_for(server))
    assert not list((tmp_path / "cache" / "datasets").iterdir())


def test_no_network_says_what_to_do(tiny, server):
    server.server_close()
    offline = replace(tiny, downloads=(replace(tiny.downloads[0], url="http://127.0.0.1:9/tiny.zip"),))
    with pytest.raises(
        DataUnavailable, match=r"there is no connection.*By hand.*Set MUSICREC_DATA"
    ) as caught:
        fetch.fetch(offline)
    assert "https://example.org/tiny" in str(caught.value)


def test_an_address_that_is_gone_is_said(tiny, server):
    server.status = 404
    with pytest.raises(DataUnavailable, match="the server answers 404"):
        fetch.fetch(tiny)


def test_a_dataset_without_an_address_says_how_to_get_it(tiny):
    with pytest.raises(DataUnavailable, match=r"cannot be downloaded.*unpack it into the folder tiny-1"):
        fetch.fetch(replace(tiny, downloads=(), access="by-hand"))


def test_a_read_only_cache_is_said(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MUSICREC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataUnavailable, match="Set MUSICREC_CACHE"):
        fetch.fetch(tiny)


def test_a_dataset_in_a_read_only_cache_is_still_found(tiny, monkeypatch):
    folder = fetch.fetch(tiny)

    def refuse(*args, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", refuse)
    assert fetch.fetch(tiny) == folder


@pytest.mark.parametrize("step", ["download", "unpack"])
def test_a_full_disk_is_said_and_a_second_run_goes_on(tiny, tmp_path, monkeypatch, step):
    real = Path.open

    def full(path, mode="r", **options):
        if path.suffix == {"download": ".part", "unpack": ".dat"}[step] and mode[0] in "wxa":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(DataUnavailable, match="Free some space"):
            fetch.fetch(tiny)
    assert not (tmp_path / "cache" / "datasets" / "tiny-1").exists()
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE


SCRIPT = """
import sys
from musicrec.data import fetch
from musicrec.data.entries import DataFile, Download, Entry
url, checksum = sys.argv[1:]
file = DataFile("table.dat", "a table", 1, 1, "ascii", "", "", {"a": "x"})
entry = Entry("tiny", "A tiny dataset", "real", "fetchable", "nowhere:load", "none", "how", folder="tiny-1",
              downloads=(Download(url, checksum),), files=(file,))
print(fetch.fetch(entry))
"""


def start(tiny: Entry) -> subprocess.Popen:
    command = [sys.executable, "-c", SCRIPT, tiny.downloads[0].url, tiny.downloads[0].checksum]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_killed_while_downloading_leaves_no_dataset_and_the_next_goes_on(tiny, server, tmp_path):
    server.stalls = 1
    with start(tiny) as run:
        assert server.half_way.wait(60)
        part = tmp_path / "cache" / "downloads" / "tiny" / "tiny.zip.part"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
    server.released.set()
    assert run.returncode == -signal.SIGKILL
    assert not (tmp_path / "cache" / "datasets").exists()
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE
    assert int(server.asked[-1].removeprefix("bytes=").removesuffix("-")) > 0  # it did not begin anew
    assert in_cache(tmp_path) == ["datasets/tiny-1/readme.txt", "datasets/tiny-1/table.dat"]


def test_what_a_run_killed_while_unpacking_left_is_removed(tiny, tmp_path):
    half = tmp_path / "cache" / "datasets" / ".tiny-1.unpacking"
    half.mkdir(parents=True)
    (half / "table.dat").write_bytes(TABLE[:100])
    assert fetch.find(tiny) is None
    assert (fetch.fetch(tiny) / "table.dat").read_bytes() == TABLE
    assert not half.exists()


def test_two_processes_at_once_download_once(tiny, server):
    runs = [start(tiny), start(tiny)]
    said = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert said[0][0] == said[1][0] != ""
    assert server.asked == [None]


@pytest.mark.parametrize("taken", ["datasets", "downloads", "downloads/tiny"])
def test_a_file_in_the_place_of_a_folder_is_said(tiny, tmp_path, taken):
    place = tmp_path / "cache" / taken
    place.parent.mkdir(parents=True)
    place.write_text("")
    with pytest.raises(DataUnavailable, match=r"Cannot write .*Set MUSICREC_CACHE"):
        fetch.fetch(tiny)


def test_a_lock_that_cannot_be_taken_is_said(tiny, tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(fetch.filelock.FileLock, "acquire", refuse)
    with pytest.raises(DataUnavailable, match=r"\.tiny\.lock: Permission denied.*MUSICREC_CACHE"):
        fetch.fetch(tiny)


def test_a_name_too_long_for_a_folder_is_said(tiny, monkeypatch):
    monkeypatch.setenv("MUSICREC_DATA", "/" + "a" * 5000)
    with pytest.raises(DataUnavailable, match="is no folder"):
        fetch.find(tiny)


def roll(path: Path, files: dict[str, bytes]) -> bytes:
    with tarfile.open(path, "w:gz") as rolled:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            rolled.addfile(info, io.BytesIO(content))
    return path.read_bytes()


def hashed(algorithm: str, content: bytes) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


@pytest.fixture
def sounding(server, tmp_path):
    """A dataset of recordings from a tar.gz, with labels from a zip, and one file by itself."""
    clips = {f"clips/{i // 10:03d}/{i:05d}.au": os.urandom(100) for i in range(30)}
    server.others["clips.tar.gz"] = roll(tmp_path / "made.tar.gz", clips)
    server.others["about.zip"] = pack(tmp_path / "made.zip", prefix="about/")
    server.others["one_(long).ogg"] = b"OggS" * 100
    downloads = [
        Download(server.url.replace("tiny.zip", name), hashed(algorithm, server.others[name]), file)
        for name, algorithm, file in (
            ("clips.tar.gz", "md5", None),
            ("about.zip", "sha1", None),
            ("one_(long).ogg", "sha256", "extra/one.ogg"),
        )
    ]
    return replace(
        entry_for(server),
        downloads=tuple(downloads),
        files=(),
        recordings=Recordings("clips", 30, labels="about/table.dat"),
    )


def test_several_archives_and_files_make_one_folder(sounding, server, tmp_path):
    folder = fetch.fetch(sounding)
    assert len(list((folder / "clips").rglob("*.au"))) == 30
    assert (folder / "about" / "table.dat").read_bytes() == TABLE
    assert (folder / "extra" / "one.ogg").read_bytes() == b"OggS" * 100
    assert len(server.asked) == 3
    assert not (tmp_path / "cache" / "downloads" / "tiny").exists()
    assert fetch.fetch(sounding) == folder and len(server.asked) == 3


@pytest.mark.parametrize("name", ["clips.tar.gz", "about.zip", "one_(long).ogg"])
def test_each_checksum_is_held_whatever_its_algorithm(sounding, server, tmp_path, name):
    good = server.others[name]
    server.others[name] = good[:-50] + bytes(50)
    with pytest.raises(CorruptData, match=r"has not the checksum (md5|sha1|sha256):[0-9a-f]+ that"):
        fetch.fetch(sounding)
    assert not (tmp_path / "cache" / "datasets" / "tiny-1").exists()
    server.others[name] = good
    asked = len(server.asked)
    assert (fetch.fetch(sounding) / "clips").is_dir()
    assert len(server.asked) - asked <= 3  # what had arrived whole is not asked for again


@pytest.mark.parametrize("missing", ["clips", "about/table.dat", "extra/one.ogg"])
def test_a_folder_of_recordings_that_lacks_a_part_is_said(sounding, tmp_path, monkeypatch, missing):
    made = tmp_path / "real" / "tiny-1"
    for part in ("clips/000/00001.au", "about/table.dat", "extra/one.ogg"):
        if not part.startswith(missing):
            (made / part).parent.mkdir(parents=True, exist_ok=True)
            (made / part).write_bytes(b"")
    monkeypatch.setenv("MUSICREC_DATA", str(made.parent))
    with pytest.raises(DataUnavailable, match=rf"lacks {missing} of tiny"):
        fetch.fetch(sounding)


@pytest.mark.parametrize("kind", ["path", "link"])
def test_a_malicious_archive_of_recordings_writes_nothing(sounding, server, tmp_path, kind):
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as rolled:
        good = tarfile.TarInfo("clips/000/00000.au")
        rolled.addfile(good, io.BytesIO())
        evil = tarfile.TarInfo("../../../evil.au" if kind == "path" else "clips/000/evil.au")
        if kind == "link":
            evil.type, evil.linkname = tarfile.SYMTYPE, "/etc/passwd"
        rolled.addfile(evil, io.BytesIO())
    server.others["clips.tar.gz"] = content = (tmp_path / "evil.tar.gz").read_bytes()
    first, *rest = sounding.downloads
    poisoned = replace(sounding, downloads=(replace(first, checksum=hashed("md5", content)), *rest))
    with pytest.raises(CorruptData, match="was not unpacked"):
        fetch.fetch(poisoned)
    assert not list(tmp_path.rglob("evil.au"))
    assert not (tmp_path / "cache" / "datasets" / "tiny-1").exists()
