"""Where things lie, and how chapters are named by people."""

import argparse

import pytest

from workflow import WorkflowError, plan
from workflow.plan import Build


@pytest.fixture
def build(tmp_path):
    (tmp_path / "chapters").mkdir()
    for name in ("01_data", "02_models", "10_scale"):
        (tmp_path / "chapters" / f"{name}.md").touch()
    return Build(root=tmp_path)


@pytest.mark.parametrize(
    ("said", "meant"), [("01", "01_data"), ("1", "01_data"), ("10", "10_scale"), ("02_models", "02_models")]
)
def test_a_chapter_is_found_by_its_number_or_name(build, said, meant):
    assert build.chapter(said) == meant


@pytest.mark.parametrize("said", ["3", "0", "", "data"])
def test_an_unknown_chapter_is_an_error_that_lists_those_there_are(build, said):
    with pytest.raises(WorkflowError, match="there are: 01_data, 02_models, 10_scale"):
        build.chapter(said)


def test_a_project_without_chapters_is_an_error(tmp_path):
    with pytest.raises(WorkflowError, match="no chapter found"):
        Build(root=tmp_path).chapters()


def test_builds_do_not_share_folders():
    builds = [
        Build(edition, profile, device, seed)
        for edition in plan.EDITIONS
        for profile in plan.PROFILES
        for device in plan.DEVICES
        for seed in (0, 1)
    ]
    for folder in ("notebooks", "results", "receipts", "site"):
        assert len({getattr(build, folder) for build in builds}) == len(builds)


def test_a_choice_survives_the_command_line_and_snakemakes_config():
    build = Build("real", "quick", "cuda", 3)
    parser = argparse.ArgumentParser()
    plan.add_arguments(parser)
    assert Build.from_arguments(parser.parse_args(build.arguments())) == build
    assert Build.from_config({name: str(value) for name, value in build.parameters.items()}) == build
    assert Build.from_config({}) == Build()
