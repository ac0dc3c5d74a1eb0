"""A run of its own folder for each test, and a dataset small enough to read."""

import importlib

import pandas as pd
import pytest

from musicrec import data, study
from musicrec.study import run as run_module

# Loaded before anything is patched: a module first loaded while `glue` is replaced would keep that.
GLUERS = [importlib.import_module(f"musicrec.study.{m}") for m in ("glue", "recording", "kept", "literature")]


@pytest.fixture(autouse=True)
def results_folder(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    monkeypatch.setenv("MUSICREC_RESULTS", str(folder))
    monkeypatch.setattr(run_module, "_current", None)
    return folder


@pytest.fixture
def begun(results_folder):
    return study.begin("01_listening_data", edition="songbook", profile="book", device="cpu", seed=3)


@pytest.fixture
def glued(monkeypatch):
    """What was handed to the page, by name."""
    found = {}

    def keep(name, value):
        assert name not in found, f"{name} is glued twice: a warning in the book"
        found[name] = value

    for module in GLUERS:
        monkeypatch.setattr(module, "glue", keep)
    return found


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with no kept records yet."""
    root = tmp_path / "checkout"
    (root / "chapters").mkdir(parents=True)
    monkeypatch.setattr("musicrec.study.kept.checkout", lambda: root)
    return root


@pytest.fixture
def toy():
    plays = pd.DataFrame({"user": ["a", "a", "b"], "item": ["x", "y", "x"]})
    x = data.Interactions.from_frame(plays, user="user", item="item")
    items = pd.DataFrame({"title": ["X", "Y"], "artist": ["P", "Q"]}, index=x.items)
    users = pd.DataFrame(index=x.users)
    return data.Dataset("toy", "A toy", "real", x, items, users, provenance={"fingerprint": "sha256:0123"})
