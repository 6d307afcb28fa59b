"""From a source and the user's options to an open file."""

from __future__ import annotations

from collections.abc import Mapping

from livn_core.errors import ConfigError, SourceNotFoundError
from livn_h5pyd.config import ENV_VAR, PROGRESS, HsdsConfig
from livn_h5pyd.domain import domain_of
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.file import HsdsFile
from livn_h5pyd.progress import Progress
from livn_h5pyd.server import keep_for_next, leased


def configured(options: Mapping[str, object]) -> HsdsConfig:
    """The server to use.

    Raises
    ------
    ConfigError
        No server is named, or a field is wrong.
    """
    config = HsdsConfig.from_environment(options)
    if config is None:
        raise ConfigError(f'{ENV_VAR} is not set; for instance {ENV_VAR}=\'{{"endpoint": "http://localhost:5101"}}\'')
    return config


def open_file(source: str, options: Mapping[str, object]) -> HsdsFile:
    """Open the domain that a source stands for.

    Parameters
    ----------
    source
        A path whose end is ``SYSTEM/FILE``, or ``hdf5://DOMAIN``.
    options
        Fields of ``LIVN_HSDS``, which win over it, and ``progress``: a function that is told how far a long read has
        come (:data:`livn_h5pyd.progress.Progress`).

    Raises
    ------
    ConfigError
        ``LIVN_HSDS`` or an option is wrong.
    SourceNotFoundError
        There is no such domain.
    BackendPermissionError
        The server refuses this user.
    BackendConnectionError
        The server cannot be reached, or does not answer in time.
    BackendError
        What answers is not HSDS, or answers with nonsense.
    """
    config = configured(options)
    return open_domain(Target(config, domain_of(source)), _progress(options))


def _progress(options: Mapping[str, object]) -> Progress | None:
    progress = options.get(PROGRESS)
    if progress is not None and not callable(progress):
        raise ConfigError(f"backend option: {PROGRESS!r} must be a function of two numbers, not {progress!r}")
    return progress


def open_domain(target: Target, progress: Progress | None = None) -> HsdsFile:
    """Open a domain by its own name; raises as :func:`open_file` does."""
    with leased(target.config):
        try:
            file = _open(target, progress)
        except SourceNotFoundError:
            keep_for_next(target.config)  # a system is looked for under several names
            raise
        keep_for_next(None)
        return file


def _open(target: Target, progress: Progress | None) -> HsdsFile:
    from livn_h5pyd.connection import open_database

    with translated(target):
        database = open_database(target.config, target.domain)
        try:
            return HsdsFile(target, database, progress)
        except BaseException:
            database.close()
            raise
