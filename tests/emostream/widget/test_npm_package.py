"""The npm package ``emostream-widget``: packed, installed into a page that Vite builds, and used in Chromium."""

import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from emostream import __version__
from emostream.protocol import schema
from tests.support.folder_server import folder_server
from tests.support.node import node, npm
from tests.support.processes import ROOT
from tests.support.serving import serve
from tests.support.stream_events import PATIENT_STEP_MS, estimate, hello
from tests.support.streams import Parts
from tests.support.widget_page import part

WIDGET = ROOT / "streamer" / "emostream" / "widget"
PAGE = Path(__file__).parent / "vite_page"
TYPES = (WIDGET / "emostream.d.ts").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed")
    npm("pack", "--pack-destination", out, cwd=WIDGET)
    (path,) = out.glob("emostream-widget-*.tgz")
    return path


@pytest.fixture(scope="module")
def page(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with what it needs and the package, as its author has it."""
    folder = tmp_path_factory.mktemp("page") / "page"
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns("node_modules"))
    npm("ci", cwd=folder)
    npm("install", "--no-save", package, cwd=folder)
    return folder


def test_it_holds_what_pages_need_and_no_more(package: Path) -> None:
    with tarfile.open(package) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    scripts = {path.name for path in WIDGET.glob("*.js")} - {"page.js"}
    assert names == scripts | {"emostream.d.ts", "package.json", "README.md"}


def test_its_version_is_that_of_the_distribution() -> None:
    version = json.loads((WIDGET / "package.json").read_text(encoding="utf-8"))["version"]
    assert version.replace("-dev.", ".dev") == __version__


def test_its_types_check_a_page_and_find_what_is_wrong(page: Path) -> None:
    compiler = page / "node_modules" / "typescript" / "bin" / "tsc"
    node(compiler, "--project", page, cwd=page)
    wrong = page / "wrong.ts"
    wrong.write_text('import type { Estimate } from "emostream-widget";\nexport const p = (it: Estimate) => it.odd;\n')
    with pytest.raises(AssertionError, match="Property 'odd' does not exist on type 'Estimate'"):
        node(compiler, "--noEmit", "--strict", "--moduleResolution", "bundler", "--module", "esnext", wrong, cwd=page)


def test_a_page_that_vite_builds_follows_a_stream_and_has_its_microphone_read(
    page: Path, context: BrowserContext, parts: Parts
) -> None:
    node(page / "node_modules" / "vite" / "bin" / "vite.js", "build", cwd=page)
    with folder_server(page / "dist") as origin:
        server = serve(parts, allowed_origins=[origin])
        try:
            opened = context.new_page()
            complaints: list[str] = []
            opened.on("pageerror", lambda error: complaints.append(str(error)))
            opened.on("console", lambda it: complaints.append(it.text) if it.type in ("error", "warning") else None)
            opened.goto(f"{origin}/?server=ws://127.0.0.1:{server.port}/ws")
            server.emit(hello(step_ms=PATIENT_STEP_MS))
            server.emit(estimate(1, "happy"))
            expect(part(opened, "label")).to_have_text("froh")
            expect(part(opened, "notice")).to_have_text("Es wird gelesen")
            expect(opened).to_have_title("happy")
            opened.locator("#microphone").get_by_role("button", name="Meine Stimme lesen").click()
            expect(part(opened, "notice", "#microphone")).to_have_text("Es wird gelesen", timeout=60_000)
            assert complaints == []
        finally:
            server.close()


def _interfaces() -> dict[str, dict[str, bool]]:
    """{interface: {field: whether it may be left out}} of the types, with what they extend."""
    found: dict[str, dict[str, bool]] = {}
    for name, base, body in re.findall(r"export interface (\w+)(?: extends (\w+))? \{(.*?)\n\}", TYPES, re.DOTALL):
        fields = {field: bool(optional) for field, optional in re.findall(r"^  (\w+)(\??):", body, re.MULTILINE)}
        found[name] = {**found.get(base, {}), **fields}
    return found


def test_its_types_are_those_of_the_protocol() -> None:
    definitions: dict[str, Any] = schema()["$defs"]
    interfaces = _interfaces()
    events = {reference["$ref"].rpartition("/")[2] for reference in definitions["Event"]["anyOf"]}
    names = {"Error": "ErrorEvent"}
    (union,) = re.findall(r"export type StreamEvent =(.*?);", TYPES, re.DOTALL)
    assert set(re.findall(r"\w+", union)) == {names.get(event, event) for event in events}
    for event in sorted(events | {"ModelBrief", "Certainty", "VoiceMeasures"}):
        ours, theirs = interfaces[names.get(event, event)], definitions[event]
        assert set(ours) == set(theirs["properties"]), event
        # What a server may leave out a page must not count on; "label" is null where it is nothing.
        always = {field for field, may_be_missing in ours.items() if not may_be_missing} - {"v", "label"}
        assert always <= set(theirs["required"]), event
