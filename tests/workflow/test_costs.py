"""What `make costs` keeps: every chapter's seconds, memory and machine, beside what was kept before."""

import json
import subprocess
import sys

from workflow import costs
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


def test_without_chapters_nothing_is_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(costs.Build, "from_arguments", lambda chosen: Build(root=tmp_path))
    monkeypatch.setattr(sys, "argv", ["costs"])
    assert costs.main() == 1
    assert "no chapter found in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
