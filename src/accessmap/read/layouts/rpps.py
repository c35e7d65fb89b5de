"""The annuaire santé (RPPS): where practitioners work, by commune, without their names."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from accessmap.read.columns import as_text, read_numbers
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.raw import RawTable, refusal
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.notes import Note

DOCTOR = "10"  # "Code profession" of a doctor, whose speciality says the kind (TRE_G15, annuaire santé)
ACTIVITY = ("consultations", "nb_consultations", "activite", "nb_actes")


def practitioners(raw: RawTable, columns: Mapping[str, str | None] | None = None) -> RawTable:
    """Return one service a practitioner and place of work: kind, commune, mode of practice, activity if given.

    Names, numbers and addresses of people are not kept. A practitioner who is listed more than once at one place, for
    several qualifications or roles, is one service there; who works in two places is one in each. `capacity` counts
    practitioners, so it is 1, as in the counts of the BPE; activity is in `consultations`, a year, from which
    :func:`~accessmap.measures.apl.apl_activity` makes the supply of the APL.

    Parameters
    ----------
    raw
        As PS_LibreAcces_Personne_activite has it.
    columns
        The caller's; its "consultations" names a column of consultations a year.

    Raises
    ------
    SourceError
        When columns of the extraction are missing, or consultations are no numbers.

    Examples
    --------
    >>> row = {"Identifiant PP": "1", "Nom d'exercice": "MARTIN", "Code profession": "10"}
    >>> row |= {"Libellé profession": "Médecin", "Code savoir-faire": "SM54"}
    >>> row |= {"Libellé savoir-faire": "Médecine générale"}
    >>> row |= {"Code commune (coord. structure)": "02173"}
    >>> read = practitioners(RawTable("ps.txt", pd.DataFrame([row]))).table.iloc[0]
    >>> read[["service_id", "name"]].tolist(), int(read["capacity"])
    (['rpps-02173-general_practitioner-1', 'Médecin généraliste (02173)'], 1)
    """
    names = raw.names
    wanted = (
        "identifiant_pp",
        "code_profession",
        "libelle_profession",
        "code_savoir_faire",
        "libelle_savoir_faire",
        "code_commune_coord_structure",
    )
    absent = [name for name in wanted if name not in names]
    if absent:
        near = near_names(absent[0], names)
        raise refusal(raw.name, "rpps_column_missing", value=absent[0], near=near, names=", ".join(absent))
    table = raw.table
    person, job, job_word, skill, skill_word, commune = (as_text(table[names[name]]) for name in wanted)
    is_doctor = (job == DOCTOR).to_numpy()
    kinds = kinds_of("rpps", skill.where(is_doctor, job).tolist(), skill_word.where(is_doctor, job_word).tolist())
    kinds.loc[is_doctor & skill.isna().to_numpy(), ["category", "category_label"]] = ["doctor", "médecin"]
    site = names.get("identifiant_technique_de_la_structure")
    where = (as_text(table[site]) if site else commune).fillna(commune)
    activity = _activity(raw, names, columns)
    people = pd.DataFrame({"person": person, "where": where, **kinds})
    twice = people.duplicated().to_numpy()
    services = pd.DataFrame({"commune": commune, **kinds}).assign(capacity=1)
    if activity is not None:
        services = services.assign(consultations=activity)
    if "code_mode_exercice" in names:
        services = services.assign(mode_exercice=as_text(table[names["code_mode_exercice"]]))
    kept = replace(raw, table=services).keep(~twice)
    services = kept.table
    rank = services.groupby(["commune", "category"], dropna=False).cumcount() + 1
    words = services["category_label"].where(
        services["category_label"].notna(), services["category"].map(lambda name: labels.category(name).fr)
    )
    place = services["commune"].fillna("?")
    services = services.assign(
        service_id="rpps-" + place + "-" + services["category"] + "-" + rank.astype(str),
        name=words.str.capitalize() + " (" + place + ")",
        lon=None,
        lat=None,
        source="Annuaire santé (RPPS)",
    )
    return replace(kept, table=services).told(*_told(raw, services, int(twice.sum())))


def _activity(raw: RawTable, names: Mapping[str, str], columns: Mapping[str, str | None] | None) -> pd.Series | None:
    """Consultations a year, None where the file has no such column."""
    chosen = (columns or {}).get("consultations") or next((names[name] for name in ACTIVITY if name in names), None)
    if chosen is None:
        return None
    if chosen not in raw.table.columns:
        near = near_names(chosen, raw.table.columns)
        raise refusal(raw.name, "rpps_no_consultations", value=chosen, near=near, source=repr(chosen))
    given = raw.table[chosen]
    read = read_numbers(given)
    if read.key:
        row = int(read.bad.argmax())
        told = {"column": repr(chosen), "row": raw.named([row], given)}
        raise refusal(raw.name, "rpps_not_a_number", n=int(read.bad.sum()), value=given.iloc[row], **told)
    return read.numbers


def _told(raw: RawTable, services: pd.DataFrame, twice: int) -> list[Note]:
    notes = [raw.note("rpps_private", n=len(services))]
    if twice:
        notes.append(raw.note("rpps_repeated", n=twice))
    if "mode_exercice" in services.columns:
        modes = services["mode_exercice"].value_counts()
        notes.append(raw.note("rpps_modes", listed=", ".join(f"{mode} {number}" for mode, number in modes.items())))
    return notes
