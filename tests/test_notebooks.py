"""Every notebook runs from top to bottom on the bundled sample."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


# The kernel's own transport warns about event loops and sockets that it closes late.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_every_code_cell_shows_something(path, tmp_path, request, monkeypatch):
    notebook = nbformat.read(path, as_version=4)
    if notebook.metadata.get("accessmap", {}).get("needs_data"):
        monkeypatch.setenv("ACCESSMAP_DATA", str(request.getfixturevalue("data_folder").resolve()))
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit notebooks without outputs"
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    errors = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert errors == []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in code), "a cell that shows nothing tells no story"
    warned = [out.text for cell in code for out in cell.outputs if out.get("name") == "stderr"]
    assert warned == []
