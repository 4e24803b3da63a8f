"""What a fault is: a name with its arguments to an author, what it does to a reply to everybody else.

Each is a file in ``mock_ares.faults`` that puts itself into the table here, so nothing else needs to know its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar, get_args

from mock_ares.scenario.mapping import Words
from mock_ares.scenario.words import describe

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

About = Literal["end", "content", "response"]


@dataclass(frozen=True, slots=True)
class Fault(Words):
    """A function from plan to plan; its fields are its arguments in the language. What else it is, its class says."""

    name: ClassVar[str]
    """In the language; ``fault`` sets it."""
    about: ClassVar[About] = "end"
    """What is wrong. Behind a fault in the content others may follow; one of the response takes its place, and needs no
    text."""
    ends_well: ClassVar[bool] = False
    """HTTP ends well, and the reply does not: only the dialect shows it."""
    drops_text: ClassVar[bool] = False
    """Not all of the plan's text is in its payload any more."""
    needs_gzip: ClassVar[bool] = False
    """It is about a compressed body."""
    over_tls: ClassVar[str | None] = None
    """It is about TLS, and cannot be said in clear text: the fault that comes nearest there."""
    needs: ClassVar[str | None] = None
    """What of a reply or of a client it cannot do without, as people are told."""
    http: ClassVar[Literal["1.1", "2"] | None] = None
    """The one version of HTTP that it can be said by; None: any."""
    nearest: ClassVar[str] = ""
    """What comes nearest to it by the other one."""
    trait: ClassVar[str | None] = None
    """What a stream has on account of it, as reports tell what a failing stream has and others have not."""

    def __call__(self, plan: Any) -> Any:
        """The plan with the fault (``mock_ares.plan.model.StreamPlan``, which this room does not know)."""
        raise NotImplementedError

    @classmethod
    def unsayable(cls, tls: bool) -> str | None:
        """Why it cannot be said over a connection whose TLS is the fake's own, or that has none; None: it can."""
        if tls or cls.over_tls is None:
            return None
        nearest = f"{cls.over_tls} comes nearest in clear text"
        return f"{cls.name}: here is no TLS to break; {nearest} (mock-ares serve --tls, Settings(tls=True))"

    @classmethod
    def required(cls) -> list[str]:
        """The arguments that it cannot do without."""
        return [field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING]


FAULTS: dict[str, type[Fault]] = {}
"""The faults by name, in the order of what they are about, of HTTP (what HTTP/2 alone has is last) and of the alphabet.

Complete once ``mock_ares.faults`` is imported.
"""
F = TypeVar("F", bound=Fault)


def fault(name: str) -> Callable[[type[F]], type[F]]:
    """Puts a class into the table, under its name in the language."""

    def register(kind: type[F]) -> type[F]:
        kind.name = name
        FAULTS[name] = kind
        for known in sorted(FAULTS, key=_order):
            FAULTS[known] = FAULTS.pop(known)
        return kind

    return register


def _order(name: str) -> tuple[int, bool, str]:
    return get_args(About).index(FAULTS[name].about), FAULTS[name].http == "2", name


@dataclass(frozen=True, slots=True)
class OneOfTheTable:
    """Marks a list of faults; each is a bare name, or a mapping with the name as its only key."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        named = core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(handler.generate_schema(fault), required=False)
                for name, fault in FAULTS.items()
            },
            extra_behavior="forbid",
        )
        return core_schema.tuple_variable_schema(core_schema.no_info_wrap_validator_function(_one, named))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found = handler(schema)
        bare = [name for name, fault in FAULTS.items() if not fault.required()]
        named = {**found["items"], "minProperties": 1, "maxProperties": 1}
        for name in bare:
            named["properties"][name] = {"anyOf": [named["properties"][name], {"type": "null"}]}
        return {**found, "items": {"anyOf": [{"enum": bare}, named]}}


def _one(value: object, validate: Callable[[Any], dict[str, Fault]]) -> Fault:
    """A fault from its name, from a mapping of its name to its arguments, or from itself."""
    from pydantic_core import PydanticCustomError

    if isinstance(value, Fault):
        return value
    if isinstance(value, str):
        value = {value: {}}
    if not isinstance(value, dict) or not value:
        raise PydanticCustomError(
            "expected", "expected a fault's name, with its arguments under it, not {found}", {"found": describe(value)}
        )
    if len(value) > 1:
        name, *others = value
        hint = f"indent {others[0]!r} under {name}:" if others[0] not in FAULTS else "begin each with a dash of its own"
        raise PydanticCustomError("expected", "one item of faults is one fault; {hint}", {"hint": hint})
    (found,) = validate({name: {} if arguments is None else arguments for name, arguments in value.items()}).values()
    return found


FaultList = Annotated[tuple[Fault, ...], OneOfTheTable()]
