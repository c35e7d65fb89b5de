"""The README's session runs as it stands, and its links lead somewhere."""

import re
from pathlib import Path

from processes import python

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_session_of_the_readme_runs(tmp_path):
    session = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)[0]
    done = python("-W", "error", "-c", session, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Pays Chaunois" in (tmp_path / "coucy.html").read_text("utf-8")


def test_every_relative_link_of_the_documentation_leads_to_a_file():
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").rglob("*.md"),
    ]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
