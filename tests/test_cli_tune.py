"""The command `musicrec tune`: what it prints, where, and with which exit code."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from musicrec import study
from musicrec.cli import app, terminal
from musicrec.errors import UnknownName

FOUND = study.Tuning(
    model="EASE",
    dataset="songbook",
    params={"l2": 120.0, "weight": "binary"},
    score=0.25,
    default_score=0.2,
    metric="ndcg@10",
    trials=3,
    failed=1,
    seconds=4.2,
    at_border={},
    space={},
    split={},
    seed=0,
    features=None,
    fingerprint="sha256:01",
    date="2026-01-01T00:00:00Z",
    versions={},
)


@pytest.fixture
def asked(monkeypatch):
    """What the command asks of the library, which answers with `answer`."""
    asked = {"answer": FOUND}

    def tune(model, dataset, *, told, **options):
        asked.update(options, model=model, dataset=dataset)
        for ended, best in ((0, None), (1, 0.2), (2, 0.25)):
            told(ended, best)
        if isinstance(asked["answer"], BaseException):
            raise asked["answer"]
        return asked["answer"]

    monkeypatch.setattr(study, "tune", tune)
    return asked


def run(*arguments, code=0):
    done = CliRunner().invoke(app, ["tune", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_what_was_found_is_shown(asked):
    done = run("EASE", "--dataset", "songbook")
    assert (asked["model"], asked["dataset"]) == ("EASE", "songbook")
    assert (asked["trials"], asked["seed"], asked["out"], asked["again"]) == (40, 0, None, False)
    assert (asked["features"], asked["cold"]) == (None, False)
    assert "settings: l2=120.0, weight='binary'\n" in done.stdout
    assert "ndcg@10: 0.2500 (defaults: 0.2000)\n" in done.stdout
    assert "trials: 3, 1 of them refused by the model, 4 s\n" in done.stdout
    assert "border" not in done.stdout
    assert done.stderr == ""  # no progress where nobody looks


def test_options_are_handed_on(asked, tmp_path):
    run("EASE", "--dataset", "x", "--trials", "7", "--seed", "3", "--out", str(tmp_path), "--again")
    assert (asked["trials"], asked["seed"], asked["out"], asked["again"]) == (7, 3, tmp_path, True)
    run("ContentKNN", "--dataset", "x", "--features", "tags", "--cold")
    assert (asked["features"], asked["cold"]) == ("tags", True)
    run("LatentFactorCNN", "--dataset", "x", "--cold")
    assert asked["trials"] == 16
    run("GRU4Rec", "--dataset", "x")
    assert asked["trials"] == 12


def test_a_border_is_not_overlooked(asked):
    asked["answer"] = replace(FOUND, at_border={"l2": "high"}, default_score=None)
    shown = run("EASE", "--dataset", "songbook").stdout
    assert "l2 (high): widen it in musicrec/study/search_spaces.py" in shown
    assert "could not be fitted" in shown


def test_trials_that_were_given_up_are_told(asked):
    asked["answer"] = replace(FOUND, stopped=2)
    shown = run("EASE", "--dataset", "songbook").stdout
    assert "trials: 3, 1 of them refused by the model, 2 given up early, 4 s\n" in shown


def test_nothing_to_tune(asked):
    asked["answer"] = None
    assert "nothing to tune" in run("Popularity", "--dataset", "songbook").stdout


def test_a_stop_by_the_keyboard_says_how_to_go_on(asked):
    asked["answer"] = KeyboardInterrupt()
    done = run("EASE", "--dataset", "songbook", "--again", code=130)
    assert (
        "Stopped after 2 of 40 trials, which are kept. Give the same command without --again" in done.stderr
    )
    assert done.stdout == ""


def test_errors_are_one_message(asked):
    asked["answer"] = UnknownName("There is no model 'Eese'.")
    done = run("Eese", "--dataset", "songbook", code=1)
    assert done.stderr == "Error: There is no model 'Eese'.\n"
    assert done.stdout == ""


def test_a_wrongly_written_command_is_code_two(asked):
    run("EASE", code=2)
    run("EASE", "--dataset", "x", "--trials", "0", code=2)


def test_a_person_sees_how_far_it_is(asked, monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "err", Console(file=screen, force_terminal=True, width=120))
    run("EASE", "--dataset", "songbook")
    for part in ("EASE on songbook", "2/40", "best 0.2500"):
        assert part in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
