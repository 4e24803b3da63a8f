"""Empty projects for pytest to run in."""

from __future__ import annotations

import pytest
import tomlkit  # noqa: F401
import trustme  # noqa: F401

# pytester forgets what was imported while it ran, and modules of C do not bear being imported twice.
import mock_ares.ares.memory.history
import mock_ares.ares.memory.store
import mock_ares.authoring.findings
import mock_ares.authoring.schema
import mock_ares.harness.plugin.report
import mock_ares.harness.report.html  # noqa: F401
from mock_ares.authoring.load import load
from mock_ares.paths import FIXTURES
from mock_ares.server.hosting.in_thread import FakeServer

CLIENT = '''
import http.client, json
from urllib.parse import urlsplit

def ask(url, token, message="hi", path="/api/chat/stream"):
    """The status and the text."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request("POST", path, json.dumps({"message": message}), headers)
        response = connection.getresponse()
        body = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        return response.status, body
    return 200, "".join(line[6:] for line in body.split("\\n") if line.startswith("data: "))
'''


@pytest.fixture(scope="session", autouse=True)
def all_is_imported() -> None:
    """For the same reason: else each run within a test would import again what a fake and scenarios take."""
    load(FIXTURES / "plain.yaml")
    with FakeServer() as fake:
        fake.credentials()


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty folder with a small client in it; warnings are errors there, and unknown marks too."""
    pytester.makepyfile(client=CLIENT)
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        filterwarnings = ["error"]
        addopts = "--strict-markers --strict-config -p no:schemathesis -p no:anyio -p no:playwright"
        pythonpath = ["."]
        """
    )
    return pytester
