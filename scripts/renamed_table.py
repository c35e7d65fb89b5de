"""Print the table of CHANGELOG from presets/renamed.csv: every public name of 0.1 and the one that took its place."""

import csv
from pathlib import Path

rows = list(csv.DictReader((Path(__file__).parents[1] / "src/accessmap/presets/renamed.csv").open(encoding="utf-8")))
print("| 0.1 | 0.2 |\n|---|---|")
for row in rows:
    if row["old"] != row["new"]:
        print(f"| `am.{row['old']}` | `am.{row['new']}` |")
print("\nUnchanged: " + ", ".join(f"`am.{row['old']}`" for row in rows if row["old"] == row["new"]) + ".")
