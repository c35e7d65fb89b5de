"""Every notebook runs from top to bottom on the bundled sample; those that say so, on the real data too."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


def flags(path):
    """What a notebook says of the data it runs on."""
    return nbformat.read(path, as_version=4).metadata.get("accessmap", {})


# The kernel's own transport warns about event loops and sockets that it closes late.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_every_code_cell_shows_something(path, tmp_path, request, monkeypatch):
    monkeypatch.delenv("ACCESSMAP_DATA", raising=False)  # where it is set, "the sample" would be the real data
    if flags(path).get("needs_data"):
        monkeypatch.setenv("ACCESSMAP_DATA", str(request.getfixturevalue("data_folder").resolve()))
    check_runs(path, tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if flags(path).get("also_with_data")], ids=lambda path: path.stem
)
def test_notebook_runs_on_the_real_data_too_and_says_so(path, tmp_path, data_folder, monkeypatch):
    monkeypatch.setenv("ACCESSMAP_DATA", str(data_folder.resolve()))
    said = check_runs(path, tmp_path)
    assert "Données de l'Aisne" in said
    assert "Exemple fourni" not in said


def check_runs(path, folder):
    """Run a notebook in a folder; check that every cell shows something and none is wrong; return what they print."""
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit notebooks without outputs"
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    errors = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert errors == []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in code), "a cell that shows nothing tells no story"
    streams = [out for cell in code for out in cell.outputs if out.output_type == "stream"]
    assert [out.text for out in streams if out.name == "stderr"] == []
    return "".join(out.text for out in streams)
