"""A chapter becomes an assignment: solutions are cut out, blanks fail, solutions pass, wrong ones fail."""

from pathlib import Path

import nbformat
import pandas as pd
import pytest

from workflow import WorkflowError, assignments, notebook

# nbgrader's own use of its database
pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")

TOY = Path(__file__).parent / "fixtures" / "99_toy_chapter.md"
NAME = TOY.stem

WRONG = "def density(n_users, n_items, n_pairs):\n    return 0.5\n"  # right for the visible test only


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = assignments.Course(tmp_path_factory.mktemp("course"))
    course.add(TOY)
    return course


@pytest.fixture(scope="module")
def released(course):
    return nbformat.read(course.folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def grades(course, released) -> pd.DataFrame:
    """Three students: one hands the blank back, one has the reference solution, one a wrong one."""
    wrong = nbformat.from_dict(released)
    for cell in wrong.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = WRONG
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass  # a student may not soften the tests"
    submissions = {"blank": released, "reference": notebook.from_text(TOY), "wrong": wrong}
    for student, submitted in submissions.items():
        folder = course.folder / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(submitted, folder / f"{NAME}.ipynb")
    return course.grade(NAME)


def test_the_solution_is_cut_out_and_the_stub_keeps_its_place(released):
    source = "\n".join(cell.source for cell in released.cells)
    assert "SOLUTION" not in source and "n_pairs / (" not in source
    assert '    """Share of the cells of X that are filled."""\n    # YOUR CODE HERE\n    raise' in source


def test_hidden_tests_are_cut_out_and_visible_ones_stay(released):
    source = "\n".join(cell.source for cell in released.cells)
    assert "HIDDEN" not in source and "density(4, 5, 1)" not in source
    assert "density(2, 5, 5) == 0.5" in source


def test_the_student_gets_the_text_and_no_output(released):
    assert any("A toy chapter" in cell.source for cell in released.cells if cell.cell_type == "markdown")
    assert all(not cell.outputs for cell in released.cells if cell.cell_type == "code")


def test_the_blank_fails(grades):
    assert grades.loc["blank", "total"] == 0


def test_the_reference_solution_passes(grades):
    assert grades.loc["reference", "total"] == grades.loc["reference", "of"] == 2


def test_a_wrong_solution_fails_though_it_passes_the_visible_tests_and_softens_the_rest(grades):
    assert grades.loc["wrong", "99-ex1-test"] == 0


def test_a_chapter_without_exercises_is_refused(course, tmp_path):
    plain = tmp_path / "98_plain.md"
    plain.write_text(TOY.read_text(encoding="utf-8").split("## Exercises")[0], encoding="utf-8")
    with pytest.raises(WorkflowError, match="no graded exercise"):
        course.add(plain)


def test_bad_metadata_is_refused_with_nbgraders_reason(course, tmp_path):
    bad = tmp_path / "97_bad.md"
    text = TOY.read_text(encoding="utf-8").replace("grade_id: 99-ex1-test", "grade_id: 99-ex1")
    bad.write_text(text, encoding="utf-8")
    with pytest.raises(WorkflowError, match="97_bad"):
        course.add(bad)


def test_a_missing_chapter_is_named(course, tmp_path):
    with pytest.raises(WorkflowError, match="96_none"):
        course.add(tmp_path / "96_none.md")


def test_nothing_submitted_is_an_error_that_says_where(tmp_path):
    with pytest.raises(WorkflowError, match="submitted/STUDENT"):
        assignments.Course(tmp_path).grade(NAME)


def test_the_command_cuts_then_grades(tmp_path, capsys):
    assert assignments.main([str(TOY), "--out", str(tmp_path)]) == 0
    handed_out = tmp_path / "release" / NAME / f"{NAME}.ipynb"
    assert str(handed_out) in capsys.readouterr().out
    submitted = tmp_path / "submitted" / "ada" / NAME
    submitted.mkdir(parents=True)
    (submitted / f"{NAME}.ipynb").write_bytes(handed_out.read_bytes())
    assert assignments.main([str(TOY), "--out", str(tmp_path), "--grade"]) == 0
    table = pd.read_csv(tmp_path / "grades.csv", index_col="student")
    assert list(table.index) == ["ada"] and table.loc["ada", "of"] == 2
    assert assignments.main([str(tmp_path / "none.md"), "--out", str(tmp_path)]) == 1
