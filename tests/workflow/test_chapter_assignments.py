"""The exercises of the book's own chapters: cut by nbgrader, failed by the blank, passed by the solution."""

from pathlib import Path

import nbformat
import pytest

from workflow import assignments, notebook

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")]

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "chapters").glob("*.md"))


def hurried(submitted):
    """In the quick profile: the exercises need no more, and chapter 4 takes five minutes otherwise."""
    parameters = [cell for cell in submitted.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1 and 'profile = "book"' in parameters[0].source
    parameters[0].source = parameters[0].source.replace('profile = "book"', 'profile = "quick"')
    return submitted


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def graded(request, tmp_path_factory):
    """A chapter cut and graded for two students: one hands the blank back, one has the solutions."""
    source = request.param
    course = assignments.Course(tmp_path_factory.mktemp("course"))
    released = nbformat.read(course.add(source), as_version=4)
    for student, submitted in {"blank": released, "reference": notebook.from_text(source)}.items():
        folder = course.folder / "submitted" / student / source.stem
        folder.mkdir(parents=True)
        nbformat.write(hurried(submitted), folder / f"{source.stem}.ipynb")
    return released, course.grade(source.stem)


def test_no_solution_or_hidden_test_is_handed_out(graded):
    released, _ = graded
    text = "\n".join(cell.source for cell in released.cells)
    assert "BEGIN SOLUTION" not in text and "HIDDEN TESTS" not in text
    stubs = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert len(stubs) >= 2
    assert all("YOUR CODE HERE" in cell.source for cell in stubs)


def test_the_blank_gets_nothing_and_the_solutions_get_everything(graded):
    _, grades = graded
    assert grades.loc["blank", "total"] == 0
    assert grades.loc["reference", "total"] == grades.loc["reference", "of"] > 0
