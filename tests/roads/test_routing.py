"""Exactness of travel times on a graph, against a textbook Dijkstra and scipy; the cache of prepared graphs."""

import heapq
import json
import multiprocessing
import os
import pickle
import signal
import sys
import time
from dataclasses import replace
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import processes
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessmap.errors import NetworkError
from accessmap.roads.engine import Graph, Router, Seeds, cache, compiled, router
from accessmap.roads.engine.dijkstra import Searcher
from accessmap.roads.engine.graph import to_minutes
from accessmap.roads.engine.hierarchy import INF32, Side
from accessmap.roads.engine.kernels import kernel
from accessmap.roads.engine.prepared import Prepared
from accessmap.roads.engine.preparing import prepare

SLOW = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept in the user's cache folder, nor found there."""
    monkeypatch.setenv("ACCESSMAP_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def textbook(n: int, arcs: list[tuple[int, int, int]], starts: list[tuple[int, int]]) -> list[int]:
    """Dijkstra as in the textbook, on a plain list of arcs; -1 where not reached."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for tail, head, weight in arcs:
        out[tail].append((head, weight))
    best = [-1] * n
    heap = [(cost, node) for node, cost in starts if node >= 0]
    heapq.heapify(heap)
    while heap:
        far, node = heapq.heappop(heap)
        if best[node] >= 0:
            continue
        best[node] = far
        for head, weight in out[node]:
            if best[head] < 0:
                heapq.heappush(heap, (far + weight, head))
    return best


def to_seeds(table: list[list[tuple[int, int]]]) -> Seeds:
    rows = np.array(table, dtype=np.int64).reshape(len(table), -1, 2)
    return Seeds(rows[:, :, 0], rows[:, :, 1])


WEIGHTS = {
    "small": st.integers(0, 3),
    "road": st.integers(0, 60_000),
    "near int32": st.integers(INF32 - 3, 2**31 + 3),
    "mixed": st.sampled_from([0, 1, 2, 1000, 2**29, 2**30, 2**31, 2**40]),
}


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int]], Any, Any]:
    """A graph of any shape, with loops, parallel arcs and parts cut off, and points that join it at two nodes."""
    n = draw(st.integers(1, 40))
    weight = WEIGHTS[draw(st.sampled_from(sorted(WEIGHTS)))]
    node = st.integers(0, n - 1)
    # Local arcs make chains and grids, as roads do; far ones make everything else.
    local = st.tuples(node, st.integers(-2, 2), weight).map(lambda a: (a[0], min(max(a[0] + a[1], 0), n - 1), a[2]))
    arcs = draw(st.lists(st.one_of(local, st.tuples(node, node, weight)), max_size=4 * n))
    if draw(st.booleans()):
        arcs = arcs + [(head, tail, cost) for tail, head, cost in arcs]
    seed = st.tuples(st.integers(-1, n - 1), st.integers(0, 5000))
    points = st.lists(st.lists(seed, min_size=2, max_size=2), min_size=1, max_size=20)
    return n, arcs, draw(points), draw(points)


def graph_of(n: int, arcs: list[tuple[int, int, int]], *, spaced: bool = False) -> Graph:
    tails, heads, weights = (np.array([arc[i] for arc in arcs], dtype=np.int64) for i in range(3))
    place = np.arange(n, dtype=float)
    return Graph.from_arcs(n, tails, heads, weights, x=place if spaced else None, y=place % 7 if spaced else None)


def truth(n: int, arcs: Any, origins: Any, destinations: Any) -> np.ndarray:
    rows = []
    for origin in origins:
        best = textbook(n, arcs, origin)
        rows.append(
            [
                min((best[node] + cost for node, cost in point if node >= 0 and best[node] >= 0), default=-1)
                for point in destinations
            ]
        )
    return np.array(rows, dtype=np.int64)


def answers(graph: Graph) -> Prepared:
    return Prepared(prepare(graph, threads=1))


def prepared_ms(prepared: Prepared, origins: Seeds, destinations: Seeds, limit: int | None = None) -> np.ndarray:
    ms = np.full((len(origins), len(destinations)), -7, dtype=np.int64)
    prepared.matrix(origins, destinations, limit, ms)
    return ms


@SLOW
@given(networks(), st.booleans())
def test_matrix_equals_a_textbook_dijkstra_on_any_graph(network: Any, spaced: bool) -> None:
    n, arcs, origins, destinations = network
    graph = graph_of(n, arcs, spaced=spaced)
    expected = truth(n, arcs, origins, destinations)
    starts, ends = to_seeds(origins), to_seeds(destinations)
    assert np.array_equal(Searcher(graph).matrix(starts, ends), expected)
    prepared = answers(graph)
    assert prepared.fits(starts, ends)
    assert np.array_equal(prepared_ms(prepared, starts, ends), expected)
    minutes = np.empty(expected.shape, dtype=np.float32)
    prepared.matrix(starts, ends, None, minutes)
    assert np.array_equal(minutes, to_minutes(expected), equal_nan=True)


@SLOW
@given(networks(), st.integers(0, 100_000))
def test_limit_leaves_out_what_takes_longer_and_nothing_else(network: Any, limit: int) -> None:
    n, arcs, origins, destinations = network
    graph = graph_of(n, arcs)
    whole = truth(n, arcs, origins, destinations)
    expected = np.where(whole > limit, -1, whole)
    starts, ends = to_seeds(origins), to_seeds(destinations)
    assert np.array_equal(Searcher(graph).matrix(starts, ends, limit), expected)
    assert np.array_equal(prepared_ms(answers(graph), starts, ends, limit), expected)


def test_nearest_of_thousands_on_long_roads_is_one_search() -> None:
    """A loop whose longest way, were it driven through all nodes, would be too long for one search of all sites."""
    n, q, ms = 5000, 20_000, 4_000_000
    ring = np.arange(n)
    graph = Graph.from_arcs(n, ring, (ring + 1) % n, np.where(ring % 2, ms, 1))
    ends = Seeds.at(np.resize(np.arange(0, n, 4), q))
    found = Searcher(graph)._nearest_one(ends)
    assert found is not None
    np.testing.assert_array_equal(found[0][:, 0], np.resize([0, 2 * ms + 1, ms + 1, ms], n))
    np.testing.assert_array_equal(found[1][:, 0], (ring + 3) // 4 % (n // 4))


@SLOW
@given(networks(), st.integers(1, 4))
def test_nearest_takes_the_quickest_and_of_equals_the_lowest(network: Any, k: int) -> None:
    n, arcs, _, destinations = network
    graph = graph_of(n, arcs)
    every = truth(n, arcs, [[(node, 0)] for node in range(n)], destinations)
    minutes = np.full((n, k), np.nan, dtype=np.float32)
    which = np.full((n, k), -1, dtype=np.int32)
    for node in range(n):
        found = sorted((ms, number) for number, ms in enumerate(every[node]) if ms >= 0)[:k]
        for i, (ms, number) in enumerate(found):
            minutes[node, i], which[node, i] = to_minutes(np.array([ms]))[0], number
    ends = to_seeds(destinations)
    ms, searched = Searcher(graph).nearest(ends, k)
    assert np.array_equal(to_minutes(ms), minutes, equal_nan=True)
    assert np.array_equal(searched, which)
    swept, numbers = np.empty((n, k), dtype=np.float32), np.empty((n, k), dtype=np.int32)
    answers(graph).nearest(ends, k, swept, numbers)
    assert np.array_equal(swept, minutes, equal_nan=True)
    assert np.array_equal(numbers, which)


@SLOW
@given(networks(), st.booleans())
def test_rows_to_and_from_every_node_equal_a_textbook_dijkstra(network: Any, reverse: bool) -> None:
    n, arcs, points, _ = network
    graph = graph_of(n, arcs)
    turned = [(head, tail, weight) for tail, head, weight in arcs] if reverse else arcs
    expected = to_minutes(np.array([textbook(n, turned, point) for point in points], dtype=np.int64))
    rows = np.empty(expected.shape, dtype=np.float32)
    answers(graph).to_all(to_seeds(points), rows, reverse=reverse)
    assert np.array_equal(rows, expected, equal_nan=True)
    searched = Router(graph)
    assert np.array_equal(
        (searched.from_all if reverse else searched.to_all)(to_seeds(points)), expected, equal_nan=True
    )


@SLOW
@given(networks())
def test_path_takes_as_long_as_the_matrix_says_and_follows_arcs(network: Any) -> None:
    n, arcs, origins, destinations = network
    graph = graph_of(n, arcs)
    expected = truth(n, arcs, origins[:1], destinations[:1])[0, 0]
    nodes = Router(graph).path(to_seeds(origins[:1]), to_seeds(destinations[:1]))
    if expected < 0:
        assert len(nodes) == 0
        return
    cheapest: dict[tuple[int, int], int] = {}
    for tail, head, weight in arcs:
        cheapest[tail, head] = min(weight, cheapest.get((tail, head), weight))
    total = sum(cheapest[int(a), int(b)] for a, b in pairwise(nodes))
    total += min(cost for node, cost in origins[0] if node == nodes[0])
    total += min(cost for node, cost in destinations[0] if node == nodes[-1])
    assert total == expected


def grid(side: int, seed: int = 0) -> Graph:
    """A square grid, some streets one-way, 1 to 10 seconds a side."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]])
    both = pairs[rng.random(len(pairs)) < 0.9][:, ::-1]
    arcs = np.concatenate([pairs, both])
    x, y = np.divmod(np.arange(side * side), side)
    return Graph.from_arcs(
        side * side, arcs[:, 0], arcs[:, 1], rng.integers(1000, 10_000, len(arcs)), x=x.astype(float), y=y.astype(float)
    )


def chain(n: int, weight: int) -> Graph:
    return Graph.from_arcs(n, np.arange(n - 1), np.arange(1, n), np.full(n - 1, weight))


def test_same_hierarchy_whatever_the_threads() -> None:
    graph = grid(40)
    one, three = prepare(graph, threads=1), prepare(graph, threads=3)
    for a, b in zip(cache._arrays(one), cache._arrays(three), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize(("p", "q"), [(1, 1), (70, 300), (300, 70), (200, 200)])
def test_same_times_whatever_the_threads_and_shape(
    monkeypatch: pytest.MonkeyPatch, threads: str, p: int, q: int
) -> None:
    graph = grid(40)
    rng = np.random.default_rng(3)
    starts = Seeds(rng.integers(-1, graph.n, (p, 2)), rng.integers(0, 5000, (p, 2)))
    ends = Seeds(rng.integers(-1, graph.n, (q, 2)), rng.integers(0, 5000, (q, 2)))
    monkeypatch.setenv("ACCESSMAP_THREADS", threads)
    assert np.array_equal(prepared_ms(answers(graph), starts, ends), Searcher(graph).matrix(starts, ends))


def test_climb_finds_room_as_it_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accessmap.roads.engine.prepared._ROOM", 1)
    graph = grid(30)
    points = Seeds.at(np.arange(0, graph.n, 7))
    assert np.array_equal(prepared_ms(answers(graph), points, points), Searcher(graph).matrix(points, points))


def test_sums_beyond_int32_are_right() -> None:
    graph = chain(9, 2**30)
    ms = prepared_ms(answers(graph), Seeds.at([0]), Seeds.at([8]))
    assert ms[0, 0] == 8 * 2**30
    minutes, which = Router(graph).nearest(Seeds.at([8]))
    assert minutes[0, 0] == np.float32(8 * 2**30 / 60_000)
    assert which[0, 0] == 0


def test_seeds_that_would_pass_int32_are_searched_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "_SEARCH", 1.0)
    monkeypatch.setattr(router, "_COMPILE", 0.0)
    graph = chain(5, 1000)
    far = Seeds(np.array([[0]]), np.array([[2**40]]))
    engine = Router(graph)
    assert engine.matrix_ms(far, Seeds.at([4]))[0, 0] == 2**40 + 4000
    assert engine.prepare().fits(Seeds.at([0]))
    assert not engine.prepare().fits(far)


@pytest.mark.parametrize(
    ("arcs", "words"),
    [
        (([0], [1], [-1]), "negative"),
        (([0], [2], [1]), "0..1"),
        (([0], [1], [2**51]), "2\\*\\*51"),
        (([0, 1], [1, 0], [2**50, 2**50]), "2\\*\\*51"),
        (([0], [1], [0.5]), "whole"),
        (([0, 1], [1], [1]), "2 tails"),
    ],
)
def test_arcs_that_cannot_be_summed_exactly_are_refused(arcs: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        Graph.from_arcs(2, *arcs)


def test_seeds_out_of_the_graph_are_refused() -> None:
    engine = Router(chain(3, 1))
    with pytest.raises(NetworkError, match="destinations"):
        engine.matrix(Seeds.at([0]), Seeds.at([3]))
    with pytest.raises(NetworkError, match="limit_ms"):
        engine.matrix(Seeds.at([0]), Seeds.at([1]), limit_ms=-1)
    with pytest.raises(NetworkError, match="k must be 1"):
        engine.nearest(Seeds.at([0]), k=0)
    with pytest.raises(NetworkError, match="costs"):
        Seeds(np.array([[0]]), np.array([[-1]]))


def test_no_points_make_an_empty_matrix() -> None:
    engine = Router(chain(3, 1))
    none = Seeds(np.empty((0, 2), dtype=np.int32), np.empty((0, 2), dtype=np.int64))
    assert engine.matrix(none, Seeds.at([0])).shape == (0, 1)
    assert engine.matrix(Seeds.at([0]), none).shape == (1, 0)
    assert engine.to_all(none).shape == (0, 3)
    minutes, which = engine.nearest(none, k=2)
    assert np.isnan(minutes).all()
    assert (which == -1).all()


def test_absent_destinations_are_not_reached() -> None:
    graph = grid(10)
    absent = Seeds.at([-1, -1, -1])
    assert (prepared_ms(answers(graph), Seeds.at([0, 1]), absent) == -1).all()
    minutes = np.zeros((2, 3), dtype=np.float32)
    answers(graph).matrix(Seeds.at([0, 1]), absent, None, minutes)
    assert np.isnan(minutes).all()
    minutes = np.zeros((1, 100), dtype=np.float32)
    answers(graph).to_all(Seeds.at([-1]), minutes, reverse=False)
    assert np.isnan(minutes).all()


def test_one_node_without_arcs() -> None:
    graph = Graph.from_arcs(1, [], [], [])
    assert prepared_ms(answers(graph), Seeds.at([0]), Seeds.at([0]))[0, 0] == 0
    assert Router(graph).matrix(Seeds.at([0]), Seeds.at([0]))[0, 0] == 0


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routers that prepare at the first question, and keep what they prepared whatever the size."""
    monkeypatch.setattr(router, "_SEARCH", 1.0)
    monkeypatch.setattr(router, "_COMPILE", 0.0)
    monkeypatch.setattr(router, "_LOAD", 0.0)
    monkeypatch.setattr(router, "_WORTH_KEEPING", 1)


def forbid_preparing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("prepared anew")

    monkeypatch.setattr("accessmap.roads.engine.preparing.prepare", refuse)


@pytest.mark.usefixtures("eager")
def test_prepared_graph_is_found_on_disk_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = Seeds.at(np.arange(0, 400, 9))
    first = Router(grid(20), cache_folder=tmp_path).matrix(points, points)
    forbid_preparing(monkeypatch)
    again = Router(grid(20), cache_folder=tmp_path)
    assert np.array_equal(again.matrix(points, points), first)
    with pytest.raises(AssertionError, match="prepared anew"):
        Router(grid(20, seed=1), cache_folder=tmp_path).matrix(points, points)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "format", "swap"])
def test_damaged_cache_is_prepared_again_and_never_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    graph = grid(20)
    points = Seeds.at(np.arange(0, 400, 9))
    right = Searcher(graph).matrix(points, points)
    Router(graph, cache_folder=tmp_path).matrix(points, points)
    (path,) = tmp_path.glob("*.prepared")
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "cut":
        content = content[:-1]
    elif damage == "empty":
        content = bytearray()
    elif damage == "swap":
        other = tmp_path / "other"
        Router(grid(20, seed=5), cache_folder=other).matrix(points, points)
        content = bytearray(next(other.glob("*.prepared")).read_bytes())
    path.write_bytes(content)
    if damage == "format":
        monkeypatch.setattr(cache, "FORMAT", cache.FORMAT + 1)
    assert cache.load(tmp_path, path.stem, graph) is None
    assert np.array_equal(Router(graph, cache_folder=tmp_path).matrix_ms(points, points), right)
    assert cache.load(tmp_path, cache.graph_key(graph), graph) is not None


FORGERIES = {
    "halved": lambda place, up, down: (place, [*up[:2], up[2] // 2], [*down[:2], down[2] // 2]),
    "one quicker": lambda place, up, down: (
        place,
        [*up[:2], np.maximum(up[2] - (np.arange(len(up[2])) == 7), 0)],
        down,
    ),
    "one slower": lambda place, up, down: (place, up, [*down[:2], down[2] + (np.arange(len(down[2])) == 7)]),
    "negative": lambda place, up, down: (place, [*up[:2], -up[2]], down),
    "numbers out of range": lambda place, up, down: (place, [up[0], up[1] + 10**9, up[2]], down),
    "place out of range": lambda place, up, down: (place + 10**6, up, down),
    "place twice": lambda place, up, down: (np.minimum(place, 398), up, down),
    "rows out of range": lambda place, up, down: (place, [up[0] * 9, *up[1:]], down),
    "rows backwards": lambda place, up, down: (place, [up[0][::-1].copy(), *up[1:]], down),
    "cut": lambda place, up, down: (place, up, [down[0], down[1][:-5], down[2][:-5]]),
    "arcs left out": lambda place, up, down: (place, [np.minimum(up[0], 300), up[1][:300], up[2][:300]], down),
    "no rows": lambda place, up, down: (place[:0], [up[0][:0], up[1][:0], up[2][:0]], down),
    "as fractions": lambda place, up, down: (place, [*up[:2], up[2].astype("f4")], down),
    "below": lambda place, up, down: (place, [up[0], up[1][::-1].copy(), up[2]], down),
}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("what", [*FORGERIES, "longest", "longest endless", "deep", "sizes", "no arrays"])
def test_impossible_cache_with_a_sound_checksum_is_prepared_again(tmp_path: Path, what: str) -> None:
    graph = grid(20)
    points = Seeds.at(np.arange(0, 400, 9))
    right = Searcher(graph).matrix(points, points)
    hierarchy, key = prepare(graph), cache.graph_key(graph)
    if what in FORGERIES:
        place, up, down = FORGERIES[what](hierarchy.place, hierarchy.up.arrays, hierarchy.down.arrays)
        hierarchy = replace(hierarchy, place=place, up=Side(*up), down=Side(*down))
    elif what == "longest":
        hierarchy = replace(hierarchy, longest=0)
    cache.store(tmp_path, key, hierarchy)
    path = tmp_path / f"{key}.prepared"
    header, rest = path.read_bytes()[:-32].split(b"\n", 1)
    told = json.loads(header)
    changed = {
        "longest endless": {**told, "longest": float("inf")},
        "sizes": {**told, "arrays": [[kind, -1] for kind, _ in told["arrays"]]},
        "no arrays": {**told, "arrays": []},
    }
    header = b"[" * 100_000 if what == "deep" else json.dumps(changed.get(what, told)).encode()
    content = header + b"\n" + rest
    path.write_bytes(content + blake2b(content, digest_size=32).digest())
    assert cache.load(tmp_path, key, graph) is None
    assert np.array_equal(Router(graph, cache_folder=tmp_path).matrix_ms(points, points), right)
    assert cache.load(tmp_path, key, graph) is not None


@pytest.mark.usefixtures("eager")
def test_folder_that_cannot_be_written_changes_no_result(tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    graph = grid(20)
    points = Seeds.at([0, 399])
    ms = Router(graph, cache_folder=blocked).matrix_ms(points, points)
    assert np.array_equal(ms, Searcher(graph).matrix(points, points))
    assert blocked.read_text() == ""


def _prepare_and_keep(folder: str, barrier: Any, results: Any) -> None:
    graph = grid(20)
    barrier.wait(60)
    for _ in range(20):
        cache.store(Path(folder), cache.graph_key(graph), prepare(graph, threads=1))
        found = cache.load(Path(folder), cache.graph_key(graph), graph)
        assert found is not None
        results.put(found.place.tolist())


def test_two_processes_meet_over_one_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    both = [context.Process(target=_prepare_and_keep, args=(str(tmp_path), barrier, results)) for _ in range(2)]
    for process in both:
        process.start()
    found = [results.get(timeout=120) for _ in range(40)]
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    assert all(place == prepare(grid(20)).place.tolist() for place in found)
    assert len(list(tmp_path.iterdir())) == 1


def test_cache_keeps_to_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_BYTES", 60_000)
    for seed in range(5):
        graph = grid(20, seed)
        cache.store(tmp_path, cache.graph_key(graph), prepare(graph))
        os.utime(tmp_path / f"{cache.graph_key(graph)}.prepared", (seed, seed))
    cache.store(tmp_path, cache.graph_key(grid(20, 9)), prepare(grid(20, 9)))
    assert cache.load(tmp_path, cache.graph_key(grid(20, 9)), grid(20, 9)) is not None
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 60_000


def test_machine_that_has_compiled_is_remembered(tmp_path: Path) -> None:
    assert not compiled.remembered(tmp_path / "new")
    compiled.remember(tmp_path / "new")
    assert compiled.remembered(tmp_path / "new")


def test_kernel_serves_even_where_its_code_cannot_be_kept() -> None:
    place: dict[str, Any] = {}
    exec("def one_more(x):\n    return x + 1\n", place)
    assert kernel(place["one_more"])(1) == 2


def test_small_jobs_do_not_load_numba() -> None:
    code = (
        "import sys, numpy as np\n"
        "from accessmap.roads.engine import Graph, Router, Seeds\n"
        "n = 5000\n"
        "graph = Graph.from_arcs(n, np.arange(n - 1), np.arange(1, n), np.full(n - 1, 7))\n"
        "engine = Router(graph)\n"
        "assert engine.matrix_ms(Seeds.at([0]), Seeds.at([n - 1]))[0, 0] == 7 * (n - 1)\n"
        "engine.nearest(Seeds.at([5, 6]))\n"
        "assert 'numba' not in sys.modules\n"
    )
    done = processes.python("-c", code)
    assert done.returncode == 0, done.stderr


def test_many_searches_make_it_worth_preparing_and_few_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(router, "_COMPILE", 0.0)
    monkeypatch.setattr(router, "_LOAD", 0.0)
    engine = Router(grid(20), cache_folder=tmp_path)
    engine.matrix(Seeds.at([0]), Seeds.at([1, 2]))
    assert engine._prepared is None
    for _ in range(int(router._PREPARE / router._SEARCH) + 1):
        engine.matrix(Seeds.at([0]), Seeds.at([1, 2]))
    assert engine._prepared is not None


def test_search_within_a_small_limit_does_not_prepare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(router, "_COMPILE", 0.0)
    monkeypatch.setattr(router, "_LOAD", 0.0)
    monkeypatch.setattr(router, "_SEARCH", 1.0)
    monkeypatch.setattr(router, "_PREPARE", 10.0)
    engine = Router(grid(20), cache_folder=tmp_path)
    points = Seeds.at(np.arange(30))
    engine.matrix(points, points, limit_ms=1000)
    assert engine._prepared is None
    engine.matrix(points, points)
    assert engine._prepared is not None


ENDLESS = """
import sys
import numpy as np
from accessmap.roads.engine import Graph, Router, Seeds
n = 20000
graph = Graph.from_arcs(n, np.arange(n - 1), np.arange(1, n), np.full(n - 1, 7))
engine = Router(graph, cache_folder=sys.argv[1])
engine.prepare()
points = Seeds.at(np.arange(0, n, 2))
engine.matrix(points[:3], points)
print("ready", flush=True)
while True:
    engine.matrix(points, points)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_ctrl_c_ends_a_long_job_soon(tmp_path: Path, threads: str) -> None:
    environment = os.environ | {"ACCESSMAP_THREADS": threads}
    with processes.started(sys.executable, "-c", ENDLESS, str(tmp_path), env=environment) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        time.sleep(0.3)
        job.send_signal(signal.SIGINT)
        _, errors = job.communicate(timeout=20)
    assert job.returncode != 0
    assert "KeyboardInterrupt" in errors


def tangle(n: int) -> Graph:
    """Roads between random places: no hierarchy to be found."""
    ends = np.random.default_rng(0).integers(0, n, (2 * n, 2))
    ends = np.concatenate([ends, ends[:, ::-1]])
    return Graph.from_arcs(n, ends[:, 0], ends[:, 1], np.random.default_rng(1).integers(1000, 99_000, len(ends)))


@pytest.mark.usefixtures("eager")
def test_graph_without_a_hierarchy_is_given_up_and_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(router, "_PATIENCE", 0.0)
    monkeypatch.setattr(router, "_SEARCH", 1e-6)
    monkeypatch.setattr(router, "_PREPARE", 1e-9)
    graph = tangle(2000)
    engine = Router(graph, cache_folder=tmp_path)
    points = Seeds.at([0, 7])
    assert np.array_equal(engine.matrix_ms(points, points), Searcher(graph).matrix(points, points))
    assert engine._prepared is None
    assert engine._price > 1e-9 * graph.n
    prepared_points = Seeds.at(np.arange(0, 2000, 100))
    right = Searcher(graph).matrix(prepared_points, prepared_points)
    assert np.array_equal(prepared_ms(Prepared(prepare(graph)), prepared_points, prepared_points), right)


def test_router_survives_pickling() -> None:
    engine = pickle.loads(pickle.dumps(Router(chain(4, 60_000))))
    assert engine.matrix(Seeds.at([0]), Seeds.at([3]))[0, 0] == 3


def test_coordinates_that_are_not_finite_change_no_result() -> None:
    graph = grid(10)
    x = np.where(np.arange(100) % 3 == 0, np.nan, graph.x)
    bare = Graph(graph.indptr, graph.heads, graph.weights, x, np.full(100, np.inf))
    points = Seeds.at(np.arange(100))
    assert np.array_equal(prepared_ms(answers(bare), points, points), Searcher(graph).matrix(points, points))


def test_a_hub_of_many_roads_is_exact() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    spokes = np.arange(1, n)
    ring = np.roll(spokes, 1)
    arcs = np.concatenate(
        [np.c_[np.zeros(n - 1, int), spokes], np.c_[spokes, np.zeros(n - 1, int)], np.c_[spokes, ring]]
    )
    graph = Graph.from_arcs(n, arcs[:, 0], arcs[:, 1], rng.integers(0, 1000, len(arcs)))
    points = Seeds.at(rng.integers(0, n, 50))
    assert np.array_equal(prepared_ms(answers(graph), points, points), Searcher(graph).matrix(points, points))


def test_porto_equals_scipy(data_folder: Path, tmp_path: Path) -> None:
    """The whole way on a real network: a few hundred cells, all nodes from some, the nearest of some from all."""
    osm = pytest.importorskip("accessmap.roads.readers.osm")
    roads = osm.read_osm(data_folder / "osm" / "porto.osm.pbf", mode="car")
    tails, heads = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    ms = np.rint(roads.edges["minutes"].to_numpy() * 60_000).astype(np.int64)
    x, y = roads.nodes[["lon", "lat"]].to_numpy().T
    graph = Graph.from_arcs(len(roads.nodes), tails, heads, ms, x=x, y=y)
    engine = Router(graph, cache_folder=tmp_path)
    engine.prepare()
    rng = np.random.default_rng(2)
    starts = Seeds(rng.integers(-1, graph.n, (6, 2)), rng.integers(0, 60_000, (6, 2)))
    ends = Seeds(rng.integers(-1, graph.n, (80, 2)), rng.integers(0, 60_000, (80, 2)))
    reference = Searcher(graph)
    assert np.array_equal(engine.matrix_ms(starts, ends), reference.matrix(starts, ends))
    rows = np.concatenate([part for _, part in reference.rows(starts)])
    assert np.array_equal(engine.to_all(starts), to_minutes(rows), equal_nan=True)
    for k in (1, 3):
        few = ends[:8]
        nearest_ms, which = reference.nearest(few, k)
        minutes, numbers = engine.nearest(few, k=k)
        assert np.array_equal(minutes, to_minutes(nearest_ms), equal_nan=True)
        assert np.array_equal(numbers, which)
        # Of a network so wide that times need 64 bits, the same sweep.
        found = engine.prepare().hierarchy
        wide = Prepared(replace(found, up=in_64_bits(found.up), down=in_64_bits(found.down), longest=2**45))
        wide.nearest(few, k, minutes, numbers)
        assert np.array_equal(minutes, to_minutes(nearest_ms), equal_nan=True)
        assert np.array_equal(numbers, which)


def in_64_bits(side: Side) -> Side:
    return replace(side, ms=side.ms.astype(np.int64))


def test_who_will_ask_often_says_so_and_the_graph_is_prepared_at_once() -> None:
    router = Router(graph_of(200, [(i, i + 1, 1000) for i in range(199)]))
    router.expect(10)
    assert router._prepared is None
    router.expect(10**9)
    assert router._prepared is not None
