"""Import many files, several at a time; one that fails does not keep the others back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import attrs
from livn_h5pyd.config import HsdsConfig

from livn_core.errors import FormatError, SystemNotFoundError
from livn_ui.importing.importer import Import, Imported
from livn_ui.importing.loading import ImportOptions
from livn_ui.systems import ServedSystem, find_system, find_systems

JOBS = 4
"""Files at a time. With one data node, more gain nothing."""

_LOOK = 0.2
"""Seconds between two looks whether the caller was interrupted: a wait without an end would not notice."""


@attrs.frozen
class Failed:
    """A file that could not be imported."""

    source: Path
    domain: str
    error: Exception


@attrs.frozen
class Report:
    """What became of all files, in the order of systems and files."""

    imported: tuple[Imported, ...]
    failed: tuple[Failed, ...]


@attrs.frozen
class Task:
    """One file to import."""

    source: Path
    domain: str


def import_system(config: HsdsConfig, directory: Path | str, name: str = "") -> tuple[Imported, ...]:
    """Import every ``.h5`` file of a system.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    directory
        The system.
    name
        Its name on the server; without it the directory's.

    Raises
    ------
    SystemNotFoundError
        The directory does not exist, or has no ``.h5`` file.
    LivnError
        About the first file that fails, as :func:`livn_ui.importing.import_file`; others are imported all the same.
    """
    path = Path(directory)
    files = sorted(path.glob("*.h5"))
    if not files:
        problem = "it has no .h5 file" if path.is_dir() else "no such directory"
        raise SystemNotFoundError(f"{path} is no system: {problem}")
    system = name or path.resolve().name
    report = run(config, [Task(file, f"/{system}/{file.name}") for file in files], ImportOptions())
    if report.failed:
        raise report.failed[0].error
    return report.imported


def import_systems(
    config: HsdsConfig,
    root_dir: Path | str,
    names: Sequence[str] = (),
    *,
    options: ImportOptions | None = None,
    jobs: int = JOBS,
    done: Callable[[Imported | Failed], None] | None = None,
) -> Report:
    """Import systems from a directory that holds one sub-directory per system.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    root_dir
        The directory of systems.
    names
        Which; all, where none is named.
    options
        How to import; see :class:`livn_ui.importing.loading.ImportOptions`.
    jobs
        How many files at a time.
    done
        Called with what became of a file, as soon as it is known.

    Returns
    -------
    Report
        What became of each file.

    Raises
    ------
    SystemNotFoundError
        A system that was named does not exist, or has no ``.h5`` file; nothing is imported then.
    ConfigError
        ``root_dir`` cannot be read.
    """
    return run(config, tasks(Path(root_dir), names), options or ImportOptions(), jobs, done)


def tasks(root_dir: Path, names: Sequence[str]) -> list[Task | Failed]:
    """The files to import; raises as :func:`import_systems` does."""
    systems = [find_system(root_dir, name) for name in dict.fromkeys(names)] or find_systems(root_dir)
    found: list[Task | Failed] = []
    for system in systems:
        if names and not system.h5_files and not system.refused:
            raise SystemNotFoundError(f"{system.path} has no .h5 file to import")
        found += [Task(system.path / name, f"/{system.name}/{name}") for name in system.h5_files]
        found += [_refused(system, name) for name in system.refused]
    return found


def _refused(system: ServedSystem, name: str) -> Failed:
    source = system.path / name
    problem = "is a link to outside of the directory of systems; put the file there, or import from where it is"
    return Failed(source, f"/{system.name}/{name}", FormatError(str(source), "/", problem))


def run(
    config: HsdsConfig,
    wanted: Sequence[Task | Failed],
    options: ImportOptions,
    jobs: int = JOBS,
    done: Callable[[Imported | Failed], None] | None = None,
) -> Report:
    """Import files; see :func:`import_systems`.

    A ``KeyboardInterrupt`` ends the files that are under way at their next piece, and is raised again after that.
    """
    with ThreadPoolExecutor(max(jobs, 1), thread_name_prefix="import") as pool:
        begun = [pool.submit(_one, config, one, options) for one in wanted]
        running: set[Future[Imported | Failed]] = set(begun)
        try:
            while running:
                ready, running = wait(running, _LOOK, FIRST_COMPLETED)
                for one in ready:
                    if done is not None:
                        done(one.result())
        except BaseException:
            options.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    results = [one.result() for one in begun]
    return Report(
        tuple(one for one in results if isinstance(one, Imported)),
        tuple(one for one in results if isinstance(one, Failed)),
    )


def _one(config: HsdsConfig, task: Task | Failed, options: ImportOptions) -> Imported | Failed:
    if isinstance(task, Failed):
        return task
    try:
        return Import(config, task.source, task.domain, options).run()
    except Exception as error:  # whatever it is, other files can go on
        return Failed(task.source, task.domain, error)
