"""What is kept under git: only what says something new."""

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from musicrec.study.records import Record, Results, write
from workflow import WorkflowError, notebook, publish
from workflow.plan import Build


@pytest.fixture
def build(tmp_path):
    """A build of two chapters that have run."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "book").mkdir()
    made = Build(root=tmp_path)
    made.notebooks.mkdir(parents=True)
    for chapter in ("01_a", "02_b"):
        made.source(chapter).touch()
        run(made, chapter)
    return made


def run(build, chapter, text="2", picture="AAAA", source="1 + 1"):
    outputs = [new_output("display_data", data={"text/plain": text, "image/png": picture})]
    cell = new_code_cell(source, outputs=outputs, execution_count=1)
    made = notebook.normalise(new_notebook(cells=[cell]))
    build.notebook(chapter).write_text(notebook.dumps(made), encoding="utf-8")


def kept(build):
    return [path.name for path in publish.keep_notebooks(build)]


def test_new_notebooks_are_kept_once(build):
    assert kept(build) == ["01_a.ipynb", "02_b.ipynb"]
    assert kept(build) == []
    nbformat.validate(nbformat.read(build.root / "book" / "01_a.ipynb", 4))


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"text": "3"}, ["02_b.ipynb"]), ({"source": "1 + 2"}, ["02_b.ipynb"]), ({"picture": "BBBB"}, [])],
)
def test_a_notebook_is_kept_again_for_its_source_or_text_not_for_a_picture(build, change, expected):
    kept(build)
    run(build, "02_b", **change)
    assert kept(build) == expected


def test_before_any_run_nothing_is_kept_and_the_cure_is_said(build, monkeypatch, capsys):
    kept(build)
    build.notebook("02_b").unlink()
    build.source("01_a").unlink()
    with pytest.raises(WorkflowError, match=r"no executed notebook of 02_b in .*: make notebooks"):
        publish.keep_notebooks(build)
    assert (build.root / "book" / "01_a.ipynb").exists()
    monkeypatch.setattr(publish.Build, "from_arguments", lambda chosen: build)
    monkeypatch.setattr(sys, "argv", ["publish", "notebooks"])
    assert publish.main() == 1
    assert "make notebooks" in capsys.readouterr().err


def test_a_notebook_without_a_chapter_is_removed(build):
    kept(build)
    build.source("01_a").unlink()
    assert kept(build) == ["01_a.ipynb"]
    assert not (build.root / "book" / "01_a.ipynb").exists()


def record(path, value, tolerance=0.0):
    """Write a file of results with one number."""
    entry = Record(value=value, unit="", tolerance=tolerance, evidence="real", interval=None, dataset=None)
    provenance = {"commit": None, "dirty": False, "date": "2024-01-01", "datasets": {}}
    write(Results("01_a", "real", "book", records={"gini": entry}, provenance=provenance), path)


@pytest.mark.parametrize(("value", "sentences"), [(0.50, 0), (0.505, 0), (0.6, 1)])
def test_a_number_that_left_its_tolerance_is_named(build, value, sentences):
    real = Build(edition="real", root=build.root)
    record(real.root / "data" / "results" / "real" / "01_a.json", 0.5, tolerance=0.01)
    record(real.results / "01_a.json", value)
    found = publish.check_results(real)
    assert len(found) == sentences
    assert all("01_a: gini: 0.6 instead of 0.5" in sentence for sentence in found)


def test_numbers_recorded_for_the_first_time_and_numbers_gone_are_named(build):
    real = Build(edition="real", root=build.root)
    record(real.results / "01_a.json", 0.5)
    assert "01_a: recorded for the first time" in publish.check_results(real)[0]
    (path,) = publish.keep_results(real)
    assert path == real.root / "data" / "results" / "real" / "01_a.json"
    assert publish.keep_results(real) == []
    (real.results / "01_a.json").unlink()
    assert "the run recorded nothing" in publish.check_results(real)[0]
