"""Importing the library is quick, and loads only what is used."""

import subprocess
import sys

import pytest

ROOMS = ["audio", "data", "display", "evaluation", "listeners", "metrics", "models", "study", "training"]


def loaded_after(program):
    """Names of all modules that a fresh interpreter has loaded after a program."""
    command = [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"]
    return set(subprocess.check_output(command, text=True).split())


def test_import_musicrec_loads_no_room_and_no_heavy_library():
    loaded = loaded_after("import musicrec")
    assert not {name for name in loaded if name.startswith("musicrec.")}
    assert not loaded & {"numpy", "pandas", "torch", "music21", "matplotlib"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_there_by_its_name_and_loads_its_modules_when_used(room):
    loaded = loaded_after(f"import musicrec; musicrec.{room}")
    assert f"musicrec.{room}" in loaded
    assert not {name for name in loaded if name.startswith(f"musicrec.{room}.")}


def test_a_module_of_its_own_is_there_by_its_name():
    assert "musicrec.errors" in loaded_after("import musicrec; musicrec.errors")


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_that_a_room_offers_can_be_had(room):
    program = (
        f"import musicrec.{room} as room\nfor name in room.__all__: getattr(room, name)\nassert room.__all__"
    )
    assert f"musicrec.{room}" in loaded_after(program)
