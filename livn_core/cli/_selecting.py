"""Which cells are meant: a selection as it is written on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from livn_core.system._selection import METHODS

F = TypeVar("F", bound=Callable[..., Any])

EVERYTHING = "all"


def parse_spec(text: str) -> Any:
    """A selection from its text.

    Parameters
    ----------
    text
        ``all``; a whole number, which counts; a number with a point, a fraction; JSON, ``{"EXC": [0, 1], "INH": 5}``;
        anything else is the name of a stored selection.

    Raises
    ------
    click.BadParameter
        It begins like JSON and is none.
    """
    if text == EVERYTHING:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not valid JSON: {error}") from None


def how(given: dict[str, Any]) -> dict[str, Any]:
    """The options of :func:`selection_options` as arguments of ``System.selection``."""
    chosen = {name: value for name, value in given.items() if value is not None and value != ()}
    if "layer" in chosen:
        chosen["layer"] = list(chosen["layer"])
    if "populations" in chosen:
        chosen["populations"] = [name.strip() for name in chosen["populations"].split(",")]
    if "method" not in chosen:
        chosen["method"] = next((one for one, mark in IMPLIED.items() if mark in chosen), "first")
    return chosen


IMPLIED = {"radius": "radius", "box": "bounds", "layer": "layer"}
"""Methods that an option of their own implies."""


def _point(ctx: click.Context, param: click.Parameter, value: str | None) -> list[float] | None:
    return None if value is None else _numbers(value)


def _box(ctx: click.Context, param: click.Parameter, value: str | None) -> list[list[float]] | None:
    return None if value is None else [_numbers(corner) for corner in value.split(":")]


def _numbers(text: str) -> list[float]:
    try:
        return [float(one) for one in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no point; write x,y or x,y,z in µm") from None


def selection_options(command: F) -> F:
    """Give a command the options that say how cells are selected."""
    options = [
        click.option("--method", type=click.Choice(METHODS), help="How to select; options below imply it."),
        click.option("--populations", metavar="NAME[,NAME...]", help="Select from these populations alone."),
        click.option("--seed", type=int, help="Seed of --method random; 123 if left out."),
        click.option("--center", metavar="X,Y[,Z]", callback=_point, help="In µm; the middle if left out."),
        click.option("--radius", type=float, metavar="R", help="All cells that far from --center, in µm."),
        click.option("--bounds", metavar="X,Y[,Z]:X,Y[,Z]", callback=_box, help="All cells in a box, in µm."),
        click.option("--layer", metavar="NAME", multiple=True, help="All cells in a layer; may be repeated."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
