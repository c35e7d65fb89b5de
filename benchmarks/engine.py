"""The engine against its peers: exact many-to-many travel times on Porto's car network and on tilings of it.

    python benchmarks/engine.py [--rounds 5] [--sizes 70000 porto porto-turns 2 4] [--peers accessmap scipy …]

Run it in an environment that has accessmap and as many of scipy, igraph, networkit, pyroutingkit, routingkit_cch and
pandana as can be had; those that are absent are said to be. Data: ``ACCESSMAP_DATA``, by default ../shared/data.

Times are medians of rounds in which the peers take turns, in one process, with kernels compiled before. What would
take a peer minutes is asked of it in part and scaled up, which is said (×). Memory is the peak above what the process
held with the network loaded, each in a process of its own (Linux). Every answer is compared with scipy's, cell by cell.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from engine_networks import Network, middle, porto, tiled
from engine_peers import PEERS, installed, whole_ms

#: Sources asked of the slow ones for a matrix of 1,000 rows, and for 32 rows to every node.
SHARE = {"scipy": (8, 4), "igraph": (2, 2), "networkit": (4, 4), "pandana (weights in seconds)": (4, 0)}
QUESTIONS = ("matrix", "to_all", "nearest")
#: The aim and the floor of each ratio: peer, task, aim, floor.
ASKED = (
    ("prepare", "pyroutingkit", 5, 3),
    ("matrix", "pyroutingkit", 15, 8),
    ("to_all", "scipy", 35, 20),
    ("nearest", "scipy", 25, 15),
)
LABELS = {
    "prepare": "prepare",
    "matrix": "1,000 × 1,000 matrix",
    "to_all": "32 sources to every node",
    "nearest": "nearest of 100, every node",
}


def points(network):
    rng = np.random.default_rng(1)
    return tuple(rng.choice(network.n, count, replace=False) for count in (1000, 1000, 32, 100))


def asked_of(network, question, part=None):
    sources, targets, few, sites = points(network)
    return {"matrix": (sources[:part], targets), "to_all": (few[:part],), "nearest": (sites,)}[question]


def part_of(name, question):
    share = SHARE.get(name)
    return {"matrix": share[0], "to_all": share[1], "nearest": None}[question] if share else None


def timing(network, peers, rounds):
    """Return seconds {peer: {task: [one a round]}} and disagreements {peer: {task: cells, worst ms}}."""
    seconds = {peer.name: {} for peer in peers}
    made = {}
    for number in range(max(1, min(rounds, 3))):
        for peer in peers:
            if number and peer.name not in ("accessmap", "pyroutingkit"):
                continue
            made.pop(peer.name, None)
            begin = time.perf_counter()
            made[peer.name] = peer(network)
            seconds[peer.name].setdefault("prepare", []).append(time.perf_counter() - begin)
    for question in QUESTIONS:
        for _ in range(rounds):
            for peer in peers:
                if hasattr(peer, question):
                    part = part_of(peer.name, question)
                    whole = {"matrix": 1000, "to_all": 32, "nearest": 1}[question]
                    begin = time.perf_counter()
                    getattr(made[peer.name], question)(*asked_of(network, question, part))
                    taken = (time.perf_counter() - begin) * (whole / part if part else 1)
                    seconds[peer.name].setdefault(question, []).append(taken)
    return seconds, {peer.name: differences(network, peer, made[peer.name], made["scipy"]) for peer in peers}


def differences(network, peer, engine, reference):
    """Compare an engine with scipy: {question: (cells compared, cells that differ, the most they differ by, ms)}."""
    found = {}
    for question in QUESTIONS:
        if hasattr(peer, question):
            part = min(part_of(peer.name, question) or 20, 20)
            asked = asked_of(network, question, part)
            answer = whole_ms(peer, getattr(engine, question)(*asked))
            right = whole_ms(PEERS[1], getattr(reference, question)(*asked))
            # Minutes in float32 are the nearest to the ms that 24 bits hold: a few ms in ten hours.
            off = np.where((answer < 0) != (right < 0), np.iinfo(np.int64).max, np.abs(answer - right))
            if peer.name == "accessmap":
                off[off <= np.ceil(right * 2**-24)] = 0
            found[question] = (int(off.size), int((off > 0).sum()), int(off.max()))
    return found


def held(which):
    """Return kilobytes now ("VmRSS") or at most since the last reset ("VmHWM")."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1])
    raise OSError("no /proc: memory is measured on Linux only")


def reset_peak():
    Path("/proc/self/clear_refs").write_text("5")


def memory(network, peer, question):
    """Return the peak, bytes a node, of one task, in this process; of preparing, and what stays afterwards."""
    warm = peer(middle(network, 500))
    if question != "prepare" and question != "stored":
        warm = peer(network)
    elif peer.name == "accessmap":
        warm = None
    before = held("VmRSS")
    reset_peak()
    if question in ("prepare", "stored"):
        made = peer(network)
        if question == "stored":
            if peer.name == "accessmap":
                hierarchy = made.router.prepare().hierarchy
                arrays = (hierarchy.place, *vars(hierarchy.up).values(), *vars(hierarchy.down).values())
                return sum(array.nbytes for array in arrays) / network.n
            return (held("VmRSS") - before) * 1024 / network.n
    else:
        answer = getattr(warm, question)(*asked_of(network, question, part_of(peer.name, question)))
        del answer
    return (held("VmHWM") - before) * 1024 / network.n


def cold(network):
    """Return seconds of the first answers of a process that has to compile all kernels."""
    begin = time.perf_counter()
    made = PEERS[0](middle(network, 500))
    some = np.arange(40)
    made.matrix(some, some)
    made.to_all(some)
    made.nearest(some)
    return time.perf_counter() - begin


def worker(path, task, *arguments, **environment):
    """Run a part of this script in a process of its own and return what it found."""
    import os

    command = [sys.executable, __file__, "--worker", json.dumps([str(path), task, *arguments])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1][:100]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def work(path, task, *arguments):
    network = Network.load(path)
    by_name = {peer.name: peer for peer in PEERS}
    if task == "cold":
        return cold(network)
    if task == "memory":
        return memory(network, by_name[arguments[0]], arguments[1])
    names, rounds = arguments
    cold(network)
    return timing(network, [by_name[name] for name in names], rounds)


def shown(seconds):
    return "-" if seconds is None else f"{seconds:,.4f} s" if seconds < 0.1 else f"{seconds:,.2f} s"


def report(label, network, seconds, off):
    print(f"\n## {label}: {network.n:,} nodes, {len(network.tails):,} arcs\n")
    print("× asked of in part and scaled up\n")
    print(f"| {'':28} | " + " | ".join(f"{LABELS[task]:>26}" for task in LABELS) + " | compared with scipy |")
    print("|" + "---|" * (len(LABELS) + 2))
    ours = {task: statistics.median(times) for task, times in seconds["accessmap"].items()}
    for name, tasks in seconds.items():
        cells = []
        for task in LABELS:
            if task not in tasks:
                cells.append("-")
                continue
            median = statistics.median(tasks[task])
            scaled = "×" if task in QUESTIONS and part_of(name, task) else ""
            ratio = "" if name == "accessmap" else f" ({median / ours[task]:,.1f} times)"
            cells.append(f"{shown(median)}{scaled}{ratio}")
        compared = off[name].values()
        total, wrong = (sum(found[i] for found in compared) for i in (0, 1))
        worst = max((found[2] for found in compared), default=0)
        equal = f"{total:,} cells equal" if not wrong else f"{wrong:,} of {total:,} differ, by at most {worst:,} ms"
        print(f"| {name:28} | " + " | ".join(f"{cell:>26}" for cell in cells) + f" | {equal} |")
    return ours


def verdict(seconds):
    ours = {task: statistics.median(times) for task, times in seconds["accessmap"].items()}
    for task, name, aim, floor in ASKED:
        if name in seconds and task in seconds[name]:
            ratio = statistics.median(seconds[name][task]) / ours[task]
            state = "aim met" if ratio >= aim else "floor met" if ratio >= floor else "BELOW THE FLOOR"
            print(f"- {LABELS[task]}: {ratio:,.1f} times {name} (aim {aim}, floor {floor}): {state}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", nargs="+", default=["70000", "porto", "porto-turns", "2", "4"])
    parser.add_argument("--peers", nargs="+", default=[peer.name.split()[0] for peer in PEERS])
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(work(*json.loads(options.worker))))
        return
    wanted = [peer for peer in PEERS if peer.name.split()[0] in {*options.peers, "accessmap", "scipy"}]
    present = [peer for peer in wanted if installed(peer)]
    for peer in wanted:
        print(f"{peer.name}: {'present' if peer in present else 'absent: not installed here'}")
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), options, present)


def with_turns(network, rounds, peers):
    """Print what Porto's turns cost: as in `RoadGraph`, against the same without, and peers without, taking turns.

    Times are the least of the rounds, on the clock and of all threads together: other work on the machine only adds
    to the first, and little to the second.
    """
    from accessmap.roads.engine import Graph, Router, Seeds
    from accessmap.roads.expanded import FORBIDDEN, expand
    from accessmap.roads.snapping import ending_at

    def made(turns, turn_ms):
        grown = expand(network.n, network.tails, network.heads, network.ms, turns=turns, turn_ms=turn_ms)
        arcs = len(grown.node), grown.tails, grown.heads, grown.ms
        graph = Graph.from_arcs(*arcs, x=network.x[grown.node], y=network.y[grown.node])
        router = Router(graph, cache_folder=tempfile.mkdtemp())
        router.prepare()
        return grown, router

    def asked(grown, router, question):
        sources, targets, few, sites = points(network)
        if question == "matrix":
            return router.matrix_ms(Seeds.at(grown.start[sources]), ending_at(grown, targets))
        if question == "to_all":
            return grown.least(router.to_all(Seeds.at(grown.start[few])))
        return grown.begun(router.nearest(ending_at(grown, sites))[0])

    cold(network)
    never = np.full(len(network.turns), FORBIDDEN)
    kinds = {
        "without": ((), None),
        "with": (network.turns, never),
        "with, and costs": (network.turns + network.costly, np.concatenate([never, network.costly_ms])),
    }
    seconds = {name: {} for name in (*kinds, *(peer.name for peer in peers))}
    states = {}

    def timed(name, task, call, *arguments):
        begin = time.perf_counter(), time.process_time()
        answer = call(*arguments)
        took = time.perf_counter() - begin[0], time.process_time() - begin[1]
        seconds[name].setdefault(task, []).append(took)
        return answer

    for number in range(rounds):
        for kind, rules in kinds.items():
            grown, router = timed(kind, "prepare", made, *rules)
            states[kind] = len(grown.node) - network.n
            for question in QUESTIONS:
                asked(grown, router, question)
                for _ in range(3):
                    timed(kind, question, asked, grown, router, question)
            if kind == "with" and not number:
                told = walked(network, grown, router, ending_at)
        for peer in peers if number < 2 else ():
            other = timed(peer.name, "prepare", peer, network)
            for question in QUESTIONS:
                if hasattr(peer, question):
                    timed(peer.name, question, getattr(other, question), *asked_of(network, question))
    print(f"\n## Porto with {len(network.turns):,} forbidden turns and {len(network.costly):,} that cost time\n")
    print(", ".join(f"{kind}: {count:,} more states" for kind, count in states.items()) + "; least of the rounds\n")
    names = list(seconds)
    print("| | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))
    for at, clock in enumerate(("on the clock", "of all threads")):
        for task, label in LABELS.items():
            least = {name: min(each[at] for each in seconds[name].get(task, [(None, None)])) for name in names}
            cells = [
                shown(value)
                if value is None or name == "without"
                else f"{shown(value)} ({value / least['without']:.2f} ×)"
                for name, value in least.items()
            ]
            print(f"| {label}, {clock} | " + " | ".join(cells) + " |")
    print(f"\n{told}")


def walked(network, grown, router, ending_at, count=20):
    """Compare with scipy's search over the states, and drive the quickest ways: none has a forbidden turn."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    from accessmap.roads.engine import Seeds

    sources, targets = (some[:count] for some in points(network)[:2])
    ends = ending_at(grown, targets)
    # Of arcs between the same two states scipy would add the times.
    order = np.lexsort((grown.ms, grown.heads, grown.tails))
    first = np.ones(len(order), dtype=bool)
    tails, heads = grown.tails[order], grown.heads[order]
    first[1:] = (np.diff(tails) != 0) | (np.diff(heads) != 0)
    kept = order[first]
    size = len(grown.node)
    graph = csr_array((grown.ms[kept].astype(float), (grown.tails[kept], grown.heads[kept])), shape=(size, size))
    right = dijkstra(graph, indices=grown.start[sources])
    right = np.where(ends.nodes >= 0, right[:, ends.nodes], np.inf).min(axis=2)
    found = router.matrix_ms(Seeds.at(grown.start[sources]), ends).astype(float)
    found[found < 0] = np.inf
    forbidden = set(network.turns)
    broken = 0
    for source, target in zip(sources, range(count), strict=True):
        nodes = grown.node[router.path(Seeds.at(grown.start[[source]]), ends[[target]])].tolist()
        driven = {tuple(nodes[at : at + size]) for size in map(len, forbidden) for at in range(len(nodes))}
        broken += not driven.isdisjoint(forbidden)
    return (
        f"{int((found != right).sum())} of {found.size} cells differ from scipy; {broken} of {count} ways break a rule"
    )


def sized(base, size):
    """Return (label, network): "porto", so many nodes of it (over 100), or a tiling of so many by so many."""
    if size == "porto":
        return "Porto", base
    number = int(size)
    if number > 100:
        return "The middle of Porto", middle(base, number)
    return f"Porto {size} × {size}", tiled(base, number)


def plain(value):
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def memories(path, peer):
    tasks = ["prepare", "stored"] + [question for question in QUESTIONS if hasattr(peer, question)]
    values = {task: worker(path, "memory", peer.name, task) for task in tasks}
    return ", ".join(f"{task} {plain(value)}" for task, value in values.items())


def run(folder, options, present):
    base, path, growth = porto(), folder / "network.npz", []
    for size in options.sizes:
        if size == "porto-turns":
            with_turns(base, max(options.rounds, 5), [peer for peer in present if peer.name == "pyroutingkit"])
            continue
        label, network = sized(base, size)
        network.save(path)
        # The largest networks are measured against scipy alone: the others take minutes to build.
        some = [peer for peer in present if size == "porto" or peer.name in ("accessmap", "scipy")]
        found = worker(path, "timing", [peer.name for peer in some], options.rounds if size == "porto" else 3)
        if isinstance(found, dict):
            print(f"{size}: {found['error']}")
            continue
        ours = report(label, network, *found)
        if size == "porto":
            print()
            verdict(found[0])
        used = {}
        if not options.no_memory:
            print("\nPeak memory above the network, bytes a node:\n")
            for peer in some:
                used[peer.name] = memories(path, peer)
                print(f"- {peer.name}: {used[peer.name]}", flush=True)
        times = ", ".join(f"{LABELS[task]} {shown(ours[task])}" for task in LABELS)
        growth.append(f"- {network.n:,} nodes: {times}; bytes a node: {used.get('accessmap', 'not asked')}")
    base.save(path)
    seconds = worker(path, "cold", NUMBA_CACHE_DIR=tempfile.mkdtemp(dir=folder))
    print(f"\nFirst answers on a machine, all kernels compiled meanwhile: {plain(seconds)} s")
    print("\n## Growth of accessmap\n")
    print("\n".join(growth))


if __name__ == "__main__":
    main()
