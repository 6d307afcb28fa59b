"""Steps about systems in HSDS: what is there, and whether a reader can open it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs
from livn_h5pyd.config import ENV_VAR, HsdsConfig
from livn_h5pyd.failures import Target as Domain
from livn_h5pyd.opening import open_domain

from livn_core.backends import Selection
from livn_core.errors import BackendPermissionError, LivnError
from livn_core.neuroh5 import NeuroH5File
from livn_ui.checking.asking import Answer
from livn_ui.checking.step import Step, fail, ok, warn
from livn_ui.checking.visit import Visit

AT_ONCE = 4
DEEPEST = 3
"""How deep systems are looked for: ``/EI1``, ``/lab/EI1``, ``/lab/project/EI1``."""


def check_systems(visit: Visit) -> Iterator[Step]:
    """Find systems, and open each of them."""
    folders = dict(_folders(visit, "/", DEEPEST))
    visit.imported = [name for name, files in folders.items() if _whole(files)]
    if not visit.imported:
        found = f"{_counted(len(folders), 'folder')}, but no system is imported"
        yield fail("systems", found, visit.target.how_to_import())
    else:
        yield ok("systems", f"{_counted(len(visit.imported), 'system')}: {', '.join(visit.imported)}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda item: _check_system(visit, *item), folders.items())


def _folders(visit: Visit, folder: str, depth: int) -> Iterator[tuple[str, Sequence[str]]]:
    """Folders that hold files or nothing at all, by their path without the first slash, and the files in them."""
    members = _members(visit.ask_hsds("/domains", domain=folder))
    inner = [name for name, kind in members if kind == "folder"]
    files = sorted(posixpath.basename(name) for name, kind in members if kind == "domain")
    if folder != "/" and (files or not inner):
        yield folder.strip("/"), files
    for name in sorted(inner) if depth else ():
        yield from _folders(visit, f"{name.rstrip('/')}/", depth - 1)


def _members(answer: Answer) -> list[tuple[str, str]]:
    """Path and kind of all that is in a folder; nothing where it may not be listed."""
    body = answer.json if answer.status == 200 else None
    members = body.get("domains") if isinstance(body, dict) else None
    found = members if isinstance(members, list) else []
    return [(str(one.get("name")), str(one.get("class"))) for one in found if isinstance(one, dict)]


def _whole(files: Sequence[str]) -> list[str]:
    return [name for name in files if name.endswith(".h5")]


def _check_system(visit: Visit, name: str, files: Sequence[str]) -> Step:
    step, again = f"system {name}", _how_to_import(visit, name)
    whole = set(_whole(files))
    left = sorted(set(files) - whole)  # as livn_ui.importing.switching names what is not complete
    if not whole:
        content = f"only {', '.join(left)}, of an import that was interrupted or goes on" if left else "nothing"
        return warn(step, f"its folder holds {content}", again)
    if not whole & {"cells.h5", "graph.h5"}:
        return fail(step, f"there is {', '.join(sorted(whole))}, and neither cells.h5 nor graph.h5", again)
    wanted = ["graph.h5"] if "graph.h5" in whole else sorted(whole & {"cells.h5", "connections.h5"})
    found = _opened(visit, name, wanted, step)
    if found.status == "ok" and left:
        problem = f"{', '.join(left)} is of an import that was interrupted or goes on"
        return warn(step, f"{found.found}; {problem}", again)
    if found.status == "ok" and wanted == ["cells.h5"]:
        return warn(step, f"{found.found}; there is no connections.h5", f"{again}, if it has projections")
    return found


def _opened(visit: Visit, name: str, files: Sequence[str], step: str) -> Step:
    """Open as anybody may, and where that is refused, with the login of ``LIVN_HSDS``."""
    config = attrs.evolve(visit.config, timeout=visit.asker.timeout, retries=0)
    nobody = attrs.evolve(config, username=None, password=None)
    again = _how_to_import(visit, name, "--force")
    try:
        return ok(step, f"{_described(nobody, name, files)}; readable without a password")
    except BackendPermissionError:
        if not config.username:
            remedy = f"add 'username' and 'password' to {ENV_VAR}, or have its owner let everybody read it"
            return fail(step, "may not be read without a password", f"{remedy} (hsacl DOMAIN +r default)")
    except LivnError as error:
        return fail(step, str(error), again)
    try:
        found = _described(config, name, files)
    except LivnError as error:
        return fail(step, str(error), again)
    return warn(step, f"only with a password, as user {config.username!r}: {found}", "nothing, if that is meant")


def _how_to_import(visit: Visit, name: str, *options: str) -> str:
    """What to type; systems in folders of folders do not come from a served directory."""
    if "/" in name:
        return "import it again, in the way it was imported before"
    return " ".join([visit.target.how_to_import(name), *options])


def _described(config: HsdsConfig, name: str, files: Sequence[str]) -> str:
    """Read what every file must have: its populations, and the sizes of its projections."""
    cells = projections = edges = 0
    for file in files:
        source = f"hdf5://{name}/{file}"
        opened = open_domain(Domain(config, f"/{name}/{file}"))
        with NeuroH5File(opened, source, Selection(source, None, "argument", ())) as content:
            cells = sum(population.count for population in content.populations)
            projections += len(content.projections)
            edges += sum(content.projection(*pair).n_edges for pair in content.projections)
    counts = (_counted(cells, "cell"), _counted(projections, "projection"), _counted(edges, "edge"))
    return f"{' and '.join(files)}: {', '.join(counts)}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
