"""The served folder: saved, changed, broken and gone files; and nothing outside it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Scenario
from mock_ares.server.files import scenario_files
from mock_ares.server.files.atomic_write import ChangedError, OutsideError
from mock_ares.server.files.reload import Reloader
from mock_ares.server.files.scenario_files import Folder, read_scenario
from tests.control.rig import Api, Listener
from tests.server.live import PATIENCE, said, until

BROKEN = "text: hi\npace: 3\n"


def scanned(api: Api) -> list[tuple[str, str]]:
    """A look at the folder, as it is taken three times a second."""
    reloader, seen = api.fake.control.reloader, list[Any]()
    changed = reloader.changed

    def noted(changes: Any) -> None:
        seen.extend(changes)
        changed(changes)

    reloader.changed = noted
    asyncio.run_coroutine_threadsafe(reloader.anew(), api.ares.server.loop).result(20)
    reloader.changed = changed
    return [(change, entry.name) for change, entry in seen]


def tag(api: Api, name: str) -> str:
    found: str = api.get(f"/files/{name}")["tag"]
    return found


class TestReloading:
    def test_a_saved_file_answers_new_requests(self, files: Api, folder: Path) -> None:
        assert said(files.ask(x_mock_ares_scenario="day")) == "Good day."
        (folder / "day.yaml").write_text("text: Better day.\n")
        assert scanned(files) == [("reloaded", "day.yaml")]
        assert said(files.ask(x_mock_ares_scenario="day")) == "Better day."
        assert scanned(files) == []

    def test_a_running_stream_keeps_its_own(self, files: Api, folder: Path) -> None:
        files.fake.speed = 0.0
        with files.ares.socket() as connection:
            connection.sendall(files.ares.request("/api/chat/stream", b'{"message":"night"}', "connection: close"))
            until(lambda: files.fake.open_streams == 1)
            (folder / "night.yaml").unlink()
            scanned(files)
            files.call("PATCH", "/settings", {"speed": "instant"})
            data = b""
            while part := connection.recv(1000):
                data += part
            assert b"Good" in data and b" night." in data
        assert said(files.ask(message="night")).startswith("Neural")

    def test_a_broken_file_keeps_the_last_good_one_and_says_where(self, files: Api, folder: Path) -> None:
        (folder / "day.yaml").write_text(BROKEN)
        with Listener(files) as listener:
            until(lambda: files.fake.control.hub.readers == 1)
            assert scanned(files) == [("broken", "day.yaml")]
            (told,) = listener.until("files")["changed"]
        assert (told["change"], told["serving"], told["mistakes"][0]["line"]) == ("broken", "last-good", 2)
        assert said(files.ask(x_mock_ares_scenario="day")) == "Good day."
        assert files.get("/status")["broken"][0]["name"] == "day.yaml"
        assert files.get("/scenarios/day")["broken"]
        (folder / "day.yaml").write_text("text: Mended.\n")
        assert scanned(files) == [("reloaded", "day.yaml")]
        assert (files.get("/status")["broken"], said(files.ask(x_mock_ares_scenario="day"))) == ([], "Mended.")

    def test_new_and_removed_files(self, files: Api, folder: Path) -> None:
        (folder / "below").mkdir()
        (folder / "below" / "new.yaml").write_text("text: New.\n")
        assert scanned(files) == [("added", "below/new.yaml")]
        files.put("/chosen", {"scenario": "new"})
        assert said(files.ask()) == "New."
        (folder / "below" / "new.yaml").unlink()
        assert scanned(files) == [("removed", "below/new.yaml")]
        assert files.get("/chosen")["all"] is None
        assert said(files.ask()).startswith("Neural")
        (folder / "below" / "new.yaml").write_text("text: New again.\n")
        assert scanned(files) == [("added", "below/new.yaml")]
        assert files.get("/chosen")["all"] == "new" and said(files.ask()) == "New again.", "a checkout takes a moment"

    def test_editors_that_write_beside_and_rename(self, files: Api, folder: Path) -> None:
        for number in range(5):
            (folder / "day.yaml.tmp").write_text(f"text: Good day {number}.\n")
            (folder / "day.yaml.tmp").replace(folder / "day.yaml")
            assert scanned(files) == [("reloaded", "day.yaml")]
            assert said(files.ask(x_mock_ares_scenario="day")) == f"Good day {number}."

    def test_two_writes_at_one_time_are_both_seen(self, folder: Path) -> None:
        served = Folder([folder])
        file = folder / "day.yaml"
        served.load()
        for number in range(10):
            before = file.stat()
            with file.open("r+") as open_file:
                open_file.write(f"summary: {number}")
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
            assert [change for change, _ in served.scan()] == ["reloaded"]

    def test_an_unchanged_scenario_keeps_its_place(self, files: Api, folder: Path) -> None:
        (folder / "two.yaml").write_text("replies: [{text: One.}, {text: Two.}]\n")
        scanned(files)
        assert said(files.ask(x_mock_ares_scenario="two")) == "One."
        (folder / "two.yaml").write_text("# a comment\nreplies: [{text: One.}, {text: Two.}]\n")
        scanned(files)
        assert said(files.ask(x_mock_ares_scenario="two")) == "Two."

    def test_a_text_in_a_file_of_its_own(self, files: Api, folder: Path) -> None:
        (folder / "long.txt").write_text("A long text.")
        (folder / "long.yaml").write_text("text: {file: long.txt}\n")
        scanned(files)
        assert said(files.ask(x_mock_ares_scenario="long")) == "A long text."
        (folder / "long.txt").write_text("A longer text.")
        assert scanned(files) == [("reloaded", "long.yaml")]
        assert said(files.ask(x_mock_ares_scenario="long")) == "A longer text."

    def test_one_name_twice(self, files: Api, folder: Path) -> None:
        (folder / "evening.yaml").write_text("name: day\ntext: Good evening.\n")
        assert scanned(files) == [("broken", "evening.yaml")]
        (broken,) = files.get("/status")["broken"]
        assert "a scenario named 'day' is in day.yaml too" in broken["mistakes"][0]["message"]
        (folder / "day.yaml").unlink()
        assert sorted(scanned(files)) == [("reloaded", "evening.yaml"), ("removed", "day.yaml")]
        assert said(files.ask(x_mock_ares_scenario="day")) == "Good evening."

    def test_the_whole_folder_goes_and_comes_back(self, files: Api, folder: Path) -> None:
        folder.rename(folder.with_name("elsewhere"))
        assert {change for change, _ in scanned(files)} == {"removed"}
        folder.with_name("elsewhere").rename(folder)
        assert {change for change, _ in scanned(files)} == {"added"}

    def test_the_watch(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from mock_ares.server.files import reload as module

        monkeypatch.setattr(module, "INTERVAL", 0.001)
        served = Folder([folder])
        served.load()
        told: list[Any] = []

        async def main() -> None:
            loop = asyncio.get_running_loop()
            seen = loop.create_future()
            scan, failures = served.scan, iter([OSError("a"), OSError("a")])

            def failing(read: Any) -> Any:
                if failure := next(failures, None):
                    raise failure
                return scan(read)

            monkeypatch.setattr(served, "scan", failing)
            reloader = Reloader(served, seen.set_result, lambda error: told.append(str(error)))
            task = loop.create_task(reloader.run())
            (folder / "day.yaml").write_text("text: x\n")
            changes = await asyncio.wait_for(seen, 20)
            task.cancel()
            assert [change for change, _ in changes] == ["reloaded"]

        asyncio.run(main())
        assert told == ["a"]


class TestSaving:
    def test_a_file(self, files: Api, folder: Path) -> None:
        told = files.put("/files/day.yaml", {"text": "text: Saved.\n", "tag": tag(files, "day.yaml")})
        assert (told["scenario"], told["serving"]) == ("day", "current")
        assert (folder / "day.yaml").read_text() == "text: Saved.\n"
        assert said(files.ask(x_mock_ares_scenario="day")) == "Saved."
        assert names(folder) == ["day.yaml", "night.yaml"]

    def test_a_new_one(self, files: Api, folder: Path) -> None:
        (folder / "below").mkdir()
        got = files.put("/files/below/new day.yaml", {"text": "text: New.\nname: new-day\n"})
        assert got["name"] == "below/new day.yaml"
        assert files.get("/files/below/new day.yaml")["text"] == "text: New.\nname: new-day\n"
        assert (folder / "below" / "new day.yaml").stat().st_mode & 0o777 == 0o666 & ~_umask()

    def test_its_mode_stays(self, files: Api, folder: Path) -> None:
        (folder / "day.yaml").chmod(0o640)
        files.put("/files/day.yaml", {"text": "text: x\n", "tag": tag(files, "day.yaml")})
        assert (folder / "day.yaml").stat().st_mode & 0o777 == 0o640

    def test_nobodys_work_is_lost(self, files: Api, folder: Path) -> None:
        seen = tag(files, "day.yaml")
        (folder / "day.yaml").write_text("text: By somebody else.\n")
        body = {"text": "text: Mine.\n", "tag": seen}
        assert "has changed since it was read" in files.refused(409, "PUT", "/files/day.yaml", body)
        assert "there is a file of this name" in files.refused(409, "PUT", "/files/day.yaml", {"text": "text: x\n"})
        (folder / "day.yaml").unlink()
        assert "the file is gone" in files.refused(409, "PUT", "/files/day.yaml", body)
        assert not (folder / "day.yaml").exists()

    def test_two_at_once(self, files: Api, folder: Path) -> None:
        seen, won = tag(files, "day.yaml"), list[int]()

        def save(number: int) -> None:
            import json

            data = json.dumps({"text": f"text: Of {number}.\n", "tag": seen}).encode()
            got = files.ares.send("PUT", "/_mock/api/files/day.yaml", data, content_type="application/json")
            if got.status == 200:
                won.append(number)

        threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert (folder / "day.yaml").read_text() == f"text: Of {won[0]}.\n"

    @pytest.mark.parametrize("text", [BROKEN, "", "text: [", "x" * 1_000_001, "text: {file: ../../secret.txt}"])
    def test_a_broken_text_is_refused(self, files: Api, folder: Path, text: str) -> None:
        assert files.refused(422, "PUT", "/files/day.yaml", {"text": text, "tag": tag(files, "day.yaml")})
        assert "Good day." in (folder / "day.yaml").read_text()

    def test_a_name_that_is_taken(self, files: Api) -> None:
        said_of_it = files.refused(422, "PUT", "/files/new.yaml", {"text": "name: day\ntext: x\n"})
        assert "a scenario named 'day' is in day.yaml too" in said_of_it

    def test_without_a_folder(self, api: Api) -> None:
        assert api.get("/files") == {"folder": None, "editable": False, "files": []}
        assert "mock-ares init" in api.refused(403, "PUT", "/files/x.yaml", {"text": "text: x"})


OUTSIDE = [
    "../out.yaml", "below/../../out.yaml", "/etc/out.yaml", "//out.yaml", "./out.yaml", "a//out.yaml", "..",
    ".hidden.yaml", ".git/x.yaml", "out.txt", "out", "out.yaml/", "a\\out.yaml", "..\\out.yaml", "C:out.yaml",
    "a\0.yaml", "a\x1b.yaml", "x" * 300 + ".yaml", "out.yaml.", "%2e%2e/out.yaml", "no-such-folder/out.yaml",
]  # fmt: skip


class TestTheFolderIsNeverLeft:
    @pytest.mark.parametrize("name", OUTSIDE)
    def test_by_a_name(self, files: Api, folder: Path, name: str) -> None:
        before = sorted(folder.parent.rglob("*"))
        assert files.refused(403, "PUT", f"/files/{name}", {"text": "text: x\n"})
        assert files.refused(404, "GET", f"/files/{name}")
        assert sorted(folder.parent.rglob("*")) == before

    def test_by_raw_paths(self, files: Api, folder: Path) -> None:
        body = b'{"text":"text: x"}'
        for path in (
            "../out.yaml",
            "..%2fout.yaml",
            "%2e%2e/out.yaml",
            "%2e%2e%2fout.yaml",
            "..%5cout.yaml",
            "x%00.yaml",
        ):
            got = files.ares.send("PUT", f"/_mock/api/files/{path}", body, content_type="application/json")
            assert got.status in (403, 404, 405), path
        assert names(folder.parent) == ["served"]

    def test_by_a_link(self, files: Api, folder: Path) -> None:
        secret = folder.parent / "secret.yaml"
        secret.write_text("text: Secret.\n")
        outside = folder.parent / "outside"
        outside.mkdir()
        (folder / "link.yaml").symlink_to(secret)
        (folder / "folder").symlink_to(outside)
        (folder / "ring.yaml").symlink_to(folder / "ring.yaml")
        scanned(files)
        told = files.get("/files/link.yaml")
        assert (told["text"], told["serving"]) == ("", "nothing")
        assert "leads out of the served folder" in told["mistakes"][0]["message"]
        assert files.refused(404, "GET", "/scenarios/link")
        assert "is a link" in files.refused(403, "PUT", "/files/link.yaml", {"text": "text: x\n", "tag": ""})
        assert "but a link" in files.refused(403, "PUT", "/files/folder/x.yaml", {"text": "text: x\n"})
        assert secret.read_text() == "text: Secret.\n" and names(outside) == []

    def test_not_by_a_pipe(self, files: Api, folder: Path) -> None:
        os.mkfifo(folder / "pipe.yaml")
        scanned(files)
        assert "no ordinary file" in files.refused(403, "PUT", "/files/pipe.yaml", {"text": "text: x\n"})

    def test_only_what_was_given(self, folder: Path) -> None:
        served = Folder([folder / "day.yaml"])
        served.load()
        assert list(served.entries) == ["day.yaml"]
        with pytest.raises(OutsideError, match=r"only day\.yaml is served"):
            served.save("night.yaml", "text: x", None)

    def test_several_folders(self, folder: Path, tmp_path: Path) -> None:
        other = tmp_path / "other" / "served"
        other.mkdir(parents=True)
        (other / "x.yaml").write_text("text: x")
        served = Folder([folder, other, folder / "day.yaml"])
        served.load()
        assert sorted(served.entries) == ["served-2/x.yaml", "served/day.yaml", "served/night.yaml"]
        assert served.save("served-2/y.yaml", "text: y", None)
        assert (other / "y.yaml").read_text() == "text: y"
        with pytest.raises(OutsideError, match="in none of the served folders"):
            served.save("z.yaml", "text: z", None)
        with pytest.raises(ChangedError):
            served.save("served-2/y.yaml", "text: z", None)


class TestValidating:
    def test_mistakes_have_places(self, files: Api) -> None:
        told = files.post("/validate", {"text": BROKEN, "name": "day.yaml"})
        assert told["scenario"] is None
        assert (told["mistakes"][0]["line"], told["mistakes"][0]["column"]) == (2, 7)

    def test_right_ones(self, files: Api, folder: Path) -> None:
        told = files.post("/validate", {"text": "summary: Right.\ntext: x\n", "name": "new.yaml"})
        assert (told["scenario"]["name"], told["scenario"]["origin"], told["mistakes"]) == ("new", "text", [])
        assert not (folder / "new.yaml").exists()
        assert files.post("/validate", {"text": "text: x\n"})["scenario"]["name"] == "text"

    def test_a_plan_of_what_is_not_saved(self, files: Api) -> None:
        (plan,) = files.post("/plans", {"text": "text: Hello there.\nfaults: [{hang: {after: 1}}]\n"})["plans"]
        assert (plan["ending"]["kind"], plan["faults"], plan["chunks"]) == ("hang", ["hang"], 2)
        assert files.refused(422, "POST", "/plans", {"text": BROKEN})
        assert files.refused(404, "POST", "/plans", {"text": "text: x", "reply": 3})
        (broken,) = files.post("/plans", {"text": "text: {template: '{message}'}\nchunks: {at: [5]}", "message": "x"})[
            "plans"
        ]
        assert broken["reply"] == 0

    def test_the_schema(self, files: Api) -> None:
        assert files.get("/scenario.schema.json")["title"] == "mock-ares scenario"


def test_at_the_start_every_mistake_counts(folder: Path) -> None:
    (folder / "day.yaml").write_text(BROKEN)
    with pytest.raises(ScenarioError, match=r"day\.yaml:2:7"):
        Folder([folder]).load()
    with pytest.raises(ScenarioError, match=r"gone\.yaml:1:1: cannot be read: No such file"):
        Folder([folder / "gone.yaml"]).load()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No test leaves a thread behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 4


def test_what_a_look_has_seen_holds_when_it_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, served, reading, go_on = Folder([tmp_path]), list[str](), threading.Event(), threading.Event()
    folder.scan()
    reloader = Reloader(folder, lambda changes: served.extend(entry.name for _, entry in changes), lambda error: None)

    def read(*of: Any) -> Scenario:
        reading.set()
        assert go_on.wait(PATIENCE)
        return read_scenario(*of)

    async def ask() -> None:
        (tmp_path / "saved.yaml").write_text("text: a\n")
        look = asyncio.ensure_future(reloader.look())
        assert await asyncio.to_thread(reading.wait, PATIENCE)
        refreshed = asyncio.ensure_future(reloader.refresh())
        await asyncio.sleep(0.01)
        assert not refreshed.done()
        go_on.set()
        await refreshed
        assert served == ["saved.yaml"]
        await look

    monkeypatch.setattr(scenario_files, "read_scenario", read)
    asyncio.run(ask())


def test_what_was_saved_holds_whatever_looks_go_on(tmp_path: Path) -> None:
    folder, served = Folder([tmp_path]), set[str]()
    folder.scan()
    reloader = Reloader(folder, lambda changes: served.update(entry.name for _, entry in changes), lambda error: None)

    async def ask(name: str) -> None:
        (tmp_path / name).write_text("text: a\n")
        await reloader.refresh()
        assert name in served

    async def asks() -> None:
        for number in range(60):
            looks = [asyncio.ensure_future(reloader.look()) for _ in range(number % 3)]
            for _ in range(number % 5):
                await asyncio.sleep(0)
            await asyncio.gather(*(ask(f"{number}-{each}.yaml") for each in range(2)), *looks)

    asyncio.run(asks())
