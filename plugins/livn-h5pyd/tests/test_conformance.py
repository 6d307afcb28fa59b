"""The conformance kit of livn-core, over a real HSDS: every case is imported first."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import livn_h5pyd
import pytest
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.importing import import_file
from livn_ui.importing.verify import verify

from livn_core.testing import CASES, BackendTests


@pytest.fixture(scope="module")
def imported(import_all, tmp_path_factory):
    """All cases, imported side by side: one after the other they would take minutes of waiting."""
    folder, files = tmp_path_factory.mktemp("cases"), {}
    for case in CASES:
        files[f"/kit/{case.name}.h5"] = folder / f"{case.name}.h5"
        case.write(folder / f"{case.name}.h5")
    import_all(files)
    return set(files)


class TestHsds(BackendTests):
    reads_local_files = False

    @pytest.fixture
    def plugin(self, on_hsds):
        return livn_h5pyd

    @pytest.fixture
    def publish(self, imported, admin):
        def publish(path: Path) -> str:
            domain = f"/kit/{path.name}"
            if domain not in imported:
                import_file(admin, path, domain)
            with h5py.File(path) as file, open_domain(Target(admin, domain)) as served:
                verify(file, served)  # what was imported before is what the kit has written now
            return f"hdf5:/{domain}"

        return publish

    @pytest.fixture
    def missing(self, imported):
        return "hdf5://kit/nothing.h5"

    @pytest.fixture
    def system(self, tmp_path, file_server, hsds, set_hsds):
        files = {"graph.json": b'{"a": 1}', "selection/e1.json": b"[1]", "params/a.json": b"{}"}
        for name, content in files.items():
            path = tmp_path / "files" / "EI1" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (tmp_path / "systems").mkdir()
        (tmp_path / "systems" / "EI1").write_text(json.dumps({"files": list(files)}))
        set_hsds(endpoint=hsds.endpoint, files_endpoint=file_server(tmp_path))
        return "systems/graphs/EI1", files
