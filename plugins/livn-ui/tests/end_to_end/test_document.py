"""The commands of livn's own page about HSDS work as they stand there, with two differences that are said below.

Ports are replaced by free ones and the directory of the second server by a temporary one, which is no difference.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

START = "livn ui server --launch"

START_CUSTOM = """\
# Custom port and root directory
livn ui server port=5102 root_dir=/data/my_systems --launch
"""

# First difference: h5pyd 1.0.0 refuses options that come after the files, so hsload has them before.
IMPORT_ONE = """\
# Import a single file
hsload --endpoint http://localhost:5101 -u admin -p admin \\
  systems/graphs/EI1/cells.h5 /EI1/cells.h5
"""

IMPORT_ONE_AS_PRINTED = """\
# Import a single file
hsload systems/graphs/EI1/cells.h5 /EI1/cells.h5 \\
  --endpoint http://localhost:5101 -u admin -p admin
"""

IMPORT_SYSTEM = """\
# Import all .h5 files for a system
for f in systems/graphs/EI1/*.h5; do
  name=$(basename "$f")
  hsload --endpoint http://localhost:5101 -u admin -p admin "$f" "/EI1/$name"
done
"""

IMPORT_ALL = """\
for sys in systems/graphs/*/; do
  name=$(basename "$sys")
  for f in "$sys"*.h5; do
    [ -f "$f" ] || continue
    fname=$(basename "$f")
    hsload --endpoint http://localhost:5101 -u admin -p admin "$f" "/$name/$fname"
  done
done
"""

SYSTEMS = "curl http://localhost:5102/systems"
FILES = "curl http://localhost:5102/files/EI1/graph.json"

CONFIGURE = """export LIVN_HSDS='{"endpoint": "http://localhost:5101"}'"""

# Second difference: livn-core is imported as livn_core, where the page, which is the original's, has livn.
READ = """\
import os
os.environ["LIVN_HSDS"] = '{"endpoint": "http://localhost:5101"}'

from livn_core.system import predefined, System

path = predefined("EI1")
system = System(path)
print(system.populations)  # reads from HSDS
"""

# As it stands below "micropip" and "pyodide_http" on the page, which a browser needs only.
BROWSER = """\
import h5pyd

# Connect to HSDS
f = h5pyd.File("/EI1/cells.h5", "r", endpoint="http://localhost:5101")
print(list(f["Populations"].keys()))
"""

VERIFY = """\
import h5pyd

f = h5pyd.File("/EI1/cells.h5", "r", endpoint="http://localhost:5101")
print("Populations:", list(f["Populations"].keys()))
print("Ranges:", f["H5Types/Populations"][:])
f.close()
"""


@pytest.fixture(scope="module")
def served(serve, graphs, tmp_path_factory):
    """A server with nothing imported, as the page's first command starts it."""
    directory = tmp_path_factory.mktemp("document")
    for name in ("EI1", "EI2"):
        shutil.copytree(graphs / name, directory / "systems" / "graphs" / name)
    return serve(directory)


@pytest.fixture
def with_ports(served):
    """A text with the ports of that server."""

    def with_ports(text):
        return text.replace("5101", str(served.port)).replace("5102", str(served.port + 1))

    return with_ports


@pytest.fixture
def shell(served, run, with_ports):
    """Run a block of shell commands where ``systems/graphs`` is."""
    return lambda text: run(["bash", "-c", with_ports(text)], served.directory).stdout


@pytest.fixture
def python(run, with_ports, tmp_path):
    """Run a block of Python in an empty directory, as somebody who has no password."""
    return lambda text: (
        run([sys.executable, "-W", "ignore", "-c", with_ports(text)], tmp_path, HOME=str(tmp_path)).stdout
    )


def test_before_an_import_there_is_nothing(python):
    with pytest.raises(AssertionError, match="there is none; import the system first"):
        python(READ)


def test_one_file(shell, python):
    shell(IMPORT_ONE)
    assert python(BROWSER) == "['EXC', 'INH']\n"
    printed = python(VERIFY)
    assert "Populations: ['EXC', 'INH']" in printed
    assert "Ranges: [(0, 8, 0) (8, 2, 1)]" in printed


def test_the_order_that_h5pyd_refuses(served, with_ports, environment):
    done = subprocess.run(
        ["bash", "-c", with_ports(IMPORT_ONE_AS_PRINTED)],
        cwd=served.directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        pytest.fail("h5pyd takes options after files now: take the difference out of the documentation")
    assert "before positional arguments" in done.stdout + done.stderr


def test_one_system(shell, python):
    shell(IMPORT_SYSTEM)
    assert python(READ) == "['EXC', 'INH']\n"


def test_all_systems(shell, python, graphs, with_ports, run, tmp_path):
    shell(IMPORT_ALL)
    edges = "from livn_core import System; print(System('EI2').summary()['num_edges'])"
    found = shell(f'{CONFIGURE}\n{sys.executable} -c "{edges}"')
    assert found == run([sys.executable, "-c", edges], graphs).stdout
    assert int(found) > 100


def test_the_companion(shell, graphs):
    assert json.loads(shell(SYSTEMS)) == ["EI1", "EI2"]
    assert shell(FILES) == (graphs / "EI1" / "graph.json").read_text()


def test_the_commands_that_start_a_server(run, served, with_ports, tmp_path):
    """Those servers run in this test; here are their command lines word by word, without ``--launch``."""
    printed = run(["bash", "-c", START.replace(" --launch", "")], served.directory).stdout
    assert "5101" in printed
    assert "5102" in printed
    text = START_CUSTOM.replace("/data/my_systems", str(served.graphs)).replace(" --launch", "")
    printed = run(["bash", "-c", text], tmp_path).stdout
    assert "5102" in printed
    assert "5103" in printed
    assert str(served.graphs) in printed
