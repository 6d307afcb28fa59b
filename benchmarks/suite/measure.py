"""Let contenders take turns: each does the work in a fresh process, one after the other, round after round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from contenders import contender

HERE = Path(__file__).parents[1]
SMALL_CELLS = 25
SLOW = 15
"""Whoever takes more seconds takes one turn: the time is better spent on more turns of the others."""
LONGEST = 600
"""Seconds for one process; it is stopped then, and the run with it."""


class Turns:
    """Measures works; ``left_out`` says who could not take part, and why.

    ``pythons`` names the interpreter of a contender that does not live in this environment.
    """

    def __init__(self, pythons, rounds, scratch):
        self._pythons, self._rounds = pythons, rounds
        self._bytecode = str(scratch / "bytecode")
        self.left_out = {}

    def measure(self, work, graph, graphs):
        """``{contender: [sample, ...]}``; checks that all have found the same. ``graphs`` knows where the file is."""
        if work.commands:
            return self._rounds_of(work, {name: self._command(arguments) for name, arguments in work.commands.items()})
        tasks = _tasks(work, graph, graphs)
        for name, task in tasks.items():
            if getattr(contender(name), "prepares", False):
                for place in (task["small"], task["place"]):
                    self._once({**task, "place": place, "prepare": True})()
        found = self._rounds_of(work, {name: self._once(task) for name, task in tasks.items()})
        _check_agreement(work, graph, found)
        return found

    def _rounds_of(self, work, jobs):
        samples = {name: [] for name in jobs}
        ends = time.perf_counter() + work.seconds
        for done in range(min(self._rounds or work.rounds, work.rounds)):
            if done and time.perf_counter() > ends:
                break
            for name, job in list(jobs.items()):
                start = time.perf_counter()
                sample = job()
                if "missing" in sample:
                    self.left_out[name] = sample["missing"]
                else:
                    samples[name].append(sample)
                took = time.perf_counter() - start
                if took > SLOW:
                    ends += took  # it is not the others' time
                if "missing" in sample or took > SLOW:
                    del jobs[name]
        return {name: found for name, found in samples.items() if found}

    def _once(self, task):
        python = self._pythons.get(task["contender"], sys.executable)
        command = [python, "-m", "suite.once", json.dumps(task)]

        def job():
            done = subprocess.run(
                command, cwd=HERE, env=self._environment(), capture_output=True, text=True, timeout=LONGEST, check=False
            )
            if done.returncode:
                raise SystemExit(f"{task['contender']}, {task['work']}:\n{done.stderr}")
            return json.loads(done.stdout.splitlines()[-1])

        return job

    def _environment(self):
        """Bytecode is compiled once, as in an installation, and nothing is left beside the sources."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": self._bytecode}

    def _command(self, arguments):
        """A whole process; the first of them fills the page cache and compiles what has to be."""
        command = [sys.executable, *arguments]

        def job():
            start = time.perf_counter()
            subprocess.run(command, env=self._environment(), check=True, stdout=subprocess.DEVNULL)
            return {"first": float("nan"), "warm": time.perf_counter() - start}

        job()
        return job


def _tasks(work, graph, graphs):
    """What ``suite.once`` is to do, for each contender that can."""
    little = graph.scaled(max(1, graph.cells // SMALL_CELLS))
    small, place = ({"path": str(graphs.place(one)), "cells": one.cells} for one in (little, graph))
    method = work.method or work.name
    task = {"work": method, "gids": work.gids, "served": work.served, "small": small, "place": place, "prepare": False}
    return {name: {**task, "contender": name} for name in work.contenders if _can(contender(name), method, graph)}


def _can(kind, method, graph):
    return hasattr(kind, method) and graph.layout in getattr(kind, "layouts", (graph.layout,))


def _check_agreement(work, graph, found):
    results = {json.dumps(sample["result"]) for samples in found.values() for sample in samples}
    if len(results) > 1:
        by_name = {name: samples[0]["result"] for name, samples in found.items()}
        raise SystemExit(f"{work.name}, {graph}: contenders disagree about what is there: {by_name}")
