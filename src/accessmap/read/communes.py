"""Communes (or IRIS, or other zones) from a file, brought into the contract."""

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd

from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_text, truth
from accessmap.read.coordinates import with_geometry
from accessmap.read.files import Tabular, read_table
from accessmap.read.parts import Wanted
from accessmap.tables.contracts import check_communes
from accessmap.words.near import near_names

# Names under which INSEE, IGN (Admin Express), the open-data portals and others publish each column.
NAMES: Names = {
    "code": (*COMMUNE_CODES, "code_?geo", "code_?iris", "iris", "dcomiris", "dciris"),
    "name": ("nom", "nom_(com|commune|officiel|m|iris)", "libelle(_commune)?", "lib_?(geo|com|iris)", "commune"),
    "population": ("pop", "pmun", "p\\d\\d_p(mun|op)", "pop(ulation)?_?mun(icipale)?", "t", "habitants"),
    "epci": ("siren_epci", "code_epci", "epci_code", "codes?_siren_des_epci", "epci_siren"),
    "epci_name": ("epci_nom", "nom_epci", "lib_epci", "libepci", "noms?_des_epci", "epci_libelle"),
    "in_territory": ("territory", "dans_le_territoire", "territoire"),
}


WANTED = Wanted(("communes",), NAMES, ("code",), ("polygon", "none", ""))


def read_communes(
    path: Tabular,
    *,
    territory: Iterable[str] | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Return communes in the contract: index `code`, name, population, epci, in_territory, polygons in metres.

    Known French and common names are recognised whatever their case and accents (insee, INSEE_COM, codgeo → code; nom,
    libgeo → name; PMUN, P21_POP → population; siren_epci → epci; epci_nom → epci_name). Further columns are kept. What
    was done stands, in sentences, in `.attrs["read_notes"]` and goes to the logger "accessmap".

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), GeoParquet, or CSV with the shapes as WKT in `geometry`; or a
        frame.
    territory
        Codes of the EPCI or of the communes that are the territory. Without it the file's `in_territory` says so, and
        where it has none every commune is in.
    columns
        Name in the contract to name in the file, where it is unusual; None where the file has none to be used.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    encoding
        Of a CSV or Shapefile, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line (a spreadsheet's rows) or feature.

    Examples
    --------
    >>> row = {"INSEE_COM": "02173", "Nom": "Chauny", "PMUN": "11 600", "EPCI": "200071785"}
    >>> table = pd.DataFrame([row | {"geometry": "POLYGON ((0 0, 0 9, 9 9, 0 0))"}])
    >>> communes = read_communes(table, crs="EPSG:2154")
    >>> communes.drop(columns="geometry").to_numpy().tolist()
    [['Chauny', 11600, '200071785', True]]
    """
    reading = Reading("communes", read_table(path, encoding=encoding, layer=layer, wanted=WANTED))
    reading.rename(NAMES, columns)
    reading.require("code", "name", "population")
    reading.name_rows("code")
    if "epci" not in reading.table.columns:
        reading.table = reading.table.assign(epci=None)
        reading.note("no_epci_column")
    reading.text("name", "epci")
    reading.numbers("population")
    with_geometry(reading, crs=crs)
    _mark_territory(reading, territory)
    reading.further_numbers(("code", *NAMES))
    return reading.finish("code", tuple(NAMES)[1:], check_communes)


def _mark_territory(reading: Reading, territory: Iterable[str] | None) -> None:
    table = reading.table
    if territory is not None:
        wanted = [territory] if isinstance(territory, str) else list(territory)
        codes, epci = as_text(table["code"]), as_text(table["epci"])
        known = set(codes.dropna()) | set(epci.dropna())
        for unknown in (code for code in wanted if code not in known):
            reading.add("territory_unknown", value=unknown, near=near_names(unknown, known), shown=repr(unknown))
        marks = codes.isin(wanted) | epci.isin(wanted)
        # where it marks nothing, the unknown codes are the problem to be told
        reading.table = table.assign(in_territory=marks if marks.any() or not wanted else True)
        reading.note("territory_asked", n=int(marks.sum()))
    elif "in_territory" in table.columns:
        marks = table["in_territory"]
        if not pd.api.types.is_bool_dtype(marks):
            read = [value if truth(value) is None else truth(value) for value in marks]
            reading.table = table.assign(in_territory=pd.Series(read, index=table.index).infer_objects())
    else:
        reading.table = table.assign(in_territory=True)
        reading.note("territory_all", n=len(table))
