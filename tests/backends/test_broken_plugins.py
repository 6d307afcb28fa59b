"""A broken plugin is one row with its reason and one warning; the host and its neighbours live on."""

from __future__ import annotations

import threading
import warnings

import pytest

from livn_core.backends import Broken
from livn_core.errors import BackendWarning, NoBackendError

GOOD = """
from livn_core import hookimpl

class File(dict):
    def close(self): pass

@hookimpl
def livn_backend_open(source):
    return File(opened="by good")
"""

BROKEN = {
    "import error": ("import does_not_exist_at_all", "ModuleNotFoundError: No module named 'does_not_exist_at_all'"),
    "runtime error": ("raise RuntimeError('no C library')", "RuntimeError: no C library"),
    "syntax error": ("def", "SyntaxError"),
    "exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "misspelt hook": (
        GOOD + "\n@hookimpl\ndef livn_backend_avaliable(source): return None",
        "there is no hook livn_backend_avaliable; did its author mean livn_backend_available?",
    ),
    "misspelt opener": (
        GOOD.replace("livn_backend_open", "livn_backend_opne"),
        "it has no livn_backend_open hook (but livn_backend_opne)",
    ),
    "panics": (
        "class PanicException(BaseException): pass\nraise PanicException('in Rust')",
        "importing it failed: PanicException: in Rust",
    ),
    "priority exits": (
        GOOD + "\n@hookimpl\ndef livn_backend_priority(): raise SystemExit(9)",
        "asking for its priority failed: SystemExit: 9",
    ),
    "opener is an object": (
        GOOD + "\nimport functools\nlivn_backend_open = hookimpl(functools.partial(livn_backend_open))",
        "its livn_backend_open is no plain function or method",
    ),
    "opener is a wrapper": (
        GOOD.replace("@hookimpl", "@hookimpl(wrapper=True)").replace("return File", "yield; return File"),
        "its livn_backend_open is no plain function or method",
    ),
    "names that raise": (
        GOOD + "\ndef __dir__(): raise RuntimeError('no names')",
        "RuntimeError: no names",
    ),
    "no opener": ("", "it has no livn_backend_open hook"),
    "opener not marked": (
        "def livn_backend_open(source): return 1",
        "livn_backend_open is not marked with @livn_core.hookimpl",
    ),
    "keyword-only": (
        "from livn_core import hookimpl\n@hookimpl\ndef livn_backend_open(*, source): return 1",
        "livn_backend_open has keyword-only arguments (source)",
    ),
    "argument too many": (
        "from livn_core import hookimpl\n@hookimpl\ndef livn_backend_open(source, mode): return 1",
        "hook impl in source code is",
    ),
    "priority a str": (GOOD + "\n@hookimpl\ndef livn_backend_priority(): return 'high'", "its priority is 'high'"),
    "priority a bool": (GOOD + "\n@hookimpl\ndef livn_backend_priority(): return True", "its priority is True"),
    "priority raises": (
        GOOD + "\n@hookimpl\ndef livn_backend_priority(): return 1 / 0",
        "asking for its priority failed: ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_one_row_one_warning(kind, install, backends):
    code, reason = BROKEN[kind]
    install("bad", code, dist="livn-bad", version="2.3")
    install("good", GOOD)
    found = backends()
    with pytest.warns(BackendWarning) as caught:
        file, selection = found.open("anything")
    assert file == {"opened": "by good"}
    assert len(caught) == 1
    message = str(caught[0].message)
    assert message.startswith("backend 'bad' (livn-bad 2.3) cannot be used: ")
    if kind != "argument too many":
        assert reason in message
    assert [row.status for row in selection.candidates] == ["chosen", "broken"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.open("anything")


def test_class_as_entry_point(install, backends):
    module = install("other", "class Plugin:\n    def livn_backend_open(self, source): pass")
    install("bad", "", value=f"{module}:Plugin")
    with pytest.warns(BackendWarning, match="its entry point is a class; it must be a module or an instance"):
        assert isinstance(backends().get("bad"), Broken)


def test_only_broken_plugins(install, backends):
    install("bad", "raise RuntimeError('no C library')")
    with pytest.warns(BackendWarning), pytest.raises(NoBackendError, match=r"bad: broken \(importing it failed"):
        backends().open("https://somewhere/x.h5")


def test_two_distributions_claim_one_name(install, backends):
    install("twin", GOOD, dist="livn-one")
    install("twin", GOOD, dist="livn-two")
    with pytest.warns(BackendWarning, match="two distributions claim this name") as caught:
        broken = backends().get("twin")
    assert isinstance(broken, Broken)
    assert broken.provider in {"livn-one 1.0 and livn-two 1.0", "livn-two 1.0 and livn-one 1.0"}
    assert broken.remedy == "uninstall one of them"
    assert len(caught) == 1


def test_same_entry_twice_counts_once(install, backends):
    module = install("good", GOOD, dist="livn-good")
    install("good", "", dist="livn-good-editable", value=module)
    file, _ = backends().open("anything")
    assert file == {"opened": "by good"}


def test_probe_that_raises(install, backends):
    install("odd", GOOD + "\n@hookimpl\ndef livn_backend_available(source): raise OSError('disk on fire')")
    install("spare", GOOD)
    with pytest.warns(BackendWarning, match="its probe failed: OSError: disk on fire"):
        _, selection = backends().open("anything")
    assert selection.name == "spare"


@pytest.mark.parametrize("junk", ["True", "'yes'", "1", "False"])
def test_probe_that_returns_junk(junk, install, backends):
    install("odd", GOOD + f"\n@hookimpl\ndef livn_backend_available(source): return {junk}")
    install("spare", GOOD)
    with pytest.warns(BackendWarning, match="instead of an Availability"):
        _, selection = backends().open("anything")
    assert selection.name == "spare"


def test_probe_that_exits(install, backends):
    install("odd", GOOD + "\n@hookimpl\ndef livn_backend_available(source): raise SystemExit(9)")
    install("spare", GOOD)
    with pytest.warns(BackendWarning, match="its probe failed: SystemExit: 9"):
        _, selection = backends().open("anything")
    assert selection.name == "spare"


@pytest.mark.parametrize("junk", ["5", "'text'", "object()"])
def test_opener_that_returns_junk(junk, install, backends):
    install("odd", f"from livn_core import hookimpl\n@hookimpl\ndef livn_backend_open(source): return {junk}")
    with pytest.raises(OSError, match=r"backend 'odd' .* opened a \w+, which has no .*close"):
        backends().open("anything")


def test_options_for_an_opener_that_takes_none(install, backends):
    install("plain", GOOD)
    with pytest.raises(ValueError, match="backend 'plain' takes no options, but was given threads"):
        backends().open("anything", options={"threads": 2})
    for nonsense in (3, ["threads"]):
        with pytest.raises(TypeError, match="options= takes a mapping"):
            backends().open("anything", options=nonsense)


def test_sidecars_must_be_names(install, backends):
    install("odd", GOOD + "\n@hookimpl\ndef livn_backend_sidecars(source): return 'graph.json'")
    install("odder", GOOD + "\n@hookimpl\ndef livn_backend_sidecar(source, name): return 'text'")
    with pytest.raises(OSError, match=r"listed 'graph.json' instead of names"):
        backends().get("odd").sidecars("anywhere")
    with pytest.raises(OSError, match=r"returned str for the sidecar 'graph.json' instead of bytes"):
        backends().get("odder").sidecar("anywhere", "graph.json")


def test_opener_that_returns_nothing(install, backends):
    install("lazy", "from livn_core import hookimpl\n@hookimpl\ndef livn_backend_open(source): pass")
    with pytest.raises(OSError, match="opened nothing"):
        backends().open("anything")


def test_threads_load_once(install, backends, site):
    counter = site / "count"
    module = install(
        "slow",
        f"import pathlib, time\nwith pathlib.Path({str(counter)!r}).open('a') as file: file.write('x')\ntime.sleep(0.1)"
        + GOOD,
    )
    found = backends()
    results = []
    threads = [threading.Thread(target=lambda: results.append(found.get("slow"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "x"
    assert len({id(one) for one in results}) == 1
    assert module
