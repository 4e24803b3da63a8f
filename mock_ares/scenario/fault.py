"""What a fault is to an author: a name with its arguments, from the one table of faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, cast

from mock_ares.scenario.words import describe

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

    from mock_ares.plan.model import StreamPlan


class Fault(Protocol):
    """A function from plan to plan, with the words of the language for its arguments."""

    stands_alone: ClassVar[bool]
    """It needs no text: it takes the response's place."""

    def __call__(self, plan: StreamPlan) -> StreamPlan: ...


def name_of(fault: object) -> str:
    """A fault's name in the language."""
    from mock_ares.faults import FAULTS

    return next(name for name, known in FAULTS.items() if type(fault) is known)


def needs(fault: type[Fault]) -> list[str]:
    """The arguments that a fault cannot do without."""
    known = fields(fault)  # type: ignore[arg-type]  # every fault is a data class
    return [field.name for field in known if field.default is MISSING and field.default_factory is MISSING]


@dataclass(frozen=True, slots=True)
class OneOfTheTable:
    """Marks a list of faults; each is a bare name, or a mapping with the name as its only key."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        from mock_ares.faults import FAULTS

        named = core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(handler.generate_schema(fault), required=False)
                for name, fault in FAULTS.items()
            },
            extra_behavior="forbid",
        )
        return core_schema.tuple_variable_schema(core_schema.no_info_wrap_validator_function(_one, named))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        from mock_ares.faults import FAULTS

        found = handler(schema)
        bare = [name for name, fault in FAULTS.items() if not needs(fault)]
        named = {**found["items"], "minProperties": 1, "maxProperties": 1}
        for name in bare:
            named["properties"][name] = {"anyOf": [named["properties"][name], {"type": "null"}]}
        return {**found, "items": {"anyOf": [{"enum": bare}, named]}}


def _one(value: object, validate: Callable[[Any], dict[str, Fault]]) -> Fault:
    """A fault from its name, from a mapping of its name to its arguments, or from itself."""
    from pydantic_core import PydanticCustomError

    from mock_ares.faults import FAULTS

    if isinstance(value, tuple(FAULTS.values())):
        return cast(Fault, value)
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
