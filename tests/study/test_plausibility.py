"""The roads of a study beside the bounds beyond which its minutes are not to be believed."""

from dataclasses import replace

import pytest

from accessmap.roads.network import RoadNetwork
from accessmap.study.plausibility import NOTES, bounds, doubts, plausibility


def of(study, **changed):
    """The study on other roads."""
    network = study.network
    edges = changed.pop("edges", network.edges)
    legs = {"access_kmh": network.access_kmh, "local_metres": network.local_metres, "max_metres": network.max_metres}
    roads = RoadNetwork.from_edges(network.nodes, edges, **{**legs, **changed})
    return plausibility(replace(study, networks={"car": roads}), "france_services").loc["car"]


def test_every_measure_has_bounds_and_words():
    assert set(bounds().index) == set(NOTES)
    assert bounds()[["unit", "reason"]].notna().all(axis=None)


@pytest.mark.parametrize("category", ["france_services", "hospital"])
def test_the_sample_passes(sample_study, category):
    table = plausibility(sample_study, category)
    assert set(table["verdict"]) == {""}
    assert doubts(table) == []


def test_edges_read_one_way_are_refused(sample_study):
    edges = sample_study.network.edges
    table = of(sample_study, edges=edges.iloc[: len(edges) // 2])
    assert table.loc["one_way_edges", ["value", "verdict"]].tolist() == [1, "refuse"]
    assert table.loc["isolated_residents", "verdict"] == "refuse"
    assert of(sample_study, edges=edges.iloc[: len(edges) // 2], directed=False)["verdict"].eq("").all()


def test_minutes_spent_off_the_roads_caution_and_never_refuse(sample_study):
    table = of(sample_study, access_kmh=3.0, local_metres=0)
    assert table.loc["leg_share", "value"] > bounds().loc["leg_share", "doubtful"]
    assert table.loc["leg_share", "verdict"] == "caution"


def test_what_is_accepted_cautions_and_says_so(sample_study):
    edges = sample_study.network.edges
    roads = RoadNetwork.from_edges(sample_study.network.nodes, edges.iloc[: len(edges) // 2])
    table = plausibility(replace(sample_study, networks={"car": roads}), "france_services")
    verdicts = {note.values["name"]: (verdict, note.key) for _, verdict, note in doubts(table, ["one_way_edges"])}
    assert verdicts["one_way_edges"] == ("caution", "plausibility_accepted")
    assert verdicts["isolated_residents"] == ("refuse", "plausibility_isolated_residents")


@pytest.mark.parametrize(
    ("column", "factor", "measure"),
    [("length_m", 0.001, "short_edges"), ("minutes", 0.001, "fast_edges"), ("length_m", 1000, "fast_edges")],
)
def test_edges_that_cannot_be_caution_where_few_and_refuse_where_many(sample_study, column, factor, measure):
    edges = sample_study.network.edges
    known = of(sample_study)["value"]
    assert known[["short_edges", "fast_edges"]].eq(0).all()
    longest = edges["length_m"].idxmax()
    one = edges.assign(**{column: edges[column].where(edges.index != longest, edges[column] * factor)})
    table = of(sample_study, edges=one)
    assert table.loc[measure, ["value", "verdict"]].tolist() == [1 / len(edges), "caution"]
    table = of(sample_study, edges=edges.assign(**{column: edges[column] * factor}))
    assert table.loc[measure, "value"] > 0.9
    assert table.loc[measure, "verdict"] == "refuse"


def test_seconds_in_the_place_of_minutes_are_refused(sample_study):
    """A ferry or two caution only where they are much of the roads."""
    edges = sample_study.network.edges
    assert of(sample_study).loc["slow_edges", "value"] == 0
    table = of(sample_study, edges=edges.assign(minutes=edges["minutes"] * 60))
    assert table.loc["slow_edges", ["value", "verdict"]].tolist() == [1, "refuse"]
    longest = edges["length_m"].idxmax()
    one = edges.assign(minutes=edges["minutes"].where(edges.index != longest, edges["minutes"] * 60))
    table = of(sample_study, edges=one)
    assert table.loc["slow_edges", "verdict"] == ""
    assert table.loc["slow_edges", "value"] == pytest.approx(
        edges["length_m"].max() / edges["length_m"].sum(), rel=0.05
    )


def test_an_edge_of_no_minutes_is_too_fast_over_a_real_distance_only(sample_study):
    edges = sample_study.network.edges
    nodes = sample_study.network.nodes.copy()
    nodes.loc["lift"] = nodes.iloc[0] + [0.001, 0]  # 72 m
    nodes.loc["far"] = nodes.iloc[0] + [0.01, 0]  # 720 m
    for node, few in (("lift", 0), ("far", 1)):
        more = edges.iloc[[0, *range(len(edges))]].reset_index(drop=True).drop(columns="length_m")
        more.loc[0, ["u", "v", "minutes"]] = [nodes.index[0], node, 0.0]
        roads = RoadNetwork.from_edges(nodes, more)
        table = plausibility(replace(sample_study, networks={"car": roads}), "france_services").loc["car"]
        assert table.loc["fast_edges", "value"] * len(more) == pytest.approx(few)
