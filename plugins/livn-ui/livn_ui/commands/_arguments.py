"""The arguments of every ``livn ui`` command: ``key=value``, ``--key value``, ``--key=value`` and ``--flag`` alike.

A command is written with click as usual, its options with :func:`ui_options`::

    @ui_command("import")
    @click.argument("systems", nargs=-1, metavar="[SYSTEM ...]")
    @ui_options(ROOT_DIR, Option("force", "Import what is unchanged too.", bool))
    def import_(systems: tuple[str, ...], root_dir: Path, force: bool) -> None: ...
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import click

from livn_core.cli._options import debug_option

_KEY_AND_VALUE = re.compile(r"(?:--)?([A-Za-z][A-Za-z0-9_-]*)=(.*)", re.DOTALL)
_SPELLINGS = "Options may be written as KEY=VALUE, --KEY VALUE or --KEY=VALUE, and flags as --KEY or KEY=true."
_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


@attrs.frozen
class Option:
    """One option of a command, and the name of the parameter that receives it.

    Parameters
    ----------
    name
        With underscores; on the command line dashes will do as well.
    help
        One sentence.
    type
        ``str``, ``int``, ``float``, ``Path`` (``~`` is the home directory), or ``bool`` for a flag, which ``--name``,
        ``name=true`` and ``name=false`` set.
    default
        What the parameter receives when the option is left out; a flag's is ``False``.
    shown
        What ``--help`` says instead of the default, where that is ``None``.
    """

    name: str
    help: str
    type: type = str
    default: object = None
    shown: str | None = None

    def declare(self) -> Callable[[Any], Any]:
        """The option as click has it."""
        name = f"--{self.name}"
        if self.type is bool:
            return click.option(name, self.name, is_flag=True, default=False, help=self.help)
        shown = self.shown or self.default is not None
        return click.option(
            name, self.name, default=self.default, show_default=shown, help=self.help, **_TYPES[self.type]
        )


def _expanded(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    try:
        return None if value is None else value.expanduser()
    except RuntimeError as error:
        raise click.BadParameter(f"{str(value)!r}: {error}", ctx, param) from error


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no finite number", ctx, param)
    return value


_TYPES: dict[type, dict[str, Any]] = {
    str: {"type": click.STRING},
    int: {"type": click.INT},
    float: {"type": click.FLOAT, "callback": _finite},
    Path: {"type": click.Path(path_type=Path), "callback": _expanded},
}

ROOT_DIR = Option("root_dir", "The directory that holds one sub-directory per system.", Path, Path("systems", "graphs"))
BUCKET = Option("bucket", "The folder of HSDS's storage that holds the domains.", str, None, "that of the server")
ENDPOINT = Option("endpoint", "Address of HSDS.", str, None, "the server of root_dir, else LIVN_HSDS")
USERNAME = Option("username", "User of HSDS.", str, None, "admin")
PASSWORD_FILE = Option("password_file", "A file of lines USER:PASSWORD that nobody but you may read.", Path)


def ui_options(*options: Option) -> Callable[[Any], Any]:
    """Give a command these options, in this order; and ``--debug``, which the program as a whole reads."""

    def decorate(function: Any) -> Any:
        function = debug_option(function)
        for option in reversed(options):
            function = option.declare()(function)
        return function

    return decorate


def ui_command(name: str, **settings: Any) -> Callable[[Any], click.Command]:
    """Make a command of a function; ``settings`` as of ``click.command``."""
    names = {"help_option_names": ["-h", "--help"]}
    return click.command(name, cls=_UiCommand, context_settings=names, epilog=_SPELLINGS, **settings)


class _UiCommand(click.Command):
    """A command that takes ``key=value`` for each of its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_rewritten(args, self._options(ctx), ctx)))

    def _options(self, ctx: click.Context) -> dict[str, click.Option]:
        found = (param for param in self.get_params(ctx) if isinstance(param, click.Option))
        return {_plain(name): param for param in found for name in param.opts if name.startswith("--")}

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """``[KEY=VALUE ...]``, where click says ``[OPTIONS]``."""
        return ["[KEY=VALUE ...]", *super().collect_usage_pieces(ctx)[1:]]


def _plain(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")


def _rewritten(args: list[str], options: dict[str, click.Option], ctx: click.Context) -> Iterator[str]:
    """The arguments in click's own spelling."""
    words = iter(args)
    seen: set[str] = set()
    for word in words:
        if word == "--":
            yield from (word, *words)
            return
        key, value = _split(word)
        if key is None:
            yield _bare(word, options, ctx)
            continue
        if key not in options:
            raise _unknown(word, key, options, ctx)
        option = options[key]
        if key in seen:
            raise click.UsageError(f"{key} is given twice", ctx)
        seen.add(key)
        yield from _one(option, key, value, words, ctx)


def _split(word: str) -> tuple[str | None, str | None]:
    """Key and value of ``key=value`` and ``--key=value``; key alone of ``--key``; nothing of any other word."""
    if found := _KEY_AND_VALUE.fullmatch(word):
        return _plain(found[1]), found[2]
    if word.startswith("--"):
        return _plain(word), None
    return None, None


def _one(option: click.Option, key: str, value: str | None, words: Iterator[str], ctx: click.Context) -> Iterator[str]:
    if option.is_flag:
        if value is None or value.lower() in _YES:
            yield option.opts[0]
        elif value.lower() not in _NO:
            raise click.BadParameter(f"{value!r} is neither true nor false", ctx, option, param_hint=key)
        return
    given = next(words, None) if value is None else value
    if not given:
        raise click.BadParameter("it has no value; leave it out for the default", ctx, option, param_hint=key)
    yield f"{option.opts[0]}={given}"


def _bare(word: str, options: dict[str, click.Option], ctx: click.Context) -> str:
    """A word that is no option; one that is the name of an option was meant to be one where no words are taken."""
    takes_words = any(isinstance(param, click.Argument) for param in ctx.command.params)
    if _plain(word) in options and not takes_words:
        example = f"--{word}" if options[_plain(word)].is_flag else f"{word}=VALUE"
        raise click.UsageError(f"{word!r}: write {example}", ctx)
    return word


def _unknown(word: str, key: str, options: dict[str, click.Option], ctx: click.Context) -> click.UsageError:
    known = sorted(name for name, option in options.items() if not option.hidden)
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known)}"
    named = word.partition("=")[0]
    return click.UsageError(f"no option {named!r}; {hint}", ctx)
