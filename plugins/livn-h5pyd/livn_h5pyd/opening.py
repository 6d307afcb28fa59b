"""From a source and the user's options to an open file."""

from __future__ import annotations

from collections.abc import Mapping

from livn_core.errors import ConfigError
from livn_h5pyd.config import ENV_VAR, HsdsConfig
from livn_h5pyd.domain import domain_of
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.file import HsdsFile


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
        Fields of ``LIVN_HSDS``, which win over it.

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
    return open_domain(Target(config, domain_of(source)))


def open_domain(target: Target) -> HsdsFile:
    """Open a domain by its own name; raises as :func:`open_file` does."""
    from livn_h5pyd.connection import open_database

    with translated(target):
        database = open_database(target.config, target.domain)
        try:
            return HsdsFile(target, database)
        except BaseException:
            database.close()
            raise
