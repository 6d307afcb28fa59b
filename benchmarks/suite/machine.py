"""What a result depends on: processor, memory, versions; neither names nor paths."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OURS = ("livn-core", "livn-pyfive", "livn-h5pyd")
OTHERS = ("numpy", "h5py", "pyfive", "zlib-ng", "h5pyd", "libsonata", "neuroh5", "scipy")


def describe():
    """``{what: text}``, in the order of a table."""
    found = {
        "processor": _read("/proc/cpuinfo", r"model name\s*: (.*)") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    for package in (*OURS, *OTHERS):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _memory():
    found = _read("/proc/meminfo", r"MemTotal:\s+(\d+) kB")
    return f"{int(found) / 2**20:.0f} GiB" if found else "unknown"


def _read(path, pattern):
    file = Path(path)
    found = re.search(pattern, file.read_text()) if file.exists() else None
    return found[1].strip() if found else ""
