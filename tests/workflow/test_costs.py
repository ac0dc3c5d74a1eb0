"""What `make costs` keeps: every chapter's seconds, memory and machine, beside what was kept before."""

import json
import subprocess
import sys

import pytest

from workflow import costs, receipts
from workflow.plan import Build


def test_every_chapter_is_run_and_its_cost_kept(project):
    kept = project.root / "data" / "results" / "cost" / "chapters.json"
    project.write("data/results/cost/chapters.json", '{"real-book/01_scales": {"seconds": 9}}')
    command = [sys.executable, "-m", "workflow.costs"]
    said = subprocess.check_output(command, cwd=project.root, env=project.environment, text=True)
    assert said.count("done in") == 2
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert found.pop("real-book/01_scales") == {"seconds": 9}
    assert found.keys() == {"songbook-book/01_scales", "songbook-book/02_tempo"}
    for cost in found.values():
        assert cost["seconds"] > 0
        assert 20e6 < cost["peak_memory_bytes"] < cost["memory_bytes"]
        assert cost["processor"]
        assert cost["versions"]["numpy"]
    assert project.due() == []
    assert [path.name for path in kept.parent.iterdir()] == ["chapters.json"], "they measure no methods"


KEPT = "data/results/cost/02_tempo.json"
MEASURING = """
```{code-cell} ipython3
import json, os, pathlib

root = pathlib.Path.cwd().parent

def measure_cost(what):
    if "MUSICREC_COSTS" in os.environ:
        with open(os.environ["MUSICREC_COSTS"], "a") as lines:
            lines.write(json.dumps({"what": what}) + "\\n")

measure_cost("fit")
measure_cost("serve")
try:
    print(len(json.loads((root / "data/results/cost/02_tempo.json").read_text())["measured"]), "kept")
except FileNotFoundError:
    print("nothing kept")
```
"""


@pytest.fixture
def measuring(project):
    """The toy project with one chapter, which measures methods and shows what was kept."""
    (project.root / "chapters" / "01_scales.md").unlink()
    text = (project.root / "chapters" / "02_tempo.md").read_text(encoding="utf-8")
    project.write("chapters/02_tempo.md", text + MEASURING)
    return project


def costs_of(project, *arguments, fails=False):
    command = [sys.executable, "-m", "workflow.costs", *arguments]
    done = subprocess.run(
        command, cwd=project.root, env=project.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout


def shown(project):
    return (project.root / "build" / "songbook-book" / "02_tempo.ipynb").read_text(encoding="utf-8")


@pytest.mark.slow
def test_costs_of_methods_are_kept_with_their_machine_and_shown(measuring):
    said = costs_of(measuring)
    assert "kept in data/results/cost/02_tempo.json: commit it" in said
    kept = json.loads((measuring.root / KEPT).read_text(encoding="utf-8"))
    assert [entry["what"] for entry in kept["measured"]] == ["fit", "serve"]
    assert kept["processor"] and kept["cores"] and kept["versions"]["numpy"]
    assert (kept["edition"], kept["profile"], kept["device"]) == ("songbook", "book", "cpu")
    assert "2 kept" in shown(measuring), "the run after the measuring shows what was measured"
    assert measuring.due() == []
    assert not list((measuring.root / "build" / "run").glob("costs-*"))


def test_a_run_that_fails_keeps_what_there_was(measuring):
    measuring.write(KEPT, '{"measured": [1, 2, 3]}')
    measuring.replace("chapters/02_tempo.md", 'measure_cost("serve")', "1 / 0")
    before = (measuring.root / KEPT).read_bytes()
    costs_of(measuring, fails=True)
    assert (measuring.root / KEPT).read_bytes() == before
    assert not (measuring.root / "data/results/cost/chapters.json").exists()


def test_the_quick_profile_measures_no_method_and_kept_costs_are_an_input_even_before_they_exist(measuring):
    build = Build(profile="quick", root=measuring.root)
    costs_of(measuring, "--profile=quick")
    assert not (measuring.root / KEPT).exists()
    assert receipts.wanted(build, "02_tempo").exists()
    measuring.write(KEPT, '{"measured": []}')
    assert not receipts.wanted(build, "02_tempo").exists(), "it has to run again"


def test_without_chapters_nothing_is_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(costs.Build, "from_arguments", lambda chosen: Build(root=tmp_path))
    monkeypatch.setattr(sys, "argv", ["costs"])
    assert costs.main() == 1
    assert "no chapter found in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
