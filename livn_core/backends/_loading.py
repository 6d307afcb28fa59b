"""Import one plugin and check its hooks, so that everything after may trust them."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

import attrs
import pluggy

from livn_core import hookspecs
from livn_core.backends._backend import Ask, Backend
from livn_core.backends._discovery import Installed
from livn_core.backends._hints import install_hint

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("livn_backend_"))


class PluginError(Exception):
    """A plugin cannot be used: why, and what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@attrs.frozen
class Broken:
    """A name that cannot be used as a backend, with the reason."""

    name: str
    provider: str
    reason: str
    remedy: str


def new_manager() -> pluggy.PluginManager:
    """A plugin manager that knows livn's hooks."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def load(installed: Installed, manager: pluggy.PluginManager) -> Backend:
    """Import what an entry point names and register it.

    Raises
    ------
    PluginError
        For everything that can be wrong with a plugin.
    """
    if len(installed.entries) > 1:
        claims = ", ".join(f"{entry.value!r}" for entry in installed.entries)
        raise PluginError(f"two distributions claim this name ({claims})", "uninstall one of them")
    try:
        plugin = installed.entries[0].load()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a panic of a compiled module is no Exception
        hint = install_hint(installed.name) or "reinstall it, or ask its author"
        raise PluginError(f"importing it failed: {type(error).__name__}: {error}", hint) from error
    return register(plugin, installed.name, installed.provider, manager)


def register(plugin: object, name: str, provider: str, manager: pluggy.PluginManager) -> Backend:
    """Check a plugin's hooks and make it a backend.

    Raises
    ------
    PluginError
        For a hook that does not fit its specification, and for a missing opener.
    """
    try:
        _check_before_registering(plugin)
        manager.register(plugin, name)
        _check_registered(plugin, manager)
        ask = _asker(plugin, manager)
        return Backend(name, provider, _priority(ask), _takes_options(plugin, manager), ask)
    except BaseException as error:
        if manager.is_registered(plugin):
            manager.unregister(plugin)
        if isinstance(error, PluginError | KeyboardInterrupt | GeneratorExit):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(reason, "tell its author") from error


def _check_before_registering(plugin: object) -> None:
    if inspect.isclass(plugin):
        raise PluginError("its entry point is a class; it must be a module or an instance", "tell its author")
    opener = getattr(plugin, "livn_backend_open", None)
    if opener is None:
        raise PluginError(f"it has no livn_backend_open hook{_similar(plugin)}", "tell its author")
    for name in HOOKS:
        function = getattr(plugin, name, None)
        if function is None:
            continue
        if not hasattr(function, f"{hookspecs.PROJECT}_impl"):
            raise PluginError(f"{name} is not marked with @livn_core.hookimpl", "tell its author")
        _check_no_keyword_only(name, function)


def _check_no_keyword_only(name: str, function: Any) -> None:
    parameters = inspect.signature(function).parameters.values()
    keyword_only = [one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    if keyword_only:
        raise PluginError(f"{name} has keyword-only arguments ({', '.join(keyword_only)})", "tell its author")


def _check_registered(plugin: object, manager: pluggy.PluginManager) -> None:
    # pluggy passes over what is no function, and lets a wrapper stand without anything to wrap.
    if _opener(plugin, manager) is None:
        raise PluginError("its livn_backend_open is no plain function or method", "tell its author")
    unknown = [caller.name for caller in manager.get_hookcallers(plugin) or [] if not caller.has_spec()]
    if unknown:
        close = difflib.get_close_matches(unknown[0], HOOKS, n=1)
        hint = f"; did its author mean {close[0]}?" if close else ""
        raise PluginError(f"there is no hook {unknown[0]}{hint}", "tell its author")


def _opener(plugin: object, manager: pluggy.PluginManager) -> pluggy.HookImpl | None:
    found = manager.hook.livn_backend_open.get_hookimpls()
    return next((one for one in found if one.plugin is plugin and not (one.wrapper or one.hookwrapper)), None)


def _takes_options(plugin: object, manager: pluggy.PluginManager) -> bool:
    opener = _opener(plugin, manager)
    return opener is not None and "options" in (*opener.argnames, *opener.kwargnames)


def _similar(plugin: object) -> str:
    close = difflib.get_close_matches("livn_backend_open", dir(plugin), n=1, cutoff=0.8)
    return f" (but {close[0]})" if close else ""


def _asker(plugin: object, manager: pluggy.PluginManager) -> Ask:
    def ask(hook: str, **arguments: object) -> Any:
        # Computed at each call, because plugins that are registered later have to be left out as well.
        others = [other for other in manager.get_plugins() if other is not plugin]
        return manager.subset_hook_caller(hook, others)(**arguments)

    return ask


def _priority(ask: Ask) -> int:
    try:
        priority = ask("livn_backend_priority")
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        reason = f"asking for its priority failed: {type(error).__name__}: {error}"
        raise PluginError(reason, "tell its author") from error
    if priority is None:
        return 0
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise PluginError(f"its priority is {priority!r} instead of an integer", "tell its author")
    return priority
