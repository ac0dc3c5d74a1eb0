"""A chapter that fails says where and spoils nothing; a run that is killed goes on at the next call."""

import os
import signal
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SLOW = """
```{code-cell} ipython3
import pathlib, time
pathlib.Path("../build/started").touch()
while pathlib.Path("../../wait").exists():
    time.sleep(0.05)
```
"""


def test_a_failing_chapter_names_itself_and_the_cell_and_keeps_its_earlier_outputs(project):
    notebook = project.root / "build" / "songbook-book" / "02_tempo.ipynb"
    records = project.root / "build" / "results" / "songbook" / "01_scales.json"
    before = notebook.read_bytes(), records.read_bytes()
    project.replace("chapters/02_tempo.md", "tempo.ALLEGRO", "tempo.PRESTO")
    project.replace("chapters/01_scales.md", "scales.MAJOR", "scales.MAJOR + 1")
    said = project.run(fails=True)
    assert "02_tempo, cell 2 (from musicrec import tempo) raised AttributeError" in said
    assert "    tempo.PRESTO" in said  # the cell's source
    assert "build/log/songbook-book/02_tempo.log" in said
    assert "01_scales: done" in said  # one failing chapter does not keep the others from being run
    assert (notebook.read_bytes(), records.read_bytes()) == before
    assert "02_tempo, cell 2" in project.run(fails=True)
    project.replace("chapters/02_tempo.md", "tempo.PRESTO", "tempo.ALLEGRO")
    assert project.due() == []  # what it rested on is back, and so is what it made
    assert project.git("status", "--porcelain").split() == ["M", "chapters/01_scales.md"]


def test_records_of_a_run_that_fails_later_are_not_kept(project):
    project.replace("chapters/01_scales.md", '{"seed": seed}))', '{"seed": 9}))\n1 / 0')
    assert "ZeroDivisionError" in project.run(fails=True)
    records = project.root / "build" / "results" / "songbook" / "01_scales.json"
    assert records.read_text(encoding="utf-8") == '{"seed": 0}'


def test_a_chapter_whose_process_dies_is_an_error_that_says_so(project):
    project.replace("chapters/02_tempo.md", "tempo.ALLEGRO", "import os; os._exit(1)")
    said = project.run("02", fails=True)
    assert "02_tempo: its process ended in the middle of a cell" in said
    assert "Traceback" not in said


MALFORMED = {
    "03_untagged": (":tags: [parameters]\n", "", "found 0 cells tagged `parameters`"),
    "04_misspelt": (
        'profile = "book"',
        'profil = "book"',
        "has no parameter 'profile'; its cell tagged `parameters` has",
    ),
    "05_address": (
        "tempo.ALLEGRO",
        "print(object())",
        "cell 2 (from musicrec import tempo) shows a memory address",
    ),
}


def test_a_malformed_chapter_is_an_error_before_anything_is_replaced(project):
    sound = (project.root / "chapters" / "02_tempo.md").read_text(encoding="utf-8")
    notebooks = [project.root / "build" / "songbook-book" / f"{name}.ipynb" for name in MALFORMED]
    for path, (name, (old, new, _)) in zip(notebooks, MALFORMED.items(), strict=True):
        assert old in sound
        project.write(f"chapters/{name}.md", sound.replace(old, new))
        path.write_text("made by an earlier run", encoding="utf-8")
    said = project.run(*MALFORMED, fails=True)
    for name, (_, _, message) in MALFORMED.items():
        assert message in said, name
    assert {path.read_text(encoding="utf-8") for path in notebooks} == {"made by an earlier run"}


def test_a_chapter_that_does_not_exist_is_an_error_that_lists_those_there_are(project):
    said = project.run("07", fails=True)
    assert "there is no chapter '07'; there are: 01_scales, 02_tempo" in said


TRAINING = """
```{code-cell} ipython3
import os, pathlib
folder = pathlib.Path(os.environ["MUSICREC_CHECKPOINTS"])
folder.mkdir(parents=True, exist_ok=True)
trained = folder / "trained"
before = trained.exists()
trained.touch()
pathlib.Path("../build/found").write_text(str(before))
assert not pathlib.Path("../../fails").exists()
```
"""


def test_trainings_of_a_run_that_failed_are_there_at_the_next_call_unless_the_library_changed(project):
    project.write("chapters/03_long.md", (project.root / "chapters/02_tempo.md").read_text() + TRAINING)
    project.write("../fails", "")
    found = project.root / "build" / "found"
    checkpoints = project.root / "build" / "checkpoints" / "songbook-book" / "03_long"
    project.run("03", fails=True)
    assert found.read_text() == "False"
    project.run("03", fails=True)
    assert found.read_text() == "True"
    project.replace("musicrec/scales.py", "7", "8")
    project.run("03", fails=True)
    assert found.read_text() == "False" and len(list(checkpoints.iterdir())) == 1
    (project.root.parent / "fails").unlink()
    project.run("03")
    assert found.read_text() == "True" and not checkpoints.exists()


@pytest.mark.parametrize("what", ["the whole group", "the driver alone"])
def test_a_killed_run_goes_on_at_the_next_call(project, what):
    project.write("chapters/03_slow.md", (project.root / "chapters/02_tempo.md").read_text() + SLOW)
    project.write("../wait", "")
    process = project.start()
    _wait_for(project.root / "build" / "started")
    (stage,) = (project.root / "build" / "run").glob("*03_slow*")
    if what == "the whole group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    _wait_for_the_end_of(int(stage.name.split("-")[-1]))
    (project.root.parent / "wait").unlink()
    assert project.ran() == ["03_slow"]
    assert project.ran() == []  # and what a kernel wrote while it was dying is gone after this call
    assert project.git("status", "--porcelain").split() == ["??", "chapters/03_slow.md"]
    assert list((project.root / "build" / "run").glob("*")) == []


def test_a_second_call_waits_for_the_first_and_says_for_whom(project):
    project.write("chapters/03_slow.md", (project.root / "chapters/02_tempo.md").read_text() + SLOW)
    project.write("../wait", "")
    first = project.start()
    _wait_for(project.root / "build" / "started")
    second = project.start()
    assert second.stdout is not None
    said = second.stdout.readline()
    assert f"process {first.pid}" in said and "Waiting" in said
    (project.root.parent / "wait").unlink()
    assert "03_slow: done" in first.communicate(timeout=120)[0]
    assert "done in" not in second.communicate(timeout=120)[0]
    assert second.returncode == 0


def _wait_for(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.1)


def _wait_for_the_end_of(pid):
    deadline = time.monotonic() + 20
    while _alive(pid):
        assert time.monotonic() < deadline, "the chapter outlived its driver"
        time.sleep(0.05)


def _alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_folders_given_relative_to_the_project_mean_the_same_inside_a_chapter(project):
    given = project.root.parent / "somewhere"
    given.mkdir()
    project.replace(
        "chapters/02_tempo.md",
        "tempo.ALLEGRO",
        'import os; print("folder:", os.path.basename(os.environ["MUSICREC_DATA"]), '
        'os.path.isdir(os.environ["MUSICREC_DATA"]))',
    )
    project.environment["MUSICREC_DATA"] = "../somewhere"
    project.run("02")
    shown = (project.root / "build" / "songbook-book" / "02_tempo.ipynb").read_text(encoding="utf-8")
    assert "folder: somewhere True" in shown
