"""The pages: lay out what jupyter-book needs in one folder, and build it there with warnings as errors.

The folder is `build/site`: the root's `_config.yml`, `_toc.yml` and `CITATION.cff`, the front matter and
static files of `book/`, the data cards, the executed notebooks with the sounds that lie beside them, and two
kinds of page that are made here: the build report, and a page of the API reference for each room of the
library. Nothing under git is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from sphinx_external_toc.parsing import parse_toc_yaml

from workflow import WorkflowError, notebook, reference, report

PAGE_SUFFIXES = (".md", ".ipynb")
# nbgrader's marks around a solution or hidden tests: for the teacher, not for the reader
MARK = re.compile(r"[ \t]*#+ *(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[ \t]*(?:\n|$)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PAGE_LIMIT = 4_000_000  # bytes of a page with the sounds that it plays


def lay_out(root: Path, executed: Mapping[str, Path], target: Path) -> bool:
    """Bring together in one folder what the pages are made of.

    A file is written only where its content differs, and a file that no longer belongs is removed, so that
    the folder holds exactly what this call names; `_build`, where the pages are made, is left alone.

    Parameters
    ----------
    root
        The project's root, with `_config.yml`, `_toc.yml`, `book/` and `data/cards/`.
    executed
        Path of the executed notebook for each chapter, by name, for example ``{"01_listening_data": path}``.
    target
        Where to lay it out. Created if absent.

    Returns
    -------
    bool
        Whether anything changed.

    Raises
    ------
    WorkflowError
        If the table of contents names a page that is not there, or a notebook is missing.
    """
    contents = _contents(root, executed)
    missing = [page for page in toc_pages(root) if not any(page + s in contents for s in PAGE_SUFFIXES)]
    if missing:
        raise WorkflowError(
            f"_toc.yml lists {', '.join(missing)}, for which there is no page in book/, no card in "
            "data/cards/ and no executed chapter. Write the page, run the chapter, or take the line out of "
            "_toc.yml."
        )
    changed = False
    for name, content in contents.items():
        path = target / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(path.name + ".part")
            unfinished.write_bytes(content)
            unfinished.replace(path)
            changed = True
    for path in sorted(target.rglob("*")):
        inside = path.relative_to(target)
        if path.is_file() and inside.parts[0] != "_build" and inside.as_posix() not in contents:
            path.unlink()
            changed = True
    return changed


def build(target: Path) -> Path:
    """Build the pages of a folder made by `lay_out`; every warning and every broken reference is an error.

    All pages are built anew, because a numbered figure, a citation or an API page can change on a page
    whose own file did not. The pages of an earlier build stay until the new ones are whole.

    Parameters
    ----------
    target
        A folder made by `lay_out`.

    Returns
    -------
    Path
        The folder of the pages, with `index.html`.

    Raises
    ------
    WorkflowError
        With the warnings and errors that jupyter-book reported, or the pages that are over 4 MB.
    """
    html = target / "_build" / "html"
    unfinished = target / "_build" / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    # jupyter-book as this interpreter has it, whatever is on the PATH
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(target)]
    options = ["--path-output", str(unfinished), "--all", "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run([*program, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WorkflowError(
            f"jupyter-book exited with {done.returncode}. Mend what it names; a page named here is made from "
            "the file of the same name in book/, data/cards/ or chapters/.\n"
            + COLOUR.sub("", done.stderr).strip()
        )
    made = unfinished / "_build" / "html"
    heavy = [f"{page.name}, {size / 1e6:.1f} MB" for page, size in _sizes(made) if size > PAGE_LIMIT]
    if heavy:
        raise WorkflowError(
            f"Pages with their clips may have {PAGE_LIMIT / 1e6:.0f} MB; over that: {'; '.join(heavy)}. "
            "Show fewer players or figures."
        )
    shutil.rmtree(html, ignore_errors=True)
    made.replace(html)
    shutil.rmtree(unfinished)
    return html


def toc_pages(folder: Path) -> list[str]:
    """Names of the pages that `_toc.yml` in a folder lists, without suffix, the root first."""
    return [str(page) for page in parse_toc_yaml(folder / "_toc.yml")]


def _sizes(html: Path) -> Iterator[tuple[Path, int]]:
    """Every page with its bytes and those of the sounds that it plays."""
    for page in sorted(html.rglob("*.html")):
        clips = notebook.clips(page.read_text(encoding="utf-8"))
        yield page, sum(path.stat().st_size for path in (page, *(page.parent / clip for clip in clips)))


def _without_marks(path: Path) -> bytes:
    """An executed notebook as its page shows it: the code without nbgrader's marks."""
    chapter = nbformat.read(path, as_version=4)
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cell.source = MARK.sub("", cell.source).rstrip("\n")
    return notebook.dumps(chapter).encode()


def _contents(root: Path, executed: Mapping[str, Path]) -> dict[str, bytes]:
    """Content of every file that belongs into the folder, by its path there."""
    sources = {name: root / name for name in ("_config.yml", "_toc.yml", "CITATION.cff")}
    book = root / "book"
    for path in sorted(book.rglob("*")):
        inside = path.relative_to(book)
        hidden = any(part.startswith(".") for part in inside.parts)
        # The committed notebooks and what they play, run by hand, lie in book/ too; the pages show a run's.
        other = path.suffix == ".ipynb" or hidden or inside.parts[0] == "_build"
        if path.is_file() and not other and not inside.is_relative_to(notebook.CLIPS):
            sources[inside.as_posix()] = path
    for path in sorted((root / "data" / "cards").glob("*.md")):
        sources[f"cards/{path.name}"] = path
    for chapter, path in executed.items():
        sources[f"{chapter}.ipynb"] = path
        played = notebook.clips(path.read_text(encoding="utf-8")) if path.is_file() else []
        sources |= {clip: path.parent / clip for clip in played}
    absent = [str(path) for path in sources.values() if not path.is_file()]
    if absent:
        raise WorkflowError(f"The pages need {', '.join(absent)}, which is not there.")
    contents = {name: path.read_bytes() for name, path in sources.items()}
    for chapter, path in executed.items():
        contents[f"{chapter}.ipynb"] = _without_marks(path)
    contents["build_report.md"] = report.page(root).encode()
    for name in toc_pages(root):
        if name.startswith("api/"):
            contents[f"{name}.md"] = reference.page(name.removeprefix("api/")).encode()
    return contents
