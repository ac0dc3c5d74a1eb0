"""Beginning a run."""

import errno
import os

import pytest

from musicrec import study
from musicrec.errors import DataUnavailable, InvalidArgument, UnknownName
from musicrec.study import run as run_module


def test_a_run_picks_by_edition_and_sizes_by_profile():
    run = study.begin("01_listening_data", edition="real", profile="quick", device="cpu", seed=7)
    assert run.pick(songbook="songbook", real="lastfm-2k") == "lastfm-2k"
    assert [
        study.begin("01_x", profile=p).size(quick=1, book=2, full=3) for p in ("quick", "book", "full")
    ] == [1, 2, 3]
    assert study.begin("01_x").pick(songbook="a", real="b") == "a"
    assert (run.edition, run.profile, run.device, run.seed) == ("real", "quick", "cpu", 7)


def test_the_last_begun_run_is_current():
    assert study.current() is None
    run = study.begin("01_x")
    assert study.current() is run


@pytest.mark.parametrize(
    "chapter",
    ["listening_data", "1_listening", "01-listening", "01_Listening", "01_", "01_a.md", "../01_a", None],
)
def test_another_form_of_name_is_refused(chapter):
    with pytest.raises(UnknownName, match="not the name of a chapter"):
        study.begin(chapter)


@pytest.mark.parametrize(
    ("what", "wrong", "known"),
    [
        ("edition", "songs", "songbook, real"),
        ("profile", "slow", "quick, book, full"),
        ("device", "tpu", "cpu, cuda"),
    ],
)
def test_unknown_parameters_are_refused_with_those_there_are(what, wrong, known):
    with pytest.raises(UnknownName, match=f"no {what} '{wrong}'.*{known}"):
        study.begin("01_x", **{what: wrong})


@pytest.mark.parametrize("seed", [-1, 1.0, "0", True, None])
def test_a_seed_is_a_non_negative_integer(seed):
    with pytest.raises(InvalidArgument, match="non-negative integer"):
        study.begin("01_x", seed=seed)


def test_cuda_without_a_gpu_is_refused(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidArgument, match="device='cpu'"):
        study.begin("01_x", device="cuda")


def test_a_run_starts_from_nothing(results_folder):
    study.begin("01_x")
    study.record("a.b", 1)
    study.begin("01_x")
    assert not (results_folder / "01_x.json").exists()
    study.record("a.b", 2)  # no clash with the number of the run before


def test_a_folder_of_results_that_cannot_be_made_is_said_at_once(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MUSICREC_RESULTS", str(tmp_path / "file" / "results"))
    with pytest.raises(DataUnavailable, match=r"cannot be written to .*01_x\.json: .*Set MUSICREC_RESULTS"):
        study.begin("01_x")


def test_a_read_only_folder_of_results_is_said_at_once(results_folder, monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(run_module.tempfile, "TemporaryFile", refuse)
    with pytest.raises(DataUnavailable, match=r"Read-only file system\. Set MUSICREC_RESULTS"):
        study.begin("01_x")
