"""One contender does one work in this process, first and then warm: ``python -m suite.once TASK``; prints JSON.

Nothing of livn-core is imported here, so that a contender may live in an environment without it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from contenders import contender

from suite.counting import LocalReads, RemoteReads, peak_mb

WARM_SECONDS = 0.3
MOST_REPEATS = 2000


def main():
    task = json.loads(sys.argv[1])
    try:
        print(json.dumps(done(task)))
    except (ImportError, LookupError) as error:
        print(json.dumps({"missing": str(error).splitlines()[0]}))


def done(task):
    """Do the work on a small graph, so that no import is measured, and then on the one that is meant."""
    reads = RemoteReads() if task["served"] else LocalReads()
    kind = contender(task["contender"])
    if task["prepare"]:
        return {"prepared": type(kind(task["place"]["path"])).__name__}
    timed(job(kind, task["small"], task))
    work = job(kind, task["place"], task)
    before = reads.now()
    first, result = timed(work)
    after = reads.now()
    sums = checked(result)
    del result
    return {
        "first": first,
        "warm": warm(work),
        "bytes": after[0] - before[0],
        "requests": after[1] - before[1],
        "peak_mb": peak_mb(),
        "result": sums,
    }


def job(kind, place, task):
    """What is to be timed; a work on scattered cells gets the same ones for every contender."""
    method = getattr(kind(place["path"]), task["work"])
    if not task["gids"]:
        return method()
    import numpy as np

    most = place["cells"] - 1
    return method(np.sort(np.random.default_rng(2).choice(most, min(task["gids"], most), replace=False)))


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def warm(work):
    """The median time of the work done again, and again for a moment where it takes less."""
    times = [timed(work)[0]]
    while sum(times) < WARM_SECONDS and len(times) < MOST_REPEATS:
        times.append(timed(work)[0])
    return statistics.median(times)


def checked(result):
    """What contenders must agree about: numbers, and of an array the size and the sum."""
    if hasattr(result, "sum"):
        return [int(result.size), int(result.sum())]
    return [int(one) for one in (result if isinstance(result, tuple) else (result,))]


if __name__ == "__main__":
    main()
