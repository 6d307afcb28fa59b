"""The same work for livn-core and its peers, in turns: time, memory, bytes and requests, and what they must show."""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import nullcontext
from pathlib import Path

from suite import hsds, machine, plot, report
from suite.graphs import Graphs
from suite.measure import Turns
from works import NAMES, works

HERE = Path(__file__).parent
QUICK = 1000
QUICK_MOST = 100_000
PICTURE = "results.svg"


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small graphs, one round: whether all of it runs")
    parser.add_argument("--only", metavar="WORK[,WORK]", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, help="at most so many for each work")
    parser.add_argument("--python", action="append", default=[], metavar="CONTENDER=PATH", help="its interpreter")
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    parser.add_argument("--write-results", action="store_true", help=f"replace results.md and {PICTURE}")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",") if chosen.only else None
    for name in chosen.only or ():
        if name not in NAMES:
            parser.error(f"there is no work {name!r}: {', '.join(NAMES)}")
    if chosen.write_results and (chosen.quick or chosen.only):
        parser.error("--write-results takes a whole run, without --quick and --only")
    chosen.python = dict(one.split("=", 1) for one in chosen.python)
    return chosen


def graphs_of(work, quick):
    """Those of a work; quick, the first and the last of them, and a thousandth of what is large."""
    if not quick or work.commands:
        return work.graphs
    some = (work.graphs[0], work.graphs[-1])
    return tuple(dict.fromkeys(graph.scaled(QUICK) if graph.edges > QUICK_MOST else graph for graph in some))


def measure(chosen, scratch):
    """``{work: {graph: {contender: [sample, ...]}}}``, and who was left out."""
    graphs, results = Graphs(scratch), {}
    turns = Turns(chosen.python, 1 if chosen.quick else chosen.rounds, scratch)
    for work in works(chosen.only):
        if work.served and hsds.why_not():
            turns.left_out["HSDS"] = hsds.why_not()
            continue
        with hsds.ServedGraphs(graphs, scratch) if work.served else nullcontext(graphs) as source:
            results[work] = {graph: turns.measure(work, graph, source) for graph in graphs_of(work, chosen.quick)}
        print("\n".join(report.section(work, results[work])), flush=True)
        if chosen.json:  # now, so that a run that is broken off leaves what it has
            keep(results, chosen.json)
    return results, turns.left_out


def keep(results, path):
    """Every sample, as JSON."""
    plain = {work.name: {str(graph): one for graph, one in found.items()} for work, found in results.items()}
    path.write_text(json.dumps({"machine": machine.describe(), "works": plain}, indent=1), "utf-8")


def write_results(results, left_out):
    sizes = next((found for work, found in results.items() if work.name == "sizes"), None)
    picture = []
    if sizes:
        plot.draw(sizes, HERE / PICTURE)
        picture = [f"![Seconds over edges, for each contender]({PICTURE})", ""]
    head = ["# Results", "", "Written by `benchmarks/run.py --write-results`.", ""]
    lines = [*head, *picture, *report.page(results, left_out, machine.describe())]
    (HERE / "results.md").write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def main():
    chosen = options()
    with tempfile.TemporaryDirectory() as scratch:
        results, left_out = measure(chosen, Path(scratch))
    print("\n".join(report.what_it_must_show(results, chosen.quick)))
    for name, why in left_out.items():
        print(f"left out: {name} ({why})")
    if chosen.write_results:
        write_results(results, left_out)


if __name__ == "__main__":
    main()
