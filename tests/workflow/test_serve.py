"""Serving the pages: what stands in the way is said, with what to do."""

import socket
import sys

import pytest

from workflow import serve
from workflow.plan import Build


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Ask for a port; what was said."""
    build = Build(root=tmp_path)
    monkeypatch.setattr(serve.Build, "from_arguments", lambda chosen: build)

    def ask(port, pages=True):
        if pages:
            build.html.mkdir(parents=True)
        monkeypatch.setattr(sys, "argv", ["serve", f"--port={port}"])
        assert serve.main() == 1
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
