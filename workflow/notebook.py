"""A chapter's notebook: made from its text, and brought to the one form in which it is kept.

Two runs of a chapter on one machine give the same bytes: cell ids follow from the cells' content, nothing
that was timed stays, streams are joined, and what a notebook may not hold is an error that names the cell.
"""

import ast
import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from workflow import WorkflowError

FIGURE_LIMIT = 40_000  # bytes of one picture
NOTEBOOK_LIMIT = 600_000  # bytes of a notebook with its outputs
CLIPS = "_static/clips"  # where a notebook's sounds are, from its own folder
_TIMED = ("papermill", "execution", "ExecuteTime")
_QUOTED = re.compile(r"\{glue:\w*\}`([^`:]+)")
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|work|private|var/folders)/[\w.-]+")
_CLIP = re.compile(CLIPS + r"/[0-9a-f]+\.mp3")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+")


def from_text(path: Path) -> NotebookNode:
    """The unexecuted notebook of a chapter (a MyST text notebook)."""
    if not path.is_file():
        raise WorkflowError(f"{path.name}: no such chapter; expected the file {path}")
    try:
        notebook = jupytext.read(path, fmt="md:myst")
    except Exception as error:  # jupytext raises whatever its parsers raise
        raise WorkflowError(f"{path.name} cannot be read as a MyST notebook: {error}") from error
    return normalise(notebook)


def parameters(notebook: NotebookNode, chapter: str) -> dict[str, Any]:
    """Names and defaults in the cell tagged `parameters`."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise WorkflowError(
            f"{chapter}: found {len(cells)} cells tagged `parameters`, expected one. Add a code cell with "
            'that tag that sets edition = "songbook", profile = "book", device = "cpu" and seed = 0.'
        )
    found = {}
    for statement in ast.parse(cells[0].source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                try:
                    found[name] = ast.literal_eval(value)
                except ValueError:
                    raise WorkflowError(
                        f"{chapter}: parameter {name} is {ast.unparse(value)}; give it a plain value"
                    ) from None
    return found


def changed_parameters(notebook: NotebookNode, chapter: str, given: dict[str, Any]) -> dict[str, Any]:
    """Those of the given parameters that differ from the chapter's defaults; an unknown one is an error."""
    known = parameters(notebook, chapter)
    unknown = [name for name in given if name not in known]
    if unknown:
        raise WorkflowError(
            f"{chapter} has no parameter {', '.join(map(repr, unknown))}; its cell tagged `parameters` has "
            f"{', '.join(known) or 'none'}. Correct the name, or add it to that cell with its default."
        )
    return {name: value for name, value in given.items() if value != known[name]}


def normalise(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with fixed cell ids and without anything that differs from run to run.

    Of the numbers that a chapter glues those stay that its text quotes, with the `metadata.scrapbook` by
    which they are found; there are hundreds, and each weighs a quarter of a kilobyte. A cell whose outputs
    nbval compares keeps all of them: one that is missing there is a difference.
    """
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    quoted = {name for text in texts for name in _QUOTED.findall(text)}
    result = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        clean = nbformat.from_dict(cell)
        clean.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        clean.metadata = {
            key: value
            for key, value in cell.metadata.items()
            if key not in _TIMED and (key, value) != ("tags", [])
        }
        if cell.cell_type == "code":
            compared = "nbval-check-output" in cell.metadata.get("tags", [])
            clean.outputs = [out for out in _joined(cell.outputs) if compared or _shown(out, quoted)]
        result.cells.append(clean)
    return result


def _shown(output: NotebookNode, quoted: set[str]) -> bool:
    """Whether an output is anything but a glued number that no text quotes."""
    glued = output.get("metadata", {}).get("scrapbook")
    return glued is None or glued["name"] in quoted


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without what was written to stderr (it is in the log), and pieces of one stream as one."""
    result: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        output = nbformat.from_dict(output)
        output.pop("transient", None)
        if output.output_type == "stream" and result and result[-1].output_type == "stream":
            result[-1].text += output.text
        else:
            result.append(output)
    for output in result:
        if output.output_type == "stream":  # of a line that was overwritten, the last state
            output.text = re.sub(r"[^\n]*\r(?!\n)", "", output.text)
    return [output for output in result if output.output_type != "stream" or output.text.strip()]


def problems(notebook: NotebookNode) -> list[str]:
    """What keeps an executed notebook from being kept or shown, one sentence each; none if all is well."""
    found = []
    count = 0
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"cell {number} ({headline(cell.source)})"
        if any(key in cell.metadata for key in _TIMED) or _MOMENT.search(str(cell.metadata)):
            found.append(f"{where} carries the time of its run in its metadata")
        if cell.cell_type != "code":
            continue
        count += 1
        if cell.execution_count != count:
            found.append(
                f"{where} has execution count {cell.execution_count}, expected {count}: "
                "not run, or out of order"
            )
        for output in cell.outputs:
            found += [f"{where} {problem}" for problem in _output_problems(output)]
    ids = Counter(cell.get("id") for cell in notebook.cells)
    found += [f"{times} cells share the id {name!r}" for name, times in ids.items() if times > 1]
    size = len(dumps(notebook).encode())
    if size > NOTEBOOK_LIMIT:
        sizes = [len(str(cell)) for cell in notebook.cells]
        largest = sizes.index(max(sizes))
        first = headline(notebook.cells[largest].source)
        found.append(
            f"the notebook has {size / 1000:.0f} kB, the limit is {NOTEBOOK_LIMIT / 1000:.0f} kB; the most, "
            f"{sizes[largest] / 1000:.0f} kB, is in cell {largest + 1} ({first})"
        )
    return found


def _output_problems(output: NotebookNode) -> list[str]:
    if output.output_type == "error":
        return [f"raised {output.ename}: {output.evalue}"]
    found = []
    data = {"text/plain": output.text} if output.output_type == "stream" else output.get("data", {})
    for kind, value in data.items():
        if kind.startswith("image/"):
            text = value if isinstance(value, str) else str(value)
            size = len(text.encode() if kind == "image/svg+xml" else base64.b64decode(text))
            if size > FIGURE_LIMIT:
                found.append(
                    f"shows a figure of {size / 1000:.0f} kB, the limit is {FIGURE_LIMIT / 1000:.0f} kB: "
                    "show it with display.figure, or draw less"
                )
            continue
        shown = value if isinstance(value, str) else str(value)
        for pattern, what in ((_PATH, "a path of this machine"), (_ADDRESS, "a memory address")):
            if hit := pattern.search(shown):
                found.append(f"shows {what} ({hit.group()}): it differs from run to run; do not print it")
    return found


def clips(text: str) -> list[str]:
    """Addresses of the sounds that a page or the text of a notebook plays, relative to its folder."""
    return sorted(set(_CLIP.findall(text)))


def headline(source: str) -> str:
    """The first line of a cell, shortened: how messages name it."""
    first = source.strip().split("\n")[0]
    return first if len(first) <= 60 else first[:57] + "..."


def dumps(notebook: NotebookNode) -> str:
    """The notebook's text as it is written to a file."""
    return nbformat.v4.writes(notebook).rstrip("\n") + "\n"
