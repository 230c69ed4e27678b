"""The page of the command line, from the signatures of typer's commands."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

_VALUES = {Path: "PATH", int: "N", float: "X", str: "TEXT"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option of a command, as it is typed; ``default`` is empty where there is none."""

    typed: str
    default: str
    meaning: str
    is_argument: bool


def page(commands: typer.Typer, *, program: str) -> str:
    """A heading for each command, with its usage, what it does, and a table of its arguments and options.

    Options of the program itself stand before.
    """
    found = commands.registered_callback
    own = parameters(found.callback) if found and found.callback else []
    before = ["\n".join(f"`{program} {option.typed}`: {option.meaning}." for option in own)] if own else []
    return "\n\n".join([*before, *(_command(f"{program} {name}", does) for name, does in registered(commands))]) + "\n"


def registered(commands: typer.Typer) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Name and function of each command, those of nested groups too, in the order in which they are listed."""
    for info in commands.registered_commands:
        if info.callback is not None and not info.hidden:
            yield info.name or info.callback.__name__.replace("_", "-"), info.callback
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            for name, does in registered(group.typer_instance):
                yield f"{group.name} {name}" if group.name else name, does


def parameters(does: Callable[..., Any]) -> list[Parameter]:
    """Arguments and options of a command, arguments first."""
    hints = get_type_hints(does, include_extras=True)
    signature = inspect.signature(does).parameters
    listed = [_parameter(name, hints[name], given.default) for name, given in signature.items()]
    return sorted(listed, key=lambda parameter: not parameter.is_argument)


def _parameter(name: str, hint: Any, default: Any) -> Parameter:
    kind, info = (
        get_args(hint)[0],
        next(note for note in get_args(hint)[1:] if isinstance(note, ArgumentInfo | OptionInfo)),
    )
    required = default is inspect.Parameter.empty
    shown = "" if required or default is None or default is False else str(getattr(default, "value", default))
    several = any(get_origin(part) is list for part in (kind, *get_args(kind)))
    if isinstance(info, ArgumentInfo):
        typed = f"{(info.metavar or name).upper()}{' …' if several else ''}"
        return Parameter(typed if required else f"[{typed}]", shown, info.help or "", is_argument=True)
    typed = ", ".join(info.param_decls) if info.param_decls else f"--{name.replace('_', '-')}"
    value = "" if kind is bool else f" {_metavar(kind)}"
    return Parameter(f"{typed}{value}", shown, f"{info.help or ''}{_bounds(info)}", is_argument=False)


def _bounds(info: OptionInfo) -> str:
    if info.min is None:
        return "" if info.max is None else f" (at most {info.max:g})"
    return f" (at least {info.min:g})" if info.max is None else f" ({info.min:g} to {info.max:g})"


def _metavar(kind: Any) -> str:
    """Placeholder of a value of a type, or of the type inside a list or an option that may be left out."""
    if kind in _VALUES:
        return _VALUES[kind]
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return next(_metavar(part) for part in get_args(kind) if part is not type(None))


def _command(name: str, does: Callable[..., Any]) -> str:
    listed = parameters(does)
    usage = " ".join([name, *(parameter.typed for parameter in listed if parameter.is_argument), "[options]"])
    rows = [
        f"| `{parameter.typed}` | {f'`{parameter.default}`' if parameter.default else ''} | "
        f"{_escaped(parameter.meaning)} |"
        for parameter in listed
    ]
    table = "\n".join(["| argument or option | default | meaning |", "| --- | --- | --- |", *rows])
    return "\n\n".join([f"## {name}", inspect.getdoc(does) or "", f"```text\n{usage}\n```", table])


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")
