"""Finds the function that ``MODULE:FUNCTION`` names."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

from mock_ares.harness.clients.adapter import described
from mock_ares.harness.model import UsageError
from mock_ares.scenario.diagnostics import nearest


def locate(reference: str) -> Callable[..., Any]:
    """Imports the module and returns the function. Raises UsageError, with the nearest names, where that fails."""
    module_name, _, path = reference.partition(":")
    module = all(word.isidentifier() for word in module_name.split(".")) and not module_name.endswith(".py")
    if not module or not path:
        raise UsageError(f"{reference!r}: expected MODULE:FUNCTION, such as {_suggestion(module_name, path)}")
    found: Any = _imported(module_name)
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise UsageError(f"{reference}: there is no {name!r}{nearest(name, _functions(found))}") from None
    if not callable(found):
        kind = type(found).__name__
        raise UsageError(f"{reference}: expected a function stream_chat(url, token, message), there is a {kind}")
    return found  # type: ignore[no-any-return]


def _suggestion(module_name: str, path: str) -> str:
    words = re.sub(r"\.py$", "", module_name).strip("./").replace("/", ".")
    return f"{words if words.replace('.', '').isidentifier() else 'my_client'}:{path or 'stream_chat'}"


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise UsageError(_missing(error.name)) from None
        raise UsageError(_broken(name, error)) from None
    except BaseException as error:
        raise UsageError(_broken(name, error)) from None


def _missing(name: str) -> str:
    package, _, last = name.rpartition(".")
    around = getattr(sys.modules[package], "__path__", []) if package else [sys.path[0]]
    names = {module.name for module in pkgutil.iter_modules(around)}
    advice = nearest(last, names, tell_all=bool(package)) or f"; looked in {sys.path[0]} and among installed packages"
    return f"there is no module {name!r}{advice}"


def _broken(name: str, error: BaseException) -> str:
    """Where the module itself failed: its innermost line, not the machinery of imports."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if len(frames) > 1 else ""
    return f"importing {name!r} failed: {described(error)}{place}"


def _functions(holder: Any) -> list[str]:
    names = [name for name in dir(holder) if not name.startswith("_") and callable(getattr(holder, name, None))]
    return sorted(names)
