"""Every name of accessmap that a page, a notebook, a benchmark or a script uses is there: read, not run."""

import ast
import importlib
import json
import re
from importlib.util import find_spec
from inspect import isclass, ismodule
from pathlib import Path

import pytest

import accessmap

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "README.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.stem != "changelog"),
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted((ROOT / "scripts").glob("*.py")),
]


def pieces(path):
    """The Python of a file, in pieces that parse on their own; what is no Python (an option left out) is no piece."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    if path.suffix == ".py":
        return [text]
    found = []
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        code = [line[4:] for line in block.splitlines() if line.startswith((">>> ", "... "))] or block.splitlines()
        found.append("\n".join(code))
    return found


def parsed(piece):
    try:
        return ast.parse(piece)
    except SyntaxError:
        return ast.parse("")


def chain(node):
    """The names of `am.x.y`, or None for another expression."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return names[::-1] if isinstance(node, ast.Name) and node.id in ("am", "accessmap") else None


def lacking(tree):
    """The names in a tree that accessmap has not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "accessmap":
            module = importlib.import_module(node.module)
            for name in (each.name for each in node.names):
                if not hasattr(module, name) and find_spec(f"{node.module}.{name}") is None:
                    yield f"{node.module}.{name}"
        names = chain(node)
        place = accessmap
        for depth, name in enumerate(names or ()):
            if not (ismodule(place) or isclass(place)):
                break
            if not hasattr(place, name):
                yield "am." + ".".join(names[: depth + 1])
                break
            place = getattr(place, name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_name_of_accessmap_that_is_used_is_there(path):
    assert sorted({name for piece in pieces(path) for name in lacking(parsed(piece))}) == []


def test_prose_names_no_function_of_a_namespace_that_is_not_there():
    wrong = []
    for path in FILES:
        if path.suffix != ".md" or path.parent.name == "decisions":
            continue
        for told in re.findall(r"`am\.([\w.]+)", path.read_text("utf-8")):
            place = accessmap
            for name in told.rstrip(".").split("."):
                if (ismodule(place) or isclass(place)) and name not in ("name", "x"):
                    if not hasattr(place, name):
                        wrong.append(f"{path.name}: am.{told}")
                        break
                    place = getattr(place, name)
    assert wrong == []
