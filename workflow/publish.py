"""What a person keeps under git: notebooks in book/, the real edition's numbers in data/results/real/.

`make notebooks`, `make results` and `make costs` are the only parts of the workflow that write files under
git, and they write only what says something new.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from musicrec.errors import MusicrecError
from musicrec.study import results
from musicrec.study.records import read
from workflow import WorkflowError
from workflow.plan import Build, add_arguments


def says_the_same(new: NotebookNode, kept: NotebookNode) -> bool:
    """Whether two notebooks agree in their source and in all outputs but pictures."""
    return _without_pictures(new) == _without_pictures(kept)


def _without_pictures(executed: NotebookNode) -> NotebookNode:
    plain = nbformat.from_dict(executed)
    for cell in plain.cells:
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                if kind.startswith("image/"):
                    output.data[kind] = ""
    return plain


def keep_notebooks(build: Build) -> list[Path]:
    """Copy to book/ each executed notebook that says something new, and remove those without a chapter.

    A notebook whose pictures alone differ is left: another version of the plotting library draws other bytes.

    Returns
    -------
    list of Path
        What was written or removed.

    Raises
    ------
    WorkflowError
        A chapter has not been run; nothing is written or removed then.
    """
    book = build.root / "book"
    changed = []
    absent = [chapter for chapter in build.chapters() if not build.notebook(chapter).is_file()]
    if absent:
        raise WorkflowError(
            f"no executed notebook of {', '.join(absent)} in {build.notebooks}; run the chapters first: "
            "make notebooks"
        )
    for chapter in build.chapters():
        fresh, target = build.notebook(chapter), book / f"{chapter}.ipynb"
        text = fresh.read_text(encoding="utf-8")
        if target.is_file() and says_the_same(nbformat.reads(text, 4), nbformat.read(target, 4)):
            continue
        _write(target, text)
        changed.append(target)
    for orphan in sorted(book.glob("*.ipynb")):
        if orphan.stem not in build.chapters():
            orphan.unlink()
            changed.append(orphan)
    return changed


def keep_results(build: Build) -> list[Path]:
    """Keep the numbers of a real run in data/results/real/; a file whose values are unchanged is left."""
    return results.keep(build.results, build.root / "data" / "results" / build.edition)


def check_results(build: Build) -> list[str]:
    """Where the numbers of a run are not those that were kept, one sentence each."""
    found = []
    for chapter in build.chapters():
        fresh = build.results / f"{chapter}.json"
        kept = build.root / "data" / "results" / build.edition / f"{chapter}.json"
        if fresh.is_file() and kept.is_file():
            moved = results.compare(read(fresh), read(kept))
            found += [f"{chapter}: {difference}" for difference in moved]
        elif fresh.is_file():
            found.append(f"{chapter}: recorded for the first time; look at {fresh}, then make results")
        elif kept.is_file():
            found.append(f"{chapter}: {kept} was kept, but the run recorded nothing")
    return found


def _write(target: Path, text: str) -> None:
    partial = target.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("notebooks", "results", "study"))
    add_arguments(parser)
    chosen = parser.parse_args()
    build = Build.from_arguments(chosen)
    try:
        if chosen.what == "study":
            found = check_results(build)
            print("\n".join(found) or "every number is within its tolerance of what was kept")
            return 1 if found else 0
        changed = keep_notebooks(build) if chosen.what == "notebooks" else keep_results(build)
    except (MusicrecError, WorkflowError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(f"{'wrote' if path.exists() else 'removed'} {path.relative_to(build.root)}: commit it")
    if not changed:
        print(f"{chosen.what}: nothing new to keep")
    return 0


if __name__ == "__main__":
    sys.exit(main())
