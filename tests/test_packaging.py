"""The library as others install it, and the files that say with what."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from workflow import lock, setup

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
BOOK_PACKAGES = (
    "jupyter_book",
    "sphinx",
    "myst_nb",
    "papermill",
    "snakemake",
    "nbgrader",
    "jupytext",
    "workflow",
)

FAR_FROM_THE_CHECKOUT = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {refused!r}:
            raise ModuleNotFoundError(f"{{name}} is not part of the library's own environment")

sys.meta_path.insert(0, Refuse())
sys.path.insert(0, {target!r})
sys.path[:] = [path for path in sys.path if path != {root!r}]
import musicrec
import pandas as pd
from musicrec import audio, data, display, evaluation, listeners, metrics, models, study

for room in (audio, data, display, evaluation, listeners, metrics, models, study):
    for name in room.__all__:
        getattr(room, name)
print(musicrec.__file__)
print(*data.names())
heard = data.Interactions.from_frame(pd.DataFrame([("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)],
                                                  columns=["user", "item"]))
model = models.EASE(**study.tuned("EASE", "songbook")).fit(heard)
print(*heard.items[model.recommend([2], k=1, exclude=heard)[0]], *study.claims())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which the wheel was installed, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *alone, "--no-build-isolation", "-w", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", *alone, "--target", folder / "target", wheel], check=True)
    return folder / "target"


def test_the_wheel_works_away_from_the_checkout_and_without_the_books_packages(installed, tmp_path):
    program = FAR_FROM_THE_CHECKOUT.format(refused=BOOK_PACKAGES, target=str(installed), root=str(ROOT))
    said = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    where, names, recommended = said.stdout.splitlines()
    assert Path(where).is_relative_to(installed)
    assert {"lastfm-2k", "songbook"} <= set(names.split())
    assert recommended.split()[0] == "2", "c knows item 1, and whoever knows that knows item 2"
    assert "cf-cold-start" in recommended, "the claims come with the wheel"


def test_the_wheel_carries_the_library_and_nothing_else(installed):
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert top - {"bin"} == {"musicrec"}
    assert (installed / "musicrec" / "_shipped" / "catalogue.toml").is_file()
    assert (installed / "musicrec" / "_shipped" / "params" / "songbook" / "EASE.json").is_file()
    assert list((installed / "musicrec").rglob("*.pyi"))


def pins(text):
    """Exact versions by normalised name, of a file of constraints."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1] for line in lines if line
    }


def test_every_requirement_is_pinned_exactly():
    listed = PROJECT["dependencies"] + [
        each for extra in PROJECT["optional-dependencies"].values() for each in extra
    ]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[;]", each)[0]).lower() for each in listed}
    assert names <= pins(CONSTRAINTS).keys()


def test_the_pins_that_are_known_to_work_together():
    found = pins(CONSTRAINTS)
    assert found["torch"] == "2.13.0"
    assert found["sphinx"] == "7.4.7"
    assert found["jupyter-book"] == "1.0.4.post1"
    assert found["sphinx-book-theme"] == "1.2.0"


def test_constraints_name_no_machine_no_index_and_no_accelerator():
    assert not re.search(r"https?:|file:|^\s*-|(?<!\w)/\w+/", CONSTRAINTS, flags=re.M)
    assert "+" not in "".join(pins(CONSTRAINTS).values())


def test_the_local_suffix_of_a_version_is_stripped_and_the_header_stands_once():
    text = lock.cleaned("torch==2.13.0+cpu          # via lightning\nnumpy==2.4.6\n")
    assert text == lock.HEADER + "torch==2.13.0          # via lightning\nnumpy==2.4.6\n"
    assert lock.cleaned(text) == text


def test_conda_and_make_install_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    command = setup.install_command(ROOT)
    assert pip == {"pip": ["--constraint constraints.txt", f"--editable {command[-1]}"]}
    assert "constraints.txt" in command
    (python,) = [each.split("=")[1] for each in conda if each.startswith("python=")]
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert tuple(map(int, python.split("."))) >= tuple(map(int, lowest.split(".")))
    assert not [each for each in conda if each.split("=")[0] in pins(CONSTRAINTS).keys() - {"pip"}]


def test_every_dependency_says_what_it_is_for():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    bare = [
        line for line in block.splitlines() if line.strip().startswith('"') and not re.search(r"# \w+", line)
    ]
    assert bare == []
    assert not [each for each in PROJECT["dependencies"] if "==" in each], (
        "lower bounds in the library, pins in the lock"
    )
