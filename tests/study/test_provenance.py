"""Where numbers come from."""

import subprocess

import pytest

from musicrec.study import provenance


@pytest.fixture
def repository(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    monkeypatch.setattr(provenance, "checkout", lambda: tmp_path)
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")
    git("init")
    return tmp_path, git


def test_commit_and_changes(repository):
    root, git = repository
    assert provenance.describe(device="cpu", seed=0)["commit"] is None
    assert provenance.describe(device="cpu", seed=0)["dirty"] is True
    (root / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "one")
    clean = provenance.describe(device="cpu", seed=0)
    assert len(clean["commit"]) == 40 and clean["dirty"] is False
    (root / "a").write_text("2")
    assert provenance.describe(device="cpu", seed=0)["dirty"] is True


def test_away_from_a_checkout(monkeypatch):
    monkeypatch.setattr(provenance, "checkout", lambda: None)
    found = provenance.describe(device="cpu", seed=4)
    assert found["commit"] is None and found["dirty"] is False and found["seed"] == 4
    assert set(found["versions"]) == {"python", "musicrec", "numpy", "pandas", "torch"}


def test_without_git(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.describe(device="cpu", seed=0)["commit"] is None


def test_a_checkout_is_found_from_a_folder_inside_it(tmp_path, monkeypatch):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalogue.toml").write_text("")
    (tmp_path / "book").mkdir()
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "env" / "lib" / "musicrec" / "study" / "p.py"))
    monkeypatch.chdir(tmp_path / "book")
    assert provenance.checkout() == tmp_path
    monkeypatch.chdir(tmp_path.parent)
    assert provenance.checkout() is None
