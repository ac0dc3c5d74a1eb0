"""Which chapters run is decided by content: nothing more, and nothing less, than what has changed."""

import os
import time

import pytest

pytestmark = pytest.mark.slow


def test_a_second_call_runs_nothing_and_leaves_the_work_tree_clean(project):
    before = {path: path.stat().st_mtime_ns for path in (project.root / "build" / "songbook-book").iterdir()}
    assert project.ran() == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert project.git("status", "--porcelain") == ""


def test_times_of_files_play_no_part(project):
    later = time.time() + 1000
    for path in project.root.rglob("*.*"):
        os.utime(path, (later, later))
    assert project.ran() == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("chapters/02_tempo.md", "tempo.ALLEGRO", "tempo.ALLEGRO + 1", ["02_tempo"]),
        ("musicrec/scales.py", "7", "8", ["01_scales"]),
        ("musicrec/errors.py", "pass", "...", []),  # no kernel loaded it
        ("musicrec/__init__.py", "", '"""The library."""\n', ["01_scales", "02_tempo"]),
        ("../plays.txt", "2005", "2006", ["01_scales"]),
        ("constraints.txt", "1", "2", ["01_scales", "02_tempo"]),
        ("book/intro.md", "book", "tome", []),
    ],
)
def test_what_changed_decides_what_runs(project, name, old, new, expected):
    project.replace(name, old, new) if old else project.write(name, new)
    assert project.due() == expected


def test_a_chapter_that_ran_again_is_up_to_date(project):
    project.replace("chapters/02_tempo.md", "tempo.ALLEGRO", "tempo.ALLEGRO + 1")
    assert project.ran() == ["02_tempo"]
    assert project.due() == []
    assert "121" in (project.root / "build" / "songbook-book" / "02_tempo.ipynb").read_text(encoding="utf-8")


def test_a_change_taken_back_needs_no_run(project):
    project.replace("musicrec/scales.py", "7", "8")
    project.replace("musicrec/scales.py", "8", "7")
    assert project.due() == []


def test_kept_records_of_the_real_edition_are_an_input_even_before_they_exist(project):
    project.write("data/results/real/02_tempo.json", "{}")
    assert project.due() == ["02_tempo"]


@pytest.mark.parametrize("name", ["songbook-book/01_scales.ipynb", "results/songbook/01_scales.json"])
def test_an_output_that_was_altered_is_due(project, name):
    (project.root / "build" / name).write_text("{}", encoding="utf-8")
    assert project.due() == ["01_scales"]


def test_losing_snakemakes_own_notes_changes_nothing(project):
    for path in sorted((project.root / "build" / ".snakemake").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    project.replace("musicrec/scales.py", "7", "8")
    assert project.ran() == ["01_scales"]


def test_a_notebook_that_was_deleted_comes_back_with_the_same_bytes(project):
    notebook = project.root / "build" / "songbook-book" / "01_scales.ipynb"
    first = notebook.read_bytes()
    notebook.unlink()
    assert project.ran() == ["01_scales"]
    assert notebook.read_bytes() == first
    assert project.due() == []


def test_each_edition_profile_and_seed_has_its_own_folder(project):
    before = (project.root / "build" / "songbook-book" / "01_scales.ipynb").read_bytes()
    assert project.ran("--profile", "quick", "01") == ["01_scales"]
    assert project.ran("--edition", "real", "--seed", "3", "1") == ["01_scales"]
    for folder, said in (("songbook-quick", "songbook quick 0 7 3"), ("real-book-seed3", "real book 3 7 3")):
        notebook = project.root / "build" / folder / "01_scales.ipynb"
        assert said in notebook.read_text(encoding="utf-8")
    assert (project.root / "build" / "results" / "real-book-seed3" / "01_scales.json").is_file()
    assert (project.root / "build" / "songbook-book" / "01_scales.ipynb").read_bytes() == before
    assert project.due() == []


def test_numbers_kept_of_a_real_run_do_not_make_it_run_again(project):
    project.run("--edition", "real", "02")
    project.write("data/results/real/02_tempo.json", "{}")
    assert project.ran("--edition", "real", "02") == []
