"""Do several things at a time that each wait for the server; the first failure, or Ctrl-C, calls off the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeAlias

from livn_h5pyd.browser import IN_BROWSER
from livn_h5pyd.patience import watching

Job: TypeAlias = Callable[[], object]

_REPORT_SECONDS = 0.1


def side_by_side(jobs: Sequence[Job], threads: int, report: Job | None = None) -> None:
    """Do all jobs.

    Parameters
    ----------
    jobs
        Done in any order, in threads of their own where there are several.
    threads
        How many at a time.
    report
        Called now and then while they are done, and whenever one ends, always in the calling thread. What it raises
        calls off the rest, and is raised.
    """
    if len(jobs) < 2 or IN_BROWSER:  # which has no threads
        for job in jobs:
            job()
            if report:
                report()
        return
    called_off = threading.Event()
    with ThreadPoolExecutor(min(threads, len(jobs)), thread_name_prefix="livn-h5pyd") as pool:
        try:
            _await({pool.submit(_do, job, called_off) for job in jobs}, report)
        except BaseException:
            called_off.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _do(job: Job, called_off: threading.Event) -> None:
    with watching(called_off=called_off.is_set):
        job()


def _await(running: set[Future[None]], report: Job | None) -> None:
    while running:
        done, running = wait(running, _REPORT_SECONDS if report else None, FIRST_EXCEPTION)
        for one in done:
            one.result()
        if report:
            report()
