"""A page's contract in pytest: in a Chromium of its own, and in the browser of pytest-playwright."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.browser.devtools import find_chromium
from mock_ares.harness.clients.kinds import KINDS
from mock_ares.harness.clients.page.browsers import PlaywrightBrowser
from mock_ares.harness.model import UsageError
from tests.documents import examples, text
from tests.pages.rig import HERE, SELECTORS, served
from tests.ports import lasting_port
from tests.toolchains import missing, require_tool

PAGE = """
import pytest
from mock_ares import PageContract

class TestPage(PageContract):
    {attributes}

    @pytest.fixture(autouse=True)
    def place(self):
        self.url = {url!r}
"""
BROWSER = """
import pytest

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {{**browser_type_launch_args, "executable_path": {chromium!r}, "args": ["--no-sandbox"]}}

@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {{**browser_context_args, "storage_state": {state!r}}}
"""
LOGIN = """<!doctype html>
<meta charset="utf-8">
<form><textarea id="message"></textarea><button id="send">Send</button></form>
<p class="answer"></p><p class="error"></p>
<script type="module">
  import { pieces } from "/stream.js";
  const [answer, error] = [".answer", ".error"].map((name) => document.querySelector(name));
  const url = "http://localhost:PORT/api/chat/stream";
  document.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      if (localStorage.user !== "Ann") throw new Error("nobody is logged in");
      localStorage.user = "spent"; // good for one example
      for await (const piece of pieces(url, "any", document.querySelector("#message").value)) answer.append(piece);
    } catch (failure) {
      error.textContent = String(failure);
    }
  };
</script>
"""
QUICK = ("--ares-examples=0", "-q")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with served() as origin:
        yield origin


def written(project: pytest.Pytester, url: str, *more: str) -> int:
    """The port at which the page is to ask."""
    port = lasting_port()
    attributes = [f"{name} = {selector!r}" for name, selector in SELECTORS.items()]
    lines = "\n    ".join([*attributes, f"port = {port}", *more])
    project.makepyfile(test_page=PAGE.format(attributes=lines, url=f"{url}ares=http://localhost:{port}"))
    return port


@pytest.fixture
def playwright(project: pytest.Pytester) -> pytest.Pytester:
    """A project that has pytest-playwright, and the browser that is installed."""
    require_tool("chromium")
    if find_spec("pytest_playwright") is None:
        missing("pytest-playwright is missing")
    config = project.path / "pyproject.toml"
    own = 'filterwarnings = ["error", "ignore:Session-scoped fixtures defined as instance methods"]'  # of that plugin
    said = config.read_text().replace(" -p no:playwright", "").replace('filterwarnings = ["error"]', own)
    config.write_text(said)
    project.makeconftest(BROWSER.format(chromium=find_chromium(), state={"cookies": [], "origins": []}))
    return project


def test_a_test_for_each_check(project: pytest.Pytester) -> None:
    written(project, "http://localhost/?")
    items, _ = project.inline_genitems()
    assert {item.name for item in items} == {f"test_{check.replace('-', '_')}" for check in CHECKS}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("prompt = ''", "it has no prompt. A page's contract has the selectors of"),
        ("answer = None", "answer: expected a text, not None"),
        ("as_ = 'html'", "--as html: it is text or inner-text or markdown"),
        ("port = 'mine'", "--port mine: write the port"),
        ("capabilities = {'retyr'}", "unknown capability 'retyr'"),
        ("playwright = True", "takes the plugin pytest-playwright: pip install pytest-playwright"),
    ],
)
def test_what_is_wrong_in_it_is_told_when_it_is_collected(project: pytest.Pytester, line: str, said: str) -> None:
    written(project, "http://localhost/?", line)
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*TestPage: *{said}*"])


def test_without_an_address_one_fails_and_the_others_are_skipped(project: pytest.Pytester) -> None:
    require_tool("chromium")
    written(project, "")
    file = project.path / "test_page.py"
    file.write_text(file.read_text().partition("    @pytest.fixture")[0])
    result = project.runpytest_inprocess("-k", "request or plain or read_utf8", *QUICK)
    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(["it has no url: set it in the class, or on self in an autouse fixture of the class"])


def test_a_page_that_is_not_there_is_told_once(project: pytest.Pytester) -> None:
    require_tool("chromium")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        written(project, f"http://127.0.0.1:{nobody.getsockname()[1]}/?")
        result = project.runpytest_inprocess("-k", "request or plain or read_utf8", *QUICK)
    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(["there is no page at http://127.0.0.1:*: nothing listens there; start it*"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_live_server_cannot_be_asked_by_a_page(project: pytest.Pytester) -> None:
    written(project, "http://localhost/?")
    result = project.runpytest_inprocess("--ares-url=http://127.0.0.1:9", "-k", "plain")
    result.assert_outcomes(skipped=1)


@pytest.mark.slow
def test_a_page_in_a_browser_of_its_own(project: pytest.Pytester, origin: str) -> None:
    require_tool("chromium")
    written(project, f"{origin}/plain/?bug=second&")
    result = project.runpytest_inprocess("-k", "plain or read_utf8 or page_second", "--ares-examples=1")
    result.stdout.fnmatch_lines(["*page-second  *", "  replay    pytest *test_page_second* --ares-seed=0"])
    result.assert_outcomes(passed=2, failed=1)
    (picture,) = (project.path / ".mock-ares" / "failures").glob("*.jpg")
    assert picture.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "checks", "outcomes"),
    [
        ("", "plain or page_second or drop_fin_close", {"passed": 3}),
        ("second", "plain or read_utf8 or page_second or drop_fin_close", {"passed": 3, "failed": 1}),
    ],
)
def test_a_page_in_playwrights_browser(
    playwright: pytest.Pytester, origin: str, bug: str, checks: str, outcomes: dict[str, int]
) -> None:
    written(playwright, f"{origin}/plain/?bug={bug}&", "playwright = True", "strict = True")
    result = playwright.runpytest_subprocess("-k", checks, *QUICK)
    result.assert_outcomes(**outcomes)
    if bug:
        result.stdout.fnmatch_lines(
            ["*page-second  *", "FAILED test_page.py::TestPage::test_page_second[[]chromium[]]*"]
        )


@pytest.mark.slow
def test_each_example_has_the_context_that_the_user_has_set_up(playwright: pytest.Pytester) -> None:
    """A login that is spent by one question: the next example finds it as it was."""
    shutil.copy(HERE / "shared" / "stream.js", playwright.path)
    with served(playwright.path) as origin:
        port = written(playwright, f"{origin}/login.html?", "playwright = True", "new = stop = busy = ''")
        (playwright.path / "login.html").write_text(LOGIN.replace("PORT", str(port)))
        state = {"cookies": [], "origins": [{"origin": origin, "localStorage": [{"name": "user", "value": "Ann"}]}]}
        playwright.makeconftest(BROWSER.format(chromium=find_chromium(), state=state))
        result = playwright.runpytest_subprocess("-k", "plain or read_utf8 or eol_crlf", *QUICK)
        result.assert_outcomes(passed=3)


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
def test_a_page_that_blocks_playwrights_browser_is_given_up(playwright: pytest.Pytester) -> None:
    port = lasting_port()
    (playwright.path / "hangs.html").write_text(
        f"""<textarea id="message"></textarea><button id="send">Send</button><p class="answer"></p>
        <script>send.onclick = () => {{
          fetch("http://localhost:{port}/api/chat/stream", {{ method: "POST", body: "{{}}" }});
          for (;;);
        }}</script>"""
    )
    with served(playwright.path) as origin:
        attributes = f"""prompt, send, answer, port, playwright = "#message", "#send", ".answer", {port}, True"""
        playwright.makepyfile(test_page=PAGE.format(attributes=attributes, url=f"{origin}/hangs.html"))
        result = playwright.runpytest_subprocess("-k", "plain", *QUICK)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*plain  hung*"])


def test_another_browser_is_refused_by_name() -> None:
    pytest.importorskip("playwright")

    class Context:
        """As much of a context of Firefox as is asked about."""

        def __init__(self) -> None:
            self.browser = self.browser_type = self
            self.name = "firefox"
            self.closed = False

        def close(self) -> None:
            self.closed = True

    context = Context()
    with pytest.raises(UsageError, match="and this is firefox: run it with --browser chromium"):
        PlaywrightBrowser(lambda: context).open()
    assert context.closed


def test_every_option_of_a_page_is_an_attribute() -> None:
    from mock_ares import PageContract

    own = {name.rstrip("_") for name in PageContract.__annotations__}
    assert own - {"url", "playwright", "examples"} == set(KINDS["page"].options)
    page = text("docs/frontend-tests.md")
    assert [name for name in PageContract.__annotations__ if f"`{name}`" not in page] == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["own", "playwright"])
def test_the_examples_of_the_page(playwright: pytest.Pytester, how: str) -> None:
    """``chat.html`` of docs/check.md, checked as docs/frontend-tests.md has it."""
    port = str(lasting_port())
    (html,) = examples("docs/check.md", "html")
    (playwright.path / "chat.html").write_text(html.code.replace("3000", port))
    for example in examples("docs/frontend-tests.md", "python"):
        if how == "own" and example.name == "conftest.py":
            continue
        if (example.name == "test_in_playwright.py") != (how == "playwright"):
            continue
        code = example.code.replace("port = 3000", f"port = {port}")
        (playwright.path / example.name).write_text(code)
    result = playwright.runpytest_subprocess("-k", "plain or read_utf8 or status", *QUICK)
    result.assert_outcomes(passed=3)
