"""Steps about the companion file server, which has the JSON files: is it there, and does it know the same systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from livn_h5pyd.config import ENV_VAR

from livn_ui.checking.asking import Answer, UnansweredError
from livn_ui.checking.step import Step, fail, ok, skipped, warn
from livn_ui.checking.visit import Visit


def check_companion(visit: Visit) -> Iterator[Step]:
    """Whether it answers; another web server with the same files will do, which has no ``/health``."""
    url = visit.config.files_endpoint
    try:
        health, systems = visit.ask_companion("/health"), visit.ask_companion("/systems")
    except UnansweredError as error:
        yield fail("companion", f"{url}: {error}; graph.json and the like cannot be read", _how_to_start(visit))
        return
    visit.served = _names(systems)
    if visit.served is not None:
        yield ok("companion", f"{url} serves {len(visit.served)} system{'' if len(visit.served) == 1 else 's'}")
    elif health.status == 200 and health.json is not None:
        yield fail("companion", f"{url}: its list of systems is broken ({systems})", "look at the server's log")
    else:
        found = f"what answers at {url} has no list of systems ({systems}), so it is no companion of livn"
        yield warn("companion", found, f"correct 'files_endpoint' in {ENV_VAR}; nothing, if it has the files below")


def check_sidecar(visit: Visit) -> Iterator[Step]:
    """Read one JSON file, of the first system that has one."""
    imported = visit.imported or ()
    served = imported if visit.served is None else visit.served
    names = [name for name in imported if name in served] or list(served)
    for system in names:
        for file in _files(visit, system):
            path = f"/files/{quote(system)}/{quote(file)}"
            answer = visit.ask_companion(path)
            if answer.status == 200 and answer.json is not None:
                yield ok("JSON files", f"{system}/{file}: {len(answer.body)} bytes")
            else:
                url = f"{visit.config.files_endpoint}{path}"
                yield fail("JSON files", f"{url}: no JSON came ({answer})", _remedy(visit))
            return
    yield warn("JSON files", "no system has any", "put graph.json into the directory of each system")


def check_same_systems(visit: Visit) -> Iterator[Step]:
    """Whether HSDS and the companion have the same systems."""
    if visit.served is None:
        yield warn("same systems", "the companion has no list of its systems", "nothing, if it is no companion of livn")
        return
    if visit.imported is None:
        yield skipped("same systems", "systems")
        return
    imported = visit.imported
    only_files = [name for name in visit.served if name not in imported]
    only_hsds = [name for name in imported if name not in visit.served]
    found = [f"not imported: {', '.join(only_files)}"] if only_files else []
    found += [f"in HSDS, but without files beside the companion: {', '.join(only_hsds)}"] if only_hsds else []
    remedies = [visit.target.how_to_import(*only_files)] if only_files else []
    remedies += ["put their directories into the server's root_dir"] if only_hsds else []
    if found:
        yield warn("same systems", "; ".join(found), "; ".join(remedies))
    else:
        yield ok("same systems", "HSDS and the companion have the same ones")


def _names(answer: Answer) -> Sequence[str] | None:
    body = answer.json if answer.status == 200 else None
    names = body.get("systems") if isinstance(body, dict) else body
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return names


def _files(visit: Visit, system: str) -> Sequence[str]:
    """The JSON files of a system; where there is no list, the one that every system has."""
    answer = visit.ask_companion(f"/systems/{quote(system)}")
    body = answer.json if answer.status == 200 else None
    files = body.get("files") if isinstance(body, dict) else None
    return [name for name in files if isinstance(name, str)] if isinstance(files, list) else ["graph.json"]


def _how_to_start(visit: Visit) -> str:
    return f"name its address as 'files_endpoint' in {ENV_VAR}; livn ui server starts one, at the port after HSDS's"


def _remedy(visit: Visit) -> str:
    return f"correct 'files_endpoint' in {ENV_VAR}, or look at that server"
