"""What is built, and where it lies: the one place that knows the folders below build/."""

import argparse
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from workflow import WorkflowError

EDITIONS = ("songbook", "real")
PROFILES = ("quick", "book", "full")
DEVICES = ("cpu", "cuda")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Build:
    """One edition of the book in one profile, on one device, from one seed.

    Each has its own folder below build/, so that none overwrites another. What is left at its default is not
    named: `songbook-book`, `real-quick`, `songbook-book-seed3`.
    """

    edition: str = "songbook"
    profile: str = "book"
    device: str = "cpu"
    seed: int = 0
    root: Path = field(default=ROOT)

    @property
    def parameters(self) -> dict[str, Any]:
        """What every chapter is given in its cell tagged `parameters`."""
        return {"edition": self.edition, "profile": self.profile, "device": self.device, "seed": self.seed}

    @property
    def name(self) -> str:
        device = "" if self.device == "cpu" else f"-{self.device}"
        seed = "" if self.seed == 0 else f"-seed{self.seed}"
        return f"{self.edition}-{self.profile}{device}{seed}"

    @property
    def out(self) -> Path:
        return self.root / "build"

    @property
    def notebooks(self) -> Path:
        return self.out / self.name

    @property
    def results(self) -> Path:
        """Records of the book profile stand under the edition's name; others are kept apart."""
        return self.out / "results" / self.name.removesuffix("-book")

    @property
    def receipts(self) -> Path:
        return self.out / "receipts" / self.name

    @property
    def site(self) -> Path:
        return self.out / ("site" if self.name == "songbook-book" else f"site-{self.name}")

    @property
    def html(self) -> Path:
        return self.site / "_build" / "html"

    def source(self, chapter: str) -> Path:
        return self.root / "chapters" / f"{chapter}.md"

    def notebook(self, chapter: str) -> Path:
        return self.notebooks / f"{chapter}.ipynb"

    def log(self, chapter: str) -> Path:
        return self.out / "log" / self.name / f"{chapter}.log"

    def checkpoints(self, chapter: str) -> Path:
        """Where a chapter's trainings go on if it is killed: one folder for each state of the library."""
        code = hashlib.sha256((self.root / "constraints.txt").read_bytes())
        for module in sorted((self.root / "musicrec").rglob("*.py")):
            code.update(module.relative_to(self.root).as_posix().encode() + module.read_bytes())
        return self.out / "checkpoints" / self.name / chapter / code.hexdigest()[:16]

    def cost(self, chapter: str) -> Path:
        return self.out / "cost" / self.name / f"{chapter}.json"

    def chapters(self) -> list[str]:
        """Names of the chapters, in the book's order."""
        names = sorted(path.stem for path in (self.root / "chapters").glob("*.md"))
        if not names:
            raise WorkflowError(
                f"no chapter found in {self.root / 'chapters'}; expected files such as 01_name.md"
            )
        return names

    def chapter(self, number: str) -> str:
        """The chapter that a person calls `01`, `1` or by its whole name."""
        names = self.chapters()
        for name in names:
            if number in (name, name.split("_")[0], name.split("_")[0].lstrip("0")):
                return name
        raise WorkflowError(f"there is no chapter {number!r}; there are: {', '.join(names)}")

    def arguments(self) -> list[str]:
        """The same choice as command-line arguments (what `from_arguments` reads)."""
        return [f"--{name}={value}" for name, value in self.parameters.items()]

    @classmethod
    def from_arguments(cls, chosen: argparse.Namespace) -> Self:
        return cls(chosen.edition, chosen.profile, chosen.device, chosen.seed)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """From Snakemake's --config, where numbers may come as text."""
        known = ("edition", "profile", "device", "seed")
        chosen = {name: config[name] for name in known if name in config}
        return cls(**{**chosen, "seed": int(chosen.get("seed", 0))})


def data_folders() -> dict[str, str]:
    """The variables that name folders of data, made absolute: chapters run in a folder of their own."""
    given = {name: os.environ.get(name) for name in ("MUSICREC_DATA", "MUSICREC_CACHE")}
    return {name: str(Path(folder).expanduser().absolute()) for name, folder in given.items() if folder}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach a command line the choice of a build."""
    parser.add_argument("--edition", choices=EDITIONS, default="songbook")
    parser.add_argument("--profile", choices=PROFILES, default="book")
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    parser.add_argument("--seed", type=int, default=0)
