"""Tests that a machine cannot run are skipped in one visible line each, or fail where they are required."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
TESTS = """
import pytest

@pytest.mark.real
@pytest.mark.parametrize("number", range(5))
def test_real(number): pass

@pytest.mark.real
def test_another(): pass

@pytest.mark.browser
def test_browser(): pass

def test_plain(): pass
"""


@pytest.fixture
def run(tmp_path):
    """Run those tests on a machine with no data and no browser, and return what pytest said."""
    folder = tmp_path / "project" / "tests"
    folder.mkdir(parents=True)
    shutil.copy(CONFTEST, folder)
    (folder / "test_some.py").write_text(TESTS, encoding="utf-8")
    markers = "[pytest]\nmarkers =\n  real: x\n  browser: x\n"
    (folder / "pytest.ini").write_text(markers, encoding="utf-8")

    def call(**environment):
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider"]
        environment = {**kept, "PATH": str(tmp_path), **environment}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    return call


def test_each_reason_is_one_line(run):
    said = run()
    skips = [line for line in said.splitlines() if line.startswith("SKIPPED")]
    assert len(skips) == 2
    assert any("[6]" in line and "MUSICREC_DATA" in line for line in skips)
    assert any("[1]" in line and "chromium" in line for line in skips)
    assert "1 passed, 7 skipped" in said


def test_what_is_required_fails_instead(run):
    said = run(MUSICREC_REQUIRE="browser,real")
    assert "1 passed" in said
    assert "7 failed" in said or "7 errors" in said
    assert "MUSICREC_REQUIRE names real" in said


def test_real_tests_run_where_there_is_data(run, tmp_path):
    assert "7 passed, 1 skipped" in run(MUSICREC_DATA=str(tmp_path), MUSICREC_REQUIRE="real")
