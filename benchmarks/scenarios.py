"""Milliseconds to add one candidate to a prepared study of 10,000 residents: python benchmarks/scenarios.py.

The sample with more points to live at (the same rule), routed once to its France services. Then each of 20 mairies that
were never routed to opens as a France services, as a slider in a notebook would ask: scenario, minutes of everyone,
coverage of the territory.
"""

import statistics
import time

import numpy as np

import accessmap as am
from accessmap.read.spread import spread_residents
from accessmap.sample import sample_communes, sample_mairies, sample_notes, sample_provenance, sample_services

RESIDENTS, CANDIDATES = 10_000, 20
ALLOWED_MILLISECONDS = 100
CATEGORY = "france_services"


def study_of(residents: int) -> am.Study:
    """Return the sample with at least so many residents."""
    communes, mairies, services = sample_communes(), sample_mairies(), sample_services()
    points = next(n for n in range(4, 100) if len(spread_residents(communes, mairies, points=n)) >= residents)
    roads = am.RoadNetwork.modelled(communes, services[services["category"] == "mairie"])
    return am.Study(
        communes, spread_residents(communes, mairies, points=points), services, roads,
        provenance=sample_provenance(), notes=sample_notes(),
    )  # fmt: skip


def milliseconds(study: am.Study, code: str) -> float:
    """Return how long one candidate takes, from the scenario to the coverage."""
    here, people = study.inside, study.residents["population"]
    started = time.perf_counter()
    plan = am.Scenario(code).open(CATEGORY, commune=code)
    result = am.compare([plan], study, category=CATEGORY)
    am.coverage(result[here], people[here], study.thresholds)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    study = study_of(RESIDENTS)
    print(f"{len(study.residents):,} residents, {len(study.sites(CATEGORY))} France services; {study.network!r}")
    territory = study.communes.index[study.communes["in_territory"]]
    codes = list(np.random.default_rng(6).permutation(territory)[: CANDIDATES + 1])
    started = time.perf_counter()
    study.minutes(study.sites(CATEGORY))
    milliseconds(study, codes.pop())  # compiles, and joins the residents to the roads
    print(f"prepared in {time.perf_counter() - started:.1f} s")
    fresh = [milliseconds(study, code) for code in codes]
    again = [milliseconds(study, code) for code in codes]
    for name, times in (("a candidate not met before", fresh), ("the same again", again)):
        print(f"{name}: median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms of {len(times)}")
    verdict = "under" if statistics.median(fresh) < ALLOWED_MILLISECONDS else "OVER"
    print(f"{verdict} {ALLOWED_MILLISECONDS} ms")


if __name__ == "__main__":
    main()
