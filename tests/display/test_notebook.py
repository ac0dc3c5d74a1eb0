"""What a notebook stores: glue without a trace on the page, each thing shown once, no bytes that change."""

import json

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("myst_nb")

pytestmark = pytest.mark.slow

CELLS = [
    """
    import matplotlib.pyplot as plt, pandas as pd
    from musicrec import display, metrics, study
    run = study.begin("01_listening_data")
    study.record("a.gini", 0.8312345678, interval=(0.8, 0.9))
    study.record_names("a.top", ["O'Neill", "B"]);
    """,
    """
    if True:  # not the last expression of the cell
        t = display.table(pd.DataFrame({"n": [17632]}), name="t", caption="T")
    """,
    'display.table(pd.DataFrame({"n": [17632]}), name="t", caption="T")',
    "t",
    """
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    display.figure(fig, name="f", alt="A line that rises from 1 to 2.")
    """,
    "display.source(metrics.gini)",
    """
    card = display.player([0, 1, 0, -1] * 5000, 22050, title="A tone")
    display.players([card], name="tones", alt="A tone");
    """,
    "card",
]


def execute(folder):
    """Outputs of each cell."""
    text = [cell.strip().replace("\n    ", "\n") for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in text])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUSICREC_RESULTS", str(folder / "results"))
        yield [execute(folder), execute(folder)]
    assert len(list((folder / "_static" / "clips").iterdir())) == 1, "a clip lies beside its notebook, once"


def test_glue_leaves_its_metadata_and_nothing_to_see(outputs):
    glued = {
        output.metadata["scrapbook"]["name"]: output
        for output in outputs[0][0]
        if "scrapbook" in output.metadata
    }
    values = {name: output.data["application/papermill.record/text/plain"] for name, output in glued.items()}
    assert values == {
        "a.gini": "0.831235",
        "a.gini.low": "0.8",
        "a.gini.high": "0.9",
        "a.top": '"O\'Neill and B"',
    }
    assert all(list(output.data) == ["application/papermill.record/text/plain"] for output in glued.values())
    others = [output for output in outputs[0][0] if "scrapbook" not in output.metadata]
    assert others == [], "a recorded value is echoed; the last line of the cell ends in a semicolon"


def test_each_thing_is_shown_once_in_its_cell(outputs):
    shown = [[sorted(output.data) for output in cell] for cell in outputs[0][1:]]
    html, markdown = ["text/html", "text/plain"], ["text/markdown", "text/plain"]
    assert shown == [[html], [html], [html], [html], [markdown], [html], [html]]


def test_two_runs_store_the_same_bytes(outputs):
    first, second = (json.dumps(run, sort_keys=True) for run in outputs)
    assert first == second
