"""``serde_samples.json`` holds bodies, and what becomes of them in structs of ARES's shape under the crates it locks:

serde 1.0.228, serde_json 1.0.149 (``preserve_order``), serde_path_to_error 0.1.20, behind axum 0.8.8's ``Json``. Bodies
are bytes, written as Latin-1. The first rows are samples that people checked by hand. Rows are left out where the fake
does not go as far: floats off by their last digit, marks that combine, a key's place, mistakes inside skipped items.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_ares.ares.bodies import CHAT
from mock_ares.ares.serde import Field, Many, SerdeError, Struct, check_grammar, deserialize
from tests.growth import LINEAR, growth

STRUCTS = {
    "chat": CHAT,
    "login": Struct("LoginRequest", (Field("email", "string"), Field("password", "string"))),
    "refresh": Struct("RefreshRequest", (Field("refresh_token", "string"),)),
    "research": Struct(
        "ResearchRequest",
        (Field("query", "string"), Field("depth", "u8", optional=True), Field("max_iterations", "u8", optional=True)),
    ),
    "workflow": Struct("WorkflowRequest", (Field("query", "string"), Field("context", "map", default=dict))),
}
SAMPLES: list[tuple[str, str, int, Any]] = json.loads(Path(__file__).with_name("serde_samples.json").read_text())
PREFIXES = {
    400: "Failed to parse the request body as JSON: ",
    422: "Failed to deserialize the JSON body into the target type: ",
}


def refusal(struct: Struct, body: bytes, *, strict: bool = False) -> SerdeError:
    with pytest.raises(SerdeError) as caught:
        deserialize(struct, body, strict=strict)
    return caught.value


@pytest.mark.parametrize(
    ("struct", "body", "status", "said"), SAMPLES, ids=[f"{row[0]} {row[1][:40]!a}" for row in SAMPLES]
)
def test_says_what_axum_says(struct: str, body: str, status: int, said: Any) -> None:
    data = body.encode("latin-1")
    if status == 200:
        fields = deserialize(STRUCTS[struct], data)
        assert said is None or fields == said
    else:
        error = refusal(STRUCTS[struct], data)
        assert PREFIXES[status] + str(error) == said
        assert (error.kind == "syntax") == (status == 400)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@example(value={"message": "", "x": [1, 2, [], {"a": 1, "b": {}}]}, ascii_only=True, indent=None)
@given(
    value=st.fixed_dictionaries({"message": st.text()}, optional={"context_id": st.text(), "x": JSON_VALUES}),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, "\t"]),
)
def test_reads_what_json_writes(value: dict[str, Any], ascii_only: bool, indent: Any) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    fields = deserialize(CHAT, body)
    assert fields["message"] == value["message"]
    assert fields["context_id"] == value.get("context_id")
    check_grammar(body)


@given(st.one_of(st.binary(), st.text(alphabet='{}[]",:\\u0e-+.ntf \n').map(str.encode)))
def test_any_bytes_are_read_or_refused_inside_the_body(body: bytes) -> None:
    for read in (check_grammar, lambda data: deserialize(CHAT, data)):
        try:
            read(body)
        except SerdeError as error:
            line, column = str(error).rpartition(" at line ")[2].split(" column ")
            assert int(column) <= len(body.split(b"\n")[int(line) - 1])


def loads(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@given(st.one_of(JSON_VALUES.map(json.dumps), st.text(alphabet='{}[]",:01e-+.ntfrueals \n')))
def test_the_grammar_is_that_of_json(text: str) -> None:
    try:
        loads(text)
        good = True
    except ValueError:
        good = False
    try:
        check_grammar(text.encode())
        assert good
    except SerdeError:
        assert not good


def test_strict_takes_no_array_for_an_object_and_no_object_for_an_agent_type() -> None:
    assert refusal(CHAT, b'["hi",null,null]', strict=True).kind == "type"
    assert refusal(CHAT, b'{"message":"","agent_type":{"router":null}}', strict=True).where == "agent_type: "
    assert deserialize(CHAT, b'{"message":"","agent_type":"router"}', strict=True)["agent_type"] == "router"


INNER = Struct("Inner", (Field("role", "string"), Field("size", "u32", optional=True)))
OUTER = Struct(
    "Outer",
    (
        Field("message", "string", unless="turns"),
        Field("turns", Many(INNER), default=lambda: None, extra=True),
    ),
)


def test_lists_of_structs() -> None:
    fields = deserialize(OUTER, b'{"turns":[{"role":"user","size":4294967295},{"role":"x"},["y",null]]}')
    assert fields["message"] is None
    assert [turn["size"] for turn in fields["turns"]] == [4294967295, None, None]
    error = refusal(OUTER, b'{"turns":[{"role":"user"},{"role":5}]}')
    assert str(error) == "turns[1].role: invalid type: integer `5`, expected a string at line 1 column 35"
    assert str(refusal(OUTER, b'{"turns":[{"size":1}]}')).startswith("turns[0]: missing field `role`")
    assert str(refusal(OUTER, b'{"turns":{}}')).startswith("turns: invalid type: map, expected a sequence")


def test_an_extra_member_is_no_element_of_the_array_form() -> None:
    assert deserialize(OUTER, b'["hi"]') == {"message": "hi", "turns": None}
    assert "expected struct Outer with 1 element at" in str(refusal(OUTER, b"[]"))


def test_what_has_a_default_may_not_be_null() -> None:
    assert str(refusal(OUTER, b'{"turns":null}')).startswith("turns: invalid type: null, expected a sequence at line")
    assert deserialize(OUTER, b'{"message":""}') == {"message": "", "turns": None}


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"agent_type":[', b'{"agent_type":{"a":', b'{"x":['])
@pytest.mark.parametrize("depth", [130, 100_000])
def test_depth_is_nobodys_stack(opening: bytes, depth: int) -> None:
    body = opening + opening[-5:] * depth
    assert refusal(CHAT, body).kind in ("syntax", "type")
    with pytest.raises(SerdeError):
        check_grammar(body)


def read(body: bytes) -> None:
    with suppress(SerdeError):
        deserialize(CHAT, body)


BODIES = {
    "a plain string": (b'{"message":"', b"x", b'"}', 1 << 20),
    "escapes": (b'{"message":"', b"\\n\\u00e9", b'"}', 60_000),
    "a string that ends badly": (b'{"message":"', b"\\n", b"\x01", 60_000),
    "open arrays": (b'{"x":', b"[", b"", 40_000),
    "skipped items": (b'{"x":[1', b",1", b"", 100_000),
    "skipped arrays": (b'{"x":[[]', b",[]", b"", 40_000),
    "skipped members": (b'{"x":{"":1', b',"":1.5', b"", 100_000),
    "kept items": (b'{"agent_type":[1', b",1", b"]}", 100_000),
    "kept numbers": (b'{"agent_type":[1', b",1.5", b"]}", 20_000),
    "kept members": (b'{"agent_type":{"":1', b',"":1', b"}}", 20_000),
    "unknown members": (b"{", b'"a":1,', b"}", 20_000),
    "a long number": (b'{"message":', b"1", b"}", 1 << 20),
    "a long fraction": (b'{"message":0.', b"0", b"}", 1 << 20),
    "white space": (b"", b"\n", b"5", 1 << 20),
}
"""What is before, over and over, and behind; and how often, for it to be timed."""
COUNTED = 40_000
"""How often at most, for its lines to be counted."""


@pytest.mark.parametrize(("before", "repeated", "after", "n"), BODIES.values(), ids=list(BODIES))
def test_the_cost_grows_with_the_body(before: bytes, repeated: bytes, after: bytes, n: int) -> None:
    enough = min(n, COUNTED)
    assert growth(lambda count: read(before + repeated * count + after), enough) < LINEAR
