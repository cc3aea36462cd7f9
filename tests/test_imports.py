"""What the runtime loads: nothing heavy, and each layer only what stands below it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "torch",
    "tensorflow",
    "keras",
    "librosa",
    "onnx",
    "scipy",
    "pandas",
    "matplotlib",
    "sklearn",
    "numba",
    "pyarrow",
    "fsspec",
    "ray",
    "emostream_trainer",
    "emostream_export",
}
RUNTIME = sorted(
    ".".join(path.relative_to(ROOT / "streamer").with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "streamer").rglob("*.py")
    if path.name != "__main__.py"
)


def loaded_after(code: str) -> set[str]:
    """The top-level modules in a fresh interpreter after some code."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in json.loads(shown.stdout.splitlines()[-1])}


def test_the_list_of_the_runtimes_modules_is_complete() -> None:
    assert {
        "emostream.cli",
        "emostream.daemon",
        "emostream.pipeline.stream",
        "emostream.commands.listen",
        "emostream.commands.file",
        "emostream.server.server",
        "emostream.sources.microphone",
    } <= set(RUNTIME)


def test_the_runtime_imports_nothing_heavy_and_needs_no_sound_system() -> None:
    loaded = loaded_after("\n".join(f"import {name}" for name in RUNTIME))
    assert "emostream" in loaded
    assert not loaded & HEAVY
    assert "sounddevice" not in loaded, "its import fails where there is no PortAudio"


def test_reading_a_voice_loads_nothing_heavy(tiny_paths: list[Path]) -> None:
    loaded = loaded_after(
        "from pathlib import Path\n"
        "from emostream.cli import main\n"
        f"assert main(['file', 'demo/recording.flac', '--model', {str(tiny_paths[0])!r}, '--format', 'jsonl']) == 0"
    )
    assert "onnxruntime" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("light", ["emostream.cli", "emostream.events"])
def test_the_command_line_starts_without_what_a_command_needs(light: str) -> None:
    assert not loaded_after(f"import {light}") & (HEAVY | {"onnxruntime", "soundfile", "soxr", "websockets", "rich"})


def test_the_layers_hold() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    shown = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout
    assert "0 broken" in shown.stdout
