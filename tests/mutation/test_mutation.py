"""The mutants that ``make mutation`` makes, and the table of those that change nothing."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.mutation import changes
from tests.mutation.equivalents import EQUIVALENTS, Equivalent, stale
from tests.mutation.judge import SUBJECTS, Subject, judged

REFERENCE = SUBJECTS[0]


def made(source: str) -> set[tuple[str, str]]:
    return {(change.what, change.source) for change in changes.python(source)}


def test_python_is_changed_in_one_place_each() -> None:
    assert made("if a == 1 and not b:\n    f()\n") == {
        ("condition negated", "if not (a == 1 and (not b)):\n    f()"),
        ("condition True", "if True:\n    f()"),
        ("condition False", "if False:\n    f()"),
        ("And is Or", "if a == 1 or not b:\n    f()"),
        ("without operand 1", "if not b:\n    f()"),
        ("without operand 2", "if a == 1:\n    f()"),
        ("Eq is NotEq", "if a != 1 and (not b):\n    f()"),
        ("1 is 2", "if a == 2 and (not b):\n    f()"),
        ("1 is 0", "if a == 0 and (not b):\n    f()"),
        ("without not", "if a == 1 and b:\n    f()"),
        ("not called", "if a == 1 and (not b):\n    pass"),
    }


def test_calls_texts_and_slices_are_changed_in_each_of_their_parts() -> None:
    assert made("x = a.strip(b, 'c', d=1)[1:]\n") >= {
        ("strip is lstrip", "x = a.lstrip(b, 'c', d=1)[1:]"),
        ("strip is rstrip", "x = a.rstrip(b, 'c', d=1)[1:]"),
        ("argument 1 is None", "x = a.strip(None, 'c', d=1)[1:]"),
        ("without argument 2", "x = a.strip(b, d=1)[1:]"),
        ("without d", "x = a.strip(b, 'c')[1:]"),
        ("'c' is 'C'", "x = a.strip(b, 'C', d=1)[1:]"),
        ("'c' is 'xcx'", "x = a.strip(b, 'xcx', d=1)[1:]"),
        ("without the lower bound", "x = a.strip(b, 'c', d=1)[:]"),
        ("assigned None", "x = None"),
    }


def test_what_no_check_asks_for_is_left_alone() -> None:
    source = (
        '"""A text."""\nimport a\n\ndef main(x: int="n"):\n    return 1\n\nif __name__ == "__main__":\n    main()\n'
    )
    assert made(source) == set()


def test_javascript_is_changed_by_tokens() -> None:
    source = 'import a from "a";\n// 1 === 2\nif (x === "b") {\n  f(x);\n}\nif (process.argv[1]) g();\n'
    assert {(change.what, change.number) for change in changes.javascript(source)} == {
        ("=== is !==", 3), ('"b" is ""', 3), ('"b" is "bx"', 3), ('"b" is "B"', 3), ("statement gone", 4),
        ('x === "b" is true', 3), ('x === "b" is false', 3),
    }  # fmt: skip


@pytest.mark.slow  # also done by each run of make mutation
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_each_row_of_the_equivalents_is_about_a_mutant(subject: Subject) -> None:
    assert stale(subject.name, list(subject.mutants(subject.source))) == []


def test_a_row_that_is_about_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Equivalent("reference", "no such line", "*", "it was here once")
    monkeypatch.setattr("tests.mutation.equivalents.EQUIVALENTS", (row,))
    assert stale("reference", list(islice(REFERENCE.mutants(REFERENCE.source), 3))) == [row]


def test_each_row_says_why() -> None:
    assert all(row.why for row in EQUIVALENTS)
    assert {row.subject for row in EQUIVALENTS} <= {subject.name for subject in SUBJECTS}


def test_a_mutant_is_killed_by_the_check_that_is_about_it() -> None:
    source = REFERENCE.source
    assert judged(REFERENCE, source.replace('"\\n".join(data)', '"".join(data)'), quick=True) == "text-newlines"
    assert judged(REFERENCE, source.replace("import zlib", "import zlib, nothing"), quick=True) == (
        "it does not load: ModuleNotFoundError"
    )
