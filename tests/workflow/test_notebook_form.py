"""From text to the one form in which a notebook is kept, and what a notebook may not hold."""

import base64

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workflow import WorkflowError, notebook

PARAMETERS = '```{code-cell} ipython3\n:tags: [parameters]\n\nedition = "songbook"\nseed = 0\n```\n'


def written(tmp_path, text):
    path = tmp_path / "01_toy.md"
    path.write_text(text, encoding="utf-8")
    return path


def executed(*outputs, source="1 + 1", count=1):
    return new_notebook(cells=[new_code_cell(source, outputs=list(outputs), execution_count=count)])


def shown(data, **metadata):
    return new_output("display_data", data=data, metadata=metadata)


def test_text_becomes_cells_with_ids_that_follow_from_their_content(tmp_path):
    path = written(tmp_path, f"# Title\n\n{PARAMETERS}\nText.\n")
    first, second = notebook.from_text(path), notebook.from_text(path)
    assert notebook.dumps(first) == notebook.dumps(second)
    assert [cell.cell_type for cell in first.cells] == ["markdown", "code", "markdown"]
    longer = notebook.from_text(written(tmp_path, f"# Another\n\n{PARAMETERS}\nText.\n"))
    assert [a.id == b.id for a, b in zip(first.cells, longer.cells, strict=True)] == [False, True, True]


def test_equal_cells_get_different_ids(tmp_path):
    cell = "```{code-cell} ipython3\nx = 1\n```\n"
    made = notebook.from_text(written(tmp_path, cell * 3))
    assert len({cell.id for cell in made.cells}) == 3
    nbformat.validate(made)


def test_metadata_of_exercises_and_tags_stays(tmp_path):
    text = "```{code-cell} ipython3\n---\ntags: [hide-cell]\nnbgrader:\n  grade_id: 01-ex1\n---\nx = 1\n```\n"
    (cell,) = notebook.from_text(written(tmp_path, text)).cells
    assert cell.metadata.tags == ["hide-cell"]
    assert cell.metadata.nbgrader.grade_id == "01-ex1"


def test_a_chapter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorkflowError, match=r"02_none\.md: no such chapter"):
        notebook.from_text(tmp_path / "02_none.md")


def test_only_parameters_that_differ_from_the_defaults_are_injected(tmp_path):
    made = notebook.from_text(written(tmp_path, PARAMETERS))
    assert notebook.parameters(made, "01") == {"edition": "songbook", "seed": 0}
    assert notebook.changed_parameters(made, "01", {"edition": "songbook", "seed": 3}) == {"seed": 3}


def test_a_misspelt_parameter_is_an_error_that_lists_those_there_are(tmp_path):
    made = notebook.from_text(written(tmp_path, PARAMETERS))
    with pytest.raises(WorkflowError, match=r"no parameter 'sede'.*has edition, seed"):
        notebook.changed_parameters(made, "01_toy", {"sede": 3})


@pytest.mark.parametrize(("text", "count"), [("# No code\n", 0), (PARAMETERS * 2, 2)])
def test_a_chapter_needs_one_cell_of_parameters(tmp_path, text, count):
    with pytest.raises(WorkflowError, match=f"found {count} cells tagged `parameters`, expected one"):
        notebook.parameters(notebook.from_text(written(tmp_path, text)), "01_toy")


def test_a_parameter_that_is_computed_is_an_error(tmp_path):
    made = notebook.from_text(written(tmp_path, PARAMETERS.replace("= 0", "= max(0, 1)")))
    with pytest.raises(WorkflowError, match=r"parameter seed is max\(0, 1\)"):
        notebook.parameters(made, "01_toy")


def test_nothing_that_was_timed_or_written_to_stderr_stays():
    raw = executed(
        new_output("stream", name="stdout", text="one\n"),
        new_output("stream", name="stderr", text="a warning"),
        new_output("stream", name="stdout", text="10%\r50%\r100%\n"),
    )
    raw.metadata.papermill = {"start_time": "2024-01-01T00:00:00.000000"}
    raw.metadata.language_info = {"name": "python", "version": "3.11.7"}
    raw.cells[0].metadata = {"papermill": {}, "execution": {}, "tags": ["kept"]}
    clean = notebook.normalise(raw)
    assert dict(clean.metadata.language_info) == {"name": "python"}
    assert "papermill" not in clean.metadata
    assert clean.cells[0].metadata == {"tags": ["kept"]}
    assert [output.text for output in clean.cells[0].outputs] == ["one\n100%\n"]
    assert clean.cells[0].execution_count == 1


def test_an_empty_list_of_tags_which_papermill_adds_goes():
    raw = executed()
    raw.cells[0].metadata = {"tags": []}
    assert notebook.normalise(raw).cells[0].metadata == {}


def test_glued_numbers_stay_where_the_text_quotes_them():
    glued = [
        shown({"application/papermill.record/text/plain": "0.5"}, scrapbook={"name": name})
        for name in ("gini", "gini.low", "unread")
    ]
    text = new_markdown_cell("It is {glue:text}`gini:.2f`, at least {glue:text}`gini.low`.")
    clean = notebook.normalise(new_notebook(cells=[text, *executed(*glued).cells]))
    assert [output.metadata.scrapbook.name for output in clean.cells[1].outputs] == ["gini", "gini.low"]
    assert notebook.normalise(clean) == clean


def test_a_cell_whose_outputs_are_compared_keeps_every_glued_number():
    glued = shown({"application/papermill.record/text/plain": "0.5"}, scrapbook={"name": "unread"})
    compared = executed(glued)
    compared.cells[0].metadata = {"tags": ["nbval-check-output"]}
    assert len(notebook.normalise(compared).cells[0].outputs) == 1


def test_a_sound_notebook_has_no_problem():
    cells = [new_markdown_cell("# Title"), *executed(shown({"text/plain": "2"})).cells]
    assert notebook.problems(notebook.normalise(new_notebook(cells=cells))) == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (executed(count=None), r"cell 1 \(1 \+ 1\) has execution count None, expected 1"),
        (executed(count=7), "execution count 7, expected 1: not run, or out of order"),
        (
            executed(new_output("error", ename="ValueError", evalue="no", traceback=[])),
            "raised ValueError: no",
        ),
        (executed(shown({"text/plain": "/home/ada/notes.txt"})), "a path of this machine"),
        (executed(new_output("stream", name="stdout", text="<A at 0x7f0012345678>")), "a memory address"),
        (
            executed(shown({"image/png": base64.b64encode(bytes(41_000)).decode()}), source="plot()"),
            r"cell 1 \(plot\(\)\) shows a figure of 41 kB, the limit is 40 kB",
        ),
        (
            executed(new_output("stream", name="stdout", text="x" * 700_000), source="talk()"),
            r"the notebook has 700 kB, the limit is 600 kB.*cell 1 \(talk\(\)\)",
        ),
    ],
)
def test_what_a_notebook_may_not_hold_is_named_with_its_cell(broken, message):
    with pytest.raises(AssertionError, match=message):
        assert notebook.problems(broken) == []


def test_cells_that_share_an_id_are_found():
    twice = executed()
    twice.cells.append(new_markdown_cell("text", id=twice.cells[0].id))
    assert notebook.problems(twice) == [f"2 cells share the id {twice.cells[0].id!r}"]


def test_the_time_of_a_run_in_metadata_is_found():
    timed = executed()
    timed.cells[0].metadata["started"] = "2024-05-06T07:08:09.123456"
    assert "carries the time of its run" in notebook.problems(timed)[0]
