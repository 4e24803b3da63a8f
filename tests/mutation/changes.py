"""All first-order mutants of a source: one small change each, by the syntax tree (Python) or by tokens (JavaScript)."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

PYTHON_SKIPPED = frozenset({"main"})
"""Functions that are about the command line, which no check of a function asks for."""


@dataclass(frozen=True, slots=True)
class Change:
    """One mutant."""

    number: int
    """Where it is in the source, from 1."""
    line: str
    """The source's line, without the space around it."""
    what: str
    source: str
    """The whole, changed."""


# Python

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_METHODS = {
    "lower": ("upper",), "upper": ("lower",), "strip": ("lstrip", "rstrip"), "lstrip": ("rstrip", "strip"),
    "rstrip": ("lstrip", "strip"), "partition": ("rpartition",), "rpartition": ("partition",), "split": ("rsplit",),
    "removeprefix": ("removesuffix", "lstrip"), "removesuffix": ("removeprefix", "rstrip"), "find": ("rfind",),
    "startswith": ("endswith",), "endswith": ("startswith",), "index": ("rindex",), "append": ("extend",),
    "readline": ("read",), "fullmatch": ("match", "search"), "match": ("search",),
}  # fmt: skip
"""Methods of strings and the like, and those that are taken for them."""


def python(source: str) -> Iterator[Change]:
    """Raises SyntaxError for what is no Python."""
    tree = ast.parse(source)
    lines = source.splitlines()
    count = len(list(_nodes(tree)))
    for index in range(count):
        for what, make in _ways(list(_nodes(tree))[index]):
            changed = copy.deepcopy(tree)
            node = list(_nodes(changed))[index]
            make(node)
            yield Change(
                node.lineno, lines[node.lineno - 1].strip(), what, ast.unparse(ast.fix_missing_locations(changed))
            )


def _nodes(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """What can be changed, from top to bottom; no annotations, docstrings, imports or names of modules."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in PYTHON_SKIPPED:
            continue
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_main(node) or _is_docstring(node):
            continue
        if isinstance(node, ast.expr | ast.stmt):
            yield node
        if isinstance(node, ast.arg):
            continue
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from _nodes(ast.Expression(node.value))
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _nodes(ast.Module([*(ast.Expr(d) for d in node.args.defaults), *node.body], []))
            continue
        yield from _nodes(node)


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


Way = tuple[str, Callable[[ast.AST], None]]


def _ways(node: ast.AST) -> Iterator[Way]:
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in _COMPARED:
            for other in _COMPARED[type(op)]:
                yield f"{type(op).__name__} is {other.__name__}", lambda n, to=other: n.ops.__setitem__(0, to())  # type: ignore[misc]
        case ast.BoolOp(op=op, values=values):
            swapped = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} is {swapped.__name__}", lambda n: setattr(n, "op", swapped())
            for at in range(len(values)):
                yield f"without operand {at + 1}", lambda n, at=at: n.values.pop(at) and None  # type: ignore[misc]
        case ast.UnaryOp(op=ast.Not()):
            yield "without not", lambda n: _become(n, n.operand)  # type: ignore[attr-defined]
        case ast.UnaryOp(op=ast.USub()):
            yield "without minus", lambda n: _become(n, n.operand)  # type: ignore[attr-defined]
        case ast.If() | ast.While() | ast.IfExp():
            yield "condition negated", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))  # type: ignore[attr-defined]
            for value in (True, False):
                yield f"condition {value}", lambda n, value=value: setattr(n, "test", ast.Constant(value))  # type: ignore[misc]
        case ast.BinOp(op=ast.Add()):
            yield "Add is Sub", lambda n: setattr(n, "op", ast.Sub())
        case ast.BinOp(op=ast.Sub()):
            yield "Sub is Add", lambda n: setattr(n, "op", ast.Add())
        case ast.Call():
            yield from _calls(node)
        case ast.Slice():
            for bound in ("lower", "upper"):
                if getattr(node, bound) is not None:
                    yield f"without the {bound} bound", lambda n, bound=bound: setattr(n, bound, None)  # type: ignore[misc]
        case ast.Constant(value=value):
            yield from _constants(value)
        case ast.Raise():
            yield "not raised", lambda n: _become(n, ast.Pass())
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "not called", lambda n: _become(n, ast.Pass())
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield "not yielded", lambda n: _become(n, ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load()))))
        case ast.Return(value=value) if value is not None:
            yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Return():
            yield "does not return", lambda n: _become(n, ast.Pass())
        case ast.Continue():
            yield "continue is break", lambda n: _become(n, ast.Break())
        case ast.Break():
            yield "break is continue", lambda n: _become(n, ast.Continue())
        case ast.Assign() | ast.AugAssign():
            yield from _assignments(node)


def _calls(node: ast.Call) -> Iterator[Way]:
    """Another method, an argument that is None, and one that is left out."""
    if isinstance(node.func, ast.Attribute):
        for other in _METHODS.get(node.func.attr, ()):
            yield f"{node.func.attr} is {other}", lambda n, other=other: setattr(n.func, "attr", other)  # type: ignore[misc]
    for at, argument in enumerate(node.args):
        if not isinstance(argument, ast.Starred):
            if not isinstance(argument, ast.Constant):
                yield f"argument {at + 1} is None", lambda n, at=at: n.args.__setitem__(at, ast.Constant(None))  # type: ignore[misc]
            yield f"without argument {at + 1}", lambda n, at=at: n.args.pop(at) and None  # type: ignore[misc]
    for at, word in enumerate(node.keywords):
        yield f"without {word.arg}", lambda n, at=at: n.keywords.pop(at) and None  # type: ignore[misc]


def _constants(value: object) -> Iterator[Way]:
    if isinstance(value, bool):
        yield f"{value} is {not value}", lambda n: setattr(n, "value", not value)
    elif isinstance(value, int | float):
        for number in (value + 1, value - 1):
            yield f"{value} is {number}", lambda n, number=number: setattr(n, "value", number)  # type: ignore[misc]
    elif isinstance(value, str | bytes):
        x: Any = "x" if isinstance(value, str) else b"x"
        for other in dict.fromkeys((value[:0], x + value + x, value.swapcase()) if value else (x,)):
            if other != value:
                yield f"{value!r} is {other!r}", lambda n, other=other: setattr(n, "value", other)  # type: ignore[misc]


def _assignments(node: ast.AST) -> Iterator[Way]:
    """Left out, where the name has a value already: what is unknown would be an error at once."""
    named = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.Attribute | ast.Name)
    if named or isinstance(node, ast.AugAssign):
        yield "not assigned", lambda n: _become(n, ast.Pass())
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Name):
        is_none = isinstance(node.value, ast.Constant) and node.value.value is None
        if not is_none:
            yield "assigned None", lambda n: setattr(n, "value", ast.Constant(None))


def _become(node: ast.AST, other: ast.AST) -> None:
    """Makes a node of the tree another, in its place."""
    place = {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}
    for name in list(vars(node)):
        delattr(node, name)
    node.__class__ = other.__class__
    vars(node).update({**vars(other), **place})


# JavaScript

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
    r"""|(?P<regex>(?<=[(,=] )/(?:[^/\\\n]|\\.)+/\w*|(?<=[(,=])/(?![/*])(?:[^/\\\n]|\\.)+/\w*)"""
    r"""|(?P<number>\b\d[\d_]*\b)|(?P<word>\#?[A-Za-z_$][\w$]*)|(?P<sign>===|!==|=>|>=|<=|&&|\|\||\?\?|\?\.|[-+*<>=!])""",
    re.DOTALL,
)
_SWAPPED = {
    "===": "!==", "!==": "===", ">": ">=", ">=": ">", "<": "<=", "<=": "<", "&&": "||", "||": "&&", "??": "&&",
    "true": "false", "false": "true", "!": "", "continue": "break", "break": "continue", "await": "",
}  # fmt: skip
_JS_METHODS = {
    "trim": ("trimStart", "trimEnd"), "trimStart": ("trim",), "startsWith": ("endsWith",), "endsWith": ("startsWith",),
    "toLowerCase": ("toUpperCase",), "slice": ("at",), "push": ("unshift",), "pop": ("shift",), "shift": ("pop",),
    "indexOf": ("lastIndexOf",), "join": ("concat",), "get": ("has",), "test": ("exec",),
}  # fmt: skip
_CONDITION = re.compile(r"(?<![\w$])(if|while) \((?P<test>(?:[^()]|\([^()]*\))*)\)")
_CHOICE = re.compile(r"(?<=[(= ])(?P<test>\w+(?:\.\w+\(\"[^\"]*\"\))?)(?= \? )")
_OBJECT = re.compile(r"\{ [^{}\n]+ \}(?=[,);])")
_ARRAY = re.compile(r"(?<== )\[\](?=;)")
_CALLED = re.compile(r"\.(?:trim|trimStart|trimEnd|toLowerCase|slice)\([^()]*\)")
_STATEMENT = re.compile(
    r"^(?!const |let |import |export |return|\}|//|for |if |while |else)([\w#.$?]+(\(| = |\.)|yield |throw ).*;"
)


def javascript(source: str) -> Iterator[Change]:
    """Those of the client, up to where the command line begins."""
    end = source.find("if (process.argv[1]")
    end = len(source) if end < 0 else end
    lines = source.splitlines()
    for token in _TOKEN.finditer(source, 0, end):
        line = lines[source.count("\n", 0, token.start())].strip()
        if line.startswith(("import ", "*", "/**")) or token.lastgroup == "comment":
            continue
        for what, new in _tokens(token.lastgroup or "", token[0]):
            yield _at(source, token.start(), token.end(), what, new)
    for pattern in (_CONDITION, _CHOICE):
        for found in pattern.finditer(source, 0, end):
            for value in ("true", "false"):
                yield _at(source, *found.span("test"), f"{found['test']} is {value}", value)
    for pattern, new in ((_OBJECT, "{}"), (_ARRAY, '["x"]'), (_CALLED, "")):
        for found in pattern.finditer(source, 0, end):
            if "import" not in source[source.rfind("\n", 0, found.start()) : found.start()]:
                yield _at(source, *found.span(), f"{found[0]} is {new or 'gone'}", new)
    yield from _statements(source, end)


def _at(source: str, start: int, end: int, what: str, new: str) -> Change:
    number = source.count("\n", 0, start) + 1
    return Change(number, source.splitlines()[number - 1].strip(), what, source[:start] + new + source[end:])


def _tokens(kind: str, token: str) -> Iterator[tuple[str, str]]:
    if kind in ("sign", "word") and token in _SWAPPED:
        yield f"{token} is {_SWAPPED[token] or 'gone'}", _SWAPPED[token]
    elif kind == "word":
        yield from ((f"{token} is {other}", other) for other in _JS_METHODS.get(token, ()))
    elif kind == "number":
        for number in (int(token.replace("_", "")) + 1, int(token.replace("_", "")) - 1):
            yield f"{token} is {number}", str(number)
    elif kind == "string" and token[0] == "`":
        yield f"{token} is ``", "``"
    elif kind == "string":
        for new in ('"x"',) if len(token) == 2 else ('""', f"{token[:-1]}x{token[-1]}", token.swapcase()):
            if new != token:
                yield f"{token} is {new}", new
    elif kind == "regex":
        parts = token[1:-1].split("|")
        for at in range(len(parts) if len(parts) > 1 else 0):
            yield f"without {parts[at]}", "/" + "|".join(parts[:at] + parts[at + 1 :]) + "/"


def _statements(source: str, end: int) -> Iterator[Change]:
    """Without one of its statements that stands on a line of its own, behind a condition or not."""
    start = 0
    for number, whole in enumerate(source[:end].splitlines(keepends=True), 1):
        text = whole.strip()
        indent = len(whole) - len(whole.lstrip())
        guard = re.match(r"(?:if \(.*?\) |\} else if \(.*\) )(?=\w)", text)
        first = guard.end() if guard else 0
        if _STATEMENT.match(text[first:]) or (text.startswith("return ") and text.endswith(";")):
            at = start + indent + first
            until = start + indent + text.rindex(";") + 1
            new = "return;" if text.startswith("return ") else ";"
            yield Change(
                number, text, "statement gone" if new == ";" else "returns nothing", source[:at] + new + source[until:]
            )
        start += len(whole)
