"""The committed notebooks are what their chapters say, executed, and fit to be kept."""

from pathlib import Path

import nbformat
import pytest

from workflow import notebook
from workflow.plan import Build

BUILD = Build()
BOOK = BUILD.root / "book"


def test_there_is_one_notebook_for_each_chapter():
    assert sorted(path.stem for path in BOOK.glob("*.ipynb")) == BUILD.chapters()


@pytest.fixture(params=BUILD.chapters())
def chapter(request):
    return request.param


@pytest.fixture
def kept(chapter):
    return nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)


def test_it_comes_from_its_chapter(chapter, kept):
    source = notebook.from_text(BUILD.source(chapter))
    assert [cell.source for cell in kept.cells] == [cell.source for cell in source.cells], (
        "run: make notebooks"
    )
    assert [cell.metadata for cell in kept.cells] == [cell.metadata for cell in source.cells]
    assert [cell.id for cell in kept.cells] == [cell.id for cell in source.cells]


def test_it_is_executed_in_order_without_error_and_within_its_limits(kept):
    nbformat.validate(kept)
    assert notebook.problems(kept) == []


def test_it_is_in_the_form_in_which_notebooks_are_kept(chapter, kept):
    text = (BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8")
    assert notebook.dumps(notebook.normalise(kept)) == text
    assert str(Path.home()) not in text
    assert str(BUILD.root) not in text


def test_it_has_cells_that_are_compared_when_it_is_run_again(kept):
    checked = [cell for cell in kept.cells if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert any(cell.outputs for cell in checked)
