"""A project small enough to be run in a test: two chapters, a library of two modules, one dataset."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PARAMETERS = """
```{code-cell} ipython3
:tags: [parameters]

edition = "songbook"
profile = "book"
device = "cpu"
seed = 0
```
"""
ONE = (
    PARAMETERS
    + """
```{code-cell} ipython3
import json, os, pathlib
from musicrec import data, scales

print(edition, profile, seed, scales.MAJOR, data.load("plays"))
records = pathlib.Path(os.environ["MUSICREC_RESULTS"]) / "01_scales.json"
_ = records.write_text(json.dumps({"seed": seed}))
```
"""
)
TWO = (
    PARAMETERS
    + """
```{code-cell} ipython3
from musicrec import tempo

tempo.ALLEGRO
```
"""
)
LIBRARY = {
    "__init__.py": "",
    "errors.py": "class MusicrecError(Exception):\n    pass\n",
    "scales.py": "MAJOR = 7\n",
    "tempo.py": "ALLEGRO = 120\n",
    "data.py": """import os, pathlib

_loaded = {}

def load(name):
    _loaded[name] = fingerprint(name)
    return 3

def fingerprint(name):
    return pathlib.Path(os.environ["TOY_DATA"]).read_text()

def loaded():
    return dict(_loaded)
""",
}


class Project:
    """A copy of the workflow beside its own chapters and library."""

    def __init__(self, root: Path) -> None:
        self.root = root
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MUSICREC_")},
            **threads,
            "PYTHONPATH": str(root),
            "TOY_DATA": str(root.parent / "plays.txt"),
        }

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "workflow.run", "chapters", *arguments],
            cwd=self.root,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run the chapters as make does; what was said."""
        process = self.start(*arguments)
        said = process.communicate(timeout=120)[0]
        assert (process.returncode != 0) == fails, said
        return said

    def ran(self, *arguments: str) -> list[str]:
        """The chapters that a call had to run."""
        said = self.run(*arguments)
        return sorted(line.split(":")[0] for line in said.splitlines() if ": done in" in line)

    def due(self) -> list[str]:
        """The chapters that a call would run."""
        program = (
            "from workflow import plan, receipts; build = plan.Build(); "
            "print(*[c for c in build.chapters() if not receipts.wanted(build, c).exists()])"
        )
        command = [sys.executable, "-c", program]
        return subprocess.check_output(command, cwd=self.root, env=self.environment, text=True).split()

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        return subprocess.check_output(["git", *who, *arguments], cwd=self.root, text=True)


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    project = Project(folder / "project")
    shutil.copytree(
        ROOT / "workflow", project.root / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, text in LIBRARY.items():
        project.write(f"musicrec/{name}", text)
    project.write("chapters/01_scales.md", ONE)
    project.write("chapters/02_tempo.md", TWO)
    project.write("constraints.txt", "numpy==1\n")
    project.write("book/intro.md", "# A book\n")
    shutil.copy(ROOT / ".gitignore", project.root)
    (folder / "plays.txt").write_text("plays of 2005", encoding="utf-8")
    project.git("init", "--quiet")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "toy")
    assert project.ran() == ["01_scales", "02_tempo"]
    return folder


@pytest.fixture
def project(_built: Path, tmp_path: Path) -> Project:
    """A project whose two chapters have run once."""
    shutil.copytree(_built, tmp_path / "toy")
    return Project(tmp_path / "toy" / "project")
