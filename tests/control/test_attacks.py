"""Who would do harm: pages of other origins, names that lead here, large and idle and hostile requests."""

from __future__ import annotations

import http.client
import json
import re
import resource
import socket
from typing import Any

import pytest

from mock_ares.control import static_files
from tests.control.rig import Api, Listener, served
from tests.server.live import PATIENCE, read_all, until

WRITES = [
    ("POST", "/reset", None), ("PATCH", "/settings", {"speed": 1}), ("PUT", "/chosen", {"scenario": None}),
    ("POST", "/tokens", {}), ("POST", "/breaks", {"error": "internal"}), ("DELETE", "/requests", None),
]  # fmt: skip
READS = [("GET", path, None) for path in ("/status", "/requests", "/events", "/tokens", "/health", "/files")]


def status(api: Api, method: str, path: str, body: Any = None, **headers: str) -> int:
    data = None if body is None else json.dumps(body).encode()
    fields = {"content_type": "application/json"} | headers
    got = api.ares.send(method, f"/_mock/api{path}", data, **fields)
    assert "access-control-allow-origin" not in got.headers
    if got.status >= 400:
        assert json.loads(got.body)["error"]
    return got.status


class TestOtherOrigins:
    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://localhost:5173", "http://127.0.0.1", "http://{host}.evil.example",
         "http://evil.example/?{host}", "http://user@{host}", "ftp://{host}", "{host}", ""],
    )  # fmt: skip
    def test_their_pages_are_refused(self, api: Api, origin: str) -> None:
        for method, path, body in (*WRITES, *READS):
            assert status(api, method, path, body, origin=origin.format(host=api.ares.host)) == 403
        assert api.get("/tokens") == {"tokens": []} and api.get("/breaks") == {"breaks": []}

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
    def test_so_are_requests_without_an_origin(self, api: Api, site: str) -> None:
        """An image, a script or a form of another page tells no origin, and where it comes from."""
        for method, path, body in (*WRITES, *READS):
            assert status(api, method, path, body, sec_fetch_site=site) == 403

    def test_no_preflight_is_granted(self, api: Api) -> None:
        asked = {"origin": "http://localhost:5173", "access_control_request_method": "PUT"}
        got = api.ares.send("OPTIONS", "/_mock/api/chosen", **asked)
        assert got.status == 403 and not [name for name in got.headers if name.startswith("access-control")]

    def test_a_form_is_no_json(self, api: Api) -> None:
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""):
            assert status(api, "POST", "/breaks", {"error": "internal"}, content_type=kind) == 415

    def test_the_console_itself_may(self, api: Api) -> None:
        own = {"origin": f"http://{api.ares.host}", "sec_fetch_site": "same-origin"}
        assert [status(api, *each, **own) // 100 for each in WRITES] == [2] * len(WRITES)
        assert status(api, "GET", "/status", sec_fetch_site="none") == 200


class TestRebinding:
    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.2",
                 "0.0.0.0", "[::]", "", "127.0.0.1@evil.example", "evil.example#127.0.0.1", "127.0.0.1, evil.example"],
    )  # fmt: skip
    def test_a_name_that_leads_here_is_refused(self, api: Api, host: str) -> None:
        assert status(api, "GET", "/status", host=host) == 403
        assert status(api, "POST", "/reset", host=host, origin=f"http://{host}", sec_fetch_site="same-origin") == 403
        assert api.ares.send("GET", "/_mock/", host=host).status == 403

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:3000", "ares.localhost", "LOCALHOST:1"])
    def test_names_of_this_machine(self, api: Api, host: str) -> None:
        assert status(api, "GET", "/status", host=host) == 200


class TestBeyondLoopback:
    def test_nobody_may_without_a_token(self, caplog: pytest.LogCaptureFixture) -> None:
        with served(caplog, exposed=True) as api:
            assert "--control-token" in api.refused(403, "GET", "/status")
            assert status(api, "POST", "/session", {"token": ""}) == 403
            assert api.ares.ask().status == 200

    def test_holders_of_the_token(self, caplog: pytest.LogCaptureFixture) -> None:
        with served(caplog, exposed=True, control_token="open sesame") as api:
            for wrong in ("", "Bearer", "Bearer open", "Bearer open sesame!", "Basic open sesame", "Bearer öpen"):
                assert status(api, "GET", "/status", authorization=wrong) == 401
            assert status(api, "GET", "/status", authorization="Bearer open sesame") == 200
            assert status(api, "GET", "/status", authorization="bearer open sesame", host="ares.example") == 200
            own = {"authorization": "Bearer open sesame", "origin": "http://evil.example"}
            assert status(api, "GET", "/status", **own) == 403
            assert api.ares.send("GET", "/_mock/").status == 200

    def test_a_session_for_the_page(self, caplog: pytest.LogCaptureFixture) -> None:
        with served(caplog, control_token="sesame") as api:
            assert status(api, "POST", "/session", {"token": "wrong"}) == 401
            data = b'{"token":"sesame"}'
            got = api.ares.send("POST", "/_mock/api/session", data, content_type="application/json")
            assert got.status == 204 and "sesame" not in got.headers["set-cookie"]
            assert "HttpOnly; SameSite=Strict" in got.headers["set-cookie"]
            cookie = got.headers["set-cookie"].split(";")[0]
            assert status(api, "GET", "/status", cookie=f"a=b; {cookie}") == 200
            with Listener(api, None, f"cookie: {cookie}") as listener:
                assert listener.status == 200
            for forged in (cookie + "x", cookie[:-1], "mock_ares_control=x", cookie.replace("_control", "")):
                assert status(api, "GET", "/status", cookie=forged) == 401
            assert status(api, "POST", "/reset", cookie=cookie, origin="http://evil.example") == 403

    def test_without_a_token_a_session_costs_nothing(self, api: Api) -> None:
        assert status(api, "POST", "/session", {"token": "anything"}) == 204


class TestPages:
    def test_a_strict_policy(self, api: Api) -> None:
        got = api.ares.send("GET", "/_mock/")
        policy = dict(part.split(" ", 1) for part in got.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert "unsafe" not in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff" and got.headers["content-type"].startswith(
            "text/html"
        )

    def test_every_file_by_its_name_and_no_other(self, api: Api) -> None:
        names = static_files.Pages()._files()
        assert "index.html" in names
        for name, path in names.items():
            got = api.ares.send("GET", f"/_mock/{name}")
            assert (got.status, got.body) == (200, path.read_bytes())
            again = api.ares.send("GET", f"/_mock/{name}", if_none_match=got.headers["etag"])
            assert (again.status, again.body) == (304, b"")
        for name in (
            "../app.py",
            "..%2fapp.py",
            "%2e%2e/app.py",
            "control/app.py",
            "index.html/",
            "nothing.js",
            "\\..\\app.py",
        ):
            assert api.ares.send("GET", f"/_mock/{name}").status == 404, name
        assert api.ares.send("POST", "/_mock/", b"").status == 405
        assert api.ares.send("HEAD", "/_mock/").body == b""
        assert api.ares.send("GET", "/_mock").headers["location"] == "/_mock/"

    def test_nothing_from_outside(self) -> None:
        for name, path in static_files.Pages()._files().items():
            if path.suffix in (".html", ".css", ".js", ".mjs"):
                assert not re.search(r"(src|href|url|import|from)\s*[=(]?\s*[\"']?(https?:)?//", path.read_text()), name


class TestHostileText:
    SCRIPT = "</script><img src=x onerror=alert(1)>\u202e\x00\x1b]0;x\x07"

    def test_it_is_data(self, api: Api) -> None:
        token = api.post("/tokens", {"name": self.SCRIPT})
        api.ask(token["token"], self.SCRIPT, user_agent="<script>")
        for path in ("/requests", "/requests/1", "/tokens"):
            got = api.ares.send("GET", f"/_mock/api{path}")
            assert got.headers["content-type"] == "application/json"
            assert got.headers["x-content-type-options"] == "nosniff"
        assert api.get("/requests")["requests"][0]["message"] == self.SCRIPT
        assert api.get("/requests/1")["token_name"] == self.SCRIPT

    def test_a_saved_scenario_keeps_it_in_its_place(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": ["x: y\n# no comment\n--- !!python/object"]})
        api.ask(token["token"])
        again = api.post("/tokens", {"text": api.get("/requests/1")["scenario_text"]})
        assert api.ask(again["token"]).body == api.ask(token["token"]).body

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b'{"speed":NaN}', b'{"speed":1e999}', b"[" * 100_000, b"\xff",
         b'{"speed":1,"speed":2}x', b'{"latency":' + b"9" * 5000 + b"}",
         b'{"\xed\xa0\x80":1}', b'{"dialect":"\\ud800"}'],
    )  # fmt: skip
    def test_broken_bodies(self, api: Api, body: bytes) -> None:
        got = api.ares.send("PATCH", "/_mock/api/settings", body, content_type="application/json")
        assert got.status in (400, 422) and json.loads(got.body)["error"]

    def test_half_a_character_is_refused_everywhere(self, files: Api) -> None:
        half = "\ud800"
        asked: list[tuple[str, str, Any]] = [
            ("POST", "/validate", {"text": "text: a", "name": f"{half}.yaml"}),
            ("POST", "/tokens", {"replies": [{"content": {"json": half}}]}), ("POST", "/tokens", {"name": half}),
            ("PUT", "/chosen", {"scenario": "day", "token": half}), ("PUT", "/files/x.yaml", {"text": f"text: {half}"}),
            ("POST", "/breaks", {"fault": {"hang": {"after": half}}}), ("POST", "/reset", {"only": [half]}),
        ]  # fmt: skip
        for method, path, body in asked:
            assert "half a surrogate pair" in files.refused(422, method, path, body)
        assert files.post("/tokens", {"name": "\ud83d\ude00"})["name"] == "\N{GRINNING FACE}"

    def test_odd_requests(self, api: Api) -> None:
        for path in (
            "/requests/1e9",
            "/requests/-1",
            "/requests/99999999999999999999",
            "/scenarios/%ff",
            "/tokens/%00",
        ):
            assert status(api, "GET", path) in (404, 422), path
        assert status(api, "GET", "/requests?limit=%ff&limit=2") == 200
        assert status(api, "TRACE", "/status") == 405


class TestManyAndMuch:
    def test_ten_megabytes(self, api: Api) -> None:
        body = b'{"text":"' + b"x" * 10_000_000 + b'"}'
        assert status_of(api, "/validate", body) == 413
        assert api.ares.ask(body=body).status == 413
        assert api.ares.send("POST", "/_mock/", body).status == 405
        assert api.get("/health")["status"] == "ok"

    def test_a_body_that_never_ends(self, api: Api) -> None:
        with api.ares.socket() as connection:
            head = f"POST /_mock/api/validate HTTP/1.1\r\nhost: {api.ares.host}\r\ncontent-length: 1000000000\r\n\r\n"
            connection.sendall(head.encode())
            sent = 0
            try:
                while sent < 200_000_000:
                    sent += connection.send(bytes(1_000_000))
            except ConnectionError:
                pass
            assert sent < 100_000_000

    def test_a_thousand_idle_connections(self, api: Api) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 4096:
            pytest.skip("needs 4096 open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
        idle = [socket.create_connection(api.ares.address, PATIENCE) for _ in range(1000)]
        try:
            assert api.get("/status")["open"] == 0 and api.ask().status == 200
            for each in idle[::100]:
                request = f"GET /_mock/api/health HTTP/1.1\r\nhost: {api.ares.host}\r\nconnection: close\r\n\r\n"
                each.sendall(request.encode())
                assert read_all(each).startswith(b"HTTP/1.1 200")
        finally:
            for each in idle:
                each.close()
        assert api.get("/health")["status"] == "ok"

    @pytest.mark.needs_barrier  # without it, who closes is taken for who only sends no more
    def test_readers_that_leave_are_forgotten(self, api: Api) -> None:
        for _ in range(100):
            with Listener(api) as listener:
                assert listener.status == 200
        until(lambda: api.fake.control.hub.readers == 0)


def status_of(api: Api, path: str, body: bytes) -> int:
    connection = http.client.HTTPConnection(*api.ares.address, timeout=PATIENCE)
    connection.request("POST", f"/_mock/api{path}", body, {"content-type": "application/json"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status
