"""A search that is stopped, in whatever way, ends where one that was not stopped does."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import filelock
import optuna
import pytest

from musicrec.errors import CorruptData, DataUnavailable, InvalidData
from musicrec.study.search import best_of, search
from musicrec.study.search_spaces import Choice, Span

SPACE = {
    "kind": Choice(("plain", "bent")),
    "bend": Span(0.0, 1.0, "linear", when=("kind", "bent")),
    "width": Span(1, 1000),
    "l2": Span(1e-3, 1e3),
}
DEFAULTS = {"kind": "plain", "width": 10, "l2": 1.0}


def hill(settings, share=1.0):
    """Best at bent, bend .7, width 100, l2 10; refuses widths above 900."""
    if settings["width"] > 900:
        raise InvalidData("too wide")
    bend = abs(settings.get("bend", 0.0) - 0.7)
    return 1 / (1 + bend + abs(settings["width"] - 100) / 100 + abs(settings["l2"] - 10) / 10)


def run(journal, objective=hill, trials=25, **options):
    return search(objective, SPACE, DEFAULTS, trials=trials, seed=5, journal=journal, **options)


def outcome(tried):
    """All of a search but its clock."""
    return [replace(each, seconds=0.0, ended=None) for each in tried]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return outcome(run(tmp_path_factory.mktemp("search") / "whole.journal"))


def test_the_first_trial_is_the_defaults_and_none_is_better_than_the_best(uninterrupted):
    assert uninterrupted[0].settings == DEFAULTS
    assert len(uninterrupted) == 25
    best = best_of(uninterrupted)
    assert best.score == max(each.score for each in uninterrupted if each.score is not None)
    assert best.score > uninterrupted[0].score


def test_the_search_learns_from_its_trials(tmp_path):
    """It finds a planted peak: what it proposes later is better than the chance it begins with."""
    space = {"width": Span(1, 1000), "l2": Span(1e-3, 1e3)}

    def peak(settings, share):
        return 1 / (1 + abs(math.log10(settings["width"]) - 2) + abs(math.log10(settings["l2"]) - 1))

    early, late = [], []
    for seed in range(3):
        journal = tmp_path / f"{seed}.journal"
        tried = search(peak, space, {"width": 10, "l2": 1.0}, trials=30, seed=seed, journal=journal)
        early += [each.score for each in tried[1:10]]
        late += [each.score for each in tried[20:]]
    assert sum(late) / len(late) > 1.3 * sum(early) / len(early)


def test_only_what_means_something_is_proposed(uninterrupted):
    kinds = {each.settings["kind"] for each in uninterrupted}
    assert kinds == {"plain", "bent"}
    assert all(("bend" in each.settings) == (each.settings["kind"] == "bent") for each in uninterrupted)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("after", [0, 3, 17])
def test_a_search_that_was_broken_off_ends_as_if_it_had_not_been(tmp_path, uninterrupted, stop, after):
    journal, done = tmp_path / "a.journal", []

    def breaks(settings, share):
        if len(done) == after:
            raise stop("broken off")
        done.append(settings)
        return hill(settings)

    with pytest.raises(stop):
        run(journal, breaks)
    counts = []
    assert outcome(run(journal, told=lambda ended, best: counts.append(ended))) == uninterrupted
    assert counts[0] >= after and counts[-1] == 25


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_search import hill, run
left = [12]
def dies(settings, share):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
    return hill(settings)
run(Path(sys.argv[1]), dies)
"""


def test_a_killed_process_costs_one_trial(tmp_path, uninterrupted):
    journal = tmp_path / "a.journal"
    program = KILLED.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", program, str(journal)], check=False, timeout=100)
    assert done.returncode == 9
    with journal.open("ab") as file:
        file.write(b'{"op_code": 6, "work')  # what a kill in the middle of a write leaves
    counts = []
    assert outcome(run(journal, told=lambda ended, best: counts.append(ended))) == uninterrupted
    assert counts[0] >= 11


def test_more_trials_go_on_from_fewer_and_fewer_are_the_first_of_more(tmp_path, uninterrupted):
    journal = tmp_path / "a.journal"
    run(journal, trials=7)
    assert outcome(run(journal)) == uninterrupted

    def never(settings, share):
        raise AssertionError("everything has been tried")

    assert outcome(run(journal, never, trials=7)) == uninterrupted[:7]


def test_again_forgets(tmp_path):
    journal, calls = tmp_path / "a.journal", []
    for again in (False, False, True):
        run(journal, lambda settings, share: calls.append(1) or 0.0, trials=3, again=again)
    assert len(calls) == 6


def test_settings_that_a_model_refuses_count_and_are_told(tmp_path):
    def picky(settings, share):
        if settings["kind"] == "plain":
            raise InvalidData("no plain ones")
        return float("nan") if settings["width"] < 50 else 1.0

    tried = run(tmp_path / "a.journal", picky)
    assert len(tried) == 25
    refused = [each for each in tried if each.settings["kind"] == "plain"]
    assert refused and all(each.score is None and each.problem == "no plain ones" for each in refused)
    assert tried[0] in refused
    nans = [each for each in tried if each.score is None and each not in refused]
    assert nans and all("score is nan" in each.problem for each in nans)
    assert best_of(refused) is None


SHARES = (0.1, 0.3, 1.0)


def halved(journal, objective=hill, trials=25, **options):
    return run(journal, objective, trials, shares=SHARES, **options)


def test_with_shares_few_trials_get_all_of_the_effort_and_the_best_is_one_of_them(tmp_path):
    spent = []

    def counted(settings, share):
        spent.append(share)
        return hill(settings)

    tried = halved(tmp_path / "a.journal", counted)
    whole = [each for each in tried if not each.stopped and each.score is not None]
    assert tried[0] in whole
    assert spent[:3] == list(SHARES)
    assert spent.count(0.1) == 25 and spent.count(1.0) == len(whole)
    assert len(whole) < spent.count(0.3) < 13
    assert best_of(tried).score == max(each.score for each in whole)
    for number, each in enumerate(tried):
        if each.stopped:  # there were better ones before it, which went on
            assert sum(other.score > each.score for other in tried[:number] if other.score is not None)


def test_what_is_good_with_little_effort_only_does_not_win(tmp_path):
    """A trial that leads at the first share, and falls behind with more, is not the best."""

    def flash(settings, share):
        return 1.0 if settings["kind"] == "bent" and share < 1 else hill(settings) / 2

    tried = halved(tmp_path / "a.journal", flash)
    best = best_of(tried)
    assert best.score < 1.0 and not best.stopped
    assert best.score == max(each.score for each in tried if each.score is not None and not each.stopped)


@pytest.mark.parametrize("calls", [1, 2, 3, 9, 20])
def test_a_trial_broken_off_between_shares_is_done_again_whole(tmp_path, calls):
    whole, left = halved(tmp_path / "whole.journal", trials=12), [calls]

    def breaks(settings, share):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return hill(settings)

    with pytest.raises(KeyboardInterrupt):
        halved(tmp_path / "a.journal", breaks, trials=12)
    assert outcome(halved(tmp_path / "a.journal", trials=12)) == outcome(whole)


def test_a_refusal_at_a_later_share_is_a_refusal(tmp_path):
    def diverges(settings, share):
        if share > 0.1 and settings["kind"] == "bent":
            raise InvalidData("it diverged")
        return hill(settings) + (settings["kind"] == "bent")

    tried = halved(tmp_path / "a.journal", diverges)
    refused = [each for each in tried if each.problem == "it diverged"]
    assert refused and all(each.score is None and not each.stopped for each in refused)
    assert best_of(tried).settings["kind"] == "plain"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2] + "#####" + text[len(text) // 2 :],
        lambda text: "not a journal\n" + text,
        lambda text: json.dumps({"op_code": 99}) + "\n" + text,
        lambda text: text + json.dumps([1, 2]) + "\n",
        lambda text: "\x00" * 100 + "\n",
    ],
)
def test_a_damaged_journal_is_named(tmp_path, damage):
    journal = tmp_path / "a.journal"
    run(journal, trials=3)
    journal.write_text(damage(journal.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CorruptData, match=r"a\.journal keeps the trials.*--again"):
        run(journal, trials=5)
    assert len(run(journal, trials=5, again=True)) == 5


def test_two_processes_do_not_share_a_search(tmp_path):
    journal = tmp_path / "a.journal"
    with (
        filelock.FileLock(journal.with_suffix(".lock")),
        pytest.raises(DataUnavailable, match="Another process"),
    ):
        run(journal, trials=2)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataUnavailable, match="MUSICREC_CACHE"):
        run(tmp_path / "file" / "a.journal", trials=2)


def test_optuna_is_as_talkative_afterwards_as_before(tmp_path, capfd):
    before = optuna.logging.get_verbosity()
    run(tmp_path / "a.journal", trials=2)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""
