"""`make` sets up .venv when the lock changed, and not otherwise; the Makefile says what it can do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from workflow import setup

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")


@pytest.fixture
def calls(monkeypatch):
    """What a set-up did, without doing it: no network, no three gigabytes."""
    done = []

    def create(folder, clear, with_pip):
        done.append("venv")
        assert clear
        assert with_pip
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()

    monkeypatch.setattr(setup.venv, "create", create)
    monkeypatch.setattr(setup.subprocess, "run", lambda command, **_: done.append("pip"))
    return done


@pytest.fixture
def root(tmp_path):
    for name in ("constraints.txt", "pyproject.toml", "workflow/setup.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("numpy==1\n", encoding="utf-8")
    return tmp_path


def test_it_sets_up_once(root, calls):
    setup.set_up(root)
    setup.set_up(root)
    assert calls == ["venv", "pip"]


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed_into_the_environment_there_is(root, calls, name):
    setup.set_up(root)
    (root / name).write_text("numpy==2\n", encoding="utf-8")
    setup.set_up(root)
    assert calls == ["venv", "pip", "pip"]


def test_an_environment_that_was_killed_half_way_is_made_anew(root, calls, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup.subprocess, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            setup.set_up(root)
    setup.set_up(root)
    assert calls == ["venv", "venv", "pip"]


def test_an_environment_without_its_python_is_made_anew(root, calls):
    setup.set_up(root)
    (root / ".venv" / "bin" / "python").unlink()
    setup.set_up(root)
    assert calls == ["venv", "pip"] * 2


def test_an_environment_that_was_moved_is_brought_up_to_date(root, calls):
    setup.set_up(root)
    moved = root.rename(root.with_name("elsewhere"))
    setup.set_up(moved)
    assert calls == ["venv", "pip", "pip"]


def make(*words, **environment):
    return subprocess.run(
        [MAKE, "--no-print-directory", *words],
        cwd=ROOT,
        env=environment or None,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_word():
    said = make().stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    words = set(phony.group(1).split())
    assert {line.split()[0] for line in said.splitlines() if line.startswith("  ")} == words


def test_without_a_python_make_says_what_to_install(tmp_path):
    said = make("setup", PATH=str(tmp_path))
    assert said.returncode != 0
    assert "No Python 3.11 or newer found" in said.stderr


def test_make_chapter_without_a_number_asks_for_one():
    said = make("--old-file=setup", "chapter", PATH="/usr/bin:/bin")
    assert said.returncode != 0
    assert "Say: make chapter N=01" in said.stderr
