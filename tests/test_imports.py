"""What importing, listing and choosing load, and what they must not."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

HEAVY = {"pyfive", "h5py", "h5pyd", "neuroh5", "mpi4py", "pandas", "scipy", "pyarrow", "fsspec", "requests", "rich"}
SLOW = {"http", "ssl", "asyncio", "multiprocessing", "concurrent"}
"""Of the standard library: what costs more than the package itself."""
PLUGINS = {"livn_pyfive", "livn_h5pyd", "livn_neuroh5", "livn_ui", "livn_h5py"}


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh interpreter, and name the top-level packages that it has imported."""
    report = "import sys; print('\\n'.join({name.partition('.')[0] for name in sys.modules}))"
    script = f"{textwrap.dedent(code)}\n{report}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    return set(done.stdout.split())


def test_importing_imports_no_plugin_and_nothing_heavy():
    loaded = loaded_after("import livn_core")
    assert not loaded & (HEAVY | SLOW | PLUGINS | {"numpy"})


def test_every_public_name_is_there_and_light():
    loaded = loaded_after(
        """
        import livn_core
        for name in livn_core.__all__: getattr(livn_core, name)
        assert set(livn_core.__all__) <= set(dir(livn_core))
        """
    )
    assert not loaded & (HEAVY | SLOW | PLUGINS)


def test_listing_imports_no_plugin():
    loaded = loaded_after("from livn_core import default_backends\nassert 'h5py' in default_backends().names")
    assert not loaded & (HEAVY | PLUGINS)


def test_choosing_by_name_imports_that_one_only():
    loaded = loaded_after("from livn_core import default_backends\ndefault_backends().select('x.h5', 'h5py')")
    assert loaded & PLUGINS == {"livn_h5py"}
    assert not loaded & HEAVY


@pytest.mark.parametrize("source", ["None", "'cells.h5'", "'https://localhost/cells.h5'", "'hdf5://EI1/cells.h5'"])
def test_probing_imports_nothing_heavy(source):
    loaded = loaded_after(f"from livn_core import default_backends\ndefault_backends().explain({source})")
    assert PLUGINS - {"livn_ui"} <= loaded
    assert not loaded & (HEAVY | SLOW)


def test_info_in_a_pipe_loads_its_backend_and_no_more():
    loaded = loaded_after(
        """
        import contextlib, io
        from livn_core.cli import main
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main(["info", "EI1"])
        """
    )
    assert "livn_pyfive" in loaded
    assert not loaded & ((HEAVY | {"http"}) - {"pyfive", "fsspec"})


def test_unknown_name_of_the_package():
    import livn_core

    with pytest.raises(AttributeError, match="has no attribute 'Systems'"):
        livn_core.Systems  # noqa: B018
