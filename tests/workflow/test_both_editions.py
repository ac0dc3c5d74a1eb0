"""Every chapter runs in the quick profile of both editions; tests/pages looks at the pages of the first."""

import json
import subprocess
import sys

import pytest

from workflow.plan import ROOT, Build


def records(build):
    """The records of every chapter's run."""
    paths = [build.results / f"{chapter}.json" for chapter in build.chapters()]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


@pytest.mark.slow
def test_the_songbook_edition_runs_and_records_its_numbers(built_site):
    assert (built_site / "index.html").is_file()
    for found in records(Build(profile="quick")):
        assert (found["edition"], found["profile"]) == ("songbook", "quick")
        assert found["records"]


@pytest.mark.slow
@pytest.mark.real
def test_the_real_edition_runs_and_records_its_numbers():
    build = Build(edition="real", profile="quick")
    command = [sys.executable, "-m", "workflow.run", "chapters", *build.arguments()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    for found in records(build):
        assert (found["edition"], found["profile"]) == ("real", "quick")
        rests_on = {(record["evidence"], record["dataset"]) for record in found["records"].values()}
        assert any(evidence == "real" and dataset for evidence, dataset in rests_on)
        # No real listeners come with audio, so chapter 4 has the Songbook beside real recordings.
        allowed = {("simulated", "songbook")} if found["chapter"] == "04_cnn_mel" else set()
        assert {pair for pair in rests_on if pair[0] != "real"} <= allowed
