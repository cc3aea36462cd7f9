"""What people install: the wheel, made from the sdist, in an empty environment outside the checkout.

coqui-tts-trainer is installed beside it, because both have a trainer: neither may overwrite files of the other.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from emostream import assets
from tests.support.processes import ROOT

NEIGHBOUR = "coqui-tts-trainer"
PACKAGES = ("emostream", "emostream_trainer", "emostream_export")
TIMEOUT_S = 900
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


def run(*command: object, cwd: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """A command outside the checkout, which must succeed; no setting of this process reaches it."""
    outer = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**outer, "XDG_CONFIG_HOME": str(cwd), "XDG_DATA_HOME": str(cwd), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        **settings,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    (path,) = out.glob("emostream-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made from the sdist alone, as an index's user without our wheel would."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.unpack_archive(sdist, source)
    (folder,) = source.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=folder)
    (path,) = out.glob("emostream-*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, its dependencies and the neighbour."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", wheel, cwd=folder)
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", NEIGHBOUR, cwd=folder)
    return python


def emostream(python: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(python.with_name("emostream"), *arguments, cwd=python.parent.parent)


def test_the_wheel_holds_three_packages_with_their_types_the_models_and_the_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    bundled = {name.removeprefix("emostream/bundled/") for name in names if name.startswith("emostream/bundled/")}
    shipped = {*assets.SHIPPED, *assets.VAD_MODELS, "reliability.json", "LICENCES.md"}
    assert {f"models/{name}" for name in shipped} | {"demo/recording.flac"} <= bundled
    assert {"emostream/widget/index.html", "emostream/widget/emostream.js"} <= set(names)
    assert "emostream/timelines/pictures/page_files/page.html" in names
    licences = {name.split("/licenses/")[1] for name in names if "/licenses/" in name}
    third_parties = {f"models/{name}.LICENSE.txt" for name in ("silero_vad", "whisper_base")}
    assert {"LICENSE", "models/LICENCES.md", *third_parties} <= licences
    assert not [name for name in names if "__pycache__" in name]


def test_the_sdist_holds_what_builds_and_tests_it_and_no_more(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "tests/conftest.py", "LICENSE"} <= names
    tracked = (
        set(run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).stdout.split("\n"))
        if (ROOT / ".git").exists()
        else names
    )
    assert names - tracked <= {"PKG-INFO"}


class TestInstalled:
    def test_the_neighbours_files_are_its_own(self, python: Path) -> None:
        code = (
            "import importlib.util\n"
            "for name in ('trainer', 'emostream_trainer', 'streamer', 'export'):\n"
            "    spec = importlib.util.find_spec(name)\n"
            "    print(spec and list(spec.submodule_search_locations)[0])"
        )
        neighbour, ours, *gone = run(python, "-c", code, cwd=python.parent).stdout.split()
        assert neighbour.endswith("site-packages/trainer")
        assert ours.endswith("site-packages/emostream_trainer")
        assert gone == ["None", "None"]

    def test_a_recording_is_read(self, python: Path) -> None:
        demo = run(python, "-c", "from emostream.assets import DEMO_RECORDING as d; print(d)", cwd=python.parent)
        assert "site-packages/emostream/bundled" in demo.stdout
        said = emostream(python, "file", demo.stdout.strip())
        assert "whole file" in said.stdout
        shown = run(
            python, "-c", f"import emostream; print(emostream.read({demo.stdout.strip()!r}))", cwd=python.parent
        )
        assert shown.stdout.split() == said.stdout.split()

    def test_the_models_and_a_corpus_are_shown(self, python: Path, tmp_path: Path) -> None:
        shown = emostream(python, "models").stdout
        assert all(Path(name).stem in shown for name in assets.SHIPPED)
        clip = tmp_path / "corpus" / "happy" / "ann" / "1.wav"
        clip.parent.mkdir(parents=True)
        clip.write_bytes((ROOT / "demo" / "recording.flac").read_bytes())
        said = emostream(python, "corpora", "check", tmp_path / "corpus")
        assert "1 clip" in said.stdout

    def test_the_page_and_its_files_are_served(self, python: Path) -> None:
        command = [str(python.with_name("emostream")), "serve", "--port", "0"]
        outer = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        serving = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=python.parent, env=outer)
        try:
            assert serving.stderr is not None
            found = ADDRESS.search(serving.stderr.readline())
            assert found is not None
            for name in ("", "emostream.js", "page.js", "page.css", "icon.svg", "healthz"):
                with urllib.request.urlopen(found[0] + name, timeout=60) as response:
                    assert response.status == 200
        finally:
            serving.terminate()
            serving.communicate(timeout=60)

    def test_types_are_seen_from_outside(self, python: Path, tmp_path: Path) -> None:
        script = tmp_path / "script.py"
        script.write_text(
            'import emostream\n\nreveal_type(emostream.read("talk.mp3").label)\n'
            "reveal_type(emostream.open_stream(16_000).push)\n"
        )
        said = run(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, script, cwd=tmp_path)
        assert 'Revealed type is "str | None"' in said.stdout
        assert "list[emostream.events.Event]" in said.stdout

    def test_removing_the_neighbour_removes_nothing_of_ours(self, python: Path) -> None:
        run(python, "-m", "pip", "uninstall", "--quiet", "--yes", NEIGHBOUR, cwd=python.parent)
        assert "mel_cnn2d" in emostream(python, "models").stdout
        run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "emostream", cwd=python.parent)
        site = next((python.parent.parent / "lib").glob("python*/site-packages"))
        assert not [path for path in site.iterdir() if path.name.startswith("emostream")]


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_in_the_checkout() -> Iterator[None]:
    before = set(ROOT.iterdir())
    yield
    assert set(ROOT.iterdir()) == before
