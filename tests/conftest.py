"""What all tests share: what a machine may lack, and the pages, built once for all that look at them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

# The same examples at every run of CI, so that a failure there can be had again; new ones at home.
hypothesis.settings.register_profile("musicrec", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("musicrec")


def _lacking() -> dict[str, str]:
    """What this machine lacks, by the marker of the tests that need it."""
    found = {}
    if not os.environ.get("MUSICREC_DATA"):
        found["real"] = "tests on real data need MUSICREC_DATA: the folder that holds the datasets"
    if not any(map(shutil.which, ("chromium", "chromium-browser"))):
        found["browser"] = "tests of the pages in a browser need Debian's package chromium"
    return found


LACKING = _lacking()
REQUIRED = os.environ.get("MUSICREC_REQUIRE", "").replace(",", " ").split()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here; said from one place, so that the summary has one line for each reason."""
    for marker, reason in LACKING.items():
        if item.get_closest_marker(marker):
            if marker in REQUIRED:
                pytest.fail(f"MUSICREC_REQUIRE names {marker}, but {reason}", pytrace=False)
            pytest.skip(reason)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, the modules with slow ones first, so that all end together."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


def work_tree() -> str:
    """What git sees as changed or new."""
    command = ["git", "status", "--porcelain"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="session")
def built_site() -> Path:
    """The pages of the songbook edition in the quick profile: the folder with index.html.

    Each test process asks for it; the lock on build/ makes the later ones wait for the first, and what is up
    to date is not built again.
    """
    before = work_tree()
    command = [sys.executable, "-m", "workflow.run", "book", "--profile", "quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"make book PROFILE=quick failed:\n{(done.stdout + done.stderr)[-6000:]}", pytrace=False)
    assert work_tree() == before, "making the book must change nothing under git"
    return ROOT / "build" / "site-songbook-quick" / "_build" / "html"
