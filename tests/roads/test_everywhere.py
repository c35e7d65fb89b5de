"""The nearest destination of each kind from every node, written kind by kind."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am
from accessmap.errors import NetworkError, WriteError
from accessmap.roads.engine import Router


@st.composite
def networks(draw: st.DrawFn) -> tuple[am.RoadNetwork, dict[str, list[str]]]:
    """A network of any shape, some of it one way, cut off or forbidden to turn; and kinds, some of them empty."""
    n = draw(st.integers(2, 20))
    node = st.integers(0, n - 1)
    minutes = draw(st.sampled_from([st.floats(0, 9), st.just(1.0), st.floats(1e4, 1e8)]))
    rows = draw(st.lists(st.tuples(node, node, minutes), min_size=1, max_size=3 * n))
    rows = [(f"n{u}", f"n{v}", m) for u, v, m in rows if u != v] or [("n0", "n1", 1.0)]
    at = np.arange(n)
    nodes = pd.DataFrame({"lon": at * 0.01, "lat": 45 + at % 4 * 0.01}, index=[f"n{i}" for i in at])
    edges = pd.DataFrame(rows, columns=["u", "v", "minutes"])
    steps = {(u, v) for u, v, _ in rows}
    turns = sorted([u, v, w] for u, v in steps for x, w in steps if x == v and w != u)[:3]
    table = pd.DataFrame({"nodes": turns}) if draw(st.booleans()) and turns else None
    ids = st.lists(st.sampled_from(nodes.index.to_list()), max_size=5)
    return am.RoadNetwork.from_edges(nodes, edges, turns=table), draw(
        st.dictionaries(st.sampled_from(["a", "b c", "é_1"]), ids, min_size=1)
    )


def check_files(network: am.RoadNetwork, destinations: dict[str, Any], folder: Path) -> None:
    assert pd.read_parquet(folder / "nodes.parquet").equals(network.nodes[["lon", "lat"]].rename_axis("node"))
    assert {path.stem for path in folder.iterdir()} == {"nodes", *destinations}
    for kind, ids in destinations.items():
        minutes, which = network.nearest(ids)
        found = pd.read_parquet(folder / f"{kind}.parquet")
        np.testing.assert_array_equal(found["minutes"], minutes[:, 0])
        named = [ids[at] if at >= 0 else None for at in which[:, 0]]
        assert found["nearest"].astype(object).where(found["nearest"].notna(), None).to_list() == named


@settings(deadline=None, max_examples=40)
@given(networks(), st.booleans())
def test_files_hold_what_nearest_returns_for_each_kind(drawn: Any, prepared: bool) -> None:
    network, destinations = drawn
    if prepared:
        network._roads.router.prepare()
    with tempfile.TemporaryDirectory() as home:
        check_files(network, destinations, network.nearest_everywhere(destinations, Path(home, "out")))


def test_a_real_network_in_several_threads(sample_study: am.Study, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("ACCESSMAP_THREADS", "3")
    network = sample_study.network
    rng = np.random.default_rng(0)
    destinations = {f"kind {i}": rng.choice(network.nodes.index, 1 + 7 * i).tolist() for i in range(9)}
    folder = network.nearest_everywhere(destinations, tmp_path / "deep" / "out")
    check_files(network, destinations, folder)
    about = json.loads(pq.read_schema(folder / "kind 3.parquet").metadata[b"accessmap"])
    assert (about["kind"], about["modelled"]) == ("kind 3", True)
    assert about["sources"]


def test_the_folder_appears_whole_or_not_at_all(sample_study: am.Study, tmp_path: Path, monkeypatch: Any) -> None:
    network = sample_study.network
    some = network.nodes.index[:2].to_list()
    (tmp_path / "taken").mkdir()
    for destinations, name, match in (
        ({"a": some}, "taken", "taken is there already: choose a new folder"),
        ({"a/b": some, "nodes": some, "A": some, "a": some, 1: some, "": some}, "out", "5 problems.*'a/b' cannot name"),
        ({"a": some, "b": ["nowhere"]}, "out", "unknown node id"),
    ):
        with pytest.raises(NetworkError, match=match):
            network.nearest_everywhere(destinations, tmp_path / name)
    asked = iter([None, OSError(28, "No space left on device")])
    nearest = Router.nearest

    def full(self: Router, *seeds: Any) -> Any:
        if error := next(asked):
            raise error
        return nearest(self, *seeds)

    monkeypatch.setattr(Router, "nearest", full)
    monkeypatch.setenv("ACCESSMAP_THREADS", "1")
    with pytest.raises(WriteError, match="out"):
        network.nearest_everywhere({"a": some, "b": some}, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
