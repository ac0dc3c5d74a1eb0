"""Serving the pages: what stands in the way is said, with what to do."""

import asyncio
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from workflow import serve
from workflow.plan import Build


def aside(work):
    """What `work` returns, in a thread of its own: browsers of other tests keep an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Ask for a port; what was said."""
    build = Build(root=tmp_path)
    monkeypatch.setattr(serve.Build, "from_arguments", lambda chosen: build)

    def ask(port, pages=True):
        if pages:
            build.html.mkdir(parents=True)
        monkeypatch.setattr(sys, "argv", ["serve", f"--port={port}"])
        assert aside(serve.main) == 1
        return capsys.readouterr().err

    return ask


def test_a_port_that_is_taken_is_said(ask):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot serve on port {port}: Address already in use; choose another" in ask(port)


def test_a_number_that_is_no_port_is_said(ask):
    assert "cannot serve on port 70000" in ask(70000)


def test_pages_that_were_not_built_are_said(ask):
    assert "build them first: make book" in ask(0, pages=False)


def test_it_serves_files_and_parts_of_files_as_safari_asks_for_sound(tmp_path):
    (tmp_path / "index.html").write_text("a page", encoding="utf-8")
    (tmp_path / "a.mp3").write_bytes(bytes(range(100)))

    async def fetch(*paths, **headers):
        server = HTTPServer(serve.application(tmp_path))
        (listening,) = bind_sockets(0, "127.0.0.1")
        server.add_socket(listening)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = AsyncHTTPClient()
        found = [await client.fetch(address + path, headers=headers, raise_error=False) for path in paths]
        server.stop()
        return found

    index, sound, absent, outside = aside(lambda: asyncio.run(fetch("/", "/a.mp3", "/b.mp3", "/../secret")))
    assert (index.code, index.body) == (200, b"a page")
    assert (sound.code, sound.headers["Content-Type"], len(sound.body)) == (200, "audio/mpeg", 100)
    assert absent.code == 404 and outside.code in (403, 404)
    (part,) = aside(lambda: asyncio.run(fetch("/a.mp3", Range="bytes=10-19")))
    assert (part.code, part.body) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/100"
