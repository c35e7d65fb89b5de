"""`[uncertainty]` of a study.toml: every spread of `Assumptions`, each held to what it may be."""

import pytest

import accessmap as am
from accessmap.studyfile.reading import settings_of
from accessmap.studyfile.settings import UncertaintySection

SAMPLE = "[communes]\nsample = true\n"


def test_the_section_has_the_names_and_bounds_of_the_assumptions(tmp_path):
    assert list(UncertaintySection.model_fields) == [*am.uncertainty.Assumptions.names(), "classes", "years"]
    for name, row in am.uncertainty.assumptions().iterrows():
        for value in (row["least"], row["most"]):
            am.uncertainty.Assumptions(**{name: value})
            UncertaintySection(**{name: value})
        with pytest.raises(ValueError, match=name):
            UncertaintySection(**{name: row["most"] + 0.01})
        with pytest.raises(am.AccessmapError, match=name):
            am.uncertainty.Assumptions(**{name: row["most"] + 0.01})


def test_what_is_given_is_read_and_what_is_not_is_as_assumed(tmp_path):
    text = (
        SAMPLE + "[uncertainty]\nplace = 0.2\n[uncertainty.years]\nservices = 3\n[uncertainty.classes]\ntowns = 0.1\n"
    )
    section = settings_of(tmp_path / "study.toml", text).settings.uncertainty
    assumed = am.uncertainty.Assumptions(**section.model_dump())
    assert (assumed.of("place"), assumed.by_class("towns"), dict(assumed.years)) == (0.2, 0.1, {"services": 3.0})
    assert assumed.of("network") == am.uncertainty.assumptions().loc["network", "spread"]
    assert settings_of(tmp_path / "study.toml", SAMPLE).settings.uncertainty is None


@pytest.mark.parametrize("line", ["place = 0.5", "plce = 0.1", "hours = 2", 'legs = "much"', "years = {sites = 3}"])
def test_what_cannot_be_is_refused_with_its_line(tmp_path, line):
    with pytest.raises(am.AccessmapError, match="line 4"):
        settings_of(tmp_path / "study.toml", f"{SAMPLE}[uncertainty]\n{line}\n")
