"""The pages that are made from the code: the command line, the language, faults, Python, HTTP, drivers."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import click
import pytest
import yaml

from mock_ares import ClientContract, FakeServer, PageContract, Settings, pytest_plugin
from mock_ares.ares.errors import NAMES
from mock_ares.authoring.schema import docstrings_of, json_schema
from mock_ares.faults import FAULTS
from mock_ares.harness.plugin.fixtures import Ares
from mock_ares.manual.tables import Schema, code, default, one_line, table, value
from mock_ares.paths import CONTRACTS
from mock_ares.scenario.fault import Fault

WIDEST = 44
"""Characters of an option in its table."""

# --- the command line -----------------------------------------------------------------------------------------------


def commands(group: click.Group, words: str = "mock-ares") -> Iterator[tuple[str, click.Command]]:
    """Each of a group with the words that it is called by."""
    for name in group.list_commands(context := click.Context(group)):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def command_line(main: click.Group) -> str:
    lines = [_COMMAND_LINE]
    for words, command in commands(main):
        usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=words)))
        lines += [f"## {words.removeprefix('mock-ares ')}", "", *_fence(f"{words} {usage}"), ""]
        lines += [one_line(part) + "\n" for part in (inspect.cleandoc(command.help or "")).split("\n\n")]
        lines += table(("option", "default", ""), map(_option, _options(command)))
    return "\n".join(lines)


def _options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def _option(option: click.Option) -> tuple[str, str, str]:
    record = option.get_help_record(click.Context(click.Command("any")))
    assert record is not None
    names = record[0].rpartition("  ")[0] or record[0]
    by = f" In the environment: {code(str(option.envvar))}." if option.envvar else ""
    shown = option.show_default if isinstance(option.show_default, str) else _default(option.default)
    names, one_of = _without_many(names.strip(), option)
    return code(names), shown, one_line(option.help or "") + one_of + by


def _without_many(names: str, option: click.Option) -> tuple[str, str]:
    """Choices that would make the column too wide are a sentence of their own."""
    if len(names) <= WIDEST or not isinstance(option.type, click.Choice):
        return names, ""
    return names.partition(" [")[0], f" One of {', '.join(code(str(choice)) for choice in option.type.choices)}."


def _default(given: Any) -> str:
    plain = isinstance(given, (str, int, float)) and not isinstance(given, bool)
    return code(str(given)) if plain and str(given) else ""


def _fence(text: str) -> list[str]:
    return ["```", text, "```"]


_COMMAND_LINE = """\
# The command line

Each command says this of itself with `--help`. What `check` and `verify` do, and what their exit statuses mean, is told
at length in [From the command line](../check.md) and [A live server](../verify.md), and with it
[the variables of the environment](../check.md#environment-variables).
"""

# --- the language ---------------------------------------------------------------------------------------------------

FIRST = ("Scenario", "Reply", "When", "Match", "Text", "Chunks", "Pace", "Pause", "Framing", "Json", "Segments", "Body")
"""Mappings of the language in the order in which an author meets them; the others follow."""
NO_MAPPINGS = {"OneReply"} | {fault.__name__ for fault in FAULTS.values()}
"""The short form of a file, which is a scenario's words and a reply's; and what has a page of its own."""


@cache
def schema() -> Schema:
    return json_schema(NAMES)


def mappings(definitions: Mapping[str, Schema]) -> list[str]:
    rest = sorted(definitions.keys() - NO_MAPPINGS - {*FIRST})
    return [name for name in (*FIRST, *rest) if "properties" in definitions[name]]


def language() -> str:
    definitions = schema()["$defs"]
    lines = [_LANGUAGE]
    for name in mappings(definitions):
        part = definitions[name]
        lines += [f"## {name}", "", one_line(part.get("description", "")), ""]
        lines += table(
            ("word", "value", "default", ""),
            (
                (code(word), _linked(_value(word, of)), default(of), one_line(of.get("description", "")))
                for word, of in part["properties"].items()
            ),
        )
    return "\n".join(lines)


def _value(word: str, part: Schema) -> str:
    return "list of [faults](faults.md)" if word == "faults" else value(part)


def _linked(text: str) -> str:
    """Mappings lead to where they are told."""
    return re.sub(r"`([A-Z]\w+)`", lambda name: f"[{name[0]}](#{name[1].lower()})", text)


_LANGUAGE = """\
# Words of the language

Every mapping of a scenario file with every word, as [the JSON Schema](../../contracts/scenario.schema.json) has them,
from which editors complete them. What they are for, with examples, is told in [Scenario files](../scenarios.md).
"""


def faults() -> str:
    lines = [_FAULTS]
    definitions = schema()["$defs"]
    for name, fault in FAULTS.items():
        of = definitions[fault.__name__].get("properties", {})
        lines += [f"## {name}", "", f"{one_line(inspect.getdoc(fault) or '')} {' '.join(_about(fault))}".strip(), ""]
        lines += table(
            ("argument", "value", "default", ""),
            (
                (code(word), value(part), default(part) or "needed", one_line(part.get("description", "")))
                for word, part in of.items()
            ),
        )
    return "\n".join(lines)


def _about(fault: type[Fault]) -> Iterator[str]:
    if fault.http is not None:
        nearest = f"; by the other one {code(fault.nearest)} comes nearest" if fault.nearest else ""
        yield f"HTTP/{fault.http} alone{nearest}."
    if fault.over_tls is not None:
        yield f"Over TLS alone; in clear text {code(fault.over_tls)} comes nearest."
    if fault.needs:
        yield f"It needs {fault.needs}."
    if fault.about == "response":
        yield "It stands in the response's place, and needs no text."


_FAULTS = """\
# Faults

What can go wrong in a reply, as `faults` of [a scenario file](../scenarios.md#faults) and `mock_ares.faults` have them.
`after` is [a position](../scenarios.md#positions).
"""

# --- Python ---------------------------------------------------------------------------------------------------------

CLASSES: tuple[type, ...] = (Ares, FakeServer, Settings, ClientContract, PageContract)
OUR_OWN = {
    Ares: {"finish", "told"},
    FakeServer: {"admit", "dismiss", "loop"},
    Settings: {"awaited", "exposed", "replica"},
}
"""What the fixtures and the command line use, and nobody else."""
CONTRACT_S_OWN = "ares_contract"
"""A fixture that the tests of a contract ask for."""


def members(kind: type) -> dict[str, str]:
    """Public ones with what is said of them; those of a data class, or of a contract, are its fields."""
    told, own = docstrings_of(kind), OUR_OWN.get(kind, set())
    if is_dataclass(kind) or issubclass(kind, ClientContract):
        return {name: told.get(name, "") for name in kind.__annotations__ if name not in own and name[0] != "_"}
    return {
        name: inspect.getdoc(getattr(kind, name)) or ""
        for name, member in vars(kind).items()
        if name not in own and name[0] != "_" and (callable(member) or isinstance(member, property))
    }


def signature(kind: type, name: str) -> tuple[str, str]:
    """How it is written, without types; and its type, or what a call gives."""
    member = inspect.getattr_static(kind, name, None)
    if isinstance(member, property):
        return name, _type(inspect.signature(member.fget or len).return_annotation)
    if callable(member):
        whole = inspect.signature(member)
        plain = [each.replace(annotation=inspect.Parameter.empty) for each in whole.parameters.values()][1:]
        return f"{name}{inspect.Signature(plain)}", _type(whole.return_annotation)
    given = {field.name: field.default for field in fields(kind)} if is_dataclass(kind) else vars(kind)
    of = next(each.__annotations__[name] for each in kind.__mro__ if name in each.__annotations__)
    standard = given.get(name, MISSING)
    return f"{name}{'' if standard is MISSING else f' = {standard!r}'}", _type(of)


def _type(annotation: Any) -> str:
    """As it is written; nothing, where a call gives nothing."""
    return "" if annotation == "None" else re.sub(r"^ClassVar\[(.*)\]$", r"\1", str(annotation))


def fixtures() -> dict[str, str]:
    """pytest's, by name, with what each says of itself."""
    kind = type(pytest_plugin.ares_settings)
    assert kind is type(pytest.fixture(lambda: None))
    found = {name: inspect.getdoc(each) or "" for name, each in vars(pytest_plugin).items() if isinstance(each, kind)}
    return {name: said for name, said in found.items() if name != CONTRACT_S_OWN}


def python() -> str:
    lines = [_PYTHON, "## Fixtures", ""]
    lines += table(("fixture", ""), ((code(name), one_line(said)) for name, said in fixtures().items()))
    for kind in CLASSES:
        lines += [f"## {kind.__name__}", "", one_line(inspect.getdoc(kind) or ""), ""]
        lines += table(
            ("", "type", ""),
            ((*map(code, signature(kind, name)), one_line(said)) for name, said in members(kind).items()),
        )
    return "\n".join(lines)


_PYTHON = """\
# Python

The fixtures that come with pytest, and the classes behind them. How they are used is told in [In pytest](../pytest.md).
"""

# --- HTTP, drivers --------------------------------------------------------------------------------------------------

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, str, Schema]]:
    """Method, path and description of each route of the control API."""
    document = yaml.safe_load((CONTRACTS / "control.openapi.yaml").read_text(encoding="utf-8"))
    for path, item in document["paths"].items():
        yield from ((method.upper(), path, item[method]) for method in METHODS if method in item)


def control_api() -> str:
    lines = [_CONTROL]
    for method, path, operation in operations():
        lines += [f"## {method} {path}", "", f"{operation['summary']}.", ""]
        lines += [operation["description"].strip(), ""] if "description" in operation else []
        named = [each for each in operation.get("parameters", []) if "name" in each]
        lines += table(
            ("parameter", "in", "value", ""),
            (
                (code(each["name"]), each["in"], value(each["schema"]), one_line(each.get("description", "")))
                for each in named
            ),
        )
        lines += _members(operation)
        statuses = ((code(status), one_line(_said(answer))) for status, answer in operation["responses"].items())
        lines += table(("status", ""), ((status, said) for status, said in statuses if status != "`default`"))
    return "\n".join(lines)


def _members(operation: Schema) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    of = content.get("application/json", {}).get("schema", {}).get("properties", {})
    rows = (
        (code(name), value(part), default(part), one_line(part.get("description", ""))) for name, part in of.items()
    )
    return table(("member of the body", "value", "default", ""), rows)


def _said(answer: Schema) -> str:
    return str(answer.get("description") or value(answer))


_CONTROL = """\
# Routes of the control API

All of them, from [the OpenAPI document](../../contracts/control.openapi.yaml), which has the shape of each answer, too.
A mistake is a 4xx with `error`. What it is for, and who may ask: [the control API](../control-api.md).
"""

MESSAGES = {"hello": "The driver's first line", "request": "The harness asks", "message": "The driver says"}


def driver_messages() -> str:
    lines = [_DRIVER]
    for name, title in MESSAGES.items():
        of = json.loads((CONTRACTS / "driver" / f"{name}.schema.json").read_text(encoding="utf-8"))
        needed = of["required"]
        lines += [f"## {title}", "", f"[The schema](../../contracts/driver/{name}.schema.json).", ""]
        lines += table(
            ("member", "value", "", ""),
            (
                (code(word), value(part), "needed" if word in needed else "", one_line(part.get("description", "")))
                for word, part in of["properties"].items()
            ),
        )
    return "\n".join(lines)


_DRIVER = """\
# Messages of drivers

Each is a JSON object on a line. What they mean, in which order they come and what a driver must do:
[the driver protocol](../../contracts/driver-protocol.md).
"""


class MadePage(NamedTuple):
    name: str
    """Of its file in docs/reference/, which the tree does not have."""
    make: Callable[[], str]


def made_pages(main: click.Group) -> dict[str, MadePage]:
    """By title. ``main`` is the command line."""
    return {
        "The command line": MadePage("command-line", partial(command_line, main)),
        "Words of the language": MadePage("language", language),
        "Faults": MadePage("faults", faults),
        "Python": MadePage("python", python),
        "Routes of the control API": MadePage("control-api-routes", control_api),
        "Messages of drivers": MadePage("driver-messages", driver_messages),
    }
