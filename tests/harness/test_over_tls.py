"""The contract over TLS: the same verdicts, and every kind of client is told whom to trust."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import one
from mock_ares.harness.clients.browser.client import BrowserClient
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.page.client import PageClient
from mock_ares.harness.clients.page.trusted_keys import key_of, keys_of
from mock_ares.harness.clients.protocol import decode_request, encode_request
from mock_ares.harness.clients.remote import RemoteClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import Client, Target, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.run.check_runner import why_skipped
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import HttpVersion, RunSettings, Transport
from mock_ares.harness.surroundings import unreachable
from mock_ares.server.certificates.identity import Certificate
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.pages.rig import served
from tests.ports import lasting_port
from tests.toolchains import require_tool

SOME = ("request", "read-line", "drop-fin", "drop-rst", "drop-rst-close", "drop-length", "refused", "idle-close")
CONTRACTS = Path(__file__).parents[2] / "contracts"
TRUSTING = """
import json, os, ssl, sys, urllib.request

def ask(url, path, token, message, ca):
    fields = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(url + path, json.dumps({"message": message}).encode(), fields)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    with urllib.request.urlopen(asked, context=context) as response:
        lines = response.read().decode().split("\\n")
    return "".join(line[6:] for line in lines if line.startswith("data: "))
"""
COMMAND = (
    TRUSTING
    + """
e = os.environ
print(ask(e["ARES_URL"], e["ARES_PATH"], e["ARES_TOKEN"], e["ARES_MESSAGE"], e["ARES_CA"]), end="")
"""
)
DRIVER = (
    TRUSTING
    + """
print('{"protocol": 1}', flush=True)
for line in sys.stdin:
    r = json.loads(line)
    print(json.dumps({"id": r["id"], "text": ask(r["url"], r["path"], r["token"], r["message"], r["ca"])}), flush=True)
"""
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def verdicts(client: Client, *only: str, quick: bool = True) -> dict[str, str]:
    report = run_contract(client, RunSettings(transport=Transport(True), quick=quick, only=only))
    return {check.info.id: check.verdict for check in report.checks if check.verdict != "skipped"}


@pytest.mark.parametrize(
    "only",
    [
        pytest.param((*SOME, "drop-silent"), id="some"),
        # Most rows are about text and framing, which are the same bytes in whatever records.
        pytest.param((), id="all", marks=pytest.mark.slow),
    ],
)
def test_the_reference_passes(only: tuple[str, ...]) -> None:
    found = verdicts(RemoteClient("mock_ares.client:stream_chat"), *only)
    assert set(found.values()) == {"passed", "informational"}
    assert [name for name, verdict in found.items() if verdict == "informational"] == ["drop-silent"]


def test_a_client_in_this_process_trusts_it() -> None:
    from mock_ares.client import stream_chat

    def whole(url: str, token: str, message: str) -> str:
        return "".join(stream_chat(url, token, message))

    assert set(verdicts(PythonClient(whole), *SOME).values()) == {"passed"}


def test_a_command_is_told(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(COMMAND)
    client = ProcessClient([sys.executable, str(tmp_path / "client.py")])
    assert verdicts(client, "plain") == {"plain": "passed"}


OF_TLS = tuple(name for name, check in CHECKS.items() if check.row.over_tls)


def why_not(client: Client, settings: RunSettings) -> set[str]:
    report = run_contract(client, replace(settings, only=("certificate", "tls-version")))
    assert {check.verdict for check in report.checks} == {"skipped"}
    return {check.reason for check in report.checks}


def test_what_is_about_tls_is_asked_over_tls_alone() -> None:
    client = RemoteClient("mock_ares.client:stream_chat")
    assert why_not(client, RunSettings()) == {
        "it is about TLS, and asked over TLS alone (--tls, or Settings(tls=True) in pytest)"
    }


def test_where_nobody_can_be_refused_it_is_not_asked(tmp_path: Path) -> None:
    found = trustme.CA().issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    found.cert_chain_pems[0].write_to_path(cert)
    found.private_key_pem.write_to_path(key)
    settings = RunSettings(transport=Transport(Certificate(cert, key)))
    (reason,) = why_not(RemoteClient("mock_ares.client:stream_chat"), settings)
    assert reason.startswith("the certificate is your own")
    browser = BrowserClient(CONTRACTS / "clients" / "browser" / "fixed.js")
    over_tls = RunSettings(transport=Transport(tls=True))
    assert {why_skipped(browser, CHECKS[name], over_tls) for name in ("certificate", "tls-version")} == {
        "not asked: the browser is told to trust anybody, so that it trusts the fake"
    }
    found_by_itself = RemoteClient("mock_ares.client:stream_chat")
    found_by_itself.port = 1
    told = why_skipped(found_by_itself, CHECKS["certificate"], over_tls)
    assert "so it cannot be pointed elsewhere" in (told or "")


def test_a_client_that_verifies_nothing(tmp_path: Path) -> None:
    careless = COMMAND.replace("context.load_verify_locations(ca)", "context.check_hostname = context.verify_mode = 0")
    (tmp_path / "client.py").write_text(careless)
    client = ProcessClient([sys.executable, str(tmp_path / "client.py")])
    report = run_contract(client, RunSettings(transport=Transport(True), quick=True, only=OF_TLS[:3]))
    told = {check.info.id: check.failure for check in report.checks if check.failure is not None}
    assert set(told) == {"certificate", "certificate-host"}
    assert {failure.word for failure in told.values()} == {"leaked-credentials"}
    text = failure_text(CHECKS["certificate"].info, told["certificate"])
    assert "It met a certificate that no authority has signed, and sent its request all the same" in text
    assert "ended     with an answer that nobody may ask for there" in text


def test_a_client_that_trusts_nobody_has_refused_nothing(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(COMMAND.replace("context.load_verify_locations(ca)", "pass"))
    client = ProcessClient([sys.executable, str(tmp_path / "client.py")])
    (check,) = run_contract(client, RunSettings(transport=Transport(True), only=("certificate",))).checks
    assert (check.verdict, "does not trust the fake's authority" in check.reason) == ("errored", True)


def test_a_client_that_never_asks_has_refused_nothing() -> None:
    def fails(url: str, token: str, message: str) -> str:
        raise OSError("no")

    (check,) = run_contract(PythonClient(fails), RunSettings(transport=Transport(True), only=("certificate",))).checks
    assert (check.verdict, "no request came over a good certificate either" in check.reason) == ("errored", True)


def test_a_client_that_goes_elsewhere_has_refused_nothing() -> None:
    from mock_ares.client import stream_chat

    home = list[str]()

    def whole(url: str, token: str, message: str) -> str:
        home.append(url)
        if url != home[0]:
            raise OSError("no")
        return "".join(stream_chat(url, token, message))

    (check,) = run_contract(PythonClient(whole), RunSettings(transport=Transport(True), only=("certificate",))).checks
    assert (check.verdict, "never connected to where it was pointed" in check.reason) == ("errored", True)


def test_who_asks_again_on_a_connection_that_is_kept_has_asked() -> None:
    """As Node's fetch does with NODE_TLS_REJECT_UNAUTHORIZED=0: the second time nobody connects."""
    kept = dict[tuple[str, int], http.client.HTTPSConnection]()

    def trusts_all(url: str, token: str, message: str) -> str:
        parts = urlsplit(url)
        where = parts.hostname or "", parts.port or 0
        connection = kept.setdefault(
            where, http.client.HTTPSConnection(*where, context=ssl._create_unverified_context())
        )
        fields = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "text/event-stream"}
        connection.request("POST", parts.path, json.dumps({"message": message}), fields)
        return connection.getresponse().read().decode().removeprefix("data: ").rstrip("\n")

    only = RunSettings(transport=Transport(True), only=("certificate",))
    (check,) = run_contract(PythonClient(trusts_all), only).checks
    for connection in kept.values():
        connection.close()
    assert check.failure is not None and check.failure.word == "leaked-credentials"


def test_a_driver_is_told(tmp_path: Path) -> None:
    (tmp_path / "driver.py").write_text(DRIVER)
    with DriverClient([sys.executable, str(tmp_path / "driver.py")]) as client:
        assert verdicts(client, "plain") == {"plain": "passed"}


@pytest.mark.toolchain("chromium")
def test_a_page_trusts_it() -> None:
    with BrowserClient(CONTRACTS / "clients" / "browser" / "fixed.js") as client:
        assert verdicts(client, "request", "read-utf8", "drop-rst") == dict.fromkeys(
            ("request", "read-utf8", "drop-rst"), "passed"
        )


def test_the_request_of_a_driver_has_the_authority() -> None:
    target = Target("https://localhost", "/", "token", "hi", 1.0, ca="ca.pem")
    assert json.loads(encode_request(1, target))["ca"] == "ca.pem"
    assert decode_request(encode_request(1, target))[1].ca == "ca.pem"
    assert "ca" not in json.loads(encode_request(1, Target("http://localhost", "/", "token", "hi", 1.0)))


def test_who_trusts_nobody_has_not_been_tested(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(COMMAND.replace("context.load_verify_locations(ca)", "pass"))
    client = ProcessClient([sys.executable, str(tmp_path / "client.py")])
    report = run_contract(client, RunSettings(transport=Transport(True), only=("plain",)))
    (check,) = report.checks
    assert check.verdict == "errored"
    assert "the client does not trust the fake's authority" in check.reason


def test_the_environment_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("SSL_CERT_FILE", "mine.pem")
    monkeypatch.delenv("ARES_CA", raising=False)
    verdicts(RemoteClient("mock_ares.client:stream_chat"), "request")
    assert (os.environ["SSL_CERT_FILE"], os.environ.get("ARES_CA")) == ("mine.pem", None)


def test_tls_that_cannot_be_is_wrong_use() -> None:
    settings = RunSettings(transport=Transport(Certificate("none.pem", "none.pem")))
    with pytest.raises(UsageError, match="there is no such file"):
        run_contract(PythonClient(lambda url, token, message: ""), settings)


def test_whether_anybody_answers() -> None:
    with FakeServer(Settings(tls=True)) as fake:
        assert unreachable(fake.url) is None
    assert unreachable(fake.url) is not None


def test_what_was_found_over_tls_is_played_over_tls_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    careless = COMMAND.replace("context.load_verify_locations(ca)", "context.check_hostname = context.verify_mode = 0")
    Path("client.py").write_text(careless)
    client = ["--", sys.executable, "client.py"]
    ran = CliRunner().invoke(main, ["check", "--tls", "--only", "certificate-host", *client])
    assert ran.exit_code == 1, ran.output
    saved = str(next(Path(".mock-ares/failures").glob("*certificate-host.yaml")))
    ran = CliRunner().invoke(main, ["replay", saved, "--tls", *client])
    assert (ran.exit_code, "STILL FAILS" in ran.output) == (1, True), ran.output
    ran = CliRunner().invoke(main, ["replay", saved, *client])
    assert ran.exit_code == 2
    assert "certificate-host: it is about TLS, and asked over TLS alone (--tls, " in ran.output


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("client.py").write_text(
        "from mock_ares.client import stream_chat as right\n"
        "def stream_chat(url, token, message):\n    assert url.startswith('https://')\n"
        "    try:\n        yield from right(url, token, message)\n    except Exception:\n        pass\n"
    )
    ran = CliRunner().invoke(main, ["check", "--tls", "--only", "drop-rst", "--client", "client:stream_chat"])
    assert ran.exit_code == 1, ran.output
    assert "Everything went over TLS." in ran.output
    line = next(line for line in ran.output.splitlines() if "replay " in line and "drop-rst" in line)
    assert " --tls --client client:stream_chat" in line
    saved = str(next(Path(".mock-ares/failures").glob("*drop-rst.yaml")))
    ran = CliRunner().invoke(main, ["replay", saved, "--tls", "--client", "client:stream_chat"])
    assert (ran.exit_code, "STILL FAILS" in ran.output) == (1, True), ran.output


ON_TRIAL = """<!doctype html>
<textarea id="message"></textarea><button>Send</button><p id="answer"></p><p id="error"></p>
<script>
  const headers = { "Content-Type": "application/json" };
  document.querySelector("button").onclick = async () => {
    try {
      const trusted = await fetch("OTHER", { mode: "no-cors" }).then(() => "it trusts anybody", () => "");
      const asked = { method: "POST", headers, body: JSON.stringify({ message: "hi" }) };
      const response = await fetch("ARES/api/chat/stream", asked);
      const text = await response.text();
      answer.textContent = trusted + text.split("\\n\\n").map((event) => event.slice(6)).join("");
    } catch (failure) {
      error.textContent = String(failure);
    }
  };
</script>
"""


class TestAPage:
    def test_a_key_is_named_as_chromium_has_it(self) -> None:
        for key in trustme.KeyType:
            made = trustme.CA().issue_cert("a.test", key_type=key)
            found = x509.load_pem_x509_certificate(made.cert_chain_pems[0].bytes())
            of_it = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            assert key_of(found.public_bytes(Encoding.DER)) == base64.b64encode(hashlib.sha256(of_it).digest()).decode()

    def test_who_shows_no_certificate_has_no_key(self) -> None:
        with FakeServer() as clear:
            assert keys_of(["http://127.0.0.1:9", "file:///a", clear.url.replace("http:", "https:")]) == frozenset()

    @pytest.mark.slow
    @pytest.mark.toolchain("chromium")
    @pytest.mark.parametrize("http", ["1.1", "2"])
    def test_it_trusts_the_fake_and_its_own_server_and_nobody_else(self, tmp_path: Path, http: HttpVersion) -> None:
        """A page with a certificate of its own making; another server of the fake's authority has another key."""
        require_tool("chromium")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        port = str(lasting_port())
        words = {"prompt": "#message", "send": "button", "answer": "#answer", "error": "#error", "port": port}
        with FakeServer(Settings(tls=True)) as other, served(tmp_path, context) as origin:
            page = ON_TRIAL.replace("ARES", f"https://localhost:{port}").replace("OTHER", other.url)
            (tmp_path / "index.html").write_text(page)
            with (
                PageClient(origin, options=words) as client,
                ExampleRunner.of(client, "docs", Transport(True, http)) as arena,
            ):
                played = arena.observe(client, one("ab", "cd"))
        assert (played.observation.text, played.observation.error) == ("abcd", None)
        assert {exchange.version for exchange in played.exchanges} == {http}
