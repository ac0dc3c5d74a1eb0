"""The pages are built again when something that they show has changed, and only then."""

import pytest

from workflow import WorkflowError, pages, site
from workflow.plan import Build


@pytest.fixture
def build(tmp_path):
    made = Build(root=tmp_path)
    for name in (
        "chapters/01_a.md",
        "book/intro.md",
        "musicrec/errors.py",
        "data/published.toml",
        "_toc.yml",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    made.notebooks.mkdir(parents=True)
    made.notebook("01_a").touch()
    return made


@pytest.fixture
def builds(monkeypatch):
    """Counts what would be built, without building it."""
    done = []

    def fake(target):
        html = target / "_build" / "html"
        html.mkdir(parents=True, exist_ok=True)
        (html / "index.html").touch()
        done.append(target)

    monkeypatch.setattr(site, "lay_out", lambda root, executed, target: None)
    monkeypatch.setattr(site, "build", fake)
    return done


def test_they_are_built_once(build, builds):
    pages.make(build)
    pages.make(build)
    assert builds == [build.site]


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("book/intro.md", 2),
        ("musicrec/errors.py", 2),  # its docstrings are the API reference
        ("data/results/real/01_a.json", 2),
        ("build/songbook-book/01_a.ipynb", 2),
        ("_toc.yml", 2),
        ("book/01_a.ipynb", 1),  # what is kept under git; the pages show what was run
        ("chapters/01_a.md", 1),  # seen by its notebook
        ("build/cost/songbook-book/01_a.json", 1),
        ("build/songbook-quick/01_a.ipynb", 1),
        ("musicrec/__pycache__/errors.pyc", 1),
    ],
)
def test_what_they_show_decides(build, builds, name, times):
    pages.make(build)
    path = build.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed", encoding="utf-8")
    pages.make(build)
    assert len(builds) == times


def test_a_build_that_failed_is_tried_again(build, builds, monkeypatch):
    def fail(target):
        raise WorkflowError("a warning")

    pages.make(build)
    (build.root / "book" / "intro.md").write_text("changed", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(site, "build", fail)
        with pytest.raises(WorkflowError):
            pages.make(build)
    pages.make(build)
    assert len(builds) == 2


def test_pages_that_were_deleted_are_built_again(build, builds):
    pages.make(build)
    (build.html / "index.html").unlink()
    pages.make(build)
    assert len(builds) == 2
