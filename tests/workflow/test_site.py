"""The pages are laid out from what is there, and a warning or a broken reference stops the build."""

import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

import workflow
from workflow import WorkflowError, notebook, reference, site

ROOT = Path(workflow.__file__).parent.parent
TOY = Path(__file__).parent / "fixtures" / "99_toy_chapter.md"


@pytest.fixture
def root(tmp_path):
    """A small book of its own: the project's settings and style, two pages, a data card and a chapter."""
    root = tmp_path / "project"
    (root / "book" / "_static").mkdir(parents=True)
    (root / "data" / "cards").mkdir(parents=True)
    for name in ("_config.yml", "CITATION.cff", "book/references.bib"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "book" / "_static").glob("*.*"):
        (root / "book" / "_static" / path.name).write_bytes(path.read_bytes())
    toc = "format: jb-book\nroot: intro\nchapters:\n"
    toc += "".join(f"  - file: {name}\n" for name in ("terms", "99_toy_chapter", "cards/one", "build_report"))
    (root / "_toc.yml").write_text(toc + "  - file: api/errors\n", encoding="utf-8")
    (root / "book" / "intro.md").write_text("# A book\n\nSee {doc}`terms`.\n", encoding="utf-8")
    terms = "# Terms\n\n:::{glossary}\nLorenz curve\n  A curve.\n:::\n\n```{bibliography}\n:all:\n```\n"
    (root / "book" / "terms.md").write_text(terms, encoding="utf-8")
    (root / "data" / "cards" / "one.md").write_text("# One\n\nA card.\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    path = tmp_path_factory.mktemp("executed") / "99_toy_chapter.ipynb"
    chapter = notebook.from_text(TOY)
    NotebookClient(chapter, kernel_name="python3").execute()
    path.write_text(notebook.dumps(notebook.normalise(chapter)), encoding="utf-8")
    return {path.stem: path}


def files(folder):
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path for path in paths if not path.startswith("_build/")}


def test_it_lays_out_settings_front_matter_cards_chapters_and_made_pages(root, executed, tmp_path):
    target = tmp_path / "site"
    assert site.lay_out(root, executed, target)
    laid_out = files(target)
    assert {"_config.yml", "_toc.yml", "intro.md", "cards/one.md", "99_toy_chapter.ipynb"} <= laid_out
    assert {"build_report.md", "api/errors.md", "_static/book.css", "references.bib"} <= laid_out
    assert set(site.toc_pages(target)) <= {Path(name).with_suffix("").as_posix() for name in laid_out}


def test_a_second_time_nothing_changes_and_nothing_is_written(root, executed, tmp_path):
    target = tmp_path / "site"
    site.lay_out(root, executed, target)
    before = {name: (target / name).stat().st_mtime_ns for name in files(target)}
    assert not site.lay_out(root, executed, target)
    assert before == {name: (target / name).stat().st_mtime_ns for name in files(target)}


def test_only_what_changed_is_written(root, executed, tmp_path):
    target = tmp_path / "site"
    site.lay_out(root, executed, target)
    before = {name: (target / name).stat().st_ino for name in files(target)}
    (root / "book" / "terms.md").write_text("# Other terms\n", encoding="utf-8")
    assert site.lay_out(root, executed, target)
    assert (target / "terms.md").read_text(encoding="utf-8") == "# Other terms\n"
    assert {name for name in before if before[name] != (target / name).stat().st_ino} == {"terms.md"}


def test_what_no_longer_belongs_is_removed_and_the_pages_are_left_alone(root, executed, tmp_path):
    target = tmp_path / "site"
    (target / "_build" / "html").mkdir(parents=True)
    (target / "_build" / "html" / "index.html").touch()
    (root / "book" / "draft.md").write_text("# Draft\n", encoding="utf-8")
    site.lay_out(root, executed, target)
    assert (target / "draft.md").exists()
    (root / "book" / "draft.md").unlink()
    assert site.lay_out(root, executed, target)
    assert not (target / "draft.md").exists()
    assert (target / "_build" / "html" / "index.html").exists()


def test_committed_notebooks_and_hidden_files_stay_out(root, executed, tmp_path):
    for name in ("99_toy_chapter.ipynb", "98_old.ipynb", ".ipynb_checkpoints/x.md"):
        (root / "book" / name).parent.mkdir(exist_ok=True)
        (root / "book" / name).write_text("{}", encoding="utf-8")
    site.lay_out(root, executed, tmp_path / "site")
    assert nbformat.read(tmp_path / "site" / "99_toy_chapter.ipynb", as_version=4).cells
    assert not {name for name in files(tmp_path / "site") if "98_old" in name or "checkpoints" in name}


def test_the_marks_of_solutions_and_hidden_tests_are_not_on_the_page(root, executed, tmp_path):
    (source,) = executed.values()
    before = source.read_bytes()
    site.lay_out(root, executed, tmp_path / "site")
    kept, shown = (
        nbformat.read(path, as_version=4) for path in (source, tmp_path / "site" / "99_toy_chapter.ipynb")
    )
    code = "\n".join(cell.source for cell in shown.cells)
    marks = ("### BEGIN SOLUTION", "### END SOLUTION", "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
    assert all(mark in "\n".join(cell.source for cell in kept.cells) for mark in marks)
    assert not any(mark in code for mark in marks)
    lines = [[line for line in cell.source.splitlines() if line.strip() not in marks] for cell in kept.cells]
    assert [cell.source.splitlines() for cell in shown.cells] == lines, "nothing but the marks is gone"
    assert [cell.get("outputs") for cell in shown.cells] == [cell.get("outputs") for cell in kept.cells]
    assert source.read_bytes() == before


def test_a_page_that_the_contents_list_but_nobody_wrote_is_named(root, executed, tmp_path):
    with pytest.raises(WorkflowError, match="99_toy_chapter"):
        site.lay_out(root, {}, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_notebook_that_is_not_there_is_named(root, tmp_path):
    with pytest.raises(WorkflowError, match=r"gone\.ipynb"):
        site.lay_out(root, {"99_toy_chapter": tmp_path / "gone.ipynb"}, tmp_path / "site")


def test_a_room_that_does_not_exist_has_no_reference_page():
    with pytest.raises(WorkflowError, match="no room musicrec\\.kitchen"):
        reference.page("kitchen")


def test_every_room_that_the_contents_list_has_a_reference_page():
    rooms = [page.removeprefix("api/") for page in site.toc_pages(ROOT) if page.startswith("api/")]
    assert {"errors", "data", "study", "display"} <= set(rooms)
    for room in rooms:
        assert f"automodule:: musicrec.{room}" in reference.page(room)


def test_the_pages_come_out_whole_and_ask_no_other_host(root, executed, tmp_path):
    site.lay_out(root, executed, tmp_path / "site")
    html = site.build(tmp_path / "site")
    for page in site.toc_pages(root):
        text = (html / f"{page}.html").read_text(encoding="utf-8")
        assert not re.findall(
            r"<(?:script|img|link|iframe|audio)[^>]+(?:src|href)=\"(?:https?:)?//[^\"]+", text
        ), page
        assert not re.search(r"unpkg\.com|jsdelivr|cdnjs|googleapis|gstatic", text), page
    chapter = (html / "99_toy_chapter.html").read_text(encoding="utf-8")
    assert "mathjax/tex-chtml.js" in chapter and (html / "_static/mathjax/tex-chtml.js").is_file()
    assert "Show the solution" in chapter and "BEGIN " not in chapter
    assert "sd-dropdown" in chapter
    assert "MusicrecError" in (html / "api" / "errors.html").read_text(encoding="utf-8")
    assert (html / "index.html").is_file()


MISTAKES = {
    "link-to-no-page": "[nowhere](nowhere.md)",
    "reference-to-no-page": "{doc}`nowhere`",
    "no-such-label": "{ref}`nowhere`",
    "no-such-figure": "{numref}`fig-nowhere`",
    "no-such-equation": "{eq}`nowhere`",
    "not-in-the-glossary": "{term}`nowhere`",
    "not-in-the-bibliography": "{cite}`nobody1900`",
    "not-in-the-library": "{py:class}`musicrec.errors.Nothing`",
    "no-such-picture": "![A picture](nowhere.png)",
    "no-such-directive": "```{nothing}\n```",
    "skips-a-heading-level": "### Two levels at once",
}


def test_each_warning_and_broken_reference_stops_the_build_and_is_named(root, tmp_path):
    target = tmp_path / "site"
    earlier = target / "_build" / "html" / "index.html"
    earlier.parent.mkdir(parents=True)
    earlier.touch()
    pages = [*MISTAKES, "terms"]
    toc = "format: jb-book\nroot: intro\nchapters:\n" + "".join(f"  - file: {name}\n" for name in pages)
    (root / "_toc.yml").write_text(toc, encoding="utf-8")
    for name, mistake in MISTAKES.items():
        (root / "book" / f"{name}.md").write_text(f"# {name}\n\n{mistake}\n", encoding="utf-8")
    site.lay_out(root, {}, target)
    with pytest.raises(WorkflowError) as stopped:
        site.build(target)
    named = set(re.findall(r"/site/([\w-]+)\.md", str(stopped.value)))
    assert named == set(MISTAKES)
    assert earlier.exists()


def test_every_figure_and_dataset_cites_a_work_of_the_bibliography():
    keys = set(re.findall(r"@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8")))
    for name in ("published.toml", "catalogue.toml"):
        text = (ROOT / "data" / name).read_text(encoding="utf-8")
        cited = set(re.findall(r'(?m)^(?:cite|key) = "(\w+)"', text))
        assert cited and cited <= keys, name


def test_the_citation_file_names_the_version_that_is_built():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"] and citation["license"] == project["license"]
    assert f"version = {{{project['version']}}}" in (ROOT / "book" / "cite.md").read_text(encoding="utf-8")


def test_building_leaves_the_work_tree_clean(root, executed):
    target = root / "build" / "site"
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b"]
    (root / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "before"]):
        subprocess.run([*git, *command], check=True)
    site.lay_out(root, executed, target)
    site.build(target)
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert status.stdout == ""
