"""A whole page as the client: what is typed, what is seen, and what is said of pages that cannot be used."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.faults import close_early
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import case, one, say
from mock_ares.harness.clients.page import tab
from mock_ares.harness.clients.page.client import PageClient
from mock_ares.harness.model import Case, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.run.check_runner import judge_case
from mock_ares.scenario.model import Content, Reply
from tests.pages.rig import SELECTORS, served
from tests.ports import lasting_port
from tests.toolchains import require_tool

PAGE = """<!doctype html>
<meta charset="utf-8">
<div id="chat"></div>
<form><FIELD id="message"></FIELD><button id="send">Send</button></form>
<p class="error"></p>
<script>
  const ares = new URLSearchParams(location.search).get("ares") + "/api/chat/stream";
  const show = (text, kind = "answer") => {
    const element = document.createElement("div");
    element.className = kind;
    element.textContent = text;
    chat.append(element);
  };
  const ask = async (message, url = ares) => {
    const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ message }) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const text = await response.text();
    return text.split("\\n\\n").map((event) => event.replace("data: ", "")).join("");
  };
  document.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const message = document.querySelector("#message").value;
    try {
      SENT
    } catch (error) {
      document.querySelector(".error").textContent = String(error);
    }
  };
  LOADED
</script>
"""
STREAMED = """
      const headers = { "Content-Type": "application/json" };
      const { body } = await fetch(ares, { method: "POST", headers, body: JSON.stringify({ message }) });
      show("");
      const [answer, texts] = [chat.lastChild, body.pipeThrough(new TextDecoderStream()).getReader()];
      for (let all = "", read; !(read = await texts.read()).done; )
        answer.textContent = (all += read.value).split("\\n\\n").slice(0, -1).map((event) => event.slice(6)).join("");
"""
"""Shows each piece as it comes; the form's handler is the same for two at once."""
FRAMED = """
  const style = "border: 9px solid; padding: 7px; width: 600px; height: 300px";
  if (!location.pathname.endsWith("inner.html"))
    document.body.innerHTML =
      `<p style="height: 150vh"></p><iframe id="frame" src="inner.html${location.search}" style="${style}"></iframe>`;
"""
MARKUP = "const text = await ask(message); show(''); chat.lastChild.innerHTML = text;"
FOREIGN = """
  const there = location.origin.replace("127.0.0.1", "localhost");
  document.body.innerHTML = `<iframe id="frame" src="${there}"></iframe>`;
"""
WORDS = {"prompt": "#message", "send": "#send", "answer": ".answer", "error": ".error"}
Open = Callable[..., "OnTrial"]


class OnTrial:
    """A page, and the fake that it asks."""

    def __init__(self, client: PageClient, arena: ExampleRunner) -> None:
        self.client, self.arena = client, arena

    def play(self, case: Case = one("ab", "cd"), deadline: float = 10.0) -> ExampleResult:
        return self.arena.observe(self.client, case, deadline=deadline)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    require_tool("chromium")
    monkeypatch.setattr(tab, "LOADED", 2.0)
    closing = []
    with served(tmp_path) as origin:

        def open_page(
            sent: str = "show(await ask(message));", loaded: str = "", field: str = "textarea", **words: str
        ) -> OnTrial:
            source = PAGE.replace("SENT", sent).replace("LOADED", loaded).replace("FIELD", field)
            (tmp_path / "index.html").write_text(source, "utf-8")
            port = lasting_port()
            url = f"{origin}/?ares=http://localhost:{port}"
            client = PageClient(url, "a page", options={**WORDS, "port": str(port), **words})
            client.start()
            closing.append(client.close)
            arena = ExampleRunner.of(client, "docs").start()
            closing.append(arena.close)
            return OnTrial(client, arena)

        yield open_page
        for close in closing:
            close()


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
class TestSeen:
    def test_text_error_and_picture(self, page: Open) -> None:
        on_trial = page()
        played = on_trial.play()
        assert (played.observation.text, played.observation.error) == ("abcd", None)
        assert [e.credentials for e in played.exchanges] == ["jwt"]  # it has shown none
        assert base64.b64decode(on_trial.client.picture()).startswith(b"\xff\xd8\xff")
        failed = on_trial.play(case(Reply(status=503, content=Content(plain="no"))))
        assert (failed.observation.text, failed.observation.error) == (None, "Error: HTTP 503")

    @pytest.mark.parametrize("field", ["textarea", "input"])
    def test_what_is_typed_is_what_is_asked(self, page: Open, field: str) -> None:
        on_trial = page(field=field)
        for each in CHECKS["request"].examples:
            refused = on_trial.client.refuses(each)
            typed = all(char.isprintable() or (char in "\n\t" and field == "textarea") for char in each.message)
            assert (refused is None) == typed
            if refused is None:
                assert [e.message for e in on_trial.play(each).exchanges] == [each.message]

    def test_enter_sends(self, page: Open) -> None:
        keys = "onkeydown=\"if (event.key === 'Enter') document.querySelector('form').requestSubmit()\""
        assert page(field=f"textarea {keys}", send="Enter").play().observation.text == "abcd"

    def test_a_button_that_only_works_once_something_is_typed(self, page: Open) -> None:
        later = "send.disabled = true; message.oninput = () => setTimeout(() => { send.disabled = false; }, 200);"
        assert page(loaded=later).play().observation.text == "abcd"

    def test_nothing_is_left_of_the_example_before(self, page: Open) -> None:
        left = "[localStorage, sessionStorage].forEach((store) => { if (store.left) show(1); store.left = 1; });"
        on_trial = page(loaded=left)
        assert [on_trial.play().observation.text for _ in range(2)] == ["abcd", "abcd"]

    def test_what_is_left_over_is_found(self, page: Open) -> None:
        """The questions of one example are asked on the same page."""
        on_trial = page("document.all = document.all; show(window.kept = (window.kept ?? '') + await ask(message));")
        failure = judge_case(on_trial.client, CHECKS["again"].examples[0], on_trial.arena, CHECKS["again"].info)
        assert failure is not None and failure.observation.text == "abcdxyz" and failure.picture

    def test_a_shadow_root_is_looked_into(self, page: Open) -> None:
        host = "const root = chat.attachShadow({ mode: 'open' }); root.innerHTML = '<p class=answer></p>';"
        on_trial = page("root.querySelector('p').textContent = await ask(message);", host, answer="#chat >>> .answer")
        assert on_trial.play().observation.text == "abcd"

    @pytest.mark.parametrize("shadow", [False, True])
    def test_an_iframe_is_looked_into(self, page: Open, tmp_path: Path, shadow: bool) -> None:
        """Below the fold, with a border and a padding; the page asks and answers in there."""
        inside = {name: f"#frame >>> {selector}" for name, selector in WORDS.items()}
        on_trial = page("show(await ask(message));", FRAMED, **inside)
        if shadow:
            host = "const root = chat.attachShadow({ mode: 'open' }); root.innerHTML = '<p class=answer></p>';"
            inside["answer"] = "#frame >>> #chat >>> .answer"
            on_trial = page("root.querySelector('p').textContent = await ask(message);", f"{host} {FRAMED}", **inside)
        (tmp_path / "inner.html").write_text((tmp_path / "index.html").read_text())
        assert [on_trial.play().observation.text for _ in range(2)] == ["abcd", "abcd"]

    def test_what_an_iframe_executes_is_noticed(self, page: Open, tmp_path: Path) -> None:
        inside = {name: f"#frame >>> {selector}" for name, selector in WORDS.items()}
        check = CHECKS["page-inert"]
        for sent, is_inert in (("show(await ask(message));", True), (MARKUP, False)):
            on_trial = page(sent, FRAMED, **inside)
            (tmp_path / "inner.html").write_text((tmp_path / "index.html").read_text())
            failure = judge_case(on_trial.client, check.examples[3], on_trial.arena, check.info)
            assert (failure is None) == is_inert

    @pytest.mark.parametrize("how", ["text", "inner-text", "markdown"])
    def test_how_it_is_compared(self, page: Open, how: str) -> None:
        laid_out = "await ask(message); show(''); chat.lastChild.innerHTML = '<b>a</b>   b<i hidden>c</i>';"
        seen = page(laid_out, **{"as": how}).play(one("**a** b")).observation.text
        assert seen == {"text": "a   bc", "inner-text": "a b", "markdown": "**a** b"}[how]

    def test_an_error_inside_the_answer_is_none_of_its_text(self, page: Open) -> None:
        on_trial = page("show('ab'); chat.lastChild.innerHTML += '<i class=error>broke off</i>';")
        seen = on_trial.play(one("ab", "cd", faults=(close_early(1),))).observation
        assert (seen.error, seen.shown_text) == ("broke off", "ab")

    @pytest.mark.parametrize(("number", "first_to_end"), [(0, 0), (1, 1)])
    def test_two_answers_are_under_way_at_once(self, page: Open, number: int, first_to_end: int) -> None:
        """Whatever the time: the first is held until the second has been asked for."""
        played = page(STREAMED).play(CHECKS["page-second"].examples[number])
        assert [each.observation.text for each in (*played.earlier, played)] == [
            f"Explain how neural networks learn{why}, said in so many words that both answers are under way"
            for why in (", and why", "")
        ]
        first, second = (each.asked[0].exchange for each in (*played.earlier, played))
        ends = [(each.begun or 0) + (each.duration or 0) for each in (first, second)]
        assert second.started < min(ends) == ends[first_to_end]

    def test_one_after_the_other_where_the_page_lets_nobody_send_meanwhile(self, page: Open) -> None:
        played = page(f"send.disabled = true; {STREAMED} send.disabled = false;").play(
            CHECKS["page-second"].examples[0]
        )
        first, second = (each.asked[0].exchange for each in (*played.earlier, played))
        assert (first.ending, second.ending) == ("complete", "complete")
        assert second.started >= (first.begun or 0) + (first.duration or 0)

    def test_a_page_that_lets_nobody_send_meanwhile_and_does_not_say_so(self, page: Open) -> None:
        busy = "if (window.busy) return; window.busy = true; show(await ask(message)); window.busy = false;"
        check, on_trial = CHECKS["page-second"], page(busy)
        assert judge_case(on_trial.client, check.examples[0], on_trial.arena, check.info) is None

    def test_a_page_whose_button_is_off_while_nothing_is_typed(self, page: Open) -> None:
        sent = """const field = document.querySelector("#message");
        window.busy = true; field.value = ""; field.oninput();
        show(await ask(message)); window.busy = false; field.oninput();"""
        loaded = "message.oninput = () => { send.disabled = window.busy || !message.value; }; message.oninput();"
        check, on_trial = CHECKS["page-second"], page(sent, loaded)
        assert judge_case(on_trial.client, check.examples[0], on_trial.arena, check.info) is None

    @pytest.mark.parametrize(
        ("then", "text", "error"),
        [
            (Reply(status=503, content=Content(plain="no")), None, "Error: HTTP 503"),  # the answer before stands there
            (say("ab"), "ab", None),  # written again in its place
        ],
    )
    def test_an_answer_that_stands_there_already(
        self, page: Open, then: Reply, text: str | None, error: str | None
    ) -> None:
        sent = """const text = await ask(message);
        chat.innerHTML ||= "<p class=answer></p>"; chat.firstChild.textContent = text;"""
        seen = page(sent).play(case(say("ab"), then, questions=2)).observation
        assert (seen.text, seen.error, seen.shown_text) == (text, error, text or "")

    def test_an_error_among_the_answers_is_none(self, page: Open) -> None:
        on_trial = page("show('ab'); show('broke off', 'answer error');")
        seen = on_trial.play(one("ab", "cd", faults=(close_early(1),))).observation
        assert (seen.error, seen.shown_text) == ("broke off", "ab")


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
class TestWhatIsWrongWithAPage:
    """As it is told to whoever runs the check."""

    def refused(self, on_trial: OnTrial, case: Case = one("ab", "cd")) -> str:
        with pytest.raises(UsageError) as refusal:
            on_trial.play(case)
        return str(refusal.value)

    def failed(self, on_trial: OnTrial, case: Case = one("ab", "cd")) -> str:
        return on_trial.play(case).observation.error or ""

    def test_it_never_shows_an_answer(self, page: Open) -> None:
        said = self.refused(page("await ask(message); show('abcd', 'other');"))
        assert "shows no answer to a good stream: nothing fits --answer '.answer'; the page shows 'abcd Send'" in said

    def test_it_never_asks(self, page: Open) -> None:
        played = page("").play(deadline=1.0)
        assert played.asked == () and played.observation.timed_out

    def test_it_shows_two(self, page: Open) -> None:
        seen = page("const text = await ask(message); show(text); show(text);").play().observation
        assert seen.text == "abcdabcd"
        assert seen.noted("answers") == ("2 elements that fit --answer have come for one question",)

    def test_it_is_loaded_anew(self, page: Open) -> None:
        assert self.failed(page("location.reload();")) == "the page was loaded anew"

    def test_it_goes_elsewhere(self, page: Open) -> None:
        assert self.failed(page("location.href = '/elsewhere';")).startswith("the page went to http://127.0.0.1:")

    def test_it_opens_a_dialog(self, page: Open) -> None:
        assert self.failed(page("alert('well');")) == "the page opened a dialog: alert 'well'"

    def test_it_throws(self, page: Open) -> None:
        seen = page("show(await ask(message)); setTimeout(() => { throw new TypeError('oh') });").play().observation
        assert (seen.text, seen.noted("threw")) == ("abcd", ("TypeError: oh",))

    def test_it_asks_another_server(self, page: Open) -> None:
        said = self.refused(page("show(await ask(message, 'http://127.0.0.1:9/api/chat/stream'));", error=""))
        assert "asked another server, POST http://127.0.0.1:9/api/chat/stream, which got no answer" in said
        assert "name its port with --port" in said
        said = self.refused(page("show(await ask(message, ares.replace('http:', 'https:')));", error=""))
        assert "which got no answer; the fake listens at http://127.0.0.1:" in said and said.endswith(
            ": run it with --tls"
        )
        said = self.refused(page("show(await ask(message, '/api/chat/stream'));", error=""))
        assert "was answered with 501" in said and "have its proxy pass that on to http://127.0.0.1:" in said

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"prompt": "#mesage"}, "nothing fits --prompt '#mesage'; it shows 'Send'"),
            ({"prompt": "body *"}, "elements fit --prompt 'body *', and one is meant"),
            ({"send": ".error"}, "what fits --send '.error' is not visible"),
            ({"send": "#send["}, "'#send[' is not a valid selector"),
        ],
    )
    def test_a_selector(self, page: Open, words: dict[str, str], said: str) -> None:
        assert said in self.refused(page(**words))

    @pytest.mark.parametrize(
        ("loaded", "prompt", "said"),
        [
            (
                "chat.attachShadow({ mode: 'closed' }).innerHTML = '<input id=m>';",
                "#chat >>> #m",
                "the shadow root of '#chat' is closed, and nothing outside can look into it",
            ),
            (FOREIGN, "#frame >>> #m", "'#frame' is a frame of another origin (http://localhost:"),
            ("", "form >>> #m", "'form' has no shadow root, and is no frame"),
            ("chat.attachShadow({ mode: 'open' });", "#chat >>> #m", "nothing fits --prompt '#chat >>> #m'; "),
        ],
    )
    def test_a_selector_that_leads_nowhere(self, page: Open, loaded: str, prompt: str, said: str) -> None:
        assert said in self.refused(page(loaded=loaded, prompt=prompt))

    def test_something_lies_over_it(self, page: Open) -> None:
        veil = "document.body.insertAdjacentHTML('beforeend', '<div id=veil style=\"position:fixed;inset:0\"></div>');"
        assert "div#veil lies over what --prompt '#message' fits" in self.refused(page(loaded=veil))

    def test_it_throws_before_there_is_anything(self, page: Open) -> None:
        said = self.refused(page(loaded="document.querySelector('form').remove(); nothing();"))
        assert "nothing fits --prompt '#message'" in said and "it threw ReferenceError: nothing is not defined" in said

    def test_it_never_comes_to_rest(self, page: Open) -> None:
        assert page("show('ab'); for (;;);").play(deadline=1.0).observation.timed_out


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
class TestSetUp:
    LOGIN = "if (!localStorage.token) { document.body.textContent = 'Login first'; }"

    def test_a_login(self, page: Open, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="where it needs a login, --setup SCRIPT runs JavaScript in it first"):
            page(loaded=self.LOGIN).play()
        (tmp_path / "login.js").write_text("localStorage.token = 'mine'; await null;")
        assert page(loaded=self.LOGIN, setup=str(tmp_path / "login.js")).play().observation.text == "abcd"

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("throw new Error('no user')", "the script of --setup failed: Error: no user"),
            ("await new Promise(() => {})", "the script of --setup has not come to its end after 2 s"),
        ],
    )
    def test_one_that_fails(self, page: Open, tmp_path: Path, script: str, said: str) -> None:
        (tmp_path / "login.js").write_text(script)
        with pytest.raises(UsageError, match=said):
            page(setup=str(tmp_path / "login.js")).play()


class TestWords:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"send": ""}, "--page needs --send SELECTOR: where the message is typed"),
            ({"as": "html"}, "--as html: it is text or inner-text or markdown"),
            ({"port": "0"}, "--port 0: write the port at which the page expects its server, such as 3000"),
        ],
    )
    def test_wrong_ones(self, words: dict[str, str], said: str) -> None:
        with pytest.raises(UsageError, match=said):
            PageClient("http://localhost:5173", options={**WORDS, **words})

    def test_an_address_that_is_none(self) -> None:
        with pytest.raises(UsageError, match="--page index: write the address of the page"):
            PageClient("index", options=WORDS)

    def test_what_it_can(self) -> None:
        client = PageClient("http://localhost:5173", options=WORDS)
        assert client.capabilities == {"page", "incremental"}
        assert (client.port, client.boundaries) == (3000, "best-effort")
        assert PageClient("http://x", options=SELECTORS).capabilities > {"new-chat", "stop", "cancel"}
        with pytest.raises(UsageError, match="--can retry needs --busy SELECTOR"):
            PageClient("http://x", capabilities="retry", options=WORDS)
        with pytest.raises(UsageError, match="unknown capability 'page'"):
            PageClient("http://x", capabilities="page", options=WORDS)

    def test_no_set_up_and_no_browser(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        require_tool("chromium")
        with pytest.raises(UsageError, match=r"cannot read --setup .*none.js: No such file"):
            PageClient("http://x", options={**WORDS, "setup": str(tmp_path / "none.js")}).start()
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(UsageError, match="needs a browser, and there is none on PATH: install chromium"):
            PageClient("http://x", options=WORDS).start()

    def test_a_port_that_is_taken(self) -> None:
        with ExampleRunner(port=lasting_port()) as arena:
            client = PageClient("http://x", options={**WORDS, "port": arena.url.rpartition(":")[2]})
            with pytest.raises(UsageError, match=r"it is taken.*the client looks for its server there \(--port\)"):
                ExampleRunner.of(client, "docs")

    def test_what_cannot_be_asked(self) -> None:
        client = PageClient("http://x", options=WORDS)
        assert "cannot be pointed elsewhere" in (client.refuses(CHECKS["refused"].examples[0]) or "")
        assert client.refuses(one("ab")) is None


@pytest.mark.toolchain("chromium")
def test_nothing_listens_there() -> None:
    require_tool("chromium")
    words: dict[str, Any] = {**WORDS, "port": str(lasting_port())}
    with PageClient("http://127.0.0.1:9", options=words) as client, ExampleRunner.of(client, "docs") as arena:
        with pytest.raises(UsageError, match=r"there is no page at http://127\.0\.0\.1:9"):
            arena.observe(client, case(say("ab")))
        client._url = f"http://127.0.0.1:{lasting_port()}"
        with pytest.raises(UsageError, match="nothing listens there; start it, and check it again"):
            arena.observe(client, case(say("ab")))
