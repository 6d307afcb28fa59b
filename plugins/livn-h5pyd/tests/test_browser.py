"""What h5pyd needs in a browser, looked at outside of one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
from livn_h5pyd.browser import as_text

WITHOUT_H5PY = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "h5py" else find(name, *more)

class Nothing:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "h5py":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Nothing())
import livn_h5pyd.browser as browser
browser.find_spec = importlib.util.find_spec
before = set(sys.modules)
browser.prepare()
browser.prepare()
assert not {"h5pyd", "h5json", "requests"} & (set(sys.modules) - before), "imported before anybody asked"
assert sum(isinstance(one, browser._Finder) for one in sys.meta_path) == 1, "prepared twice"
FIRST
import h5pyd
assert "h5py" not in sys.modules, "whoever asks for h5py must hear the truth"
assert importlib.util.find_spec("h5pyd.httpconn") and h5pyd.__spec__.loader.get_source("h5pyd")
connection = h5pyd.httpconn.HttpConn("/x/", endpoint="http://localhost:9", username="a", password="b", retries=1)
found = connection.getHeaders("/x/")
assert found["Authorization"].startswith("Basic "), found
assert not any(name.lower() == "accept-encoding" for name in found), found
import time
begin = time.monotonic()
try:
    h5pyd.File("/x/y.h5", "r", endpoint="http://localhost:9")
except OSError as error:
    print("refused", time.monotonic() - begin < 20)
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


def test_headers_are_text():
    given = {"Authorization": b"Basic YTpi", "Accept-Encoding": "deflate", "X": "y"}
    assert as_text(given) == {"Authorization": "Basic YTpi", "X": "y"}


@pytest.mark.parametrize("first", ["", "import h5json", "import h5pyd.httpconn", "from h5pyd import File"])
def test_h5pyd_without_h5py(first):
    done = run(WITHOUT_H5PY.replace("FIRST", first))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused", "True"]


def test_where_h5pyd_is_not_there():
    code = """
import importlib.util, sys
import livn_h5pyd.browser as browser
browser.PathFinder = type("Nowhere", (), {"find_spec": staticmethod(lambda *_: None)})
browser.prepare()
sys.meta_path[1:] = []
print(importlib.util.find_spec("h5pyd"))
"""
    done = run(code)
    assert done.stdout.strip() == "None", done.stderr


@pytest.mark.skipif(find_spec("h5py") is None, reason="pip install h5py, to compare with")
def test_constants_are_those_of_h5py():
    done = run(
        "import h5py.h5z, livn_h5pyd.browser as b; print(all(getattr(h5py.h5z, n) == v for n, v in b._H5Z.items()))"
    )
    assert done.stdout.strip() == "True", done.stderr
