"""What the server offers to Python in the browser: Pyodide's files, wheels; and the page, to browsers only."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.pyodide import release, vendor
from livn_ui.pyodide.wheels import all_wheels

from livn_core.errors import BackendConnectionError, FormatError

CONTENT = {"one.js": b"one", "two.wasm": b"two" * 1000}


@pytest.fixture
def small(monkeypatch, tmp_path) -> Path:
    """A release of two small files, and its public address: a folder."""
    files = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    public = tmp_path / "public"
    public.mkdir()
    for name, content in CONTENT.items():
        (public / name).write_bytes(content)
    for module in (release, vendor):
        monkeypatch.setattr(module, "FILES", files)
    monkeypatch.setattr(vendor, "PUBLIC", f"{public.as_uri()}/")
    return public


def test_a_folder_is_filled_from_a_place_and_from_the_public_address(small, tmp_path):
    place, target = tmp_path / "place", tmp_path / "target"
    place.mkdir()
    (small / "one.js").rename(place / "one.js")
    notes: list[str] = []
    vendor.fill(target, [place], notes.append)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == CONTENT
    assert notes == [f"one.js: from {place}", "two.wasm: downloaded"]
    release.check(target)
    notes.clear()
    vendor.fill(target, (), notes.append)
    assert notes == ["one.js: is there", "two.wasm: is there"]


def test_another_file_is_not_kept(small, tmp_path):
    (small / "two.wasm").write_bytes(b"three")
    with pytest.raises(FormatError, match=r"two\.wasm.* is not that of Pyodide"):
        vendor.fill(tmp_path / "target")
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["one.js"]


def test_a_wrong_file_of_a_place_is_passed_over(small, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    (place / "one.js").write_bytes(b"another")
    vendor.fill(tmp_path / "target", [place])
    assert (tmp_path / "target" / "one.js").read_bytes() == b"one"


def test_without_a_connection_it_is_said_what_to_do(small, tmp_path):
    (small / "one.js").unlink()
    with pytest.raises(BackendConnectionError, match="vendor_from="):
        vendor.fill(tmp_path / "target")


def test_a_folder_that_lacks_a_file_is_refused(small, tmp_path):
    vendor.fill(tmp_path / "target")
    (tmp_path / "target" / "one.js").unlink()
    with pytest.raises(FormatError, match=r"one\.js.*livn ui web vendor="):
        release.check(tmp_path / "target")
    (tmp_path / "target" / "one.js").write_bytes(b"another")
    with pytest.raises(FormatError, match="SHA-256"):
        release.check(tmp_path / "target")


@pytest.mark.parametrize("name", ["livn_core", "livn_ui", "livn_pyfive", "livn_h5pyd", "attrs"])
def test_wheels_are_whole(name):
    content = next(content for file, content in all_wheels().items() if file.startswith(f"{name}-"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        record = next(one for one in names if one.endswith(".dist-info/RECORD"))
        rows = [row.split(",") for row in archive.read(record).decode().splitlines()]
        assert [row[0] for row in rows] == names
        for file, digest, _ in rows[:-1]:
            found = base64.urlsafe_b64encode(hashlib.sha256(archive.read(file)).digest()).rstrip(b"=").decode()
            assert digest == f"sha256={found}"
    assert not any(one.endswith((".pyc", ".so")) for one in names)
    if name in ("livn_pyfive", "livn_h5pyd"):
        assert any(one.endswith("entry_points.txt") for one in names), "its backend would not be found"


@pytest.fixture
def ask(tmp_path) -> Iterator:
    """A function that asks the companion for a path as somebody who accepts a type."""
    with Companion(CompanionSettings(tmp_path)) as companion:

        def ask(path: str, accept: str):
            wanted = urllib.request.Request(f"{companion.address}{path}", headers={"Accept": accept})
            with urllib.request.urlopen(wanted, timeout=30) as answer:
                return answer.headers, answer.read()

        yield ask


def test_browsers_get_the_page_and_programs_get_json(ask):
    headers, page = ask("/", "text/html,application/xhtml+xml,*/*;q=0.8")
    assert headers["Content-Type"].startswith("text/html")
    assert b"<noscript>" in page
    assert "Accept" in headers["Vary"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    for accept in ("*/*", "application/json"):
        headers, listed = ask("/", accept)
        assert headers["Content-Type"] == "application/json"
        assert "/systems" in json.loads(listed)["endpoints"]


def test_python_is_offered_from_its_public_address_or_the_folder(ask):
    _, found = ask("/python", "*/*")
    offer = json.loads(found)
    assert offer["pyodide"] == release.PUBLIC
    assert offer["hsds"] is None
    for path in offer["wheels"]:
        _, content = ask(f"/{path}", "*/*")
        assert zipfile.is_zipfile(io.BytesIO(content))
