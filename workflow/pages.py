"""The step from executed notebooks to pages, as the Snakefile calls it; `workflow.site` makes them.

Nothing is done where everything that the pages show is as it was. What the runs cost is left out of that
question: it is measured anew each time, and no reason to build the book again.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from musicrec.errors import MusicrecError
from workflow import WorkflowError, notebook, receipts
from workflow.plan import Build, add_arguments

SHOWN = ("_config.yml", "_toc.yml", "CITATION.cff", "constraints.txt", "book", "data", "musicrec", "workflow")


def shown_files(build: Build) -> Iterator[Path]:
    """Every file that the pages are made from: of notebooks this build's, not those kept under git."""
    heard = build.root / "book" / notebook.CLIPS  # by whoever ran a committed notebook by hand
    for name in SHOWN:
        path = build.root / name
        if path.is_file():
            yield path
        for file in path.rglob("*"):
            unseen = file.suffix == ".ipynb" or "__pycache__" in file.parts or file.is_relative_to(heard)
            if file.is_file() and not unseen:
                yield file
    yield from (build.notebook(chapter) for chapter in build.chapters())


def state(build: Build) -> str:
    """A hash of all those files."""
    found = hashlib.sha256()
    for path in sorted(shown_files(build)):
        found.update(f"{path.relative_to(build.root)} {receipts.digest(path)}\n".encode())
    return found.hexdigest()


def _whole(build: Build) -> bool:
    """Whether the pages are there, and the sounds that they play."""
    text = "".join(build.notebook(chapter).read_text(encoding="utf-8") for chapter in build.chapters())
    return all((build.html / file).is_file() for file in ("index.html", *notebook.clips(text)))


def make(build: Build) -> None:
    """Bring the pages of a build whose chapters have run up to date."""
    stamp = build.site / "_build" / "made-from"
    now = state(build)
    index = build.html / "index.html"
    if not (_whole(build) and stamp.is_file() and stamp.read_text(encoding="utf-8") == now):
        from workflow import site  # loads Sphinx

        print("pages: building", flush=True)
        stamp.unlink(missing_ok=True)
        site.lay_out(build.root, {name: build.notebook(name) for name in build.chapters()}, build.site)
        site.build(build.site)
        stamp.write_text(now, encoding="utf-8")
    print(f"pages: open {index}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    try:
        make(Build.from_arguments(parser.parse_args()))
    except (MusicrecError, WorkflowError) as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
