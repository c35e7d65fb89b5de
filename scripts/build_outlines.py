"""Build presets/speeds/outlines.csv, where which law of the road holds, from the npm package country-coder.

    npm pack @rapideditor/country-coder@5.6.1 && tar xzf rapideditor-country-coder-5.6.1.tgz
    python scripts/build_outlines.py package/src/data/borders.json

The same bytes for the same package. The regions of Belgium are not in it: they were traced by hand, to about 2 km.
"""

import csv
import json
import sys
from pathlib import Path

import shapely
from shapely.geometry import shape

TARGET = Path(__file__).parents[1] / "src/accessmap/presets/speeds/outlines.csv"
# Names of the package, by the law that holds there.
LAWS = {
    "FR": ("Metropolitan France", "Guadeloupe", "Martinique", "French Guiana", "Réunion", "Mayotte"),
    "FR-BL": ("Saint-Barthélemy",),
    "NC": ("New Caledonia",),
    "BE": ("Belgium",),
    "LU": ("Luxembourg",),
    "DE": ("Germany",),
    "CH": ("Switzerland",),
    "LI": ("Liechtenstein",),
    "IT": ("Italy",),
    "MC": ("Monaco",),
    "AD": ("Andorra",),
    "NL": ("Netherlands",),
    "AT": ("Austria",),
    "ES": ("Peninsular Spain", "Balearic Islands", "Canary Islands", "Ceuta", "Melilla"),
    "PT": ("Mainland Portugal", "Azores", "Madeira"),
    "GB": ("England", "Scotland", "Northern Ireland"),
    "GB-WLS": ("Wales",),
}
LAWS["FR"] += ("Saint Pierre and Miquelon", "Saint-Martin")
PACKAGE, BY_HAND = "country-coder 5.6.1 (ISC), to about 500 m", "traced by hand, to about 2 km"
STEP = 1e-5  # degrees
# Longitude and latitude in turn: the north of the border of languages, what lies beyond Liège, the capital.
FLANDERS = (
    "2 50.5 2.84 50.71 2.86 50.74 2.91 50.765 2.94 50.79 2.96 50.806 3 50.8 3.025 50.775 3.1 50.775 3.165 50.755 "
    "3.2 50.765 3.24 50.77 3.27 50.755 3.31 50.745 3.335 50.735 3.34 50.715 3.37 50.71 3.4 50.722 3.42 50.74 3.44 "
    "50.765 3.48 50.768 3.52 50.76 3.55 50.755 3.555 50.735 3.6 50.722 3.64 50.735 3.65 50.755 3.69 50.765 3.75 "
    "50.765 3.78 50.75 3.82 50.748 3.88 50.738 3.89 50.715 3.92 50.7 3.96 50.695 4 50.705 4.05 50.712 4.1 50.715 "
    "4.13 50.725 4.18 50.722 4.2 50.71 4.23 50.7 4.3 50.7 4.34 50.715 4.37 50.728 4.4 50.735 4.46 50.745 4.5 "
    "50.745 4.54 50.748 4.6 50.747 4.64 50.76 4.65 50.775 4.68 50.795 4.73 50.797 4.78 50.805 4.82 50.79 4.85 "
    "50.765 4.93 50.765 4.97 50.765 4.995 50.765 5.02 50.745 5.045 50.725 5.07 50.705 5.12 50.7 5.17 50.7 5.2 "
    "50.72 5.23 50.725 5.28 50.72 5.33 50.73 5.36 50.743 5.4 50.735 5.46 50.735 5.51 50.745 5.54 50.765 5.58 "
    "50.77 5.62 50.775 5.64 50.795 5.66 50.805 5.7 50.805 6 50.85 6 51.9 2 51.9 "
)
VOEREN = "5.69 50.77 5.7 50.745 5.75 50.735 5.8 50.73 5.84 50.72 5.88 50.715 5.9 50.735 5.915 50.76 5.8 50.79 "
BRUSSELS = (
    "4.245 50.815 4.28 50.8 4.3 50.79 4.33 50.775 4.38 50.765 4.43 50.765 4.48 50.79 4.475 50.81 4.46 50.83 4.45 "
    "50.85 4.435 50.87 4.43 50.9 4.4 50.91 4.37 50.9 4.33 50.905 4.3 50.89 4.28 50.87 4.25 50.84 "
)


def polygon(text):
    """The polygon of a text of coordinates."""
    numbers = [float(number) for number in text.split()]
    return shapely.Polygon(list(zip(numbers[::2], numbers[1::2], strict=True)))


def outlines(borders):
    """Law, place, source and polygon of each row, the smallest polygon first."""
    law_of = {name: law for law, names in LAWS.items() for name in names}
    rows = []
    for feature in borders["features"]:
        name = feature["properties"]["nameEn"]
        if name in law_of and feature["geometry"]:
            parts = shapely.get_parts(shape(feature["geometry"]))
            rows += [(law_of[name], name, PACKAGE, shapely.set_precision(part, STEP)) for part in parts]
    belgium = shapely.union_all([row[3] for row in rows if row[0] == "BE"])
    flanders = shapely.union_all([polygon(FLANDERS), polygon(VOEREN)]).intersection(belgium)
    parts = [part for part in shapely.get_parts(flanders) if part.geom_type == "Polygon" and part.area > 1e-6]
    rows = [row for row in rows if row[0] != "BE" or row[3].area > 0.01]  # the enclaves at Baarle are Flemish
    rows += [("BE-VLG", "Flanders", BY_HAND, shapely.set_precision(part, STEP)) for part in parts]
    rows.append(("BE-BRU", "Brussels", BY_HAND, polygon(BRUSSELS)))
    return sorted(rows, key=lambda row: row[3].area)


if __name__ == "__main__":
    with TARGET.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["law", "place", "source", "outline"])
        for law, place, source, outline in outlines(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))):
            wkt = shapely.to_wkt(outline, rounding_precision=5, trim=True).replace(", ", ",")
            writer.writerow([law, place, source, wkt])
