"""The table of faults fills itself; what a new fault still needs is printed here, line by line."""

from __future__ import annotations

import subprocess
import sys
from inspect import getdoc
from pathlib import Path
from typing import get_args

import pytest

from mock_ares import faults
from mock_ares.faults import FAULTS
from mock_ares.scenario.fault import About, Fault
from tests.documents import text
from tests.faults.test_extremes import SAYS

OTHER = '''
"""A fault in a file of its own."""
from dataclasses import dataclass, replace

from mock_ares.faults.common import applied
from mock_ares.scenario.fault import Fault, fault


@fault("sleepy")
@dataclass(frozen=True, slots=True)
class Sleepy(Fault):
    """It does nothing."""

    about = "content"

    def __call__(self, plan):
        return applied(plan, self.name)
'''
USE = """
import sys
from importlib.util import find_spec, module_from_spec

spec = find_spec("mock_ares.faults")
spec.submodule_search_locations.append(sys.argv[1])
module = sys.modules["mock_ares.faults"] = module_from_spec(spec)
spec.loader.exec_module(module)

from mock_ares.authoring.load import loads
from mock_ares.faults import sleepy
from mock_ares.plan.build import RequestContext, build

reply = loads("replies: [{text: a, faults: [sleepy]}]").replies[0]
assert reply.faults == (sleepy(),)
print(build(reply, RequestContext()).marks)
"""


def test_a_file_is_all_it_takes(tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(OTHER, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "('sleepy',)\n", done.stderr


def test_it_is_in_order() -> None:
    places = [(get_args(About).index(fault.about), fault.http == "2", name) for name, fault in FAULTS.items()]
    assert places == sorted(places)
    assert [name for name, fault in FAULTS.items() if fault.name != name] == []


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_missing(name: str) -> None:
    """What a new fault still needs, all of it."""
    fault: type[Fault] = FAULTS[name]
    assert getattr(faults, name) is fault
    needs = {
        "mock_ares/faults/__init__.py": f"    from {fault.__module__} import {fault.__name__} as {name}\n",
        "mock_ares/faults/__init__.py, __all__": f'        "{name}",\n',
        "docs/scenarios.md": f"\n| `{name}` |",
    }
    todo = [f"{at}: this line: {line.strip()}" for at, line in needs.items() if line not in text(at.partition(",")[0])]
    if name not in SAYS:
        todo.append(f'tests/faults/test_extremes.py: SAYS["{name}"]: what a reader by the book has of it')
    if not getdoc(fault):
        todo.append(f"{fault.__module__}: a docstring that says what a client gets")
    assert not todo, "\n".join(["", *todo])
