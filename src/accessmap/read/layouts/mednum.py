"""The national list of places of digital help, and the shared workplaces (tiers-lieux) among them."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from accessmap.read.columns import as_text, truth
from accessmap.read.layouts.kinds import kinds
from accessmap.read.opening_hours import readable_hours
from accessmap.read.raw import RawTable, plain

# Field names of the schema "Lieux de médiation numérique" (LaMednum/standard-mediation-num, schema.data.gouv.fr), in
# which the cartographie nationale (ANCT) publishes. Telephones and courriels may be a person's: they are not kept.
KEPT = ("typologie", "services", "frais_a_charge", "prise_rdv", "date_maj", "structure_parente", "fiche_acces_libre")
SEPARATORS = re.compile(r"[|;,]")  # the schema says ";", its own example ",", the published files "|"


def mediation_services(raw: RawTable) -> RawTable:
    """Return each place as a service of digital help, and each tiers-lieu also as a shared workplace (coworking).

    A place that offers both is two services at one point, since a service has one category. Hours are those of the
    file where they can be read as OSM opening_hours; a place that moves is at the address it names, and is marked.

    Parameters
    ----------
    raw
        As the schema "Lieux de médiation numérique" has it.

    Examples
    --------
    >>> row = {"id": "7", "nom": "La Fabrique", "adresse": "1 rue", "services": "Accès internet"}
    >>> row |= {"date_maj": "2026-01-02", "pivot": "4349331", "typologie": "TIERS_LIEUX|ASSO", "code_insee": "02173"}
    >>> read = mediation_services(RawTable("lieux.csv", pd.DataFrame([row]))).table
    >>> read[["service_id", "category"]].to_numpy().tolist()
    [['mednum-7', 'digital_help'], ['mednum-7-coworking', 'coworking']]
    """
    names = raw.names
    table = raw.table
    given = table[names["horaires"]] if "horaires" in names else pd.Series(None, table.index, dtype=object)
    hours, unread = readable_hours(given)
    moves = as_text(table[names["itinerance"]]).fillna("") if "itinerance" in names else pd.Series("", table.index)
    mobile = [plain(word) == "itinerant" or truth(word) is True for word in moves]
    services = pd.DataFrame(
        {
            "service_id": "mednum-" + as_text(table[names["id"]]),
            "name": as_text(table[names["nom"]]),
            "category": "digital_help",
            "hours": hours,
            "commune": as_text(table[names["code_insee"]]) if "code_insee" in names else None,
            "lon": table[names["longitude"]] if "longitude" in names else None,
            "lat": table[names["latitude"]] if "latitude" in names else None,
            "mobile": mobile,
            "source": "Cartographie nationale de la médiation numérique (ANCT)",
        }
    )
    services = services.join(table[[names[name] for name in KEPT if name in names]].rename(columns=plain))
    typology = as_text(table[names["typologie"]]) if "typologie" in names else pd.Series("", table.index)
    known = kinds()
    workplaces = set(known.loc[(known["nomenclature"] == "mednum") & (known["category"] == "coworking"), "code"])
    shared = np.array([not workplaces.isdisjoint(map(str.strip, SEPARATORS.split(one))) for one in typology.fillna("")])
    again = services[shared]
    again = again.assign(category="coworking", service_id=again["service_id"] + "-coworking")
    both = pd.concat([services, again], ignore_index=True)
    lines = raw.lines.take([*range(len(table)), *np.flatnonzero(shared)])
    notes = [raw.note("mednum_private")]
    if shared.any():
        notes.append(raw.note("mednum_coworking", n=int(shared.sum())))
    if unread:
        notes.append(raw.note("mednum_hours_unread", n=len(unread), hours=repr(unread[0])))
    if any(mobile):
        notes.append(raw.note("mednum_mobile", n=sum(mobile)))
    return replace(raw, table=both, lines=lines).told(*notes)
