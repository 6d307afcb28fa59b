"""Wheels of what is installed here, so that the browser runs the same versions as the server.

Everything that the browser needs beside Pyodide is pure Python, so a wheel is the files of a distribution and its
metadata, whether it was installed from a wheel or in development mode.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "livn-core": ("livn_core",),
    "livn-pyfive": ("livn_pyfive",),
    "livn-h5pyd": ("livn_h5pyd",),
    "livn-ui": ("livn_ui",),
    "attrs": ("attr", "attrs"),
    "pluggy": ("pluggy",),
    "packaging": ("packaging",),
    "pyfive": ("pyfive",),
    "fsspec": ("fsspec",),
    "typing-extensions": ("typing_extensions",),
    "h5pyd": ("h5pyd",),
    "h5json": ("h5json",),
    "requests": ("requests",),
    "requests-unixsocket": ("requests_unixsocket",),
    "urllib3": ("urllib3",),
    "certifi": ("certifi",),
    "idna": ("idna",),
    "charset-normalizer": ("charset_normalizer",),
    "pytz": ("pytz",),
}
"""Distributions for the browser, and what each of them is imported as."""

_COMPILED = {".so", ".pyd", ".dll", ".dylib", ".pyc"}
_LEFT_OUT = {"__pycache__", "tests", "test"}
_TIME = (1980, 1, 1, 0, 0, 0)


@cache
def all_wheels() -> Mapping[str, bytes]:
    """File name and content of each wheel; distributions that are not installed are left out."""
    found = {}
    for name in PACKAGES:
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue
        found[_file_name(one)] = _wheel(one, PACKAGES[name])
    return found


def _file_name(one: Distribution) -> str:
    return f"{_escaped(one)}-{one.version}-py3-none-any.whl"


def _escaped(one: Distribution) -> str:
    return str(one.metadata["Name"]).replace("-", "_").replace(".", "_").lower()


def _wheel(one: Distribution, modules: tuple[str, ...]) -> bytes:
    info = f"{_escaped(one)}-{one.version}.dist-info"
    files = dict(sorted(pair for module in modules for pair in _files_of(module)))
    files[f"{info}/METADATA"] = (one.read_text("METADATA") or "").encode()
    entries = one.read_text("entry_points.txt")
    if entries:
        files[f"{info}/entry_points.txt"] = entries.encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: livn-ui\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    return _zipped(files)


def _files_of(module: str) -> Iterator[tuple[str, bytes]]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        yield origin.name, origin.read_bytes()
        return
    for path in sorted(origin.parent.rglob("*")):
        inside = path.relative_to(origin.parent)
        if path.is_file() and path.suffix not in _COMPILED and not _LEFT_OUT.intersection(inside.parts):
            yield f"{module}/{inside.as_posix()}", path.read_bytes()


def _record(files: Mapping[str, bytes], itself: str) -> bytes:
    rows = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    return "\n".join([*rows, f"{itself},,", ""]).encode()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
