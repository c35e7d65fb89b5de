"""study.toml: one file that names a territory, its data, its scenarios and what to make of them."""

from accessmap.files import Drafts, Written
from accessmap.studyfile.found import found_study, recognised_in
from accessmap.studyfile.loading import Loaded, communes_of, load_study, loaded
from accessmap.studyfile.manifest import Difference, dossier_of, manifest_of, verified
from accessmap.studyfile.problems import StudyFileError, problem, record
from accessmap.studyfile.reading import StudyFile, accepting, read_settings, readable_settings, settings_of
from accessmap.studyfile.results import (
    file_stem,
    write_csv,
    write_map,
    write_maps,
    write_pdfs,
    write_record,
    write_tables,
)
from accessmap.studyfile.settings import Settings
from accessmap.studyfile.template import sample_epci, study_text

__all__ = [
    "Difference",
    "Drafts",
    "Loaded",
    "Settings",
    "StudyFile",
    "StudyFileError",
    "Written",
    "accepting",
    "communes_of",
    "dossier_of",
    "file_stem",
    "found_study",
    "load_study",
    "loaded",
    "manifest_of",
    "problem",
    "read_settings",
    "readable_settings",
    "recognised_in",
    "record",
    "sample_epci",
    "settings_of",
    "study_text",
    "verified",
    "write_csv",
    "write_map",
    "write_maps",
    "write_pdfs",
    "write_record",
    "write_tables",
]
