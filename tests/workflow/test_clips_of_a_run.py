"""The sounds that a run makes lie beside its notebook, belong to its receipt, and reach the pages."""

import nbformat
import pytest

from workflow import WorkflowError, notebook, pages, site
from workflow.plan import Build

HEARD = """
```{code-cell} ipython3
:tags: [parameters]

edition = "songbook"
profile = "book"
device = "cpu"
seed = 0
```

```{code-cell} ipython3
import os, pathlib
from IPython.display import HTML

folder = pathlib.Path(os.environ["MUSICREC_CLIPS"])
folder.mkdir(exist_ok=True)
_ = (folder / "ab12.mp3").write_bytes(b"a sound"), (folder / "ffff.mp3").write_bytes(b"made, but not shown")
HTML('<audio src="_static/clips/ab12.mp3"></audio>')
```
"""
CLIP = "_static/clips/ab12.mp3"
PLAYER = nbformat.v4.new_output("display_data", data={"text/html": f'<audio src="{CLIP}"></audio>'})


@pytest.mark.slow
def test_a_run_puts_what_it_plays_beside_its_notebook_and_restores_it(project):
    project.write("chapters/03_heard.md", HEARD)
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "a chapter with sound")
    assert project.ran() == ["03_heard"]
    clip = project.root / "build" / "songbook-book" / CLIP
    assert clip.read_bytes() == b"a sound"
    assert [path.name for path in clip.parent.iterdir()] == ["ab12.mp3"]
    assert project.git("status", "--porcelain") == ""
    assert not (project.root / "book" / "_static").exists()
    assert project.due() == []
    clip.unlink()
    assert project.due() == ["03_heard"]
    assert project.ran() == ["03_heard"]
    assert clip.read_bytes() == b"a sound"
    clip.write_bytes(b"half")
    assert project.due() == ["03_heard"]


@pytest.mark.slow
def test_a_notebook_that_plays_what_was_not_made_is_refused(project):
    project.write("chapters/03_heard.md", HEARD.replace('ab12.mp3").write', 'cd34.mp3").write'))
    said = project.run("03", fails=True)
    assert "03_heard ran, but its notebook cannot be kept" in said
    assert "it plays _static/clips/ab12.mp3, which the run did not make" in said
    assert not (project.root / "build" / "songbook-book" / "03_heard.ipynb").exists()


def test_addresses_of_sounds_are_found_once_and_nothing_else():
    text = notebook.dumps(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[PLAYER] * 2)])
    )
    assert notebook.clips(text) == [CLIP]
    assert notebook.clips("_static/clips/x.mp3 _static/clips/ab.ogg _static/ab.mp3") == []


@pytest.fixture
def build(tmp_path):
    """A build whose only chapter has run and plays a sound."""
    made = Build(root=tmp_path)
    for name, text in (
        ("_config.yml", ""),
        ("_toc.yml", "format: jb-book\nroot: intro\nchapters: [{file: 01_heard}]\n"),
        ("CITATION.cff", ""),
        ("book/intro.md", "# A book"),
        ("book/_static/book.css", ""),
        ("book/_static/clips/ab12.mp3", "made by hand"),
        ("book/_static/clips/99.mp3", "made by hand"),
        ("chapters/01_heard.md", ""),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (made.notebooks / CLIP).parent.mkdir(parents=True)
    (made.notebooks / CLIP).write_bytes(b"a sound")
    cells = [nbformat.v4.new_code_cell("x", outputs=[PLAYER])]
    made.notebook("01_heard").write_text(
        notebook.dumps(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8"
    )
    return made


@pytest.fixture
def no_report(monkeypatch):
    monkeypatch.setattr(site.report, "page", lambda root: "")


def lay_out(build):
    return site.lay_out(build.root, {"01_heard": build.notebook("01_heard")}, build.site)


@pytest.mark.usefixtures("no_report")
def test_the_pages_get_the_sounds_of_the_run_and_no_others(build):
    assert lay_out(build)
    assert [path.name for path in (build.site / CLIP).parent.iterdir()] == ["ab12.mp3"]
    assert (build.site / CLIP).read_bytes() == b"a sound"
    assert (build.site / "_static" / "book.css").is_file()
    assert not lay_out(build)
    (build.site / CLIP).unlink()
    assert lay_out(build)
    assert (build.site / CLIP).read_bytes() == b"a sound"


@pytest.mark.usefixtures("no_report")
def test_a_sound_that_is_gone_is_named(build):
    (build.notebooks / CLIP).unlink()
    with pytest.raises(WorkflowError, match=r"ab12\.mp3, which is not there"):
        lay_out(build)


@pytest.fixture
def builds(build, monkeypatch):
    """Counts what would be built, without building it."""
    done = []

    def fake(target):
        (build.html / CLIP).parent.mkdir(parents=True, exist_ok=True)
        for name in ("index.html", CLIP):
            (build.html / name).write_bytes(b"")
        done.append(target)

    monkeypatch.setattr(site, "lay_out", lambda root, executed, target: None)
    monkeypatch.setattr(site, "build", fake)
    return done


def test_a_sound_deleted_from_the_pages_comes_back(build, builds):
    pages.make(build)
    pages.make(build)
    assert len(builds) == 1
    (build.html / CLIP).unlink()
    pages.make(build)
    assert len(builds) == 2


def test_what_was_played_by_hand_does_not_make_the_pages_anew(build, builds):
    pages.make(build)
    (build.root / "book" / "_static" / "clips" / "77.mp3").write_bytes(b"new")
    pages.make(build)
    assert len(builds) == 1


@pytest.mark.parametrize(
    ("page", "clip", "heavy"), [(1_000_000, 1_000_000, False), (1_000_000, 3_000_001, True)]
)
def test_a_page_that_weighs_too_much_with_its_sounds_is_named(build, monkeypatch, page, clip, heavy):
    def jupyter_book(command, **_):
        html = build.site / "_build" / "unfinished" / "_build" / "html"
        (html / CLIP).parent.mkdir(parents=True)
        (html / CLIP).write_bytes(bytes(clip))
        player = PLAYER.data["text/html"]
        (html / "01_heard.html").write_text(player.ljust(page), encoding="utf-8")

        class Done:
            returncode = 0

        return Done

    monkeypatch.setattr(site.subprocess, "run", jupyter_book)
    if heavy:
        with pytest.raises(WorkflowError, match=r"may have 4 MB; over that: 01_heard\.html, 4\.0 MB"):
            site.build(build.site)
        assert not build.html.exists()
    else:
        assert (site.build(build.site) / "01_heard.html").is_file()
