"""Finding configurations, by name or path, and reading their YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from livn_core.errors import ConfigError, SourceNotFoundError, missing_package
from livn_core.generating._config import Config
from livn_core.generating._nodes import Node
from livn_core.generating._parsing import parse

SUFFIXES: Final = (".yml", ".yaml")
EXTENDS: Final = "extends"
"""The key that names a configuration from which all is taken that the file does not say itself."""


def folder() -> Path:
    """Where the configurations lie: in an installed package within it, else in ``systems/config`` of the checkout."""
    package = Path(__file__).parents[1]
    inside = package / "data" / "config"
    return inside if inside.is_dir() else package.parent / "systems" / "config"


def configurations() -> dict[str, Config]:
    """Every configuration that comes with livn-core, by name."""
    return {path.stem: load(path) for path in sorted(folder().glob("*.yml"))}


def load(name: str | Path) -> Config:
    """Read a configuration.

    Parameters
    ----------
    name
        A name among those that come with livn-core, or the path of a YAML file.

    Returns
    -------
    Config
        With everything that it extends.

    Raises
    ------
    SourceNotFoundError
        There is none.
    ConfigError
        Something in it is missing, unknown or of the wrong kind; the message names the file and the key.
    """
    path = Path(name)
    if path.suffix not in SUFFIXES:
        path = folder() / f"{name}.yml"
    content = _content(path, name, ())
    return parse(Node(str(path), "", content), path.stem)


def _content(path: Path, name: object, from_: tuple[Path, ...]) -> dict[str, Any]:
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in folder().glob("*.yml")))
        where = f" (named in {from_[-1]})" if from_ else ""
        raise SourceNotFoundError(
            f"there is no configuration {str(name)!r}{where}; there is {known}, and paths that end in .yml"
        )
    content = _read(path)
    if EXTENDS not in content:
        return content
    base = Node(str(path), EXTENDS, content.pop(EXTENDS)).text()
    beside = path.parent / (base if base.endswith(SUFFIXES) else f"{base}.yml")
    if beside in (*from_, path):
        raise ConfigError(f"{path}: {EXTENDS}: goes round in a circle: {', '.join(map(str, (*from_, path, beside)))}")
    there = beside if beside.is_file() else folder() / f"{base}.yml"
    return {**_content(there, base, (*from_, path)), "name": path.stem, **content}


def _read(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise missing_package("PyYAML", "generating", "generate") from error
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _loader(yaml))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: has to be a mapping, not {content!r:.60}")
    return content


def _loader(yaml: Any) -> Any:
    """YAML's safe loader, but a key that is given twice is an error instead of the first being dropped."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for at, key in enumerate(keys):
                if key in keys[:at]:
                    mark = node.value[at][0].start_mark
                    raise yaml.constructor.ConstructorError(problem=f"{key!r} is given twice", problem_mark=mark)
            return super().construct_mapping(node, deep=deep)

    return Loader
