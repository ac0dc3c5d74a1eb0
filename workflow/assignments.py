"""Chapters as assignments: the student's notebook, and the points of what comes back.

`python -m workflow.assignments chapters/01_listening_data.md --out DIR` makes DIR an ordinary nbgrader
course folder and cuts the chapter: source/ has it whole, release/ as a student gets it. With `--grade`,
what lies in submitted/STUDENT/01_listening_data/ is run and graded, and the points are written to
grades.csv.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workflow import WorkflowError, notebook

CELL_SECONDS = 600  # nbgrader's own limit of 30 s is less than some chapters need


class Course:
    """An nbgrader course folder.

    Parameters
    ----------
    folder
        Where it lies. Made if absent.
    """

    def __init__(self, folder: Path) -> None:
        from nbgrader.apps import NbGraderAPI  # 2 s, and an optional dependency
        from traitlets.config import Config

        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = Config()
        settings.CourseDirectory.root = str(self.folder)
        settings.Execute.timeout = CELL_SECONDS
        settings.Execute.iopub_timeout = 60  # a kernel of a busy machine says late that a cell has ended
        self._nbgrader = NbGraderAPI(config=settings)

    def add(self, chapter: Path) -> Path:
        """Cut a chapter.

        Parameters
        ----------
        chapter
            Its text, for example ``chapters/01_listening_data.md``.

        Returns
        -------
        Path
            The notebook to hand out: no solutions, no hidden tests.

        Raises
        ------
        WorkflowError
            If the chapter has no graded exercise, or nbgrader refuses its metadata.
        """
        whole = notebook.from_text(chapter)
        graded = [cell for cell in whole.cells if cell.metadata.get("nbgrader", {}).get("grade")]
        if not graded:
            raise WorkflowError(
                f"{chapter} has no graded exercise: no cell whose nbgrader metadata says `grade: true`. "
                'The page "Teaching with this book" shows the form of one.'
            )
        source = self._notebook("source", chapter.stem)
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(notebook.dumps(whole), encoding="utf-8")
        with _environment(self.folder):
            done = self._nbgrader.generate_assignment(chapter.stem)
        if not done["success"]:
            raise WorkflowError(f"nbgrader could not cut {chapter}:\n{done.get('error') or done.get('log')}")
        return self._notebook("release", chapter.stem)

    def grade(self, chapter: str) -> pd.DataFrame:
        """Run and grade every submission of a chapter.

        Each is a program and runs with the rights of this process.

        Parameters
        ----------
        chapter
            Its name, for example "01_listening_data", as cut by `add`.

        Returns
        -------
        DataFrame
            One row a student, by name; one column a graded cell with the points reached; "total"; and "of",
            the points that there are.

        Raises
        ------
        WorkflowError
            If nothing was submitted, the chapter was never cut, or nbgrader fails.
        """
        from nbgrader.api import Gradebook

        pattern = f"*/{chapter}/{chapter}.ipynb"
        students = sorted(path.parts[-3] for path in (self.folder / "submitted").glob(pattern))
        if not students or not self._notebook("release", chapter).is_file():
            raise WorkflowError(
                f"There is nothing to grade in {self.folder}: expected a chapter cut before "
                f"(release/{chapter}) and submissions as submitted/STUDENT/{chapter}/{chapter}.ipynb."
            )
        rows = {}
        for student in students:
            with _environment(self.folder):
                done = self._nbgrader.autograde(chapter, student)
            if not done["success"]:
                raise WorkflowError(
                    f"nbgrader could not grade {student}:\n{done.get('error') or done.get('log')}"
                )
            with Gradebook(self._nbgrader.coursedir.db_url) as book:
                submitted = book.find_submission_notebook(chapter, chapter, student)
                points = {
                    cell.name: cell.score for cell in sorted(submitted.grades, key=lambda cell: cell.name)
                }
                rows[student] = {**points, "total": submitted.score, "of": submitted.max_score}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("student")

    def _notebook(self, step: str, chapter: str) -> Path:
        return self.folder / step / chapter / f"{chapter}.ipynb"


@contextlib.contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """What nbgrader needs: its helper programs on the PATH, records apart from the book's, and silence."""
    changed = {
        "PATH": os.pathsep.join(
            [sysconfig.get_path("scripts"), os.environ.get("PATH", "")]
        ),  # it calls `alembic`
        "MUSICREC_RESULTS": str(folder / "results"),
    }
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.assignments", description=__doc__.split("\n")[0]
    )
    parser.add_argument("chapter", type=Path, help="chapters/NN_name.md")
    parser.add_argument("--out", type=Path, required=True, help="the course folder")
    parser.add_argument(
        "--grade", action="store_true", help="grade what lies in submitted/ of the course folder"
    )
    chosen = parser.parse_args(arguments)
    try:
        course = Course(chosen.out)
        if not chosen.grade:
            print(f"Hand out {course.add(chosen.chapter)}")
            return 0
        grades = course.grade(chosen.chapter.stem)
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return 1
    grades.to_csv(course.folder / "grades.csv")
    print(grades.to_string())
    print(f"Written to {course.folder / 'grades.csv'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
