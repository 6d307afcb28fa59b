"""The original ``livn``, where it is installed beside livn-core, and what is handed on to it.

The original also installs a script named ``livn``, and whichever of the two was installed last has the name. So that
both can be used either way, a command that is unknown here is the original's to answer.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from typing import Any

from livn_core.errors import MissingPackageError


def script_of_the_original() -> EntryPoint | None:
    """What the original's script calls; ``None`` where the original is not installed.

    The distribution is asked, because any folder named ``livn`` would pass for a package.
    """
    try:
        installed = distribution("livn")
    except PackageNotFoundError:
        return None
    return next(iter(installed.entry_points.select(group="console_scripts", name="livn")), None)


def call_the_original(script: EntryPoint, arguments: list[str]) -> Any:
    """Hand a command line on; returns what the script would exit with.

    Raises
    ------
    MissingPackageError
        The original, or something that it needs, cannot be imported.
    """
    try:
        main = script.load()
    except (ImportError, AttributeError) as error:
        raise MissingPackageError(
            f"livn-core has no command {_command(arguments)!r}, and the package livn, which might, cannot be imported "
            f"({type(error).__name__}: {error})"
        ) from error
    return main(arguments)


def _command(arguments: list[str]) -> str:
    return next((one for one in arguments if not one.startswith("-")), "")
