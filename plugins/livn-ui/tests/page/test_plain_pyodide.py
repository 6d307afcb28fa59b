"""The lines of docs/browser.md for plain Pyodide, run in a page that knows nothing of livn, on another origin.

``LIVN_TEST_PYODIDE`` names a folder that ``.ci/get-pyodide`` filled: beside what ``livn ui web vendor=FOLDER`` brings,
it has micropip. Without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.origins import Origins

from livn_core import System

from .conftest import GRAPHS

FOLDER = Path(os.environ.get("LIVN_TEST_PYODIDE") or "nowhere")
WHEELS = sorted(FOLDER.glob("packaging-*.whl")) + sorted(FOLDER.glob("micropip-*.whl"))
PAGE = Path(__file__).parents[4] / "docs" / "browser.md"
WAIT = 180_000

pytestmark = pytest.mark.skipif(
    len(WHEELS) != 2, reason="set LIVN_TEST_PYODIDE to a folder that .ci/get-pyodide filled: it has micropip, too"
)

RUN = """async function run([wheels, code]) {
  const python = await loadPyodide({ indexURL: new URL(".", location).href });
  await python.loadPackage([...wheels.map((name) => new URL(name, location).href), "numpy"]);
  await python.runPythonAsync(code);
  return python.runPython(`import json, sys
json.dumps([system.populations, system.backend, system.neuron_coordinates.tolist(), "h5py" in sys.modules])`);
}"""
WORKER = f"""importScripts("pyodide.js");
{RUN}
onmessage = ({{ data }}) => run(data).then(postMessage, (error) => postMessage(error.message));
"""
IN_WORKER = """(given) => new Promise((found) => {
  const worker = new Worker("worker.js");
  worker.onmessage = ({ data }) => found(data);
  worker.postMessage(given);
})"""
FILES = {
    "/": ("text/html", "<!doctype html><title>plain</title><script src=pyodide.js></script>"),
    "/worker.js": ("text/javascript", WORKER),
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path not in FILES:
            super().do_GET()
            return
        kind, content = FILES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(content.encode())


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A page with Pyodide and nothing else."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(FOLDER))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def documented(server: str) -> str:
    """The lines as the page has them, but for the server's address."""
    blocks = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    [code] = [block for block in blocks if "micropip.install" in block]
    assert code.count('"http://localhost:5173/"') == 1
    return code.replace("http://localhost:5173", server)


@pytest.fixture
def run(browser, elsewhere):
    """A function that runs the documented lines; it gives what came of them, and checks who was asked."""
    settings = CompanionSettings(GRAPHS, serve_h5=True, origins=Origins.parse(elsewhere))
    hosts = set()
    with Companion(settings) as companion:
        page = browser.new_page()
        page.set_default_timeout(WAIT)
        page.on("request", lambda one: hosts.add(one.url.split("/")[2]))
        page.goto(f"{elsewhere}/")
        given = [[one.name for one in WHEELS], documented(companion.address)]
        yield lambda script: page.evaluate(script, given)
        page.close()
    assert hosts == {elsewhere.removeprefix("http://"), companion.address.removeprefix("http://")}


def test_in_a_worker(run):
    with System(GRAPHS / "EI1") as system:
        expected = [system.populations, "pyfive", system.neuron_coordinates.tolist(), False]
    found = run(IN_WORKER)
    assert found.startswith("["), found
    assert json.loads(found) == expected


def test_in_the_thread_of_the_page(run):
    """Where it cannot work, what is said is why."""
    assert "run Python in a Web Worker" in run(f"(given) => ({RUN})(given).catch((error) => error.message)")
