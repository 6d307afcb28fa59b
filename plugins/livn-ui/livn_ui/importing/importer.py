"""Import one file, or all files of a system: complete, written to disk and compared, or not at all."""

from __future__ import annotations

import posixpath
import secrets
import time
from pathlib import Path

import attrs
import h5py
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.connection import open_database
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.opening import open_domain

from livn_core.errors import SystemNotFoundError
from livn_ui.importing.administration import Administration
from livn_ui.importing.normalise import open_hdf5
from livn_ui.importing.transfer import Transfer
from livn_ui.importing.verify import verify

_PATIENCE = 20
"""Retries while writing: a busy data node answers 503 until it has written some of what it was given."""


@attrs.frozen
class Imported:
    """What became of one file."""

    source: Path
    domain: str
    datasets: int
    bytes_compared: int
    """Size of all values, each of which was read back and found equal."""
    seconds: float


def import_file(config: HsdsConfig, source: Path | str, domain: str) -> Imported:
    """Import one HDF5 file.

    It is written under a temporary name, flushed, read back and compared; only then does it take the place of what
    was there. So whatever goes wrong, a former import of that name is still what it was.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    source
        Path of the file.
    domain
        The new domain, such as ``/EI1/cells.h5``; folders above it are made.

    Raises
    ------
    SourceNotFoundError, FormatError
        About the file; :class:`NotImportableError` where HSDS cannot store what it holds.
    ImportVerificationError
        The server gives back something else.
    BackendConnectionError, BackendPermissionError, BackendError
        About the server.
    """
    began = time.monotonic()
    path = Path(source)
    patient = attrs.evolve(config, retries=max(config.retries, _PATIENCE))
    administration = Administration(patient)
    with open_hdf5(path) as file:
        Administration(config).make_folders(domain)
        partial = f"{posixpath.splitext(domain)[0]}-importing-{secrets.token_hex(4)}.h5"
        try:
            datasets = _write(patient, file, partial)
            administration.flush(partial)
            with open_domain(Target(config, partial)) as written:
                compared = verify(file, written)
        except BaseException:
            administration.delete(partial)
            raise
    administration.move(partial, domain)
    administration.flush(domain)
    administration.summarise(domain)
    return Imported(path, domain, datasets, compared, time.monotonic() - began)


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
    """
    path = Path(directory)
    files = sorted(path.glob("*.h5"))
    if not files:
        problem = "it has no .h5 file" if path.is_dir() else "no such directory"
        raise SystemNotFoundError(f"{path} is no system: {problem}")
    system = name or path.resolve().name
    return tuple(import_file(config, file, f"/{system}/{file.name}") for file in files)


def _write(config: HsdsConfig, file: h5py.File, domain: str) -> int:
    target = Target(config, domain)
    with translated(target):
        database = open_database(config, domain, read_only=False, append=False)
        try:
            database.flush()  # ends h5pyd's "new domain" state, in which it would send every value once more
            return Transfer(file, database).run()
        finally:
            database.close()
