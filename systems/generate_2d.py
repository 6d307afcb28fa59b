"""Generate flat cultures: ``python -m systems.generate_2d EI1 EI2``.

The same configuration gives the same bytes, with the same numpy and h5py.
"""

from __future__ import annotations

from pathlib import Path

import click

from livn_core.errors import ConfigError
from livn_core.writing import write_system
from systems import configuration
from systems.culture import grow
from systems.documents import graph_document, mea_document

GRAPHS = Path(__file__).parent / "graphs"


def generate(name: str, output: Path) -> Path:
    """Generate one system and write it to ``output / NAME``.

    Parameters
    ----------
    name
        A name in ``systems/config``, or the path of a TOML file.
    output
        The directory that gets the system's directory; what stands there under this name is replaced.

    Raises
    ------
    ConfigError
        There is no such configuration, or something in it is wrong.
    """
    config = configuration.load(name)
    culture = grow(config)
    return write_system(
        output / config.name,
        config.ranges,
        culture.edges,
        cells=culture.cells,
        documents={"graph.json": graph_document(config, culture), "mea.json": mea_document(config)},
        overwrite=True,
    )


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--output", type=click.Path(path_type=Path), default=GRAPHS, show_default="systems/graphs")
def main(names: tuple[str, ...], output: Path) -> None:
    """Generate systems by name, or from TOML files of your own."""
    for name in names:
        try:
            click.echo(generate(name, output))
        except ConfigError as error:
            raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
