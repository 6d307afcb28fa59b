"""Which backend is taken, and how users change that."""

from __future__ import annotations

import itertools
import pickle
import random
import threading

import pytest

from livn_core import Availability, hookimpl
from livn_core.backends import Backends, default_backends, use_backend
from livn_core.errors import (
    BackendDeclined,
    BackendFallbackWarning,
    BackendWarning,
    ConfigError,
    InvalidArgumentError,
    InvalidTypeError,
    NoBackendError,
    UnknownBackendError,
)


class File(dict):
    """What the plugins open: a file with nothing in it, and a note of how it was opened."""

    def close(self):
        pass


class Plugin:
    """A backend whose answers are set by the test."""

    def __init__(self, name, priority=None, available=None, opens=None):
        self.name, self.priority, self.answer, self.opens = name, priority, available, opens
        self.asked = []

    @hookimpl
    def livn_backend_priority(self):
        return self.priority

    @hookimpl
    def livn_backend_available(self, source):
        self.asked.append(source)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @hookimpl
    def livn_backend_open(self, source, options):
        if isinstance(self.opens, Exception):
            raise self.opens
        return File(name=self.name, source=source, options=dict(options))


def backends_of(*plugins):
    backends = Backends([])
    for plugin in plugins:
        backends.register(plugin, plugin.name)
    return backends


def opened_by(backends, *arguments, **keywords):
    return backends.open("source", *arguments, **keywords)[1].name


def test_order_is_priority_then_name_however_they_are_found():
    plugins = [Plugin("b", 10), Plugin("a", 10), Plugin("z", 30), Plugin("m"), Plugin("neg", -1)]
    for _ in range(20):
        random.shuffle(plugins)
        rows = backends_of(*plugins).explain("source").candidates
        assert [row.name for row in rows] == ["z", "a", "b", "m", "neg"]


def test_default_priority_is_below_ours():
    assert opened_by(backends_of(Plugin("third_party"), Plugin("ours", 10))) == "ours"


@pytest.mark.parametrize(
    ("argument", "context", "environment", "expected", "by"),
    [
        ("a", "b", "c", "a", "argument"),
        (None, "b", "c", "b", "context"),
        (None, None, "c", "c", "environment"),
        (None, None, None, "d", "priority"),
        (["c", "a"], "b", "d", "c", "argument"),
        (None, ("b", "a"), "d", "b", "context"),
        (None, None, " b , a,", "b", "environment"),
        (None, None, "  ", "d", "priority"),
    ],
)
def test_precedence(argument, context, environment, expected, by, monkeypatch):
    backends = backends_of(Plugin("a"), Plugin("b"), Plugin("c"), Plugin("d", 1))
    if environment is not None:
        monkeypatch.setenv("LIVN_H5_BACKEND", environment)
    if context is not None:
        with use_backend(context):
            _, selection = backends.open("source", argument)
    else:
        _, selection = backends.open("source", argument)
    assert (selection.name, selection.by) == (expected, by)


def test_variable_of_the_simulation_backends_is_not_read(monkeypatch):
    monkeypatch.setenv("LIVN_BACKEND", "a")
    assert opened_by(backends_of(Plugin("a"), Plugin("b", 1))) == "b"


def test_contexts_nest_and_end():
    backends = backends_of(Plugin("a"), Plugin("b"), Plugin("c", 1))
    with use_backend("a"):
        with use_backend("b"):
            assert opened_by(backends) == "b"
        assert opened_by(backends) == "a"
    assert opened_by(backends) == "c"


def test_context_ends_with_an_error():
    backends = backends_of(Plugin("a"), Plugin("c", 1))
    with pytest.raises(KeyError), use_backend("a"):
        raise KeyError
    assert opened_by(backends) == "c"


def test_context_stays_in_its_thread():
    backends = backends_of(Plugin("a"), Plugin("c", 1))
    found = []
    with use_backend("a"):
        thread = threading.Thread(target=lambda: found.append(opened_by(backends)))
        thread.start()
        thread.join()
    assert found == ["c"]


def test_unavailable_is_passed_over_with_its_reason():
    backends = backends_of(Plugin("a", 2, Availability.no("no server", "start one")), Plugin("b", 1), Plugin("c"))
    _, selection = backends.open("source")
    assert selection.explain() == (
        "b, by priority (LIVN_H5_BACKEND is not set)\n"
        "  a: unavailable (no server) -> start one\n"
        "  b: chosen\n"
        "  c: not asked (ranks below b)"
    )


def test_lower_ranks_are_not_probed():
    low = Plugin("low", 0, ConfigError("broken setting"))
    backends = backends_of(low, Plugin("high", 1))
    assert opened_by(backends) == "high"
    assert low.asked == []


def test_config_error_of_a_probe_stops_the_choice():
    backends = backends_of(Plugin("a", 1, ConfigError("X is no number")), Plugin("b"))
    with pytest.raises(ConfigError, match="X is no number"):
        backends.open("source")
    with pytest.raises(ConfigError):
        backends.open("source", fallback=True)
    assert opened_by(backends, "b") == "b"


def test_config_error_of_an_opener_stops_the_choice():
    backends = backends_of(Plugin("a", 1, opens=ConfigError("no such option")), Plugin("b"))
    with pytest.raises(ConfigError):
        backends.open("source", fallback=True)


def test_explanation_shows_a_config_error_and_chooses_nothing_below_it():
    selection = backends_of(Plugin("a", 1, ConfigError("X is no number")), Plugin("b")).explain("source")
    assert selection.chosen is None
    assert [row.status for row in selection.candidates] == ["broken", "usable"]
    with pytest.raises(LookupError):
        _ = selection.backend


def test_declined_means_next():
    backends = backends_of(Plugin("a", 1, opens=BackendDeclined("not mine")), Plugin("b"))
    _, selection = backends.open("source")
    assert selection.name == "b"
    assert selection.candidates[0].line() == "a: declined (not mine)"


def test_failure_is_that_error_with_a_note():
    backends = backends_of(Plugin("a", 1, opens=PermissionError("401")), Plugin("b"))
    with pytest.raises(PermissionError, match="401") as caught:
        backends.open("source")
    assert caught.value.__notes__ == [
        "livn: while opening source with backend 'a' (registered by hand), chosen by priority (LIVN_H5_BACKEND is not "
        "set); choose another with backend=, use_backend() or LIVN_H5_BACKEND"
    ]


def test_fallback_only_where_asked_for():
    backends = backends_of(Plugin("a", 1, opens=ConnectionError("down")), Plugin("b"))
    with pytest.warns(BackendFallbackWarning, match="backend a failed .ConnectionError: down.; reading with b instead"):
        _, selection = backends.open("source", fallback=True)
    assert (selection.name, selection.instead_of) == ("b", "a")
    assert selection.why == "by priority (LIVN_H5_BACKEND is not set), after a failed"


def test_fallback_that_finds_nothing_raises_the_failure():
    with pytest.raises(ConnectionError, match="down"):
        backends_of(Plugin("a", 1, opens=ConnectionError("down"))).open("source", fallback=True)


def test_fallback_passes_over_those_that_decline():
    backends = backends_of(
        Plugin("server", 3, opens=ConnectionError("down")),
        Plugin("passes", 2, opens=BackendDeclined("no")),
        Plugin("local"),
    )
    with pytest.warns(BackendFallbackWarning, match="backend server failed .* reading with local instead") as caught:
        file, selection = backends.open("source", options={"only": "for the first"}, fallback=True)
    assert len(caught) == 1
    assert file["options"] == {}
    assert [row.status for row in selection.candidates] == ["failed", "declined", "chosen"]


def test_fallback_that_fails_again_keeps_the_first_error():
    backends = backends_of(
        Plugin("server", 3, opens=ConnectionError("down")),
        Plugin("passes", 2, opens=BackendDeclined("no")),
        Plugin("local", opens=PermissionError("not yours")),
    )
    with pytest.raises(ConnectionError, match="down") as caught:
        backends.open("source", fallback=True)
    assert caught.value.__notes__[-1] == "livn: then PermissionError: not yours"


def test_named_backend_never_falls_to_another():
    backends = backends_of(Plugin("a", 0, Availability.no("no server", "start one")), Plugin("b", 1))
    with pytest.raises(NoBackendError) as caught:
        backends.open("hdf5://source", "a")
    assert str(caught.value) == (
        "no backend can open hdf5://source (chosen by the backend= argument, so no others are asked):\n"
        "  a: unavailable (no server) -> start one"
    )


def test_named_list_goes_on_to_the_next():
    backends = backends_of(Plugin("a", 0, Availability.no("no")), Plugin("b"), Plugin("c", 9))
    assert opened_by(backends, ["a", "b"]) == "b"


def test_existence_comes_before_blaming_backends(tmp_path):
    backends = backends_of(Plugin("a", 0, Availability.no("wrong suffix")))
    with pytest.raises(FileNotFoundError, match="no such file or directory"):
        backends.open(str(tmp_path / "none.h5"))
    (tmp_path / "there.h5").touch()
    with pytest.raises(NoBackendError, match="wrong suffix"):
        backends.open(str(tmp_path / "there.h5"))


def test_no_backend_installed(tmp_path):
    (tmp_path / "there.h5").touch()
    with pytest.raises(NoBackendError, match=r'no backend is installed .* -> pip install "livn-core\[pyfive\]"'):
        Backends([]).open(str(tmp_path / "there.h5"))


def test_unknown_name():
    backends = backends_of(Plugin("alpha"), Plugin("beta"))
    with pytest.raises(UnknownBackendError) as caught:
        backends.open("source", "alpa")
    assert str(caught.value) == "no backend 'alpa' is installed; there is alpha, beta; did you mean 'alpha'?"
    with pytest.raises(LookupError, match=r'To get it: pip install "livn-core\[h5pyd\]"'):
        backends.open("source", "h5pyd")
    with pytest.raises(UnknownBackendError, match="typo"):
        backends.open("source", ["alpha", "typo"])


def test_list_may_name_one_of_ours_that_is_missing():
    backends = backends_of(Plugin("alpha"))
    _, selection = backends.open("source", ["h5pyd", "alpha"])
    assert selection.name == "alpha"
    assert selection.candidates[0].line() == 'h5pyd: broken (not installed) -> pip install "livn-core[h5pyd]"'


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("", InvalidArgumentError),
        ([], InvalidArgumentError),
        ([""], InvalidArgumentError),
        (3, InvalidTypeError),
        ([3], InvalidTypeError),
        (True, InvalidTypeError),
    ],
)
def test_nonsense_for_a_name(value, error):
    with pytest.raises(error):
        backends_of(Plugin("a")).open("source", value)
    with pytest.raises(error), use_backend(value):
        pass


def test_source_must_be_a_str(tmp_path):
    with pytest.raises(TypeError, match=r"use str\(path\)"):
        backends_of(Plugin("a")).open(tmp_path)


def test_empty_source_and_one_that_is_too_long():
    with pytest.raises(InvalidArgumentError, match="cannot be empty"):
        backends_of(Plugin("a")).open("")
    with pytest.raises(FileNotFoundError):
        backends_of(Plugin("a", 0, Availability.no("no"))).open("x" * 5000)


def test_explanation_with_a_broken_plugin(monkeypatch):
    backends = backends_of(Plugin("a"))
    assert [row.status for row in backends.explain("source", ["h5pyd", "a"]).candidates] == ["broken", "chosen"]
    monkeypatch.setenv("LIVN_H5_BACKEND", "nope")
    assert "no backend &#x27;nope&#x27; is installed" in backends._repr_html_()
    monkeypatch.setenv("LIVN_H5_BACKEND", ",")
    with pytest.raises(ConfigError, match="LIVN_H5_BACKEND=',' names no backend"):
        backends.open("source")


def test_selections_can_be_pickled():
    selection = default_backends().explain("cells.h5", "h5py")
    again = pickle.loads(pickle.dumps(selection))
    assert again == selection
    assert again.backend.name == "h5py"


def test_options_reach_the_opener():
    file, _ = backends_of(Plugin("a")).open("source", options={"x": 1})
    assert file == {"name": "a", "source": "source", "options": {"x": 1}}


def test_a_server_that_is_set_but_has_no_backend(monkeypatch):
    monkeypatch.setenv("LIVN_HSDS", '{"endpoint": "http://localhost:5101"}')
    backends = backends_of(Plugin("a"))
    with pytest.warns(BackendWarning, match="LIVN_HSDS is set, but no backend 'h5pyd' is installed"):
        backends.open("source")
    backends.open("source")  # a second warning would be an error here


def test_register_and_refresh():
    backends = backends_of(Plugin("a"))
    with pytest.raises(InvalidArgumentError, match="there is a backend 'a' already"):
        backends.register(Plugin("a"), "a")
    with pytest.raises(InvalidArgumentError, match="cannot be a backend: it has no livn_backend_open"):
        backends.register(object(), "b")
    backends.refresh()
    assert backends.names == ()


def test_backends_registered_later_do_not_answer_for_earlier_ones():
    first, second = Plugin("first", 2), Plugin("second", 1)
    backends = backends_of(first)
    backends.open("source")
    backends.register(second, "second")
    assert backends.open("source")[0]["name"] == "first"
    assert backends.open("source", "second")[0]["name"] == "second"


def test_html_is_escaped():
    selection = backends_of(Plugin("a", 0, Availability.no("<script>"))).explain("source")
    assert "&lt;script&gt;" in selection._repr_html_()
    assert "<script>" not in selection._repr_html_()


def test_every_status_is_reached():
    statuses = set(
        itertools.chain.from_iterable(
            (row.status for row in selection.candidates)
            for selection in (
                backends_of(Plugin("a", 2), Plugin("b", 1)).explain("source"),
                backends_of(Plugin("a", 2), Plugin("b", 1)).select("source"),
                backends_of(Plugin("a", 2, Availability.no("x")), Plugin("b", 1)).select("source"),
            )
        )
    )
    assert statuses == {"chosen", "usable", "not asked", "unavailable"}
