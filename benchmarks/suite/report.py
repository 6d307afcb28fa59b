"""The results as Markdown: what the works must show, where we lose, and a table for each work."""

from __future__ import annotations

import math
import statistics

from suite.bars import middle, pairs

HEADINGS = ("contender", "first ms", "warm ms", "from … to", "time ÷ ours", "peak MiB", "read MB", "requests")


def page(results, left_out, machine, quick=False):
    """Everything, as lines of Markdown.

    ``results`` is ``{work: {graph: {contender: [sample, ...]}}}``.
    """
    return [
        *what_it_must_show(results, quick),
        *where_we_lose(results),
        "## Figures",
        "",
        "Milliseconds, medians over rounds. *Read* and *requests* are of the first time: bytes and system calls of "
        "local reads, bytes of answers and requests over HTTP. *Peak* is of the whole process, the interpreter and its "
        "libraries included.",
        "",
        *(line for work, found in results.items() for line in section(work, found)),
        *_left_out(left_out),
        "## Machine",
        "",
        *_table(("what", "is"), machine.items()),
        "",
    ]


def what_it_must_show(results, quick):
    """Each bar beside the figure; small graphs are measured, and not judged."""
    rows = []
    for work, found in results.items():
        for bar in work.bars:
            value = bar.value(found)
            verdict = "not measured" if value is None else "too small to tell" if quick else _verdict(bar, value)
            rows.append((work.title, bar.what, _figure(value), str(bar), verdict))
    if not rows:
        return []
    return ["## What it must show", "", *_table(("work", "figure", "measured", "bar", "met"), rows), ""]


def where_we_lose(results):
    """Whoever was faster than the first contender of a work, as the median of ratios says."""
    rows = []
    for work, found in results.items():
        for graph, samples in found.items():
            ours = work.contenders[0] if work.contenders else None
            for name in samples:
                faster = name != ours and ours in samples and middle(samples, name, ours)
                if faster and faster < 0.97 and not name.startswith("livn-core"):
                    rows.append((work.title, str(graph), name, f"{1 / faster:.2f} x"))
    if not rows:
        return []
    return ["## Where we lose", "", *_table(("work", "graph", "faster than livn-core", "by"), rows), ""]


def section(work, found):
    """One work: a table for each graph."""
    lines = [f"### {work.title}", "", *([work.note, ""] if work.note else [])]
    for graph, samples in found.items():
        if samples:
            reference = work.contenders[0] if work.contenders else next(iter(work.commands))
            rows = [_row(name, samples, reference) for name in samples]
            lines += [*([f"{graph}:", ""] if graph.edges else []), *_table(HEADINGS, rows), ""]
    return lines


def _row(name, samples, reference):
    found = samples[name]
    warm = sorted(sample["warm"] for sample in found)
    times = [statistics.median(sample["first"] for sample in found), statistics.median(warm)]
    span = f"{_milliseconds(warm[0])} … {_milliseconds(warm[-1])}"
    compared = f"{statistics.median(pairs(samples, name, reference)):.2f}" if reference in samples else ""
    reads = _middle(found, "bytes", "{:.3g}", 1e6), _middle(found, "requests", "{:.0f}")
    return (name, *map(_milliseconds, times), span, compared, _middle(found, "peak_mb", "{:.0f}"), *reads)


def _middle(found, key, how, divisor=1):
    return _number(statistics.median(sample.get(key, math.nan) for sample in found) / divisor, how)


def _milliseconds(seconds):
    return _number(seconds * 1000, "{:.3g}" if seconds < 1 else "{:.0f}")


def _number(value, how):
    return "" if math.isnan(value) else how.format(value)


def _figure(value):
    return "" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _verdict(bar, value):
    return "yes" if bar.is_met(value) else "**no**"


def _left_out(left_out):
    if not left_out:
        return []
    return ["## Left out", "", *(f"- {name}: {why}" for name, why in left_out.items()), ""]


def _table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]
